"""The judgement of a well-formed reading in 64-bit arithmetic: taken here, or left to the exact path.

A hot loop only ever *accepts*. What it does not accept, for whatever cause, is judged again by
`exact.py`, which alone knows the reasons; so the two agree wherever this one accepts rightly.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from schemas.reading import QUANTITY_MAX, REVISION_END, VOID, Rank, Readings
from streams.collect.tables import MOST_DECIMALS

NO_END = np.int64(-(2**62))
"""The reading names no end: the meter's interval gives it."""

NO_QUANTITY = -1
"""As number of decimals: the reading carries no quantity (an edit that voids)."""

METERS_UNIT, NATIVE_UNIT = -1, -2
"""Instead of a unit's number: the meter's own, the flow's native one."""

OWN_UNIT = 3
"""Column of `Tables.fact` with the conversion of the meter's own unit; the native one follows."""

_EDITED = int(Rank.EDITED)
_I = np.int64
_ZERO = np.int64(0)
DAY = 86_400


SINCE, LATEST, ALIGN, MAY = range(4)
"""Places in the array of what holds for all readings of a frame."""


def limits(since: int, latest: int, align: int, may: frozenset[Rank]) -> NDArray[np.int64]:
    """Epoch seconds within which readings lie, seconds of `align`, and the ranks allowed as bits.

    `apportioned` is never allowed: it is computed, not taken (R4).
    """
    allowed = sum(1 << rank for rank in may - {Rank.APPORTIONED})
    return np.array([since, latest, align, allowed], np.int64)


class Columns(NamedTuple):
    """Room for the readings of a frame, and what was counted on the way."""

    slot: NDArray[np.int32]
    rank: NDArray[np.uint8]
    long: NDArray[np.int64]
    """[start, end, quantity, revision; entry and numerator of each rounding] by reading."""
    counts: NDArray[np.int64]
    """[readings, roundings, aligned]"""

    def readings(self) -> Readings:
        """The readings taken, as views."""
        n = int(self.counts[0])
        start, end, quantity, revision = self.long[:4, :n]
        return Readings(self.slot[:n], start, end, quantity, self.rank[:n], revision)


def columns(capacity: int) -> Columns:
    """Empty room for `capacity` readings."""
    return Columns(
        slot=np.empty(capacity, np.int32),
        rank=np.empty(capacity, np.uint8),
        long=np.empty((6, capacity), np.int64),
        counts=np.zeros(3, np.int64),
    )


def grid_point(t: Any, cell: Any, align: Any) -> Any:
    """The nearest grid point within `align` and nearer than any other; else t itself (R4)."""
    off = t % cell
    if off == 0:
        return t
    if off <= align and off * 2 < cell:
        return t - off
    if cell - off <= align and off * 2 > cell:
        return t + cell - off
    return t


on_grid = njit(cache=True, nogil=True, error_model="numpy")(grid_point)
"""`grid_point` for the hot loops: 64-bit seconds."""


@njit(cache=True, nogil=True, error_model="numpy")
def divides(cell: Any, t: Any) -> bool:
    """Whether t is a multiple of cell, |t| < 2**53: a division that goes in is exact in IEEE 754.

    Several times faster than the remainder of 64-bit integers.
    """
    return _I(t / cell) * cell == t


@njit(cache=True, nogil=True, error_model="numpy")
def divide(product: Any, div: Any) -> Any:
    """product / div rounded half-even, and the numerator of (rounded - exact) over div; product >= 0."""
    quotient = product // div
    rest = product - quotient * div
    if rest == 0:
        return quotient, _ZERO
    if rest * 2 > div or (rest * 2 == div and quotient & 1):
        return quotient + 1, div - rest
    return quotient, -rest


