"""Random workspaces are valid, say what they mean, and hold every kind of surprise."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from factors.catalogue import load_catalogue
from oracle import account
from oracle.given import given as read_given
from oracle.records import Given
from schemas.reading import REGISTRY_REASONS, Reason
from schemas.workspace import load
from tests.histories import History, Knobs, expected, histories, history, write_workspace

MANY = [
    history(Knobs(seed, noise=0.6, days=True, months=seed == 1, deducts=seed % 2 == 0))
    for seed in range(12)
]


def read(folder: Path) -> Given:
    """A workspace as the program reads it, as the oracle's rows."""
    workspace = load(folder)
    accounting = workspace.settings.accounting
    zone = workspace.settings.timezone
    catalogue = load_catalogue(
        accounting, workspace.factor_files, zone, workspace.root, contracts=workspace.contracts
    )
    return read_given(workspace, catalogue)


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(history=histories())
def test_a_workspace_reads_as_it_was_drawn(
    tmp_path_factory: pytest.TempPathFactory, history: History
) -> None:
    folder = write_workspace(tmp_path_factory.mktemp("history"), history)
    found, drawn = read(folder), history.given
    for field in fields(Given):
        if field.name in ("settings", "entities", "meters", "contracts"):
            assert getattr(found, field.name) == getattr(drawn, field.name)
    readings = expected(history).readings
    assert account(readings, found) == account(readings, drawn)


def test_the_same_knobs_make_the_same_history() -> None:
    one, other = (history(Knobs(seed=7, noise=0.6)) for _ in range(2))
    assert one == other
    assert history(Knobs(seed=8, noise=0.6)).data != one.data


def test_every_reason_occurs() -> None:
    told = Counter[str]()
    for one in MANY:
        told += expected(one).rejected
    assert set(told) == {str(reason) for reason in Reason if reason != Reason.UNKNOWN_DECODER}
    assert {str(reason) for reason in REGISTRY_REASONS} <= set(told)


def test_every_finding_and_rank_occurs() -> None:
    kinds, ranks, marks = set(), set(), set()
    for one in MANY:
        books = expected(one).books
        kinds |= {finding.kind for finding in books.findings}
        assert all(books.counts)
        for rollup in books.rollups.values():
            f = rollup.figures
            ranks |= {rank for rank, part in enumerate(f.by_rank) if part}
            marks |= {f"{f.region_found}", f"{f.date_found}", f"{f.market_basis}"}
            marks |= {name for name in ("supplied", "co2e_apart", "kgce") if getattr(f, name)}
            marks |= {"negative"} if (f.quantity or 0) < 0 else set()
    assert kinds == {"conflict", "sum_mismatch", "negative_remainder", "no_factor"}
    assert ranks == set(range(5))
    assert marks >= {"exact", "parent", "country", "valid", "mixed", "contract", "location", ""}
    assert marks >= {"supplied", "co2e_apart", "kgce", "negative"}


def test_every_shape_of_registry_occurs() -> None:
    shapes = set()
    for one in MANY:
        rows = one.given.meters
        shapes |= {"two incomers"} if any(len(row.sub_of) > 1 for row in rows) else set()
        shapes |= {"supplied"} if any(row.supplied_by for row in rows) else set()
        shapes |= {f"weight {row.weight}" for row in rows}
        shapes |= {f"interval {row.interval_s}" for row in rows}
        shapes |= {"rows"} if len({row.meter for row in rows}) < len(rows) else set()
        entities = one.given.entities
        shapes |= {"move"} if len({row.entity for row in entities}) < len(entities) else set()
    assert shapes >= {"two incomers", "supplied", "rows", "move", "weight 0", "weight -1"}
    assert shapes >= {"interval 300", "interval 900", "interval 3600"}
