"""From cells to lines: the accounting of one base interval, compiled (formula of design section 1).

cells --fold--> classes --post--> an entity's own lines --climb--> all lines
"""

from __future__ import annotations

import numpy as np
from numba import njit

from streams.book.keys import CONFLICT, DIRTY, rank_of
from streams.settle import columns as col
from streams.wide import add, add_into, multiply

CLASS_WIDTH = 11
"""Of a class in one interval: quantities by rank in two words each, seconds reported."""
_SECONDS = 10


@njit(nogil=True, cache=True)
def fold(cells, first, klass, weight, seconds, sums, dirty):  # type: ignore[no-untyped-def]
    """Add one interval of cells to the sums of their classes; take note of what changed.

    cells: int64 [n, 2], `first` the interval's first place · klass, weight: by slot of this cell size,
    class -1 counts nowhere · sums: int64 [classes, CLASS_WIDTH] · dirty: uint8 by class. Clears the
    cells' dirty bits. Returns how many cells are in conflict.
    """
    conflicts = 0
    for s in range(len(klass)):
        key = np.uint64(cells[first + s, 0])
        if key == np.uint64(0):
            continue
        c = klass[s]
        if key & DIRTY:
            cells[first + s, 0] = np.int64(key & ~DIRTY)
            if c >= 0:
                dirty[c] = 1
        if key & CONFLICT:
            conflicts += 1
        quantity = cells[first + s, 1]
        if c < 0 or quantity < 0:
            continue
        low, high = np.uint64(quantity), np.int64(0)
        if weight[s] != 1:
            low, high = multiply(low, high, weight[s])
        add_into(sums[c], 2 * rank_of(key), low, high)
        sums[c, _SECONDS] += seconds
    return conflicts


@njit(inline="always")
def _negative(low, high):  # type: ignore[no-untyped-def]
    return multiply(low, high, np.int64(-1))


@njit(inline="always")
def _scaled(low, high, sign):  # type: ignore[no-untyped-def]
    if sign == 1:
        return low, high
    return multiply(low, high, np.int64(sign))


@njit(nogil=True, cache=True)
def post(  # type: ignore[no-untyped-def]
    sums, x_line, u_line, top_line, supplied, sign, kept, location, located, market, marketed, lines
):
    """Post the classes to the entities' own lines: +q at x, -q at u (R6), emissions likewise.

    By class: x_line, u_line (-1: none), top_line (where x's and u's paths to the root meet, -1: nowhere;
    coverage counts a meter where its contribution is not zero, so it ends there) · supplied · sign of
    the emission (0: shown apart) · kept: True where the standard does not deduct what is supplied, so
    the emission stays · location, market: 10**-9 g per native unit, located, marketed: known or not.
    """
    for c in range(len(sums)):
        seconds = sums[c, _SECONDS]
        if seconds == 0:
            continue
        x, u, top = x_line[c], u_line[c], top_line[c]
        total_low, total_high = np.uint64(0), np.int64(0)
        for at in range(0, 10, 2):
            low, high = np.uint64(sums[c, at]), sums[c, at + 1]
            if low == 0 and high == 0:
                continue
            total_low, total_high = add(total_low, total_high, low, high)
            add_into(lines[x], at, low, high)
            if u >= 0:
                low, high = _negative(low, high)
                add_into(lines[u], at, low, high)
        add_into(lines[x], col.OWN, total_low, total_high)
        _cover(lines, col.REPORTED, x, u, top, seconds, 2)
        lines[x, col.OWN_REPORTED] += seconds
        if u >= 0:
            low, high = _negative(total_low, total_high)
            add_into(lines[u], col.OWN, low, high)
            if supplied[c]:
                add_into(lines[u], col.SUPPLIED, total_low, total_high)
                lines[u, col.SUPPLIED_REPORTED] += seconds
            else:
                lines[u, col.OWN_REPORTED] += seconds
        stays = supplied[c] and kept
        if located[c]:
            low, high = multiply(total_low, total_high, location[c])
            _emit(lines, col.LOCATION, x, u, sign[c], stays, low, high)
            _cover(lines, col.LOCATED, x, u, top, seconds, 1 if stays else 2)
            if sign[c] == 0:
                add_into(lines[x], col.APART, low, high)
            if u >= 0:
                if stays and sign[c] != 0:
                    add_into(lines[u], col.APART, low, high)
                elif not stays and sign[c] == 0:
                    low, high = _negative(low, high)
                    add_into(lines[u], col.APART, low, high)
        if marketed[c]:
            low, high = multiply(total_low, total_high, market[c])
            _emit(lines, col.MARKET, x, u, sign[c], stays, low, high)
            _cover(lines, col.MARKETED, x, u, top, seconds, 1 if stays else 2)


