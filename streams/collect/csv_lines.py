"""CSV of the contract's own columns, scanned as bytes; one line is one record.

A line is taken here if its cells are plain ASCII without quotes. Every other line is listed for the
exact path.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from streams.collect.scan import (
    DECIMALS_AT,
    DIGITS_AT,
    END,
    END_AT,
    LINE,
    LINE_FROM,
    LINE_TO,
    OTHER,
    QUANTITY,
    REVISION,
    REVISION_AT,
    SCANNED,
    SEEN_AT,
    START,
    START_AT,
    clear,
    named,
    scan_number,
    scan_time,
    scan_whole,
    text_end,
    whole,
)

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
    """Reads a cell, quoted or not, into the scratch array; the position after it, or -1."""
    if b[i] != _QUOTE:
        return _content(b, i, _cell_end(b, i), key, f)
    end = text_end(b, i + 1)
    if end < 0 or _content(b, i + 1, end, key, f) != end:
        return _I(-1)
    return _I(end + 1)


@njit(cache=True, nogil=True)
def _content(b: Any, i: Any, end: Any, key: Any, f: Any) -> Any:
    """Reads b[i:end], the plain content of a cell; `end`, or another position if it is not plain."""
    if end <= i or key == OTHER:
        return end
    f[SEEN_AT] |= 1 << key
    if key == QUANTITY:
        digits, decimals, after = scan_number(b, i)
        f[DIGITS_AT], f[DECIMALS_AT] = digits, decimals
        return after
    if key in (START, END):
        at, after = scan_time(b, i)
        f[START_AT if key == START else END_AT] = at
        return after
    if key == REVISION:
        number, after = scan_whole(b, i)
        f[REVISION_AT] = number
        return after
    return end if named(b, i, end, key, f) else _I(-1)


@njit(cache=True, nogil=True)
def _row(b: Any, i: Any, keys: Any, f: Any) -> Any:
    """Reads a record; the position of its newline, or -1."""
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
def scan_csv_lines(
    b: Any, first: Any, size: Any, keys: Any, revision: Any, rows: Any, left: Any
) -> Any:
    """Reads the plain lines of b[first:size], whose cells are the fields `keys`, into `rows`.

    Lists the others in `left` as (from, to, line from 0). Returns how many of each.
    """
    f = np.zeros(SEEN_AT + 1, np.int64)
    i, line, n, count = _I(first), _I(0), _I(0), _I(0)
    while i < size:
        begin = i
        clear(f, revision)
        i = _row(b, i, keys, f)
        taken = i >= 0 and whole(f)
        if not taken:
            i = begin
            while i < size and b[i] != _NEWLINE:
                i += 1
        f[LINE_FROM], f[LINE_TO], f[LINE] = begin, i, line
        i += 1
        line += 1
        if taken:
            for k in range(SCANNED):
                rows[k, n] = f[k]
            n += 1
        elif f[LINE_TO] > begin:
            for k in range(3):
                left[count, k] = f[LINE_FROM + k]
            count += 1
    return n, count
