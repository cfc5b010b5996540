"""Parquet and Arrow files as frames of record batches; positions are rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.reading import Frame
from topologies.unpack import PACKED, CutShort, chunks

if TYPE_CHECKING:
    from topologies.files import File

_MAGIC = b"ARROW1\0\0"
_BROKEN = (pa.ArrowException, OSError)


def _opened(file: File) -> pa.NativeFile:
    """The file, uncompressed; of a packed one that is cut, what is there (its end will be missed)."""
    if file.path.suffix.lower() not in PACKED:
        return pa.OSFile(str(file.path))
    parts: list[bytes] = []
    with contextlib.suppress(CutShort):
        parts.extend(chunks(file.path))
    return pa.BufferReader(b"".join(parts))


def read_parquet(file: File, position: int, block_rows: int) -> Iterator[Frame]:
    """Rows of a Parquet file; texts come as dictionaries, as they are stored."""
    row = 0
    with _opened(file) as opened:
        try:
            schema = pq.read_schema(opened)
            texts = [field.name for field in schema if pa.types.is_string(field.type)]
            with pq.ParquetFile(opened, read_dictionary=texts) as parquet:
                row, groups = _first_group(parquet, position)
                if file.whole:
                    table = parquet.read_row_groups(groups).combine_chunks()
                    batches = iter(table.to_batches())
                else:
                    batches = parquet.iter_batches(block_rows, row_groups=groups)
                for batch in batches:
                    yield from _frames(file, batch, row, position)
                    row += batch.num_rows
        except _BROKEN as error:
            yield from _problem(file, row, position, f"this Parquet file cannot be read: {error}")


def _first_group(parquet: pq.ParquetFile, position: int) -> tuple[int, list[int]]:
    """The row at which the row group of `position` begins, and the groups from it on."""
    row = 0
    for group in range(parquet.num_row_groups):
        size = parquet.metadata.row_group(group).num_rows
        if row + size > position:
            return row, list(range(group, parquet.num_row_groups))
        row += size
    return row, []


def read_arrow(file: File, position: int, block_rows: int) -> Iterator[Frame]:
    """Rows of an Arrow IPC file or stream; small batches are put together."""
    row, waiting, count = 0, list[pa.RecordBatch](), 0
    problem = ""
    with _opened(file) as opened:
        try:
            for batch in _batches(opened):
                waiting.append(batch)
                count += batch.num_rows
                if count >= block_rows and not file.whole:
                    yield from _joined(file, waiting, row, position)
                    row, waiting, count = row + count, [], 0
        except _BROKEN as error:
            problem = f"this Arrow file cannot be read on: {error}"
    yield from _joined(file, waiting, row, position)
    if problem:
        yield from _problem(file, row + count, position, problem)


def _batches(opened: pa.NativeFile) -> Iterator[pa.RecordBatch]:
    """The record batches in order; of a file without its end, as of a stream, those that are there."""
    is_file = opened.read(len(_MAGIC)) == _MAGIC
    if not is_file:
        opened.seek(0)
    with pa.ipc.open_stream(opened) as reader:
        yield from reader
    if is_file:
        opened.seek(max(0, opened.size() - 6))
        if opened.read(6) != _MAGIC[:6]:
            raise pa.ArrowInvalid("its end is missing; was its copy broken off?")


def _joined(file: File, batches: list[pa.RecordBatch], row: int, position: int) -> Iterator[Frame]:
    if len(batches) > 1:
        batches = pa.Table.from_batches(batches).combine_chunks().to_batches()
    for batch in batches:
        yield from _frames(file, batch, row, position)
        row += batch.num_rows


def _frames(file: File, batch: pa.RecordBatch, row: int, position: int) -> Iterator[Frame]:
    """The batch that begins at `row`, less the rows before `position`."""
    end = row + batch.num_rows
    if position >= end:
        return
    begin = max(row, position)
    part = batch.slice(begin - row) if begin > row else batch
    modified = int(file.path.stat().st_mtime)
    yield Frame(file.name, begin, end, file.received_us, part, 1, modified)


def _problem(file: File, row: int, position: int, problem: str) -> Iterator[Frame]:
    if position <= row:
        yield file.frame(row, row + 1, b"", problem=problem)
