"""What a rebuild must bring back, and how it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.topologies import mill
from topologies.books import Books
from topologies.embedded import rebuild, run_until_end

FINDINGS = "SELECT * EXCEPT (version, text) FROM findings_current ORDER BY ALL"
REJECTS = "SELECT source, position, reason, meter, message, payload FROM rejects FINAL ORDER BY ALL"
INTERVALS = "SELECT * FROM meter_intervals ORDER BY ALL"


def look(books: Books) -> dict[str, Any]:
    """Everything that a rebuild must bring back to the digit."""
    found: dict[str, Any] = {
        "figures": mill.query(books, mill.FIGURES),
        "findings": mill.query(books, FINDINGS),
        "rejects": mill.query(books, REJECTS),
        "book": mill.query(books, INTERVALS),
        "counters": books.manifest.counters,
        "span": books.manifest.span,
    }
    assert found["counters"].balance() == 0
    assert len(found["rejects"]) == sum(found["counters"].rejected.values())
    return found


def run(root: Path, stop: Callable[[], bool] = bool) -> dict[str, Any]:
    """Run to the end (or until `stop`) and look."""
    books = Books.open(root)
    try:
        run_until_end(books, stop=stop)
        return look(books)
    finally:
        books.close()


def anew(root: Path) -> dict[str, Any]:
    """Rebuild and look."""
    books = Books.rebuild(root)
    try:
        rebuild(books)
        return look(books)
    finally:
        books.close()


def same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Fails with the name of what differs."""
    for name, value in wanted.items():
        assert found[name] == value, f"{name} differ"
