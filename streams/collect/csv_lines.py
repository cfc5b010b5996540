"""CSV of the contract's own columns, scanned as bytes; one line is one record.

A line is taken here if its cells are plain ASCII without quotes. Every other line is listed for the
exact path.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from streams.collect.kernel import METERS_UNIT, NO_UNIT, take
from streams.collect.scan import (
    DECIMALS_AT,
    DIGITS_AT,
    END,
    END_AT,
    METER_FROM,
    METER_TO,
    OTHER,
    QUANTITY,
    RANK_AT,
    REVISION,
    REVISION_AT,
    SEEN_AT,
    START,
    START_AT,
    UNIT_FROM,
    UNIT_TO,
    clear,
    named,
    scan_number,
    scan_time,
    scan_whole,
    whole,
)
from streams.collect.tables import find

_I = np.int64
_QUOTE, _COMMA, _NEWLINE, _RETURN = 34, 44, 10, 13


@njit(cache=True, nogil=True)
def _cell_end(b: Any, i: Any) -> Any:
    """Position after a plain cell, or -1."""
    while b[i] != _COMMA and b[i] != _NEWLINE and b[i] != _RETURN:
        if b[i] < 32 or b[i] > 126 or b[i] == _QUOTE:
            return _I(-1)
        i += 1
    return i


@njit(cache=True, nogil=True)
def _cell(b: Any, i: Any, key: Any, f: Any) -> Any:
    """Reads a cell into the scratch array; the position after it, or -1."""
    if key == OTHER:
        return _cell_end(b, i)
    if b[i] == _COMMA or b[i] == _NEWLINE or b[i] == _RETURN:
        return i
    f[SEEN_AT] |= 1 << key
    if key == QUANTITY:
        digits, decimals, end = scan_number(b, i)
        f[DIGITS_AT], f[DECIMALS_AT] = digits, decimals
        return end
    if key == START or key == END:
        at, end = scan_time(b, i)
        f[START_AT if key == START else END_AT] = at
        return end
    if key == REVISION:
        number, end = scan_whole(b, i)
        f[REVISION_AT] = number
        return end
    end = _cell_end(b, i)
    if end < 0 or not named(b, i, end, key, f):
        return _I(-1)
    return end


@njit(cache=True, nogil=True)
def _row(b: Any, i: Any, keys: Any, f: Any) -> Any:
    """Reads a record; the position of its newline, or -1."""
    clear(f)
    last = len(keys) - 1
    for column in range(last + 1):
        i = _cell(b, i, keys[column], f)
        if i < 0:
            return i
        if column < last:
            if b[i] != _COMMA:
                return _I(-1)
            i += 1
    if b[i] == _RETURN:
        i += 1
    return _I(i) if b[i] == _NEWLINE else _I(-1)


@njit(cache=True, nogil=True)
def scan_csv_lines(b: Any, begin: Any, size: Any, keys: Any, t: Any, lim: Any, revision: Any,
                   out: Any, left: Any) -> Any:  # fmt: skip
    """Takes the plain lines of b[begin:size], whose columns are the fields `keys`.

    Lists the others in `left` as (from, to, line from 0) and returns how many.
    """
    f = np.zeros(16, np.int64)
    (ids, id_bytes, id_at), (names, name_bytes, name_at), meter, fact, conv, rule = t
    slots, ranks, long, counts = out
    i, line, count = _I(begin), _I(0), 0
    while i < size:
        first = i
        i = _row(b, i, keys, f)
        taken = i >= 0 and whole(f)
        if taken:
            slot = find(ids, id_bytes, id_at, b, f[METER_FROM], f[METER_TO])
            unit = _I(METERS_UNIT)
            if f[UNIT_FROM] >= 0:
                unit = find(names, name_bytes, name_at, b, f[UNIT_FROM], f[UNIT_TO])
                unit = unit if unit >= 0 else _I(NO_UNIT)
            rev = f[REVISION_AT] if f[REVISION_AT] >= 0 else revision
            taken = take(
                meter, fact, conv, rule, lim, slots, ranks, long, counts, slot, f[START_AT],
                f[END_AT], f[DIGITS_AT], f[DECIMALS_AT], unit, f[RANK_AT], rev,
            )  # fmt: skip
        if not taken:
            i = first
            while i < size and b[i] != _NEWLINE:
                i += 1
            left[count, 0], left[count, 1], left[count, 2] = first, i, line
            count += 1
        i += 1
        line += 1
    return count
