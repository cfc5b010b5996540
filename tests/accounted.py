"""A small simulated city, accounted: what tests of the commands look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from schemas.workspace import load
from simulator import Rates, simulate
from sinks.chdb_tables import Tables, open_tables
from topologies.books import Books
from topologies.embedded import run_until_end

START = date(2026, 3, 2)
FAULTS = Rates(edits=0.02, conflicts=0.005, estimated=0.02, missing=0.01)


def make_city(root: Path, *, meters: int = 120, days: int = 2, seed: int = 3) -> Path:
    """Draw a city with every fault on and account it."""
    simulate(
        root, seed=seed, meters=meters, days=days, start=START, entities=25, formats="jsonl",
        rates=FAULTS,
    )  # fmt: skip
    account(root)
    return root


def account(root: Path) -> None:
    """Run a workspace to its end and let go of it."""
    books = Books.open(root)
    try:
        run_until_end(books)
    finally:
        books.close()


@contextmanager
def tables_of(root: Path) -> Iterator[Tables]:
    """The tables of a workspace, open for writing."""
    settings = load(root).settings
    tables = open_tables(settings.sinks[0].clickhouse, root, str(settings.timezone))
    try:
        yield tables
    finally:
        tables.close()


def tamper(tables: Tables, where: str, change: str) -> None:
    """Insert the row that `where` finds once more, with a higher version and `change` on it."""
    changed = f"SELECT * REPLACE ({change}, version + 1000 AS version)"
    sql = f"INSERT INTO rollups {changed} FROM (SELECT * FROM rollups FINAL {where})"
    tables._run(sql, "tampering")
