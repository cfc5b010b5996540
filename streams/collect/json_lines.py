"""JSON lines of the contract's form, scanned as bytes: strict, and only where nothing is unusual.

A line is taken here if it is one flat object of printable ASCII without escapes, with known keys at
most once. Every other line is listed for the exact path. A line never sees its neighbour's bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from streams.collect.scan import (
    AUTHOR,
    DECIMALS_AT,
    DIGITS_AT,
    END,
    END_AT,
    LINE,
    LINE_FROM,
    LINE_TO,
    METER,
    OTHER,
    QUALITY,
    QUANTITY,
    REASON,
    REVISION,
    REVISION_AT,
    SCANNED,
    SEEN_AT,
    SPECIAL,
    START,
    START_AT,
    UNIT,
    clear,
    named,
    same,
    scan_number,
    scan_time,
    scan_whole,
    text_end,
    whole,
)

_I = np.int64
_QUOTE, _COMMA, _COLON, _OPEN, _CLOSE, _NEWLINE = 34, 44, 58, 123, 125, 10


@njit(cache=True, nogil=True)
def _blank(b: Any, i: Any) -> Any:
    while b[i] == 32 or b[i] == 9 or b[i] == 13:
        i += 1
    return i


@njit(cache=True, nogil=True)
def field(b: Any, lo: Any, hi: Any) -> Any:
    """Number of the field that b[lo:hi] names."""
    length = hi - lo
    if length == 5:
        if same(b, lo, hi, b"meter"):
            return METER
        if same(b, lo, hi, b"start"):
            return START
    elif length == 3:
        if same(b, lo, hi, b"end"):
            return END
    elif length == 8:
        if same(b, lo, hi, b"quantity"):
            return QUANTITY
        if same(b, lo, hi, b"revision"):
            return REVISION
    elif length == 4:
        if same(b, lo, hi, b"unit"):
            return UNIT
        if same(b, lo, hi, b"data"):
            return SPECIAL
    elif length == 7:
        if same(b, lo, hi, b"quality"):
            return QUALITY
    elif length == 6:
        if same(b, lo, hi, b"author"):
            return AUTHOR
        if same(b, lo, hi, b"reason"):
            return REASON
    elif length == 11 and (same(b, lo, hi, b"specversion") or same(b, lo, hi, b"data_base64")):
        return SPECIAL
    return OTHER


@njit(cache=True, nogil=True)
def _literal(b: Any, i: Any) -> Any:
    """Position after a value that is ignored: a plain text, a plain number, true, false or null."""
    if b[i] == _QUOTE:
        end = text_end(b, i + 1)
        return end + 1 if end >= 0 else end
    if same(b, i, i + 4, b"true") or same(b, i, i + 4, b"null"):
        return _I(i + 4)
    if same(b, i, i + 5, b"false"):
        return _I(i + 5)
    _, _, end = scan_number(b, i)
    return end


@njit(cache=True, nogil=True)
def _quantity(b: Any, i: Any, f: Any) -> Any:
    quoted = b[i] == _QUOTE
    digits, decimals, end = scan_number(b, i + 1 if quoted else i)
    if end < 0:
        return end
    f[DIGITS_AT], f[DECIMALS_AT] = digits, decimals
    if quoted:
        return end + 1 if b[end] == _QUOTE else _I(-1)
    return end


@njit(cache=True, nogil=True)
def _value(b: Any, i: Any, key: Any, f: Any) -> Any:
    """Reads the value of a field into the scratch array; the position after it, or -1."""
    if key == OTHER:
        return _literal(b, i)
    if key == SPECIAL or (f[SEEN_AT] >> key) & 1:
        return _I(-1)
    f[SEEN_AT] |= 1 << key
    if key == QUANTITY:
        return _quantity(b, i, f)
    if key == REVISION:
        number, after = scan_whole(b, i)
        f[REVISION_AT] = number
        return _I(-1) if b[i] == 48 and after > i + 1 else after
    if b[i] != _QUOTE:
        return _I(-1)
    lo = i + 1
    if key in (START, END):
        at, after = scan_time(b, lo)
        f[START_AT if key == START else END_AT] = at
        return after + 1 if after >= 0 and b[after] == _QUOTE else _I(-1)
    hi = text_end(b, lo)
    if hi <= lo:
        return _I(-1)
    return hi + 1 if named(b, lo, hi, key, f) else _I(-1)


@njit(cache=True, nogil=True)
def _object(b: Any, i: Any, f: Any) -> Any:
    """Reads one flat object; the position after its closing brace, or -1."""
    if b[i] != _OPEN:
        return _I(-1)
    i = _blank(b, i + 1)
    while True:
        if b[i] != _QUOTE:
            return _I(-1)
        end = text_end(b, i + 1)
        if end < 0:
            return end
        key = field(b, i + 1, end)
        i = _blank(b, end + 1)
        if b[i] != _COLON:
            return _I(-1)
        i = _value(b, _blank(b, i + 1), key, f)
        if i < 0:
            return _I(-1)
        i = _blank(b, i)
        if b[i] == _CLOSE:
            return _I(i + 1)
        if b[i] != _COMMA:
            return _I(-1)
        i = _blank(b, i + 1)


@njit(cache=True, nogil=True)
def scan_json_lines(b: Any, size: Any, revision: Any, rows: Any, left: Any) -> Any:
    """Reads the plain lines of b[:size] into the columns of `rows`.

    Lists the others in `left` as (from, to, line from 0). Returns how many of each.
    """
    f = np.zeros(SEEN_AT + 1, np.int64)
    i, line, n, count = _I(0), _I(0), _I(0), _I(0)
    while i < size:
        begin = i
        clear(f, revision)
        i = _object(b, _blank(b, i), f)
        if i >= 0:
            i = _blank(b, i)
        taken = i >= 0 and b[i] == _NEWLINE and whole(f)
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
        elif _blank(b, begin) < f[LINE_TO]:
            for k in range(3):
                left[count, k] = f[LINE_FROM + k]
            count += 1
    return n, count
