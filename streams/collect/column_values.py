"""The columns of a record batch as numbers: one array each, of length 1 where one value holds for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

from schemas.reading import Reason
from streams.collect.kernel import NO_END
from streams.collect.raw import Refused
from streams.collect.scan import padded, scan_number, scan_quality, scan_time
from streams.collect.scanned import find_each
from streams.collect.tables import Names, Tables

NOT_HERE = np.int64(-(2**63) + 1)
"""A value that the exact path must look at."""

PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


Array = NDArray[np.int64]


@njit(cache=True, nogil=True)
def _times(b: Any, at: Any, out: Any) -> None:
    for i in range(len(out)):
        value, after = scan_time(b, at[i])
        out[i] = value if after == at[i + 1] else NOT_HERE


@njit(cache=True, nogil=True)
def _numbers(b: Any, at: Any, digits: Any, decimals: Any) -> None:
    for i in range(len(digits)):
        value, places, after = scan_number(b, at[i])
        digits[i] = value if after == at[i + 1] else -1
        decimals[i] = places


@njit(cache=True, nogil=True)
def _seconds(ticks: Any, per: Any, out: Any) -> None:
    for i in range(len(ticks)):
        second = ticks[i] // per
        out[i] = second if second * per == ticks[i] else NOT_HERE


@njit(cache=True, nogil=True)
def _narrow(limbs: Any, out: Any) -> None:
    """128-bit whole numbers that fit into 63 bits; -1 for the others."""
    for i in range(len(out)):
        low, high = limbs[2 * i], limbs[2 * i + 1]
        out[i] = low if high == 0 and low >= 0 else -1


def _wrong(name: str, kind: pa.DataType, what: str) -> Refused:
    return Refused(Reason.MALFORMED, f"column `{name}` is {kind}; write {what}")


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _text_buffers(column: pa.Array) -> tuple[NDArray[np.uint8], Array]:
    """Padded bytes of a text column and where each value begins; nulls are of length 0."""
    column = column.cast(pa.large_string())
    _, offsets, data = column.buffers()
    at = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    text = b"" if data is None else data.slice(int(at[0]), int(at[-1] - at[0])).to_pybytes()
    return padded(text), at - at[0]


def _spread(column: pa.Array, of_text: Callable[[pa.Array], Array], name: str) -> Array:
    """Numbers of a text column, or by way of its dictionary; null is NOT_HERE."""
    if pa.types.is_dictionary(column.type) and len(column.dictionary) > len(column):
        column = column.cast(column.type.value_type)
    if pa.types.is_dictionary(column.type):
        values = np.append(_spread(column.dictionary, of_text, name), NOT_HERE)
        indices = column.indices.cast(pa.int64())
        places = pc.fill_null(indices, len(values) - 1) if indices.null_count else indices
        return values[places.to_numpy(zero_copy_only=False)]
    if not _is_text(column.type):
        raise _wrong(name, column.type, "text or a dictionary of text")
    numbers = of_text(column)
    if column.null_count:
        numbers[column.is_null().to_numpy(zero_copy_only=False)] = NOT_HERE
    return numbers


def lookup(column: pa.Array, names: Names, name: str) -> Array:
    """Numbers of the texts in `names`: -1 where one has none, NOT_HERE where it is null."""

    def of_text(texts: pa.Array) -> Array:
        b, at = _text_buffers(texts)
        out = np.empty(len(texts), np.int64)
        find_each(names, b, at[:-1], at[1:], -1, -1, out)
        return out

    return _spread(column, of_text, name)


def instants(column: pa.Array, name: str) -> Array:
    """Epoch seconds; NOT_HERE where it is null, naive, or between two seconds."""
    kind = column.type
    if not pa.types.is_timestamp(kind):
        return _spread(column, _times_of, name)
    if kind.tz is None:
        return np.full(1, NOT_HERE)
    ticks = column.view(pa.int64())
    per = PER_SECOND[kind.unit]
    values = pc.fill_null(ticks, 0) if ticks.null_count else ticks
    seconds = values.to_numpy(zero_copy_only=False)
    if per > 1:
        ticks_array, seconds = seconds, np.empty(len(column), np.int64)
        _seconds(ticks_array, per, seconds)
    if column.null_count:
        seconds = seconds.copy()
        seconds[column.is_null().to_numpy(zero_copy_only=False)] = NOT_HERE
    return seconds


def _times_of(texts: pa.Array) -> Array:
    b, at = _text_buffers(texts)
    out = np.empty(len(texts), np.int64)
    _times(b, at, out)
    return out


def ends_of(batch: pa.RecordBatch) -> Array:
    """Ends in epoch seconds: NO_END where none is given, NOT_HERE where the exact path must look."""
    if "end" not in batch.schema.names:
        return np.full(1, NO_END)
    column = batch.column("end")
    if column.null_count == len(column):
        return np.full(1, NO_END)
    ends = instants(column, "end")
    if column.null_count and len(ends) == len(column):
        ends[column.is_null().to_numpy(zero_copy_only=False)] = NO_END
    return ends


def quantities_of(column: pa.Array) -> tuple[Array, Array]:
    """Digits (-1: to the exact path) and decimals."""
    kind = column.type
    if pa.types.is_dictionary(kind) or _is_text(kind):
        texts = column.cast(pa.large_string())
        b, at = _text_buffers(texts)
        digits, decimals = np.empty(len(texts), np.int64), np.empty(len(texts), np.int64)
        _numbers(b, at, digits, decimals)
    elif kind == pa.int64():
        filled = pc.fill_null(column, -1) if column.null_count else column
        digits, decimals = filled.to_numpy(zero_copy_only=False), np.full(1, 6)
    elif pa.types.is_decimal(kind):
        if not pa.types.is_decimal128(kind):
            column = column.cast(pa.decimal128(38, kind.scale))
        limbs = np.frombuffer(column.buffers()[1], np.int64)
        limbs = limbs[2 * column.offset : 2 * (column.offset + len(column))]
        digits, decimals = np.empty(len(column), np.int64), np.full(1, kind.scale)
        _narrow(limbs, digits)
        if column.null_count:
            digits[column.is_null().to_numpy(zero_copy_only=False)] = -1
    else:
        raise _wrong("quantity", kind, "decimal128, text, or int64 as a count of 10^-6: a quantity is "
                     "exact, a binary fraction is not")  # fmt: skip
    return digits, decimals


def is_native(batch: pa.RecordBatch, form: str | None) -> bool:
    """Whether a quantity without a unit is in native units (4.2)."""
    return form != "parquet" or batch.schema.field("quantity").type == pa.int64()


def units_of(batch: pa.RecordBatch, t: Tables, default: int) -> Array:
    """Units by number; `default` where none is given, the last column of `conv` for one not known."""
    if "unit" not in batch.schema.names:
        return np.full(1, default)
    units = lookup(batch.column("unit"), t.units, "unit")
    units = np.where(units == -1, t.conv.shape[1] - 1, units)
    return np.where(units == NOT_HERE, default, units)


def qualities_of(batch: pa.RecordBatch) -> Array:
    """Ranks; 63, which is never allowed, for a word or number that is none and for an unsigned edit."""
    if "quality" not in batch.schema.names:
        return np.full(1, 3)
    column = batch.column("quality")
    if column.type == pa.uint8():
        filled = pc.fill_null(column, 3) if column.null_count else column
        ranks = filled.to_numpy(zero_copy_only=False).astype(np.int64)
    else:
        ranks = _spread(column, _ranks_of, "quality")
        ranks = np.where(ranks == NOT_HERE, 3, ranks)
    ranks = np.where((ranks < 0) | (ranks > 4), 63, ranks)
    if (ranks == 4).any():
        ranks = np.where((ranks == 4) & ~_signed(batch), 63, ranks)
    return ranks


def _ranks_of(texts: pa.Array) -> Array:
    b, at = _text_buffers(texts)
    return np.array([scan_quality(b, at[i], at[i + 1]) for i in range(len(texts))], np.int64)


def _signed(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    """Rows that name an author and a reason."""
    signed = np.ones(batch.num_rows, np.bool_)
    for name in ("author", "reason"):
        if name not in batch.schema.names:
            return np.zeros(batch.num_rows, np.bool_)
        column = batch.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if not _is_text(column.type):
            raise _wrong(name, column.type, "text")
        length = pc.binary_length(pc.utf8_trim_whitespace(column))
        signed &= pc.fill_null(pc.greater(length, 0), False).to_numpy(zero_copy_only=False)
    return signed


def revisions_of(batch: pa.RecordBatch, default: int) -> Array:
    """Revisions; `default` where none is given."""
    if "revision" not in batch.schema.names:
        return np.full(1, default)
    column = batch.column("revision")
    if not pa.types.is_integer(column.type):
        raise _wrong("revision", column.type, "int64")
    column = column.cast(pa.int64())
    filled = pc.fill_null(column, default) if column.null_count else column
    revisions: Array = filled.to_numpy(zero_copy_only=False)
    return revisions
