"""The embedded engine with its tables in memory: what it wrote, as the oracle's comparison reads it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from schemas.rollup import FINDING, REJECT, ROLLUP
from topologies import books as topology
from topologies.books import Books
from topologies.embedded import run_until_end

SCHEMAS = {"rollups": ROLLUP, "findings": FINDING, "rejects": REJECT}


class MemoryTables:
    """Keeps the rows that are written, by table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rows: dict[str, list[pa.Table]] = {name: [] for name in SCHEMAS}

    def setup(self) -> None:
        """Nothing to make."""

    def write(self, table: str, rows: pa.Table, *, replaces: bool = False) -> None:
        """Keep rows."""
        if table in self.rows:
            self.rows[table].append(rows)

    def merge(self, *, on: bool) -> None:
        """Nothing to merge."""

    def replace(self, table: str, rows: pa.Table) -> None:
        """Dimensions are not asked for."""

    def publish(self, version: int, published_at: int, cause: str) -> None:
        """Nor is history."""

    def close(self) -> None:
        """Nothing to close."""

    def table(self, name: str) -> pa.Table:
        """All rows of a table."""
        return pa.concat_tables([SCHEMAS[name].empty_table(), *self.rows[name]])

    def rejected(self) -> Counter[str]:
        """Rejected lines by reason."""
        return Counter(self.table("rejects").column("reason").to_pylist())


def run(folder: Path, tables: MemoryTables, patch: pytest.MonkeyPatch) -> dict[str, int]:
    """Run the workspace to its end; gives the counts of the set."""
    patch.setattr(topology, "open_tables", lambda *_: tables)
    (folder / "var" / "books").mkdir(parents=True, exist_ok=True)  # where chDB's tables would be
    books = Books.open(folder)
    try:
        run_until_end(books)
        counts = books.book.counts
        c = books.counters
        return {
            "accepted": counts.accepted,
            "superseded": counts.superseded,
            "duplicate": counts.duplicate,
            "received": c.received,
            "rounded": c.rounded,
        }
    finally:
        books.close()
