"""An append-only table of integers in a mapped file, each row at most once.

Two things live beside the cells: readings longer than a cell, and readings in force nowhere. Both are
kept so that a further copy is known for one (R9 c), so both are sets: a row is found by a hash over
its first columns, built when it is first asked for.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

HEADER_WORDS = 8
_MAGIC = 0x31_6B6F_6F62_7965  # 'eybook1'
_GROWTH_ROWS = 1_024


@njit(inline="always")
def _hash(row, width):  # type: ignore[no-untyped-def]
    h = np.uint64(0x9E3779B97F4A7C15)
    for i in range(width):
        h ^= np.uint64(row[i])
        h *= np.uint64(0xBF58476D1CE4E5B9)
        h ^= h >> np.uint64(29)
    return h


@njit(nogil=True, cache=True)
def _find(index, rows, row, width):  # type: ignore[no-untyped-def]
    """Place of `row` in the index: >= 0 its row number, else -1 - the free place."""
    mask = np.uint64(len(index) - 1)
    at = _hash(row, width) & mask
    while index[at] >= 0:
        known = rows[index[at]]
        same = True
        for i in range(width):
            if known[i] != row[i]:
                same = False
                break
        if same:
            return index[at]
        at = (at + np.uint64(1)) & mask
    return -1 - np.int64(at)


@njit(nogil=True, cache=True)
def _build(index, rows, length, width):  # type: ignore[no-untyped-def]
    for n in range(length):
        place = _find(index, rows, rows[n], width)
        if place < 0:
            index[-1 - place] = n


@njit(nogil=True, cache=True)
def _add(index, rows, length, width, new, numbers):  # type: ignore[no-untyped-def]
    """Append those of `new` that are not there; numbers[i] = row number, or -1 - it for a copy."""
    for i in range(len(new)):
        place = _find(index, rows, new[i], width)
        if place >= 0:
            numbers[i] = -1 - place
            continue
        rows[length] = new[i]
        index[-1 - place] = length
        numbers[i] = length
        length += 1
    return length


class Rows:
    """int64 rows of `width` columns, unique by their first `key_width`."""

    def __init__(self, path: Path, width: int, key_width: int) -> None:
        self.path, self.width, self.key_width = path, width, key_width
        self._index: NDArray[np.int64] | None = None
        if path.exists() and path.stat().st_size >= HEADER_WORDS * 8:
            self._attach()
        else:  # new, or begun on a full disk
            self._grow(_GROWTH_ROWS)
        if self._header[0] == 0:
            self._header[0], self._header[1] = _MAGIC, width
        if self._header[0] != _MAGIC or self._header[1] != width:
            raise ValueError(f"{path} is not of this format: move it away and run `rebuild`")

    def __len__(self) -> int:
        """How many rows."""
        return int(self._header[2])

    @property
    def rows(self) -> NDArray[np.int64]:
        """The rows [n, width], mapped."""
        return self._all[: len(self)]

    def add(self, new: NDArray[np.int64]) -> NDArray[np.int64]:
        """Append rows that are not there yet.

        Returns per row its number, or -1 - number where it was there (or came earlier in `new`).
        """
        numbers = np.empty(len(new), np.int64)
        if len(new):
            self._room(len(new))
            length = len(self)
            index = self._indexed(length + len(new))
            length = _add(index, self._all, length, self.key_width, new, numbers)
            self._header[2] = length
        return numbers

    def append(self, new: NDArray[np.int64]) -> None:
        """Append rows known to be new."""
        if not len(new):
            return
        if self._index is not None:
            self.add(new)
            return
        self._room(len(new))
        length = len(self)
        self._all[length : length + len(new)] = new
        self._header[2] = length + len(new)

    def cut(self, length: int) -> None:
        """Go back to the first `length` rows."""
        self._header[2] = length
        self._index = None

    def _indexed(self, rows: int) -> NDArray[np.int64]:
        size = 1 << max(10, int(2 * rows - 1).bit_length())
        if self._index is None or len(self._index) < size:
            self._index = np.full(size * 2, -1, np.int64)
            _build(self._index, self._all, len(self), self.key_width)
        return self._index

    def _room(self, more: int) -> None:
        need = len(self) + more
        if need > len(self._all):
            self._grow(max(need, 2 * len(self._all)))

    def _grow(self, rows: int) -> None:
        size = (HEADER_WORDS + rows * self.width) * 8
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            os.posix_fallocate(descriptor, 0, size)
        finally:
            os.close(descriptor)
        self._attach()

    def _attach(self) -> None:
        with self.path.open("r+b") as f:
            mapped = mmap.mmap(f.fileno(), 0)
        words = np.frombuffer(mapped, dtype=np.int64, count=len(mapped) // 8)
        self._header = words[:HEADER_WORDS]
        body = words[HEADER_WORDS:]
        self._all = body[: len(body) // self.width * self.width].reshape(-1, self.width)
