"""Workspaces as a user writes them, run through the whole pipeline."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.real.sums import answer_of
from topologies.books import Books
from topologies.embedded import run_until_end
from topologies.manifest import Counters

SHARED = Path(os.environ.get("EVERYGRAM_SHARED", Path(__file__).parents[3] / "shared"))
REAL = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"no real data at {SHARED}"),
]
CELLS = (
    "SELECT entity, flow, grain, toUnixTimestamp(start) AS at, quantity, co2e_location_g "
    "FROM rollups_current"
)


@dataclass
class Account:
    """What a run left: counters, every rollup, rejects by reason, findings by kind."""

    counters: Counters
    cells: list[dict[str, Any]]
    rejects: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def one(self, **where: str | int) -> dict[str, Any]:
        """The one rollup with these values."""
        (row,) = (r for r in self.cells if all(r[key] == text for key, text in where.items()))
        return row


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """A workspace's files."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def link(root: Path, name: str, target: Path) -> None:
    """A file or folder that stays where it is, under a name inside the workspace."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).symlink_to(target)


def account(root: Path, cells: str = CELLS) -> Account:
    """Run a workspace to its end and read what it says."""
    books = Books.open(root)
    try:
        run_until_end(books)
        return Account(
            books.manifest.counters,
            ask(books, cells),
            ask(books, "SELECT reason, meter, position, message FROM rejects ORDER BY ALL"),
            ask(books, "SELECT * FROM findings_current ORDER BY kind, subject, start"),
        )
    finally:
        books.close()


def ask(books: Books, sql: str) -> list[dict[str, Any]]:
    """An answer as dictionaries; decimals are text."""
    return answer_of(books.tables.query(sql, "JSONEachRow"))