@njit(cache=True, nogil=True, error_model="numpy")
def place_on_grid(cell: Any, interval: Any, align: Any, start: Any, end: Any) -> Any:
    """(start, end, moved) on the meter's grid; start > end where there is no such place."""
    begin, stop = start, end
    if not divides(cell, start):
        begin = on_grid(start, cell, align)
        if begin % cell:
            return _I(1), _ZERO, False
    if end == NO_END:
        return begin, begin + interval, begin != start
    if not divides(cell, end):
        stop = on_grid(end, cell, align)
        if stop % cell:
            return _I(1), _ZERO, False
    return begin, stop, begin != start or stop != end


@njit(cache=True, nogil=True, error_model="numpy")
def plain(since: Any, latest: Any, start: Any, end: Any, revision: Any) -> bool:
    """Whether times and revision are of a size that can be reckoned with, and not refused anyhow."""
    if start < since - DAY or start > latest or end > latest + DAY:
        return False
    return (end >= start or end == NO_END) and 0 <= revision < REVISION_END


@njit(cache=True, nogil=True, error_model="numpy")
def take_all(t: Any, lim: Any, out: Any, left: Any, written: Any) -> Any:
    """Judges readings row by row: takes into `out`, or lists in `left`; how many were left.

    `written` = slot, start, end, digits, decimals, unit, rank, revision: digits * 10**-decimals is the
    quantity in `unit`. A column of length 1 holds for all rows; negative digits are left, too.
    """
    meter, fact, conv, rule = t
    ids, ranks, long, counts = out
    slots, starts, ends, digits, decimals, units, qualities, revisions = written
    each = one_for_all(written)
    since, latest, align, may = lim
    n, errors, aligned, count = _ZERO, _ZERO, _ZERO, _ZERO
    for i in range(len(left)):
        left[count] = i
        count += 1
        slot, rank = slots[i & each[0]], qualities[i & each[6]]
        start, end, revision = starts[i & each[1]], ends[i & each[2]], revisions[i & each[7]]
        if slot < 0 or not (may >> rank) & 1 or not plain(since, latest, start, end, revision):
            continue
        begin, stop, moved = place_on_grid(meter[slot, 0], meter[slot, 1], align, start, end)
        if stop <= begin or begin < since or stop > latest:
            continue
        row = meter[slot, 2]
        while row < meter[slot, 3] and not fact[row, 0] <= begin < fact[row, 1]:
            row += 1
        if row == meter[slot, 3] or stop > fact[row, 2]:
            continue
        places, unit = decimals[i & each[4]], units[i & each[5]]
        if places == NO_QUANTITY and rank == _EDITED:
            long[2, n] = VOID
        else:
            value = digits[i & each[3]]
            first = (
                fact[row, OWN_UNIT + METERS_UNIT - unit] if unit < 0 else conv[fact[row, 5], unit]
            )
            if first < 0 or places < 0 or places >= MOST_DECIMALS or value < 0:
                continue
            entry = first + places
            if value > rule[entry, 2]:
                continue
            quantity, error = value * rule[entry, 0], _ZERO
            if rule[entry, 1] != 1:
                quantity, error = divide(quantity, rule[entry, 1])
            if quantity > QUANTITY_MAX:
                continue
            if error != 0:
                long[4, errors], long[5, errors] = entry, error
                errors += 1
            long[2, n] = quantity
        ids[n], ranks[n] = slot, rank
        long[0, n], long[1, n], long[3, n] = begin, stop, revision
        n, count, aligned = n + 1, count - 1, aligned + moved
    counts[0], counts[1], counts[2] = n, errors, aligned
    return count


@njit(cache=True, nogil=True)
def one_for_all(written: Any) -> Any:
    """Per column the mask of its row: 0 where one value holds for all, else all bits."""
    slots, starts, ends, digits, decimals, units, ranks, revisions = written
    one = (
        len(slots) == 1, len(starts) == 1, len(ends) == 1, len(digits) == 1,
        len(decimals) == 1, len(units) == 1, len(ranks) == 1, len(revisions) == 1,
    )  # fmt: skip
    masks = np.empty(8, np.int64)
    for k in range(8):
        masks[k] = 0 if one[k] else -1
    return masks
