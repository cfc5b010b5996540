"""R3 as a compiled loop: candidates meet the cells of one day, the preferred reading stands."""

from __future__ import annotations

import numpy as np
from numba import njit

from streams.book.cut import part
from streams.book.days import DAY_S
from streams.book.keys import CONFLICT, DIRTY, compare, is_short, long_key, payload, short_key

ACCEPTED, SUPERSEDED, DUPLICATE = 0, 1, 2

S_CELL_S, S_SIZE, S_LOCAL = range(3)
"""Columns of what the book knows of a slot: seconds of its cell, which cell size that is, the place
among the slots of that size."""

L_SLOT, L_START, L_CELLS, L_QUANTITY, L_RANK, L_REVISION, L_CELL_S, L_FORCE = range(8)
"""Columns of the table of longer readings; the first six say which reading it is, `L_FORCE` in how
many cells it is in force."""


@njit(inline="always")
def _place(time, slot, slots, n, day, size, place):  # type: ignore[no-untyped-def]
    """Day, cell size, and interval and slot in one word, of candidate `n`."""
    days = time // DAY_S
    cell_s = np.uint32(slots[slot, S_CELL_S])
    interval = np.uint32(time - days * DAY_S) // cell_s
    day[n], size[n] = days, slots[slot, S_SIZE]
    place[n] = np.int64(interval) << 32 | slots[slot, S_LOCAL]


@njit(nogil=True, cache=True)
def candidates(  # type: ignore[no-untyped-def]
    slot, start, end, quantity, rank, revision, slots, day, size, place, key, amount, longer
):
    """Split a batch into readings of one cell, made candidates, and longer ones, whose numbers are listed.

    slots: by slot [cell_s, cell size's number, place in it] · day, size, place, key (uint64), amount: out,
    by candidate. Returns how many of each.
    """
    shorts, longs = 0, 0
    for i in range(len(slot)):
        if end[i] - start[i] != slots[slot[i], S_CELL_S]:
            longer[longs] = i
            longs += 1
            continue
        _place(start[i], slot[i], slots, shorts, day, size, place)
        key[shorts] = short_key(rank[i], revision[i])
        amount[shorts] = quantity[i]
        shorts += 1
    return shorts, longs


@njit(nogil=True, cache=True)
def parts(rows, first, slots, day, size, place, key, amount):  # type: ignore[no-untyped-def]
    """R4: the cells of longer readings (rows numbered from `first`) as candidates. Returns how many."""
    n = 0
    for i in range(len(rows)):
        row = rows[i]
        part_rank = 2 if row[L_RANK] == 3 else row[L_RANK]  # measured in sum, estimated in shape
        for offset in range(row[L_CELLS]):
            time = row[L_START] + offset * row[L_CELL_S]
            _place(time, row[L_SLOT], slots, n, day, size, place)
            key[n] = long_key(part_rank, first + i)
            amount[n] = part(row[L_QUANTITY], offset, row[L_CELLS])
            n += 1
    return n


@njit(nogil=True, cache=True)
def group(day, size, day_from, days, sizes, counts, order):  # type: ignore[no-untyped-def]
    """Order candidates by day and cell size: a counting sort; counts[g] = end of group g in `order`."""
    n = len(day)
    for i in range(n):
        counts[(day[i] - day_from) * sizes + size[i]] += 1
    total = 0
    for g in range(days * sizes):
        here = counts[g]
        counts[g] = total
        total += here
    for i in range(n):
        g = (day[i] - day_from) * sizes + size[i]
        order[counts[g]] = i
        counts[g] += 1


@njit(nogil=True, cache=True)
def before_image(cells, stride, pick, place, at, empty, full):  # type: ignore[no-untyped-def]
    """Where the picked candidates meet the cells of a day (`at`, out), and what stands there now:
    places of empty cells, (place, key, quantity) of the others. Returns how many of each."""
    empties, fulls = 0, 0
    for p in range(len(pick)):
        whence = place[pick[p]]
        here = (whence >> 32) * stride + (whence & 0xFFFFFFFF)
        at[p] = here
        if cells[here, 0] == 0:
            empty[empties] = here
            empties += 1
        else:
            full[fulls, 0] = here
            full[fulls, 1] = cells[here, 0]
            full[fulls, 2] = cells[here, 1]
            fulls += 1
    return empties, fulls


