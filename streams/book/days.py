"""The files of the book: one per UTC day and cell size, `[interval][slot]` cells of 16 bytes.

`2026-01-31.900` holds the 96 quarter-hours of that day. A 4,096-byte header names the format and the
stride (slots a row has room for). Files are fully allocated when made: writing into a hole of a
sparse file on a full disk kills the process, `posix_fallocate` says so first.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DAY_S = 86_400
HEADER = 4_096
MAGIC = b"everygram-book-1"
OPEN_MAX = 2_048
"""Files kept mapped at a time: some five years of one cell size."""
SLOTS_STEP = 1_024
"""Room is made for so many slots at a time, so that new meters rarely move a file."""


def day_name(day: int) -> str:
    """`2026-01-31` of a day number since 1970-01-01."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def day_number(name: str) -> int:
    """The inverse of `day_name`."""
    return (date.fromisoformat(name) - date(1970, 1, 1)).days


@dataclass(slots=True)
class DayFile:
    """One mapped day: `cells` is int64 [intervals * stride, 2], key and quantity."""

    day: int
    cell_s: int
    stride: int
    cells: NDArray[np.int64]
    _map: mmap.mmap

    @property
    def intervals(self) -> int:
        """How many intervals the day has."""
        return DAY_S // self.cell_s


class Days:
    """The day files of one folder, opened on demand, least recently used closed first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._open: OrderedDict[tuple[int, int], DayFile] = OrderedDict()

    def path(self, day: int, cell_s: int) -> Path:
        """Where the file of a day and cell size is."""
        return self.folder / f"{day_name(day)}.{cell_s}"

    def listed(self) -> list[tuple[int, int]]:
        """(day, cell_s) of every file there is, in order."""
        found = []
        for name in os.listdir(self.folder):
            stem, _, size = name.partition(".")
            if size.isdigit() and stem[:1].isdigit():
                found.append((day_number(stem), int(size)))
        return sorted(found)

    def get(self, day: int, cell_s: int) -> DayFile | None:
        """The day's file, or None where nothing was ever written."""
        key = (day, cell_s)
        if key in self._open:
            self._open.move_to_end(key)
            return self._open[key]
        path = self.path(day, cell_s)
        if not path.exists():
            return None
        with path.open("rb") as f:
            magic, stride, size = struct.unpack("<16sQQ", f.read(32))
        if magic != MAGIC or size != cell_s:
            raise ValueError(f"{path} is not a day of this format: move it away and run `rebuild`")
        return self._map_file(day, cell_s, int(stride))

    def make(self, day: int, cell_s: int, slots: int) -> DayFile:
        """The day's file with room for `slots` slots, made or widened where need be."""
        found = self.get(day, cell_s)
        if found is not None and found.stride >= slots:
            return found
        stride = -(-slots // SLOTS_STEP) * SLOTS_STEP
        wider = self.path(day, cell_s).with_suffix(f".{cell_s}.new")
        size = HEADER + DAY_S // cell_s * stride * 16
        descriptor = os.open(wider, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            os.posix_fallocate(descriptor, 0, size)
            os.pwrite(descriptor, struct.pack("<16sQQ", MAGIC, stride, cell_s), 0)
        except OSError:
            wider.unlink()
            raise
        finally:
            os.close(descriptor)
        if found is not None:
            self._copy(found, wider, stride)
            del self._open[(day, cell_s)]
        wider.rename(self.path(day, cell_s))
        return self._map_file(day, cell_s, stride)

    def _copy(self, narrow: DayFile, wider: Path, stride: int) -> None:
        with wider.open("r+b") as f, mmap.mmap(f.fileno(), 0) as new:
            rows = np.frombuffer(new, dtype=np.int64, offset=HEADER)
            rows = rows.reshape(narrow.intervals, stride, 2)
            rows[:, : narrow.stride] = narrow.cells.reshape(narrow.intervals, narrow.stride, 2)
            del rows

    def _map_file(self, day: int, cell_s: int, stride: int) -> DayFile:
        with self.path(day, cell_s).open("r+b") as f:
            mapped = mmap.mmap(f.fileno(), 0)
        cells = np.frombuffer(mapped, dtype=np.int64, offset=HEADER).reshape(-1, 2)
        opened = DayFile(day, cell_s, stride, cells, mapped)
        self._open[(day, cell_s)] = opened
        if len(self._open) > OPEN_MAX:
            self._open.popitem(last=False)
        return opened

    def close(self) -> None:
        """Forget the mappings (pages are the kernel's to write)."""
        self._open.clear()
