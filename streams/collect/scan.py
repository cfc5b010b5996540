"""Reading plain text byte by byte: times, numbers, qualities. `b` always ends in 64 zero bytes.

Everything here accepts one strict form and answers -1 (or a negative position) to anything else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

PADDING = b"\n" + bytes(64)
"""Follows every text: no look-ahead leaves the buffer, and the last line ends."""

_ZERO, _NINE = 48, 57
_I = np.int64
MOST_DIGITS = 18

FIELDS = ("meter", "start", "end", "quantity", "unit", "quality", "revision", "author", "reason")
"""Names of the contract's fields (4.2); their numbers are the keys of the scanners."""
METER, START, END, QUANTITY, UNIT, QUALITY, REVISION, AUTHOR, REASON = range(9)
OTHER = 9
"""A field that is none of ours: ignored."""
SPECIAL = 10
"""A field that changes what the others mean (an envelope): the exact path looks at it."""

START_AT, END_AT, DIGITS_AT, DECIMALS_AT, RANK_AT, REVISION_AT = range(6)
METER_FROM, METER_TO, UNIT_FROM, UNIT_TO, LINE_FROM, LINE_TO, LINE = range(6, 13)
SEEN_AT = 13
"""Places of a reading as scanned; of meter, unit and line only where their text stands."""
SCANNED = 13


def padded(text: bytes) -> NDArray[np.uint8]:
    """The bytes of a text followed by its padding."""
    return np.frombuffer(text + PADDING, np.uint8)


@njit(cache=True, nogil=True)
def _two(b: Any, i: Any) -> Any:
    """Two digits as a number, or a negative one."""
    tens, ones = _I(b[i]) - _ZERO, _I(b[i + 1]) - _ZERO
    if 0 <= tens <= 9 and 0 <= ones <= 9:
        return tens * 10 + ones
    return _I(-10_000)


@njit(cache=True, nogil=True)
def days(year: Any, month: Any, day: Any) -> Any:
    """Days since 1970-01-01 of a date of the Gregorian calendar."""
    y = year - 1 if month <= 2 else year
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


@njit(cache=True, nogil=True)
def _month_length(year: Any, month: Any) -> Any:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@njit(cache=True, nogil=True)
def scan_time(b: Any, i: Any) -> Any:
    """(epoch seconds, position after it) of `2026-11-20T08:00:00+08:00` or `…Z`; position -1 if not."""
    year = _two(b, i) * 100 + _two(b, i + 2)
    month, day = _two(b, i + 5), _two(b, i + 8)
    hour, minute, second = _two(b, i + 11), _two(b, i + 14), _two(b, i + 17)
    if b[i + 4] != 45 or b[i + 7] != 45 or b[i + 10] != 84 or b[i + 13] != 58 or b[i + 16] != 58:
        return _I(0), _I(-1)
    if year < 1 or month < 1 or month > 12 or day < 1 or day > _month_length(year, month):
        return _I(0), _I(-1)
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return _I(0), _I(-1)
    at = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    zone = b[i + 19]
    if zone == 90:
        return at, _I(i + 20)
    hours, minutes = _two(b, i + 20), _two(b, i + 23)
    if hours < 0 or hours > 23 or minutes < 0 or minutes > 59 or b[i + 22] != 58:
        return _I(0), _I(-1)
    offset = hours * 3600 + minutes * 60
    if zone == 43:
        return at - offset, _I(i + 25)
    if zone == 45:
        return at + offset, _I(i + 25)
    return _I(0), _I(-1)


@njit(cache=True, nogil=True)
def scan_number(b: Any, i: Any) -> Any:
    """(digits, decimals, position after it) of a plain number from 0; position -1 if it is another."""
    first = i
    digits = _I(0)
    while _ZERO <= b[i] <= _NINE:
        digits = digits * 10 + (_I(b[i]) - _ZERO)
        i += 1
        if i - first > MOST_DIGITS:
            return digits, _I(0), _I(-1)
    if i == first or (b[first] == _ZERO and i > first + 1):
        return digits, _I(0), _I(-1)
    if b[i] != 46:
        return digits, _I(0), _I(i)
    i += 1
    point = i
    while _ZERO <= b[i] <= _NINE:
        digits = digits * 10 + (_I(b[i]) - _ZERO)
        i += 1
        if i - first > MOST_DIGITS + 1:
            return digits, _I(0), _I(-1)
    if i == point:
        return digits, _I(0), _I(-1)
    return digits, _I(i - point), _I(i)


@njit(cache=True, nogil=True)
def scan_whole(b: Any, i: Any) -> Any:
    """(number, position after it) of at most 15 digits; position -1 if it is another."""
    first = i
    number = _I(0)
    while _ZERO <= b[i] <= _NINE:
        number = number * 10 + (_I(b[i]) - _ZERO)
        i += 1
        if i - first > 15:
            return number, _I(-1)
    if i == first:
        return number, _I(-1)
    return number, _I(i)


@njit(cache=True, nogil=True)
def text_end(b: Any, i: Any) -> Any:
    """Position of the quote that closes a plain text, or -1."""
    while b[i] != 34:
        if b[i] < 32 or b[i] > 126 or b[i] == 92:
            return _I(-1)
        i += 1
    return i


@njit(cache=True, nogil=True)
def same(b: Any, lo: Any, hi: Any, word: Any) -> bool:
    """Whether b[lo:hi] is the word."""
    if hi - lo != len(word):
        return False
    for k in range(len(word)):  # noqa: SIM110
        if b[lo + k] != word[k]:
            return False
    return True


@njit(cache=True, nogil=True)
def scan_quality(b: Any, lo: Any, hi: Any) -> Any:
    """The rank that b[lo:hi] names, or -1."""
    length = hi - lo
    if length == 8:
        if b[lo] == 109:
            return _I(3) if same(b, lo, hi, b"measured") else _I(-1)
        return _I(1) if same(b, lo, hi, b"declared") else _I(-1)
    if length == 9:
        return _I(0) if same(b, lo, hi, b"estimated") else _I(-1)
    if length == 6:
        return _I(4) if same(b, lo, hi, b"edited") else _I(-1)
    return _I(-1)


@njit(cache=True, nogil=True)
def clear(f: Any, revision: Any) -> None:
    """Sets the scratch array to a reading that names nothing."""
    f[END_AT] = -(2**62)
    f[DECIMALS_AT] = -1
    f[UNIT_FROM] = -1
    f[RANK_AT] = 3
    f[REVISION_AT] = revision
    f[SEEN_AT] = 0


@njit(cache=True, nogil=True)
def whole(f: Any) -> bool:
    """Whether all that a reading needs has been seen: meter, start, quantity; of an edit its author."""
    seen = f[SEEN_AT]
    needed = (1 << METER) | (1 << START)
    if f[RANK_AT] == 4:
        needed |= (1 << AUTHOR) | (1 << REASON)
    else:
        needed |= 1 << QUANTITY
    return seen & needed == needed


@njit(cache=True, nogil=True)
def named(b: Any, lo: Any, hi: Any, key: Any, f: Any) -> bool:
    """Notes a text field: where meter and unit stand, the rank of a quality, that an author signs."""
    if key == METER:
        f[METER_FROM], f[METER_TO] = lo, hi
        return True
    if key == UNIT:
        f[UNIT_FROM], f[UNIT_TO] = lo, hi
        return True
    if key == QUALITY:
        f[RANK_AT] = scan_quality(b, lo, hi)
        return f[RANK_AT] >= 0
    return b[lo] > 32
