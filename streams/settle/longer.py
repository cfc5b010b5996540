"""Readings longer than a cell: sums that do not match any more (R4), and conflicts (R3).

Both may hold over many days, so they are told once for the reading and kept apart from the findings of
days: what a changed day touches is looked at anew, in all of the reading's cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from schemas.compiled import Compiled
from schemas.reading import Rank
from streams.book import Book
from streams.book import apply as kernel
from streams.book.days import DAY_S
from streams.book.keys import CONFLICT, longer_rows
from streams.settle.calendar import Window
from streams.settle.findings import Finding, conflict, decimal_text

Ints = NDArray[np.int64]


def longer_findings(
    book: Book,
    compiled: Compiled,
    windows: list[Window],
    held: list[Finding],
    in_conflict: Iterable[int],
) -> Iterator[Finding]:
    """All findings of longer readings that hold, given those that held and the days that changed.

    windows: the changed days · in_conflict: rows of longer readings that their cells show in conflict.
    """
    first, last = windows[0].start, windows[-1].end
    outside = [f for f in held if not (f.start < last and f.end > first)]
    yield from outside
    if not len(book.longer):
        return
    look = _Longer(book, compiled)
    rows = book.longer.rows
    seen = set()
    for n in _contested(rows, first, last).tolist():
        key = tuple(rows[n, : kernel.L_CELLS + 1].tolist())
        if key not in seen:
            seen.add(key)
            yield from look.mismatch(n)
    again = {look.row_of(f) for f in held if f.kind == "conflict" and f not in outside}
    told = {look.reading(n) for n in {*in_conflict, *again} if n >= 0}
    for n in {look.standing(reading) for reading in told}:
        if n >= 0:
            yield look.conflict(n)


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


class _Longer:
    """The table of longer readings, asked for those of one meter, start and end."""

    def __init__(self, book: Book, compiled: Compiled) -> None:
        self._book, self._compiled, self._rows = book, compiled, book.longer.rows
        by_reading = self._rows[:, : kernel.L_CELLS + 1]
        self._order = np.lexsort(by_reading.T[::-1])
        self._sorted = by_reading[self._order]
        self._slot_of = lru_cache(maxsize=1)(
            lambda: {meter: n for n, meter in enumerate(compiled.meters)}
        )

    def reading(self, row: int) -> tuple[int, int, int]:
        """Slot, start and cells of a row: what its rivals share with it."""
        slot, start, cells = self._rows[row, : kernel.L_CELLS + 1].tolist()
        return slot, start, cells

    def _alike(self, reading: tuple[int, int, int]) -> list[int]:
        """Rows of one meter, start and end."""
        low, high = 0, len(self._sorted)
        for column, value in enumerate(reading):
            part = self._sorted[low:high, column]
            low, high = (
                low + int(np.searchsorted(part, value)),
                low + int(np.searchsorted(part, value, side="right")),
            )
        return self._order[low:high].tolist()

    def row_of(self, finding: Finding) -> int:
        """A row of the reading that a finding was told of, -1 where it is there no more."""
        slot = self._slot_of().get(finding.subject)
        if slot is None:
            return -1
        cells = (finding.end - finding.start) // int(self._book.cell_s[slot])
        return next(iter(self._alike((slot, finding.start, cells))), -1)

    def _cells(self, row: int) -> Ints:
        """The cells [n, 2] of a longer reading's time; those of days without a file are missing."""
        book, found = self._book, []
        slot, cell_s = self._rows[row, kernel.L_SLOT], int(self._rows[row, kernel.L_CELL_S])
        cells = int(self._rows[row, kernel.L_CELLS])
        times = int(self._rows[row, kernel.L_START]) + cell_s * np.arange(cells)
        for day in np.unique(times // DAY_S).tolist():
            file = book.days.get(day, cell_s)
            if file is not None:
                intervals = (times[times // DAY_S == day] - day * DAY_S) // cell_s
                found.append(file.cells[intervals * file.stride + book.local[slot]])
        return np.concatenate(found) if found else np.zeros((0, 2), np.int64)

    def mismatch(self, row: int) -> Iterator[Finding]:
        """R4: of the readings of one meter, start and end the one that R3 prefers counts; where it is
        measured or declared and the cells in force over its time do not add up to it, that is told."""
        best = max(
            (self._rows[n].tolist() for n in self._alike(self.reading(row))), key=_preference
        )
        if best[kernel.L_RANK] not in (Rank.DECLARED, Rank.MEASURED):
            return
        held = self._cells(row)
        total = int(held[(held[:, 0] != 0) & (held[:, 1] > 0), 1].sum())
        quantity = best[kernel.L_QUANTITY]
        if total != quantity:
            yield Finding(
                "sum_mismatch", *self._whose(row), total, quantity,
                f"readings in force add up to {decimal_text(total)}, the longer reading says "
                f"{decimal_text(quantity)}",
            )  # fmt: skip

    def standing(self, reading: tuple[int, int, int]) -> int:
        """The row of a reading that stands somewhere in conflict, -1 where none does any more."""
        rows = self._alike(reading)
        held = self._cells(rows[0])
        flagged = held[(held[:, 0].view(np.uint64) & CONFLICT) != 0]
        return next(iter(set(longer_rows(flagged[:, 0]).tolist()) & set(rows)), -1)

    def conflict(self, row: int) -> Finding:
        """A reading in conflict: the quantity that stands and the largest that does not."""
        mine = self._rows[row]
        same = slice(kernel.L_RANK, kernel.L_REVISION + 1)
        others = [
            int(self._rows[n, kernel.L_QUANTITY])
            for n in self._alike(self.reading(row))
            if n != row and (self._rows[n, same] == mine[same]).all()
        ]
        meter, flow, start, end = self._whose(row)
        return conflict(meter, flow, (start, end), int(mine[kernel.L_QUANTITY]), max(others))

    def _whose(self, row: int) -> tuple[str, str, int, int]:
        """Meter, flow, start and end of a row."""
        c, (slot, start, cells) = self._compiled, self.reading(row)
        end = start + cells * int(self._rows[row, kernel.L_CELL_S])
        return c.meters[slot], c.flows[c.meter_flow[slot]], start, end


def _preference(row: list[int]) -> tuple[int, int, int, int]:
    """R3 among readings of one meter, start and end."""
    rank, revision = row[kernel.L_RANK], row[kernel.L_REVISION]
    return (rank, revision if rank == Rank.EDITED else 0, revision, row[kernel.L_QUANTITY])
