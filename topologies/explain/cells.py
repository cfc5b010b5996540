"""The book's files, looked at without opening the book: read only, also while a run writes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import Compiled
from schemas.dated import I64
from streams.book import apply as kernel
from streams.book.days import DAY_S, HEADER, MAGIC, day_name
from streams.book.rows import HEADER_WORDS

LONGER_WIDTH = 8


@dataclass(frozen=True, slots=True)
class Longer:
    """A reading longer than its meter's cell; `quantity` counts 10**-6 native units."""

    start: int
    end: int
    quantity: int
    rank: int
    revision: int


class BookFiles:
    """The cells of every meter by UTC day and cell size."""

    def __init__(self, folder: Path, compiled: Compiled) -> None:
        self.folder, self.cell_s = folder, compiled.meter_cell_s.astype(np.int64)
        self.local = np.zeros(len(self.cell_s), np.int64)
        for size in np.unique(self.cell_s):
            mine = np.flatnonzero(self.cell_s == size)
            self.local[mine] = np.arange(len(mine))

    def cells(self, day: int, slots: I64, rows: slice) -> NDArray[np.int64] | None:
        """[intervals, slots, 2] (key and quantity) of slots of one cell size; None: nothing there."""
        cell_s = int(self.cell_s[slots[0]])
        path = self.folder / f"{day_name(day)}.{cell_s}"
        if not path.exists():
            return None
        words = np.memmap(path, np.int64, "r")
        head = words[: HEADER // 8]
        if bytes(head[:2]) != MAGIC or int(head[3]) != cell_s:
            raise ValueError(f"{path} is not a day of this format: move it away and run `rebuild`")
        intervals, stride = DAY_S // cell_s, int(head[2])
        held = words[HEADER // 8 :].reshape(intervals, stride, 2)[rows]
        local = self.local[slots]
        known = local < stride
        out = np.zeros((len(held), len(slots), 2), np.int64)
        out[:, known] = held[:, local[known]]
        return out

    def longer(self, number: int) -> Longer:
        """A row of the table of longer readings."""
        words = np.memmap(self.folder / "longer", np.int64, "r")
        first = HEADER_WORDS + number * LONGER_WIDTH
        row = words[first : first + LONGER_WIDTH]
        start = int(row[kernel.L_START])
        return Longer(
            start,
            start + int(row[kernel.L_CELLS] * row[kernel.L_CELL_S]),
            int(row[kernel.L_QUANTITY]),
            int(row[kernel.L_RANK]),
            int(row[kernel.L_REVISION]),
        )
