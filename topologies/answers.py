"""Answers of the tables as plain columns: names as text, instants as epoch seconds, exact decimals."""

from __future__ import annotations

import io
from collections.abc import Callable

import pyarrow as pa

AskArrow = Callable[[str], bytes]
"""Answers a SELECT in the format `Arrow`: `lambda sql: tables.query(sql, "Arrow")`."""


def answered(ask: AskArrow, sql: str) -> pa.Table:
    """The answer to a SELECT, every column plain."""
    table = pa.ipc.open_file(io.BytesIO(ask(sql))).read_all()
    return pa.table({name: plain(table[name]) for name in table.column_names})


def plain(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array: names as text, whole numbers and instants (epoch s) as int64."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_binary(column.type):
        column = column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("s", tz="UTC")).cast(pa.int64())
    if pa.types.is_integer(column.type):
        column = column.cast(pa.int64())
    whole = column.combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
