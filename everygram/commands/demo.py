"""`everygram demo`: a week of a city, accounted and held to the truth."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from everygram.exits import DONE, NOT_SO, Stop
from everygram.talk import say


def demo(
    *,
    meters: int = 4000,
    days: int = 7,
    seed: int = 1,
    keep: Path | None = None,
) -> int:
    """Simulate a week of a city, account it, compare every figure with the truth.

    The city never was: its readings come with duplicates, disorder, delays, edits, conflicts and
    broken lines, and its true totals are known. Every rollup that the truth knows is compared, in
    every grain, to the last digit. Exit code 0, or 1 where a single cell differs.

    Examples:
      everygram demo
      everygram demo --keep city
      everygram demo --meters 400 --days 2 --seed 7

    Parameters
    ----------
    meters
        How many meters.
    days
        How many days, 1 to 366.
    seed
        Another seed is another city.
    keep
        A new folder for the city; without it, it is removed at the end.
    """
    began = time.monotonic()
    if keep is not None:
        return _demo(keep, meters, days, seed, str(keep), began)
    with tempfile.TemporaryDirectory(prefix="everygram-demo-") as folder:
        return _demo(Path(folder) / "city", meters, days, seed, "", began)


def _demo(root: Path, meters: int, days: int, seed: int, kept: str, began: float) -> int:
    from everygram.city_report import Report
    from everygram.interrupts import Interrupts
    from everygram.progress import bar
    from everygram.session import account, open_books
    from topologies.against_truth import against_truth

    _draw(root, meters, days, seed)
    with Interrupts() as asked, open_books(root, restate=False) as books:
        drawn = time.monotonic()
        result = account(books, asked)
        accounted = time.monotonic() - drawn
        if asked.code:
            return asked.code
        say(f"accounted {result.received:,} readings in {accounted:.1f} s")
        with bar("comparing with the truth") as progress:
            check = against_truth(root, lambda sql: books.tables.query(sql, "Arrow"), progress)
        report = Report(books, root)
        report.show(result, check, kept)
        say(f"\ndone in {time.monotonic() - began:.0f} s", style="dim")
        right = result.holds and not check.wrong and report.counts_as_expected(result)
    return DONE if right else NOT_SO


def _draw(root: Path, meters: int, days: int, seed: int) -> None:
    from everygram.progress import bar
    from simulator import simulate

    began = time.monotonic()
    try:
        with bar("drawing the city") as progress:
            city = simulate(root, seed=seed, meters=meters, days=days, progress=progress)
    except (ValueError, FileExistsError) as error:
        raise Stop(str(error)) from error
    say(
        f"drew a city of {city.meters:,} meters and {city.entities:,} entities, {city.days} days: "
        f"{city.expected.received:,} readings in {len(city.files):,} files, "
        f"{time.monotonic() - began:.1f} s"
    )
