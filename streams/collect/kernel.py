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
_LATEST = np.int64(2**40)


class Limits(NamedTuple):
    """What holds for all readings of a frame: epoch seconds, and the ranks allowed as bits."""

    since: int
    latest: int
    align: int
    may: int


class Columns(NamedTuple):
    """Room for the readings of a frame; `error_*` list the roundings (conversion entry, numerator)."""

    slot: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    quantity: NDArray[np.int64]
    rank: NDArray[np.uint8]
    revision: NDArray[np.int64]
    error_entry: NDArray[np.int32]
    error: NDArray[np.int64]
    counts: NDArray[np.int64]
    """[readings, roundings, aligned]"""

    def readings(self) -> Readings:
        """The readings taken, as views."""
        n = int(self.counts[0])
        return Readings(
            self.slot[:n],
            self.start[:n],
            self.end[:n],
            self.quantity[:n],
            self.rank[:n],
            self.revision[:n],
        )


def columns(capacity: int) -> Columns:
    """Empty room for `capacity` readings."""
    return Columns(
        slot=np.empty(capacity, np.int32),
        start=np.empty(capacity, np.int64),
        end=np.empty(capacity, np.int64),
        quantity=np.empty(capacity, np.int64),
        rank=np.empty(capacity, np.uint8),
        revision=np.empty(capacity, np.int64),
        error_entry=np.empty(capacity, np.int32),
        error=np.empty(capacity, np.int64),
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


on_grid = njit(cache=True, nogil=True)(grid_point)
"""`grid_point` for the hot loops: 64-bit seconds."""


@njit(cache=True, nogil=True)
def _row(t: Any, slot: Any, start: Any, end: Any) -> Any:
    """The meter's row that is valid at `start` if the reading lies in its validity, else -1 (R4)."""
    for row in range(t.fact_at[slot], t.fact_at[slot + 1]):
        if t.fact_since[row] <= start < t.fact_until[row]:
            return row if end <= t.fact_span[row] else -1
    return -1


@njit(cache=True, nogil=True)
def _divide(product: Any, div: Any) -> Any:
    """product / div rounded half-even, and the numerator of (rounded - exact) over div; product >= 0."""
    quotient = product // div
    rest = product - quotient * div
    if rest == 0:
        return quotient, _ZERO
    if rest * 2 > div or (rest * 2 == div and quotient & 1):
        return quotient + 1, div - rest
    return quotient, -rest


@njit(cache=True, nogil=True)
def take(t: Any, lim: Any, out: Any, slot: Any, start: Any, end: Any, digits: Any, decimals: Any,
         unit: Any, rank: Any, revision: Any) -> bool:  # fmt: skip
    """Appends the reading to `out` if every rule holds; False leaves it to the exact path.

    digits * 10**-decimals is the quantity in `unit`; negative digits are left, too.
    """
    if slot < 0 or not (lim.may >> rank) & 1 or revision < 0 or revision >= REVISION_END:
        return False
    if start < -_LATEST or start > _LATEST or end > _LATEST or (end < -_LATEST and end != NO_END):
        return False
    cell = np.int64(t.cell[slot])
    begin = on_grid(start, cell, lim.align)
    if end == NO_END:
        if t.interval[slot] <= 0:
            return False
        until = begin + t.interval[slot]
        stop = until
    else:
        stop = on_grid(end, cell, lim.align)
        until = end
    if begin % cell or stop % cell or stop <= begin or begin < lim.since or stop > lim.latest:
        return False
    row = _row(t, slot, begin, stop)
    if row < 0:
        return False
    n = out.counts[0]
    if decimals == NO_QUANTITY:
        if rank != _EDITED:
            return False
        out.quantity[n] = VOID
    elif not _convert(t, out, n, row, digits, decimals, unit):
        return False
    out.slot[n], out.start[n], out.end[n] = slot, begin, stop
    out.rank[n], out.revision[n] = rank, revision
    out.counts[0] = n + 1
    if begin != start or stop != until:
        out.counts[2] += 1
    return True


@njit(cache=True, nogil=True)
def _convert(t: Any, out: Any, n: Any, row: Any, digits: Any, decimals: Any, unit: Any) -> bool:
    """quantity[n] in 10**-6 native units, rounded once (R2); notes the rounding."""
    if unit == NATIVE_UNIT:
        conversion = t.native[t.fact_group[row]]
    elif unit == METERS_UNIT:
        conversion = t.conv[t.fact_group[row], t.fact_unit[row]]
    else:
        conversion = _I(-1) if unit < 0 else t.conv[t.fact_group[row], unit]
    if conversion < 0 or digits < 0 or decimals < 0 or decimals >= MOST_DECIMALS:
        return False
    entry = conversion * MOST_DECIMALS + decimals
    if digits > t.most[entry]:
        return False
    quantity, error = _divide(digits * t.mul[entry], t.div[entry])
    if quantity > QUANTITY_MAX:
        return False
    if error != 0:
        at = out.counts[1]
        out.error_entry[at], out.error[at] = entry, error
        out.counts[1] = at + 1
    out.quantity[n] = quantity
    return True
