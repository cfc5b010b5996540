"""Longer readings whose parts were replaced: does the sum still match? (R4, `sum_mismatch`)"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numba import njit
from numpy.typing import NDArray

from schemas.compiled import Compiled
from schemas.reading import Rank
from streams.book import Book
from streams.book import apply as kernel
from streams.book.days import DAY_S
from streams.settle.calendar import Window
from streams.settle.findings import Finding, decimal_text


@njit(nogil=True, cache=True)
def _contested(longer, first, last):  # type: ignore[no-untyped-def]
    """Rows that reach into [first, last) and are not in force in all of their cells."""
    rows = []
    for n in range(len(longer)):
        row = longer[n]
        end = row[kernel.L_START] + row[kernel.L_CELLS] * row[kernel.L_CELL_S]
        if row[kernel.L_FORCE] < row[kernel.L_CELLS] and row[kernel.L_START] < last and end > first:
            rows.append(n)
    return np.array(rows, dtype=np.int64)


def sum_mismatches(
    book: Book, compiled: Compiled, windows: list[Window], held: list[Finding]
) -> Iterator[Finding]:
    """All mismatches that hold, given those that held and the days that changed.

    Of the readings of the same meter, start and end the one that R3 prefers counts; where it is measured
    or declared and the cells in force over its time do not add up to it, the difference is a finding.
    """
    first, last = windows[0].start, windows[-1].end
    for finding in held:
        if not (finding.start < last and finding.end > first):
            yield finding
    if not len(book.longer):
        return
    rows = book.longer.rows
    numbers = _contested(rows, first, last)
    seen = set()
    for slot, start, cells in rows[numbers][:, : kernel.L_CELLS + 1].tolist():
        if (slot, start, cells) in seen:
            continue
        seen.add((slot, start, cells))
        same = rows[
            (rows[:, kernel.L_SLOT] == slot)
            & (rows[:, kernel.L_START] == start)
            & (rows[:, kernel.L_CELLS] == cells)
        ]
        best = max(same.tolist(), key=_preference)
        rank, quantity, cell_s = best[kernel.L_RANK], best[kernel.L_QUANTITY], best[kernel.L_CELL_S]
        if rank not in (Rank.DECLARED, Rank.MEASURED):
            continue
        total = _in_force(book, slot, start, cells, cell_s)
        if total != quantity:
            flow = compiled.flows[compiled.meter_flow[slot]]
            yield Finding(
                "sum_mismatch", compiled.meters[slot], flow, start, start + cells * cell_s, total, quantity,
                f"readings in force add up to {decimal_text(total)}, the longer reading says "
                f"{decimal_text(quantity)}",
            )  # fmt: skip


def _preference(row: list[int]) -> tuple[int, int, int, int]:
    """R3 among readings of one meter, start and end."""
    rank, revision = row[kernel.L_RANK], row[kernel.L_REVISION]
    return (rank, revision if rank == Rank.EDITED else 0, revision, row[kernel.L_QUANTITY])


def _in_force(book: Book, slot: int, start: int, cells: int, cell_s: int) -> int:
    """Sum of the meter's cells in force; one without a quantity counts nothing."""
    times: NDArray[np.int64] = start + cell_s * np.arange(cells)
    total = 0
    for day in np.unique(times // DAY_S):
        file = book.days.get(int(day), cell_s)
        if file is None:
            continue
        intervals = (times[times // DAY_S == day] - day * DAY_S) // cell_s
        held = file.cells[intervals * file.stride + book.local[slot]]
        total += int(held[(held[:, 0] != 0) & (held[:, 1] > 0), 1].sum())
    return total