@njit(inline="always")
def _whence(place, stride):  # type: ignore[no-untyped-def]
    """A place that outlives a change of stride: interval and slot in one word."""
    return (place // stride) << 32 | place % stride


@njit(inline="always")
def _lose_force(longer, row, first_new, counts):  # type: ignore[no-untyped-def]
    longer[row, L_FORCE] -= 1
    if longer[row, L_FORCE] == 0 and row < first_new:
        counts[ACCEPTED] -= 1
        counts[SUPERSEDED] += 1


@njit(nogil=True, cache=True)
def apply(  # type: ignore[no-untyped-def]
    cells, stride, pick, at, keys, quantities, longer, first_new, counts, changed, displaced, late
):
    """Let the candidates `pick` meet their cells.

    cells: int64 [n, 2] of one day · at: place of each picked candidate · keys (uint64), quantities:
    by candidate · longer: the table of
    longer readings, `first_new` its first row of this batch · counts: [accepted, superseded,
    duplicate], changed · changed: by interval, set to 1 · displaced, late: out, rows (interval and
    slot, key, quantity) of readings of one cell that stood until now, and of those that never stood (they
    may be copies of earlier ones). Returns how many of each.
    """
    gone, lost = 0, 0
    for p in range(len(pick)):
        i = pick[p]
        place, key, quantity = at[p], keys[i], quantities[i]
        held = np.uint64(cells[place, 0])
        if held == np.uint64(0):
            verdict, flags = 1, DIRTY
        else:
            verdict = compare(
                key, held, longer[:, L_CELLS], longer[:, L_REVISION], longer[:, L_START]
            )
            flags = DIRTY
            if verdict == 0:
                mine, theirs = quantity, cells[place, 1]
                if not is_short(key):
                    mine = longer[payload(key), L_QUANTITY]
                    theirs = longer[payload(held), L_QUANTITY]
                if mine == theirs:
                    counts[DUPLICATE] += 1
                    continue
                if mine >= 0 and theirs >= 0:
                    flags |= CONFLICT
                verdict = 1 if mine > theirs else -1
                if verdict < 0 and flags & CONFLICT and not held & CONFLICT:
                    cells[place, 0] = np.int64(held | flags)
                    changed[place // stride] = 1
        if verdict < 0:
            if is_short(key):
                late[lost, 0], late[lost, 1] = _whence(place, stride), np.int64(key)
                late[lost, 2] = quantity
                lost += 1
            continue
        if held != np.uint64(0):
            if is_short(held):
                displaced[gone, 0] = _whence(place, stride)
                displaced[gone, 1] = np.int64(held & ~(DIRTY | CONFLICT))
                displaced[gone, 2] = cells[place, 1]
                gone += 1
                counts[ACCEPTED] -= 1
                counts[SUPERSEDED] += 1
            else:
                _lose_force(longer, payload(held), first_new, counts)
        if is_short(key):
            counts[ACCEPTED] += 1
        else:
            longer[payload(key), L_FORCE] += 1
        cells[place, 1] = quantity
        cells[place, 0] = np.int64(key | flags)
        changed[place // stride] = 1
    return gone, lost


@njit(nogil=True, cache=True)
def restore(cells, stride_then, stride, empty, full, changed):  # type: ignore[no-untyped-def]
    """Put the before-image of a batch back; restored cells are dirty: their rollups may be ahead."""
    for n in range(len(empty)):
        place = empty[n] // stride_then * stride + empty[n] % stride_then
        cells[place, 0] = 0
        cells[place, 1] = 0
        changed[place // stride] = 1
    for n in range(len(full)):
        place = full[n, 0] // stride_then * stride + full[n, 0] % stride_then
        cells[place, 1] = full[n, 2]
        cells[place, 0] = np.int64(np.uint64(full[n, 1]) | DIRTY)
        changed[place // stride] = 1
