"""`everygram verify`: recompute a period from the journal, hold the tables to it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from everygram.exits import DONE, NOT_SO, Stop
from everygram.talk import put, say

if TYPE_CHECKING:
    from topologies.verify import Verifier


def verify(
    workspace: Path,
    /,
    *,
    first: Annotated[date | None, Parameter(name="--from")] = None,
    last: Annotated[date | None, Parameter(name="--to")] = None,
    output: Annotated[Literal["text", "json"], Parameter(alias="-o")] = "text",
) -> int:
    """Recompute a period from the journal and hold the tables to it, cell by cell.

    Checks the journal's chain of SHA-256 and the files kept by reference, reads the journal again,
    does the accounting once more by another, slower code, and compares every figure, finding and
    counter; and whether the tables themselves add up over space and time. It changes nothing.
    Exit code 0, or 1 with what is wrong.

    Examples:
      everygram verify mill
      everygram verify city --from 2026-03-02 --to 2026-03-03 -o json

    Parameters
    ----------
    workspace
        The workspace's folder.
    first
        First local day; default everything, or the last day where that would take long.
    last
        Last local day, included; default the first one where that is given.
    output
        text or json.
    """
    from everygram.asking import settings_of
    from everygram.progress import bar
    from everygram.verified import in_json, in_text
    from sinks.asking import hold
    from sinks.chdb_tables import open_tables
    from topologies.conserve import conserve
    from topologies.verify import Verifier

    root, settings = settings_of(workspace)
    if not (root / "var" / "manifest.json").exists():
        raise Stop(
            f"{root}: there are no books yet; `everygram run {root} --until-end` writes them"
        )
    with hold(root / "var"):
        tables = open_tables(settings.sinks[0].clickhouse, root, str(settings.timezone))
        try:
            verifier = Verifier(root, lambda sql: tables.query(sql, "Arrow"))
            period = _period(verifier, first, last)
            with bar("checking the journal") as progress:
                found = verifier.verify(period, lambda what, done, total: progress(done, total))
            days = None if found.whole else verifier.local_days(period)
            with bar("checking sums") as progress:
                conserved = conserve(
                    lambda sql: tables.query(sql, "json"),
                    settings.timezone,
                    settings.base_interval_s,
                    days=days,
                    progress=progress,
                )
        finally:
            tables.close()
    in_words = verifier.in_words(period)
    if output == "json":
        put(json.dumps(in_json(found, conserved, in_words), ensure_ascii=False, indent=2) + "\n")
    else:
        put(in_text(found, conserved, in_words))
    if not found.whole and first is None and last is None:
        say(f"note: {in_words} only, more takes long; name a period with --from and --to")
    return DONE if found.holds and conserved.holds else NOT_SO


def _period(verifier: Verifier, first: date | None, last: date | None) -> tuple[int, int]:
    """The local days asked for; those that are quick where none is."""
    if first is None and last is None:
        return verifier.usual_period()
    begin = first or last
    end = last or first
    assert begin is not None
    assert end is not None
    if end < begin:
        raise Stop(f"--to {end} is before --from {begin}")
    period = verifier.days(begin.toordinal(), end.toordinal())
    if period[1] <= verifier.span[0] or verifier.span[1] <= period[0]:
        held = verifier.in_words(verifier.span)
        raise Stop(f"the books hold nothing from {begin} to {end}; they hold {held}")
    return period
