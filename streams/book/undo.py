"""The undo log: what the book was before each batch, so that a kill leaves no trace in counters.

Applied twice, a reading is a duplicate: replaying the tail after a kill would count it as one. So
before a batch changes cells, what they held is written here (a plain write survives a kill), and a
start that finds logs without a commit plays them back, the latest first. One file an epoch (the time
between two commits); a commit deletes its epoch's file.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_CELLS = struct.Struct("<4sqqqqq")
_LENGTH = struct.Struct("<4sqqq")


@dataclass(frozen=True, slots=True)
class CellsBefore:
    """Touched cells of one day file: places that were empty, and (place, key, quantity) of others."""

    day: int
    cell_s: int
    stride: int
    empty: NDArray[np.int64]
    full: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LengthBefore:
    """How many rows a table had: that of lost readings of a day, or of longer ones (day = -1)."""

    day: int
    cell_s: int
    length: int


class Undo:
    """The log of one epoch, appended to."""

    def __init__(self, folder: Path, epoch: int) -> None:
        self.path = folder / f"undo.{epoch:012d}"
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self._lengths: set[tuple[int, int]] = set()

    def cells(self, before: CellsBefore) -> None:
        """Write down the cells that a batch is about to touch."""
        b = before
        head = _CELLS.pack(b"cell", b.day, b.cell_s, b.stride, len(b.empty), len(b.full))
        self._write(head + b.empty.tobytes() + b.full.tobytes())

    def length(self, day: int, cell_s: int, length: int) -> None:
        """Write down a table's length, once an epoch."""
        if (day, cell_s) not in self._lengths:
            self._lengths.add((day, cell_s))
            self._write(_LENGTH.pack(b"rows", day, cell_s, length))

    def close(self) -> None:
        """Close the file; it stays until the epoch is committed."""
        os.close(self._file)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]


def pending(folder: Path) -> list[Path]:
    """Logs of epochs that were not committed, the latest first."""
    return sorted(folder.glob("undo.*"), reverse=True)


def read(path: Path) -> Iterator[CellsBefore | LengthBefore]:
    """The records of a log in order; one that a kill cut short was never acted on."""
    data = path.read_bytes()
    at = 0
    while at + 4 <= len(data):
        if data[at : at + 4] == b"rows":
            if at + _LENGTH.size > len(data):
                return
            _, day, cell_s, length = _LENGTH.unpack_from(data, at)
            yield LengthBefore(day, cell_s, length)
            at += _LENGTH.size
            continue
        if at + _CELLS.size > len(data):
            return
        _, day, cell_s, stride, empties, fulls = _CELLS.unpack_from(data, at)
        at += _CELLS.size
        if at + 8 * empties + 24 * fulls > len(data):
            return
        empty = np.frombuffer(data, np.int64, empties, at)
        at += 8 * empties
        full = np.frombuffer(data, np.int64, 3 * fulls, at).reshape(-1, 3)
        at += 24 * fulls
        yield CellsBefore(day, cell_s, stride, empty, full)
