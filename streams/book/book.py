"""The book: readings go in, the reading in force stands in each cell (R3, R4, R9 c)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import Compiled
from schemas.reading import Readings
from streams.book import apply as kernel
from streams.book import keys, undo
from streams.book.days import DAY_S, DayFile, Days
from streams.book.rows import Rows

LONGER = -1
"""In the undo log: the day of the table of longer readings, which has none."""
PARTS_AT_ONCE = 1_000_000
"""Longer readings are cut in chunks of about so many cells."""


@dataclass(slots=True)
class Counts:
    """R9 (c) as the set of readings has it: distinct in force, distinct in force nowhere, copies."""

    accepted: int = 0
    superseded: int = 0
    duplicate: int = 0


@dataclass(slots=True)
class _Candidates:
    """Cells' worth of readings by UTC day and cell size, with interval and slot, key and quantity."""

    day: NDArray[np.int64]
    size: NDArray[np.int64]
    place: NDArray[np.int64]
    key: NDArray[np.uint64]
    quantity: NDArray[np.int64]

    @classmethod
    def room(cls, n: int) -> _Candidates:
        """Arrays to be filled."""
        day, size, place, quantity = (np.empty(n, np.int64) for _ in range(4))
        return cls(day, size, place, np.empty(n, np.uint64), quantity)

    def first(self, n: int) -> _Candidates:
        """The first n."""
        return _Candidates(
            self.day[:n], self.size[:n], self.place[:n], self.key[:n], self.quantity[:n]
        )


