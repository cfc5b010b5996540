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

METERS_UNIT, NATIVE_UNIT, NO_UNIT = -1, -2, -3
"""Instead of a unit's number: the meter's own, the flow's native one, one that is not known here."""

_EDITED = int(Rank.EDITED)
_I = np.int64
_ZERO = np.int64(0)
DAY = 86_400


SINCE, LATEST, ALIGN, MAY = range(4)
"""Places in the array of what holds for all readings of a frame."""


def limits(since: int, latest: int, align: int, may: frozenset[Rank]) -> NDArray[np.int64]:
    """Epoch seconds within which readings lie, seconds of `align`, and the ranks allowed as bits."""
    return np.array([since, latest, align, sum(1 << rank for rank in may)], np.int64)


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
def _row(meter: Any, fact: Any, slot: Any, start: Any, end: Any) -> Any:
    """The meter's row that is valid at `start` if the reading lies in its validity, else -1 (R4)."""
    for row in range(meter[slot, 2], meter[slot, 3]):
        if fact[row, 0] <= start < fact[row, 1]:
            return row if end <= fact[row, 2] else -1
    return -1


@njit(cache=True, nogil=True, error_model="numpy")
def _divide(product: Any, div: Any) -> Any:
    """product / div rounded half-even, and the numerator of (rounded - exact) over div; product >= 0."""
    if div == 1:
        return product, _ZERO
    quotient = product // div
    rest = product - quotient * div
    if rest == 0:
        return quotient, _ZERO
    if rest * 2 > div or (rest * 2 == div and quotient & 1):
        return quotient + 1, div - rest
    return quotient, -rest


@njit(cache=True, nogil=True, error_model="numpy")
def divides(cell: Any, t: Any) -> bool:
    """Whether t is a multiple of cell, |t| < 2**53: a division that goes in is exact in IEEE 754.

    Several times faster than the remainder of 64-bit integers, which was a third of the hot loop.
    """
    return _I(t / cell) * cell == t


@njit(cache=True, nogil=True, error_model="numpy")
def place_on_grid(meter: Any, lim: Any, slot: Any, start: Any, end: Any) -> Any:
    """(start, end, moved) on the meter's grid; start > end where there is no such place."""
    cell, interval = meter[slot, 0], meter[slot, 1]
    begin, stop = start, end
    if not divides(cell, start):
        begin = on_grid(start, cell, lim[ALIGN])
        if begin % cell:
            return _I(1), _ZERO, False
    if end == NO_END:
        return begin, begin + interval, begin != start
    if not divides(cell, end):
        stop = on_grid(end, cell, lim[ALIGN])
        if stop % cell:
            return _I(1), _ZERO, False
    return begin, stop, begin != start or stop != end


@njit(cache=True, nogil=True, error_model="numpy")
def take(meter: Any, fact: Any, conv: Any, rule: Any, lim: Any, ids: Any, ranks: Any, long: Any,
         counts: Any, slot: Any, start: Any, end: Any, digits: Any, decimals: Any, unit: Any,
         rank: Any, revision: Any) -> bool:  # fmt: skip
    """Appends the reading to (ids, ranks, long, counts) if every rule holds; else False.

    digits * 10**-decimals is the quantity in `unit`; negative digits are left, too.
    """
    if slot < 0 or not (lim[MAY] >> rank) & 1 or revision < 0 or revision >= REVISION_END:
        return False
    if start < lim[SINCE] - DAY or start > lim[LATEST] or end > lim[LATEST] + DAY:
        return False
    if end < start and end != NO_END:
        return False
    begin, stop, moved = place_on_grid(meter, lim, slot, start, end)
    if stop <= begin or begin < lim[SINCE] or stop > lim[LATEST]:
        return False
    row = _row(meter, fact, slot, begin, stop)
    if row < 0:
        return False
    n = counts[0]
    if decimals == NO_QUANTITY:
        if rank != _EDITED:
            return False
        long[2, n] = VOID
    else:
        entry = _entry(fact, conv, row, unit, decimals)
        if entry < 0 or digits < 0 or digits > rule[entry, 2]:
            return False
        quantity, error = _divide(digits * rule[entry, 0], rule[entry, 1])
        if quantity > QUANTITY_MAX:
            return False
        if error != 0:
            long[4, counts[1]], long[5, counts[1]] = entry, error
            counts[1] += 1
        long[2, n] = quantity
    ids[n], ranks[n] = slot, rank
    long[0, n], long[1, n], long[3, n] = begin, stop, revision
    counts[0] = n + 1
    counts[2] += moved
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _entry(fact: Any, conv: Any, row: Any, unit: Any, decimals: Any) -> Any:
    """The rule that turns a quantity of that unit and number of decimals into ours, or -1."""
    if decimals < 0 or decimals >= MOST_DECIMALS:
        return _I(-1)
    if unit == METERS_UNIT:
        first = fact[row, 3]
    elif unit == NATIVE_UNIT:
        first = fact[row, 4]
    else:
        first = _I(-1) if unit < 0 else conv[fact[row, 5], unit]
    return first + decimals if first >= 0 else _I(-1)
