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

from schemas.reading import QUALITIES, Decoded, Reason
from streams.collect.column_values import (
    PER_SECOND,
    Array,
    ends_of,
    instants,
    is_native,
    lookup,
    qualities_of,
    quantities_of,
    revisions_of,
    units_of,
)
from streams.collect.entries import Entry
from streams.collect.forms import form_of
from streams.collect.gather import Gathering
from streams.collect.kernel import (
    METERS_UNIT,
    NATIVE_UNIT,
    columns,
    take_all,
)
from streams.collect.raw import Number, Raw, Refused
from streams.collect.scan import FIELDS
from streams.collect.tables import Tables
from streams.collect.times import NS, Stamp

ARROW_MARK = b"\xff\xff\xff\xff"
"""How an Arrow IPC stream begins."""


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
    native = is_native(batch, form_of(into.frame.source))
    digits, decimals = quantities_of(batch.column("quantity"))
    written = (
        lookup(batch.column("meter"), t.meters, "meter"),
        instants(batch.column("start"), "start"),
        ends_of(batch),
        digits,
        decimals,
        units_of(batch, t, NATIVE_UNIT if native else METERS_UNIT),
        qualities_of(batch),
        revisions_of(batch, into.case.revision),
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
        for one in batches:
            _required(one)
            rows = np.arange(one.num_rows)
            yield from row_entries(
                _typed(one), rows, "arrow", lambda row: f"{place}, row {row + 1}"
            )
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
            batch = batch.set_column(
                place, pa.field(one.name, kind), batch.column(place).cast(kind)
            )
    return batch


def row_entries(
    batch: pa.RecordBatch, rows: Array, form: str | None, place: Callable[[int], str]
) -> Iterator[Entry]:
    """Rows of a batch as entries."""
    native = is_native(batch, form)
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
        unit = NS // PER_SECOND[kind.unit]
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
