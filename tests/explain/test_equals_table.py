"""The law of `explain`: what it adds up is what the table says, whatever the workspace and window."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.rollup import GRAINS
from sinks.chdb_tables import Tables
from tests.accounted import account, make_city, tables_of
from tests.histories import Knobs, history, write_workspace
from topologies.explain import Explainer, Explanation
from topologies.explain.sums import COLUMNS

ASKED = (
    "SELECT DISTINCT entity, toString(grain) AS g, toUnixTimestamp(start) AS s, "
    "formatDateTime(start, '%Y-%m-%dT%H:%i:%S', 'UTC') AS at FROM rollups_current "
    "ORDER BY cityHash64(entity, g, s) LIMIT {most} BY g"
)


def explained(root: Path, tables: Tables, most: int) -> Iterator[Explanation]:
    """Figures of every grain, `most` windows of each."""

    def ask(sql: str) -> bytes:
        return tables.query(sql, "json")

    explainer = Explainer(root, ask)
    rows: list[dict[str, Any]] = json.loads(ask(ASKED.format(most=most)))
    assert {row["g"] for row in rows} == set(GRAINS)
    for row in rows:
        yield from explainer.explain(row["entity"], "", row["g"], f"{row['at']}+00:00")


KNOBS = [
    Knobs(1, hours=5, deducts=True, noise=0.6, days=True),
    Knobs(2, hours=4, deducts=False, arrears=True, noise=0.6),
    Knobs(3, zone="Europe/Berlin", start=1_711_839_600, hours=6, days=True),
    Knobs(4, zone="Asia/Kolkata", start=1_709_145_000, base_s=1800, hours=5, deducts=True),
    Knobs(5, hours=3, enterprises=3, lines=3, noise=0.2, months=True, days=True),
]


SLOW = [pytest.param(k, marks=pytest.mark.slow) for k in KNOBS[2:]]


@pytest.mark.parametrize("knobs", [*KNOBS[:2], *SLOW], ids=lambda knobs: str(knobs.seed))
def test_of_a_random_workspace(tmp_path: Path, knobs: Knobs) -> None:
    root = write_workspace(tmp_path / "w", history(knobs))
    account(root)
    with tables_of(root) as tables:
        seen = list(explained(root, tables, 14))
    assert len(seen) > 30
    assert {(e.entity, e.flow, e.start, *e.differences) for e in seen if not e.agrees} == set()
    assert all(set(e.figures) == set(COLUMNS) for e in seen)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Tables]]:
    root = make_city(tmp_path_factory.mktemp("w") / "city")
    with tables_of(root) as tables:
        yield root, tables


def test_of_a_city(city: tuple[Path, Tables]) -> None:
    seen = list(explained(*city, 12))
    assert len(seen) > 80
    assert [e.entity for e in seen if not e.agrees] == []
    told = [c for e in seen for c in e.contributions]
    assert {c.why for c in told} == {"own", "sub_of", "supplied_by"}
    assert {c.weight for c in told} == {-1, 0, 1}
    assert any(len(c.sub_of) > 1 for c in told), "behind two incomers"
    assert {e.flow for e in seen} >= {"grid_import", "grid_export", "onsite_solar"}
    assert any(c.readings.voided for c in told)
    assert any(c.readings.intervals.get("edited") for c in told)
    used = [p for c in told for p in c.periods]
    assert {p.market.basis for p in used} >= {"contract", "location"}
    assert any(len(c.periods) > 1 for c in told), "a factor changed inside a window"


def test_contributions_add_up_to_the_figure(city: tuple[Path, Tables]) -> None:
    """By hand, from the record alone: weighted quantities, and quantities times factors."""
    for e in explained(*city, 4):
        for name in ("quantity", "co2e_location_g", "co2e_market_g", "kgce"):
            parts = [c.gives[name] for c in e.contributions if c.gives[name] is not None]
            assert (sum(parts) if parts else None) == e.figures[name], (e.entity, e.flow, name)
        for c in e.contributions:
            products = [
                p.quantity * p.location.value
                for p in c.periods
                if p.quantity is not None and p.location.value is not None
            ]
            given = c.gives["co2e_location_g"]
            sign = -1 if e.flow == "grid_export" else 1
            if given is not None:
                assert sign * c.emission_weight * sum(products) == given
        rows = {row.row for row in e.factor_rows}
        assert {p.location.row for c in e.contributions for p in c.periods} <= rows | {None}
        assert all(row.source and row.evidence and row.line for row in e.factor_rows)
