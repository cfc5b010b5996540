"""The key of a cell: which reading is in force there, as one word that mostly compares by itself.

A cell is 16 bytes {key, quantity}. From the top, a key holds

    rank + 1      3 bits   0 means: empty cell
    short         1 bit    1: a reading of exactly this cell; 0: a part of a longer one
    revision     53 bits   of a short reading; for a longer one its row in the table of longer readings
    (unused)      5 bits
    dirty         1 bit    changed since settle last looked
    conflict      1 bit    another quantity of the same rank, revision, start and end was received

R3 prefers, in order: rank, revision of an edit, shorter duration, revision, later start, quantity of
the whole reading. Below edits `short` settles the duration, so two keys that are not both parts of
longer readings compare as integers; edits compare by revision first.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

RANK_SHIFT = np.uint64(61)
SHORT = np.uint64(1 << 60)
PAYLOAD_SHIFT = np.uint64(7)
PAYLOAD_MASK = np.uint64((1 << 53) - 1)
DIRTY = np.uint64(2)
CONFLICT = np.uint64(1)
FLAGS = np.uint64(3)
ORDER = np.uint64(0xFFFFFFFFFFFFFFFC)
"""The bits that say which reading it is: all but the flags."""

EDITED_KEY_RANK = np.uint64(5)


@njit(inline="always")
def short_key(rank, revision):  # type: ignore[no-untyped-def]
    """The key of a reading of exactly one cell."""
    return (
        ((np.uint64(rank) + np.uint64(1)) << RANK_SHIFT)
        | SHORT
        | (np.uint64(revision) << PAYLOAD_SHIFT)
    )


@njit(inline="always")
def long_key(part_rank, row):  # type: ignore[no-untyped-def]
    """The key of a part of the longer reading in `row`."""
    return ((np.uint64(part_rank) + np.uint64(1)) << RANK_SHIFT) | (np.uint64(row) << PAYLOAD_SHIFT)


@njit(inline="always")
def is_short(key):  # type: ignore[no-untyped-def]
    """Does a reading of exactly this cell stand here?"""
    return (key & SHORT) != np.uint64(0)


@njit(inline="always")
def payload(key):  # type: ignore[no-untyped-def]
    """Revision of a short reading, row of a longer one."""
    return np.int64((key >> PAYLOAD_SHIFT) & PAYLOAD_MASK)


def longer_rows(held: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which longer reading stands in each of these cells: its row, -1 where none does."""
    key = held.view(np.uint64)
    part = (key != 0) & ((key & SHORT) == 0)
    return np.where(part, ((key >> PAYLOAD_SHIFT) & PAYLOAD_MASK).astype(np.int64), -1)


@njit(inline="always")
def rank_of(key):  # type: ignore[no-untyped-def]
    """Rank of the reading (or of the part) that stands in a cell that is not empty."""
    return np.int64(key >> RANK_SHIFT) - np.int64(1)


@njit(cache=True)
def _compare_longer(a, b, long_cells, long_revision, long_start):  # type: ignore[no-untyped-def]
    """Two parts of longer readings of one rank, quantity left out: 1, 0 or -1 as a is preferred."""
    edits = (a >> RANK_SHIFT) == EDITED_KEY_RANK
    i, j = payload(a), payload(b)
    if edits and long_revision[i] != long_revision[j]:
        return 1 if long_revision[i] > long_revision[j] else -1
    if long_cells[i] != long_cells[j]:
        return 1 if long_cells[i] < long_cells[j] else -1
    if long_revision[i] != long_revision[j]:
        return 1 if long_revision[i] > long_revision[j] else -1
    if long_start[i] != long_start[j]:
        return 1 if long_start[i] > long_start[j] else -1
    return 0


@njit(cache=True)
def compare(a, b, long_cells, long_revision, long_start):  # type: ignore[no-untyped-def]
    """R3 without the last step (the quantity): 1, 0 or -1 as key a is preferred to key b."""
    a, b = a & ORDER, b & ORDER
    if a >> RANK_SHIFT != b >> RANK_SHIFT:
        return 1 if a > b else -1
    a_short, b_short = is_short(a), is_short(b)
    if a_short and b_short:
        return 1 if a > b else (0 if a == b else -1)
    if not a_short and not b_short:
        return _compare_longer(a, b, long_cells, long_revision, long_start)
    if (a >> RANK_SHIFT) == EDITED_KEY_RANK:
        a_revision = payload(a) if a_short else long_revision[payload(a)]
        b_revision = payload(b) if b_short else long_revision[payload(b)]
        if a_revision != b_revision:
            return 1 if a_revision > b_revision else -1
    return 1 if a_short else -1
