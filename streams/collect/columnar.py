"""Arrow and Parquet: whole columns at once; only rows that are refused are looked at one by one.

Columns (4.2): meter (text or dictionary), start, end (timestamps in UTC, or text), quantity (int64: a
count of 10**-6; decimal; or text), unit, quality (text, dictionary or uint8 rank), revision, author,
reason. A quantity without `unit` is in native units if it is int64 or came as Arrow, else in the
meter's own unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

from schemas.reading import QUALITIES, Decoded, Reason
from streams.collect.entries import Entry
from streams.collect.exact import Number, Raw, Refused
from streams.collect.forms import form_of
from streams.collect.gather import Gathering
from streams.collect.kernel import (
    METERS_UNIT,
    NATIVE_UNIT,
    NO_END,
    columns,
    take_all,
)
from streams.collect.scan import FIELDS, padded, scan_number, scan_quality, scan_time
from streams.collect.scanned import find_each
from streams.collect.tables import Names, Tables
from streams.collect.times import NS, Stamp

NOT_HERE = np.int64(-(2**63) + 1)
"""A value that the exact path must look at."""

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}

ARROW_MARK = b"\xff\xff\xff\xff"
"""How an Arrow IPC stream begins."""

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


def decode_stream(payload: bytes, t: Tables, lim: Array, into: Gathering) -> Decoded:
    """An Arrow IPC stream; what can be read of one that is cut counts, the rest is one reject."""
    batches: list[pa.RecordBatch] = []
    problem = ""
    try:
        with pa.ipc.open_stream(payload) as reader:
            batches.extend(reader)
    except (pa.ArrowException, OSError) as error:
        problem = f"the Arrow stream cannot be read on after {len(batches)} batches: {error}"
    if problem:
        rows = sum(batch.num_rows for batch in batches)
        into.reject(Reason.MALFORMED, problem, f"row {rows + 1}", payload[:2000])
    if not batches:
        return into.decoded()
    table = pa.Table.from_batches(batches).combine_chunks()
    whole = table.to_batches()
    if not whole:
        return into.decoded()
    return decode_batch(whole[0], t, lim, into)


def decode_batch(batch: pa.RecordBatch, t: Tables, lim: Array, into: Gathering) -> Decoded:
    """The readings of a record batch."""
    rows = batch.num_rows
    _required(batch)
    batch = _typed(batch)
    if rows == 0:
        return into.decoded()
    native = _is_native(batch, form_of(into.frame.source))
    digits, decimals = _quantity(batch.column("quantity"))
    written = (
        _lookup(batch.column("meter"), t.meters, "meter"),
        _instants(batch.column("start"), "start"),
        _ends(batch),
        digits,
        decimals,
        _units(batch, t, NATIVE_UNIT if native else METERS_UNIT),
        _ranks(batch),
        _revisions(batch, into.case.revision),
    )
    out, left = columns(rows), np.empty(rows, np.int64)
    count = take_all((t.meter, t.fact, t.conv, t.rule), lim, out, left, written)
    if count:
        form, first = form_of(into.frame.source), into.frame.position + 1
        entries = list(row_entries(batch, left[:count], form, lambda row: f"row {first + row}"))
        into.judge_all(lambda: entries)
    return into.decoded(out)


def stream_entries(payload: bytes, place: str) -> Iterator[Entry]:
    """The rows of a small Arrow IPC stream (an event's data) as entries."""
    try:
        with pa.ipc.open_stream(payload) as reader:
            table = reader.read_all().combine_chunks()
        batches = table.to_batches()
        for batch in batches:
            _required(batch)
            batch = _typed(batch)
            rows = np.arange(batch.num_rows)
            yield from row_entries(batch, rows, "arrow", lambda row: f"{place}, row {row + 1}")
    except (pa.ArrowException, OSError) as error:
        yield Entry(Refused(Reason.MALFORMED, f"this is no Arrow stream: {error}"), place, payload)
    except Refused as refused:
        yield Entry(refused, place, payload)


def _required(batch: pa.RecordBatch) -> None:
    """Refused where a column that readings need is missing, or one stands twice."""
    names = batch.schema.names
    missing = [name for name in ("meter", "start", "quantity") if name not in names]
    if missing:
        raise Refused(Reason.MALFORMED, f"the columns {', '.join(missing)} are missing (there are "
                      f"{', '.join(names)[:200]})")  # fmt: skip
    twice = sorted({name for name in names if name in FIELDS and names.count(name) > 1})
    if twice:
        raise Refused(Reason.MALFORMED, f"the columns {', '.join(twice)} stand twice")


def _typed(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Columns without a type (all null) as what they would be."""
    for place, one in enumerate(batch.schema):
        if pa.types.is_null(one.type):
            kind = pa.int64() if one.name == "revision" else pa.string()
            batch = batch.set_column(place, pa.field(one.name, kind), batch.column(place).cast(kind))
    return batch


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


def _lookup(column: pa.Array, names: Names, name: str) -> Array:
    def of_text(texts: pa.Array) -> Array:
        b, at = _text_buffers(texts)
        out = np.empty(len(texts), np.int64)
        find_each(names, b, at[:-1], at[1:], -1, -1, out)
        return out

    return _spread(column, of_text, name)


def _instants(column: pa.Array, name: str) -> Array:
    """Epoch seconds; NOT_HERE where it is null, naive, or between two seconds."""
    kind = column.type
    if not pa.types.is_timestamp(kind):
        return _spread(column, _times_of, name)
    if kind.tz is None:
        return np.full(1, NOT_HERE)
    ticks = column.view(pa.int64())
    per = _PER_SECOND[kind.unit]
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


def _ends(batch: pa.RecordBatch) -> Array:
    if "end" not in batch.schema.names:
        return np.full(1, NO_END)
    column = batch.column("end")
    if column.null_count == len(column):
        return np.full(1, NO_END)
    ends = _instants(column, "end")
    if column.null_count and len(ends) == len(column):
        ends[column.is_null().to_numpy(zero_copy_only=False)] = NO_END
    return ends


def _quantity(column: pa.Array) -> tuple[Array, Array]:
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


def _is_native(batch: pa.RecordBatch, form: str | None) -> bool:
    """Whether a quantity without a unit is in native units (4.2)."""
    return form != "parquet" or batch.schema.field("quantity").type == pa.int64()


def _units(batch: pa.RecordBatch, t: Tables, default: int) -> Array:
    if "unit" not in batch.schema.names:
        return np.full(1, default)
    units = _lookup(batch.column("unit"), t.units, "unit")
    units = np.where(units == -1, t.conv.shape[1] - 1, units)
    return np.where(units == NOT_HERE, default, units)


def _ranks(batch: pa.RecordBatch) -> Array:
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


def _revisions(batch: pa.RecordBatch, default: int) -> Array:
    if "revision" not in batch.schema.names:
        return np.full(1, default)
    column = batch.column("revision")
    if not pa.types.is_integer(column.type):
        raise _wrong("revision", column.type, "int64")
    column = column.cast(pa.int64())
    filled = pc.fill_null(column, default) if column.null_count else column
    revisions: Array = filled.to_numpy(zero_copy_only=False)
    return revisions


def row_entries(
    batch: pa.RecordBatch, rows: Array, form: str | None, place: Callable[[int], str]
) -> Iterator[Entry]:
    """Rows of a batch as entries."""
    native = _is_native(batch, form)
    chosen = batch.take(pa.array(rows))
    names = [name for name in FIELDS if name in chosen.schema.names]
    values = {name: _plain(chosen.column(name), name) for name in names}
    for number, row in enumerate(rows.tolist()):
        raw = Raw(**{name: values[name][number] for name in names}, native=native)
        shown = ", ".join(f"{name}={_written(values[name][number])}" for name in names)
        yield Entry(raw, place(row), shown)


def _written(value: Any) -> str:
    if isinstance(value, Stamp):
        return f"{np.datetime64(value.local_ns // NS, 's')}{'' if value.naive else 'Z'}"
    return "" if value is None else str(value)


def _plain(column: pa.Array, name: str) -> list[Any]:
    """The values as the exact path takes them: text, Stamp, Number, None."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_timestamp(kind):
        unit = NS // _PER_SECOND[kind.unit]
        offset = None if kind.tz is None else 0
        return [
            None if ticks is None else Stamp(ticks * unit, offset)
            for ticks in column.view(pa.int64()).to_pylist()
        ]
    values = column.to_pylist()
    if name == "quantity" and kind == pa.int64():
        return [None if v is None else f"{Decimal(v).scaleb(-6):f}" for v in values]
    if name == "quantity" and pa.types.is_decimal(kind):
        return [None if v is None else f"{v:f}" for v in values]
    if name == "revision":
        return [None if v is None else Number(v) for v in values]
    if name == "quality" and kind == pa.uint8():
        return [QUALITIES[v] if v is not None and v < len(QUALITIES) else v for v in values]
    return values
