"""What a verification found, for readers and for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from topologies.conserve import Conservation
from topologies.verify import Verified

SHOWN = 10


def in_text(found: Verified, conserved: Conservation, period: str) -> str:
    """The verdict, line by line."""
    return "\n".join(_lines(found, conserved, period)) + "\n"


def _lines(found: Verified, conserved: Conservation, period: str) -> Iterator[str]:
    yield from _part("journal", found.journal, "the chain is whole, every byte as it was written")
    if found.recomputed:
        what = f"{found.received:,} readings read again, counted as before"
        yield from _part("readings", found.counters, what)
        cells = f"{found.cells:,} cells of {found.rollups:,} rollups recomputed, {period}"
        yield from _part("rollups", found.first, f"{cells}; 0 differ", found.differing)
        what = f"{found.findings:,} found again"
        yield from _part("findings", found.findings_wrong, what)
        yield from _part("oracle", found.gaps, "what was recomputed is conserved itself")
    else:
        yield "readings      not recomputed: the journal cannot be read"
    what = f"{conserved.cells:,} cells are the sum of their parts; 0 differ"
    yield from _part("conservation", conserved.first, what, conserved.differing)
    yield (
        "It is as it should be."
        if found.holds and conserved.holds
        else "IT IS NOT AS IT SHOULD BE."
    )


def _part(name: str, wrong: list[str], right: str, count: int | None = None) -> Iterator[str]:
    """One line where all is well, else how many are wrong, and the first of them."""
    if not wrong:
        yield f"{name:<14}{right}"
        return
    number = len(wrong) if count is None else count
    yield f"{name:<14}{number:,} wrong:"
    yield from (f"    {line}" for line in wrong[:SHOWN])
    if number > SHOWN:
        yield f"    … and {number - min(SHOWN, len(wrong)):,} more"


def in_json(found: Verified, conserved: Conservation, period: str) -> dict[str, Any]:
    """All of it as plain values."""
    return {
        "holds": found.holds and conserved.holds,
        "period": period,
        "whole": found.whole,
        "recomputed": found.recomputed,
        "journal": found.journal,
        "received": found.received,
        "counters": found.counters,
        "rollups": found.rollups,
        "cells": found.cells,
        "differing": found.differing,
        "first": found.first,
        "findings": found.findings,
        "findings_wrong": found.findings_wrong,
        "gaps": found.gaps,
        "conservation": {
            "space": conserved.space,
            "time": conserved.time,
            "differing": conserved.differing,
            "first": conserved.first,
        },
    }