@njit(inline="always")
def _cover(lines, at, x, u, top, seconds, times):  # type: ignore[no-untyped-def]
    lines[x, at] += seconds
    if u >= 0:
        lines[u, at] += seconds
        if top >= 0:
            lines[top, at] -= times * seconds


@njit(inline="always")
def _emit(lines, at, x, u, sign, stays, low, high):  # type: ignore[no-untyped-def]
    if sign == 0:
        return
    low, high = _scaled(low, high, sign)
    add_into(lines[x], at, low, high)
    if u >= 0 and not stays:
        low, high = _negative(low, high)
        add_into(lines[u], at, low, high)


@njit(nogil=True, cache=True)
def climb(lines, parent, order):  # type: ignore[no-untyped-def]
    """Sum lines up the tree, children first: an entity is the sum of its children and its own (R9 a)."""
    for n in order:
        above = parent[n]
        if above < 0:
            continue
        row, into = lines[n], lines[above]
        for at in col.TREE_PAIRS:
            low, high = np.uint64(row[at]), row[at + 1]
            if low != 0 or high != 0:
                add_into(into, at, low, high)
        for at in col.TREE_COUNTS:
            into[at] += row[at]


@njit(nogil=True, cache=True)
def finish(  # type: ignore[no-untyped-def]
    lines, flow, sign, coal, coal_known, primary, primary_known, expected, present, found, end
):
    """Standard coal of the signed quantity, coverage expected, the newest interval with a quantity."""
    for n in range(len(lines)):
        row = lines[n]
        row[col.EXPECTED] = expected[n]
        row[col.PRESENT] = present[n]
        row[col.FOUND] = found[n]
        if row[col.REPORTED] == 0:
            continue
        row[col.NEWEST] = end
        f = flow[n]
        low, high = np.uint64(0), np.int64(0)
        for at in range(0, 10, 2):
            low, high = add(low, high, np.uint64(row[at]), row[at + 1])
        low, high = _scaled(low, high, sign[f])
        if coal_known[f]:
            a, b = multiply(low, high, coal[f])
            row[col.KGCE], row[col.KGCE + 1] = np.int64(a), b
            row[col.KGCE_KNOWN] = row[col.REPORTED]
        if primary_known[f]:
            a, b = multiply(low, high, primary[f])
            row[col.KGCE_PRIMARY], row[col.KGCE_PRIMARY + 1] = np.int64(a), b
            row[col.KGCE_PRIMARY_KNOWN] = row[col.REPORTED]


@njit(nogil=True, cache=True)
def touch(dirty, x_line, u_line, top_line, stays, parent, touched):  # type: ignore[no-untyped-def]
    """Which lines a change in these classes reaches: from x and from u up to where they meet."""
    for c in range(len(dirty)):
        if not dirty[c]:
            continue
        top = np.int32(-1) if stays[c] else top_line[c]
        for start in (x_line[c], u_line[c]):
            at = start
            while at >= 0 and at != top:
                touched[at] = 1
                at = parent[at]
        if u_line[c] >= 0:
            touched[u_line[c]] = 1
        if x_line[c] >= 0:
            touched[x_line[c]] = 1