class Book:
    """The readings in force of one workspace, in a folder of mapped files."""

    def __init__(self, folder: Path, compiled: Compiled, base_s: int) -> None:
        self.days = Days(folder)
        self.base_s = base_s
        self.counts = Counts()
        self.span: tuple[int, int] | None = None
        """Start of the first and end of the last accepted reading, epoch s."""
        self.dirty: dict[int, NDArray[np.uint8]] = {}
        """UTC day -> by base interval, 1 where a cell changed since settle last looked."""
        self.longer = Rows(folder / "longer", width=8, key_width=6)
        self._lost: dict[tuple[int, int], Rows] = {}
        self._undo: undo.Undo | None = None
        self.renumber(compiled)

    def renumber(self, compiled: Compiled) -> None:
        """Take up a registry: slots are append-only, within a cell size too."""
        self.cell_s = compiled.meter_cell_s.astype(np.int64)
        self.sizes, self.size_of = np.unique(self.cell_s, return_inverse=True)
        self.size_of = self.size_of.astype(np.int64)
        self.local = np.zeros(len(self.cell_s), np.int64)
        self.slots_of_size: list[NDArray[np.int64]] = []
        for n in range(len(self.sizes)):
            mine = np.flatnonzero(self.size_of == n)
            self.local[mine] = np.arange(len(mine))
            self.slots_of_size.append(mine)
        self.slots = np.stack([self.cell_s, self.size_of, self.local], axis=1)

    # -- epochs ---------------------------------------------------------------------------------

    def begin(self, epoch: int) -> None:
        """Start an epoch: from here on a kill takes the book back to this point."""
        if self._undo is not None:
            self._undo.close()
        self._undo = undo.Undo(self.days.folder, epoch)
        self._undo.length(LONGER, 0, len(self.longer))

    def forget(self, epoch: int) -> None:
        """The epoch is committed: its undo log is not needed any more."""
        for path in undo.pending(self.days.folder):
            if int(path.suffix[1:]) <= epoch:
                path.unlink()

    def roll_back(self) -> bool:
        """After a kill: undo every epoch that was not committed. True if that changed anything."""
        logs = undo.pending(self.days.folder)
        touched: set[int] = set()
        changed = False
        for path in logs:
            for record in reversed(list(undo.read(path))):
                changed |= self._restore(record)
                if isinstance(record, undo.CellsBefore):
                    touched.update(keys.longer_rows(record.full[:, 1]).tolist())
        self._recount_force({n for n in touched if 0 <= n < len(self.longer)})
        for path in logs:
            path.unlink()
        return changed

    def _restore(self, record: undo.CellsBefore | undo.LengthBefore) -> bool:
        """Take one record back; did anything differ?"""
        if isinstance(record, undo.LengthBefore):
            rows = self.longer if record.day == LONGER else self._lost_of(record.day, record.cell_s)
            longer = len(rows) > record.length
            rows.cut(record.length)
            return longer
        file = self.days.get(record.day, record.cell_s)
        if file is None:
            return False
        changed = np.zeros(file.intervals, np.uint8)
        kernel.restore(file.cells, record.stride, file.stride, record.empty, record.full, changed)
        self._mark(file, changed)
        return bool(changed.any())

    def _recount_force(self, numbers: set[int]) -> None:
        """In how many cells each of these longer readings is in force, from the cells themselves."""
        for number in numbers:
            row = self.longer.rows[number]
            cell_s, start = int(row[kernel.L_CELL_S]), int(row[kernel.L_START])
            times = start + cell_s * np.arange(row[kernel.L_CELLS])
            mine = 0
            for day in np.unique(times // DAY_S):
                file = self.days.get(int(day), cell_s)
                if file is not None:
                    intervals = (times[times // DAY_S == day] - day * DAY_S) // cell_s
                    held = file.cells[intervals * file.stride + self.local[row[kernel.L_SLOT]], 0]
                    mine += int((keys.longer_rows(held) == number).sum())
            row[kernel.L_FORCE] = mine

    # -- readings -------------------------------------------------------------------------------

    def apply(self, readings: Readings) -> None:
        """Let a batch of readings meet the book. Any order, any batching, the same book."""
        if not len(readings):
            return
        assert self._undo is not None, "begin() an epoch first"
        first, last = int(readings.start.min()), int(readings.end.max())
        if self.span is not None:
            first, last = min(first, self.span[0]), max(last, self.span[1])
        self.span = (first, last)
        c, n = _Candidates.room(len(readings)), readings
        longer = np.empty(len(readings), np.int64)
        shorts, longs = kernel.candidates(
            n.slot, n.start, n.end, n.quantity, n.rank, n.revision, self.slots,
            c.day, c.size, c.place, c.key, c.quantity, longer,
        )  # fmt: skip
        self._meet(c.first(shorts), len(self.longer))
        if longs:
            self._apply_longer(readings, longer[:longs])

    def _apply_longer(self, r: Readings, pick: NDArray[np.int64]) -> None:
        first_new = len(self.longer)
        cell_s = self.cell_s[r.slot[pick]]
        new = np.zeros((len(pick), 8), np.int64)
        for column, values in (
            (kernel.L_SLOT, r.slot),
            (kernel.L_START, r.start),
            (kernel.L_QUANTITY, r.quantity),
            (kernel.L_RANK, r.rank),
            (kernel.L_REVISION, r.revision),
        ):
            new[:, column] = values[pick]
        new[:, kernel.L_CELLS] = (r.end[pick] - r.start[pick]) // cell_s
        new[:, kernel.L_CELL_S] = cell_s
        numbers = self.longer.add(new)
        self.counts.duplicate += int((numbers < 0).sum())
        cells = np.cumsum(self.longer.rows[first_new:, kernel.L_CELLS])
        borders = np.flatnonzero(np.diff(cells // PARTS_AT_ONCE)) + 1
        ends = [*borders.tolist(), len(cells)]
        for start, end in zip([0, *ends[:-1]], ends, strict=True):
            rows = self.longer.rows[first_new + start : first_new + end]
            c = _Candidates.room(int(rows[:, kernel.L_CELLS].sum()))
            kernel.parts(
                rows, first_new + start, self.slots, c.day, c.size, c.place, c.key, c.quantity
            )
            self._meet(c, first_new)
        in_force = int((self.longer.rows[first_new:, kernel.L_FORCE] > 0).sum())
        self.counts.accepted += in_force
        self.counts.superseded += len(cells) - in_force

    def _meet(self, c: _Candidates, first_new: int) -> None:
        if not len(c.day):
            return
        sizes = len(self.sizes)
        day_from, days = int(c.day.min()), int(c.day.max() - c.day.min()) + 1
        order = np.empty(len(c.day), np.int64)
        ends = np.zeros(days * sizes, np.int64)
        kernel.group(c.day, c.size, day_from, days, sizes, ends, order)
        start = 0
        for g in np.flatnonzero(np.diff(ends, prepend=0)).tolist():
            pick = order[start : ends[g]]
            start = int(ends[g])
            self._meet_day(c, pick, day_from + g // sizes, g % sizes, first_new)

    def _meet_day(
        self, c: _Candidates, pick: NDArray[np.int64], day: int, size: int, first_new: int
    ) -> None:
        assert self._undo is not None
        cell_s = int(self.sizes[size])
        file = self.days.make(day, cell_s, len(self.slots_of_size[size]))
        at, empty = np.empty(len(pick), np.int64), np.empty(len(pick), np.int64)
        full = np.empty((len(pick), 3), np.int64)
        empties, fulls = kernel.before_image(
            file.cells, file.stride, pick, c.place, at, empty, full
        )
        self._undo.cells(undo.CellsBefore(day, cell_s, file.stride, empty[:empties], full[:fulls]))
        counts = np.zeros(3, np.int64)
        changed = np.zeros(file.intervals, np.uint8)
        displaced, late = full, np.empty((len(pick), 3), np.int64)
        gone, lost = kernel.apply(
            file.cells, file.stride, pick, at, c.key, c.quantity, self.longer.rows, first_new,
            counts, changed, displaced, late,
        )  # fmt: skip
        self.counts.accepted += int(counts[kernel.ACCEPTED])
        self.counts.superseded += int(counts[kernel.SUPERSEDED])
        self.counts.duplicate += int(counts[kernel.DUPLICATE])
        self._lose(day, cell_s, displaced[:gone], late[:lost])
        self._mark(file, changed)

    def _lose(
        self, day: int, cell_s: int, displaced: NDArray[np.int64], late: NDArray[np.int64]
    ) -> None:
        """Keep readings that are in force nowhere, so that a further copy is known for one."""
        if not len(displaced) and not len(late):
            return
        assert self._undo is not None
        rows = self._lost_of(day, cell_s)
        self._undo.length(day, cell_s, len(rows))
        rows.append(displaced)
        if len(late):
            known = int((rows.add(late) < 0).sum())
            self.counts.duplicate += known
            self.counts.superseded += len(late) - known

    def lost_in(self, file: DayFile, interval: int) -> dict[tuple[int, int], list[int]]:
        """Readings of one interval in force nowhere: (slot of the size, key) -> quantities."""
        rows = self._lost_of(file.day, file.cell_s).rows
        found: dict[tuple[int, int], list[int]] = {}
        for whence, key, quantity in rows[rows[:, 0] >> 32 == interval].tolist():
            found.setdefault((whence & 0xFFFFFFFF, key), []).append(quantity)
        return found

    def _lost_of(self, day: int, cell_s: int) -> Rows:
        if (day, cell_s) not in self._lost:
            path = self.days.path(day, cell_s)
            self._lost[(day, cell_s)] = Rows(
                path.with_name(path.name + ".lost"), width=3, key_width=3
            )
        return self._lost[(day, cell_s)]

    def _mark(self, file: DayFile, changed: NDArray[np.uint8]) -> None:
        if changed.any():
            per_base = self.base_s // file.cell_s
            dirty = self.dirty.setdefault(file.day, np.zeros(DAY_S // self.base_s, np.uint8))
            dirty |= changed.reshape(-1, per_base).max(axis=1)
