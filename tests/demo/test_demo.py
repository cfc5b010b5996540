"""`everygram demo`: a city against its truth; small here, whole where there is time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.truth import expected
from sinks.chdb_tables import Tables
from tests.accounted import make_city, tables_of, tamper
from tests.cli.command import ok
from topologies.against_truth import against_truth


def compared(said: str) -> tuple[int, int]:
    """Cells compared and cells that differ, as the demonstration says."""
    found = re.search(r"([\d,]+) cells compared .*; ([\d,]+) differ", said.replace("\n", " "))
    assert found is not None, said
    return int(found[1].replace(",", "")), int(found[2].replace(",", ""))


def test_a_small_demonstration(tmp_path: Path) -> None:
    city = tmp_path / "city"
    ended = ok("demo", "--meters", 120, "--days", 2, "--keep", city)
    cells, differing = compared(ended.out)
    assert differing == 0
    assert cells > 100_000
    drawn = expected(city)
    for word, number in (
        ("received", drawn.received),
        ("= accepted", drawn.accepted),
        ("+ superseded", drawn.superseded),
        ("+ duplicate", drawn.duplicate),
        ("+ rejected", sum(drawn.rejected.values())),
    ):
        assert re.search(rf"^{re.escape(word)} +{number:,} ", ended.out, re.M), word
    assert "It adds up." in ended.out
    assert "Wuxi · 无锡" in ended.out
    assert "✓ = the sum of what follows = the table" in ended.out
    assert f"everygram verify {city}" in ended.out
    assert re.search(rf"conflict +{drawn.conflicts:,} ", ended.out)
    ok("query", city, "SELECT 1")


@pytest.fixture(scope="module")
def tables_and_root(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    root = make_city(tmp_path_factory.mktemp("w") / "city", meters=60, days=1)
    with tables_of(root) as tables:
        yield tables, root


def test_a_cell_that_differs_is_counted(tables_and_root: tuple[Tables, Path]) -> None:
    tables, root = tables_and_root

    def check() -> tuple[int, int, list[str]]:
        found = against_truth(root, lambda sql: tables.query(sql, "Arrow"))
        return found.total, found.wrong, found.first

    total, wrong, first = check()
    assert (wrong, first) == (0, [])
    at = "WHERE grain = 'hour' AND entity = 'wuxi' AND flow = 'grid_import' ORDER BY start LIMIT 1"
    tamper(tables, at, "raw_co2e_location_g + 0.000000000000001 AS raw_co2e_location_g")
    again, wrong, first = check()
    assert (again, wrong) == (total, 1)
    assert "wuxi grid_import hour 2026-03-01T16:00:00+00:00: co2e_location_g is" in first[0]
    tamper(tables, "WHERE grain = 'day' AND entity = 'wuxi' ORDER BY flow LIMIT 1", "1 AS gone")
    assert check()[1] == 2
    assert "1 day rows are on one side only" in check()[2]


@pytest.mark.slow
def test_the_whole_demonstration() -> None:
    cells, differing = compared(ok("demo").out)
    assert differing == 0
    assert cells > 15_000_000
