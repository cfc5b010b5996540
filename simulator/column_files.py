"""Readings as Parquet and as Arrow IPC streams in frames of 1,000."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from schemas.reading import QUALITIES
from simulator.broken import Line, Page
from simulator.draw import Block
from simulator.draws import Ints
from simulator.exact import decimals

FRAME = 1000
"""Readings in a frame of an Arrow stream."""
QUANTITY = pa.decimal128(18, 6)
WORD = pa.dictionary(pa.int32(), pa.string())
SHORT = pa.dictionary(pa.int8(), pa.string())

PARQUET = pa.schema(
    [
        ("meter", WORD),
        ("start", pa.timestamp("ms", "UTC")),
        ("end", pa.timestamp("ms", "UTC")),
        ("quantity", QUANTITY),
        ("unit", SHORT),
        ("quality", SHORT),
        ("revision", pa.int64()),
    ]
)
ARROW = pa.schema(
    [
        ("meter", WORD),
        ("start", pa.timestamp("s", "UTC")),
        ("end", pa.timestamp("s", "UTC")),
        ("quantity", pa.int64()),
        ("quality", pa.uint8()),
        ("revision", pa.int64()),
    ]
)
"""Quantity: 10**-6 native units before the meter's multiplier (design 4.2); quality: the rank."""
AUTHOR = [pa.field("author", pa.string()), pa.field("reason", pa.string())]


def write_parquet(path: Path, page: Page) -> None:
    """Write the readings."""
    block, sent, bad = page.block, page.sent, page.bad
    order = page.order()
    columns = _columns(page, order, page.shown())
    units = [*sorted({m.shown_unit for m in block.meters}), "kg"]
    unit = np.array([units.index(m.shown_unit) for m in block.meters], dtype=np.int8)
    codes = np.concatenate([unit[sent.row], [units.index(x.unit) for x in bad]]).astype(np.int8)
    table = pa.table(
        [
            columns["meter"],
            _times(columns["start"] * 1000, PARQUET, "start"),
            _times(columns["end"] * 1000, PARQUET, "end"),
            decimals(columns["quantity"], QUANTITY),
            _words(codes[order], units),
            _words(columns["rank"].astype(np.int8), list(QUALITIES)),
            columns["revision"],
        ],
        schema=PARQUET,
    )
    _save(table, path)


def write_arrow(path: Path, page: Page) -> None:
    """Write the readings, in frames."""
    block, sent = page.block, page.sent
    order = page.order()
    multiplier = np.array([m.multiplier for m in block.meters], dtype=np.int64)
    columns = _columns(page, order, sent.quantity // multiplier[sent.row])
    table = pa.table(
        [
            columns["meter"],
            _times(columns["start"], ARROW, "start"),
            _times(columns["end"], ARROW, "end"),
            columns["quantity"],
            columns["rank"].astype(np.uint8),
            columns["revision"],
        ],
        schema=ARROW,
    )
    _stream(table, path)


def write_edits(path: Path, block: Block, edits: list[tuple[Line, str, str]], kind: str) -> None:
    """Edits with author and reason; a voiding one has no quantity."""
    schema = PARQUET if kind == "parquet" else ARROW
    multiplier = {m.id: m for m in block.meters}
    rows: list[dict[str, Any]] = []
    for x, author, reason in edits:
        row: dict[str, Any] = {"meter": x.meter, "start": x.start, "end": x.end}
        row |= {"revision": x.revision, "author": author, "reason": reason}
        if kind == "parquet":
            row |= {"unit": x.unit, "quality": x.quality, "quantity": x.number}
        else:
            m = multiplier[x.meter or ""]
            native = None if x.number is None else x.number * m.shown[1] // m.shown[0]
            row["quantity"] = None if native is None else native // m.multiplier
            row["quality"] = QUALITIES.index(x.quality)
        rows.append(row)
    arrays = [_edit_column(rows, field) for field in (*schema, *AUTHOR)]
    table = pa.table(arrays, schema=pa.schema([*schema, *AUTHOR]))
    (_save if kind == "parquet" else _stream)(table, path)


def _edit_column(rows: list[dict[str, Any]], field: pa.Field) -> pa.Array:
    values = [row[field.name] for row in rows]
    if pa.types.is_timestamp(field.type):
        return pa.array(values, pa.int64()).cast(pa.timestamp("s", "UTC")).cast(field.type)
    if pa.types.is_decimal(field.type):
        null = np.array([v is None for v in values], dtype=bool)
        return decimals(np.array([v or 0 for v in values], dtype=np.int64), field.type, null)
    if pa.types.is_dictionary(field.type):
        return pa.array(values, pa.string()).dictionary_encode().cast(field.type)
    return pa.array(values, field.type)


def _columns(page: Page, order: Ints, number: Ints) -> dict[str, Any]:
    """Good and bad readings as columns, in order; `number` as the good ones are written."""
    sent, bad = page.sent, page.bad
    start = page.zero + sent.start * 900
    both = {
        "start": (start, [x.start for x in bad]),
        "end": (start + sent.length * 900, [x.end for x in bad]),
        "quantity": (number, [x.number or 0 for x in bad]),
        "rank": (sent.rank, [QUALITIES.index(x.quality) for x in bad]),
        "revision": (sent.revision, [x.revision for x in bad]),
    }
    columns: dict[str, Any] = {
        name: np.concatenate([a, np.array(b, dtype=np.int64)])[order]
        for name, (a, b) in both.items()
    }
    columns["meter"] = _meters(page, order)
    return columns


def _meters(page: Page, order: Ints) -> pa.DictionaryArray:
    """Ids by dictionary; a reading without a meter is null."""
    ids = [m.id for m in page.block.meters]
    known = {name: i for i, name in enumerate(ids)}
    ids += sorted({x.meter for x in page.bad if x.meter and x.meter not in known})
    known = {name: i for i, name in enumerate(ids)}
    codes = np.concatenate([page.sent.row, [known[x.meter] if x.meter else -1 for x in page.bad]])
    codes = codes[order].astype(np.int32)
    return pa.DictionaryArray.from_arrays(
        pa.array(codes, mask=codes < 0), pa.array(ids, pa.string())
    )


def _times(seconds: Ints, schema: pa.Schema, name: str) -> pa.Array:
    return pa.array(seconds, pa.int64()).view(schema.field(name).type)


def _words(codes: np.ndarray[Any, np.dtype[np.int8]], words: list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words, pa.string()))


def _save(table: pa.Table, path: Path) -> None:
    pq.write_table(
        table, path, compression="zstd", compression_level=1, row_group_size=262_144,
        store_decimal_as_integer=True, use_dictionary=["meter", "unit", "quality", "start", "end"],
    )  # fmt: skip


def _stream(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as out, pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table.combine_chunks(), max_chunksize=FRAME)
