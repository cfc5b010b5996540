"""The journal's files: how a segment is named, begun, filled and read.

A segment is an Arrow IPC stream of entries, compressed per batch by zstd, which every Arrow tool
reads. Its schema carries the format number, the day, its number and the name of the segment before
it. While it is open it is called `2026-11-20-000007.open`; sealed it ends with the end mark
and is called `2026-11-20-000007-<SHA-256 of its bytes>.arrows`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from sinks.errors import SinkError

FORMAT = "everygram-journal-1"
"""What a segment says it is; a reader refuses any other."""

END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
"""The end mark of an Arrow IPC stream."""

OPEN = ".open"
SEALED = ".arrows"
NAME = re.compile(r"(\d{4}-\d\d-\d\d)-(\d{6})(?:\.open|-([0-9a-f]{64})\.arrows)")

COLUMNS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),
        pa.field("end", pa.int64(), nullable=False),
        pa.field("received", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("payload", pa.large_binary()),
        pa.field("path", pa.string()),
        pa.field("size", pa.int64()),
        pa.field("sha256", pa.string()),
        pa.field("modified_s", pa.int64(), nullable=False),
        pa.field("problem", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One arrival. Three kinds, told by what is filled:

    a *frame* has its `payload` as it came and no `path`; a *chunk* is a piece `[position, end)` in
    bytes of the file named `path` of `size` bytes; a *reference* has no payload: the file at `path`
    stays in place, `size` and `sha256` say what it must be.
    """

    source: str
    position: int
    end: int
    received_us: int
    line: int
    payload: bytes | None
    path: str | None = None
    size: int | None = None
    sha256: str | None = None
    modified_s: int = 0
    """When the file was last changed: its revision may rest on it."""
    problem: str = ""
    """Why the reader could not read on, where it could not."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment's file and what its name says; `digest` is '' while it is open."""

    path: Path
    day: str
    number: int
    digest: str

    @property
    def stem(self) -> str:
        """Its name without the digest: the same before and after sealing."""
        return f"{self.day}-{self.number:06d}"


def day_of(received_us: int) -> str:
    """The UTC day of a receipt, as a segment's name begins with it."""
    return datetime.fromtimestamp(received_us // 1_000_000, UTC).strftime("%Y-%m-%d")


def list_segments(folder: Path) -> list[Segment]:
    """The segments of a journal in order. Foreign files are left out (`check` names them)."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        match = NAME.fullmatch(path.name)
        if match:
            found.append(Segment(path, match[1], int(match[2]), match[3] or ""))
    return sorted(found, key=lambda s: (s.number, s.path.name))


def header(day: str, number: int, previous: str) -> bytes:
    """The schema message that begins a segment and names the one before it ('' for the first)."""
    says = {"format": FORMAT, "day": day, "segment": str(number), "previous": previous}
    return COLUMNS.with_metadata(says).serialize().to_pybytes()


def encode(entries: Sequence[Entry]) -> pa.Buffer:
    """One record batch message of these entries, without the schema."""
    codec = pa.Codec("zstd", compression_level=1)
    options = pa.ipc.IpcWriteOptions(compression=codec, use_threads=False)
    columns = [
        pa.array([getattr(e, name) for e in entries], COLUMNS.field(name).type)
        for name in ("source", "position", "end")
    ]
    columns.append(pa.array([e.received_us for e in entries], COLUMNS.field("received").type))
    columns.append(pa.array([e.line for e in entries], pa.int64()))
    columns.append(_payloads(entries))
    for name in ("path", "size", "sha256", "modified_s", "problem"):
        columns.append(pa.array([getattr(e, name) for e in entries], COLUMNS.field(name).type))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, COLUMNS, options=options) as stream:
        stream.write_batch(pa.RecordBatch.from_arrays(columns, schema=COLUMNS))
        end = sink.tell()
    return sink.getvalue()[COLUMNS.serialize().size : end]


def _payloads(entries: Sequence[Entry]) -> pa.Array:
    """The payload column; a single payload is wrapped as it is."""
    if len(entries) == 1 and entries[0].payload is not None:
        offsets = np.array([0, len(entries[0].payload)], np.int64)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(entries[0].payload)]
        return pa.Array.from_buffers(pa.large_binary(), 1, buffers)
    return pa.array([e.payload for e in entries], pa.large_binary())


def stream(segment: Segment, length: int | None = None) -> pa.RecordBatchReader:
    """A segment (its first `length` bytes) as batches. SinkError if it is none of ours."""
    try:
        with pa.memory_map(str(segment.path)) as file:
            reader = pa.ipc.open_stream(file.read_buffer(length))
    except (pa.ArrowException, OSError) as error:
        raise _broken(segment, error) from error
    found = (reader.schema.metadata or {}).get(b"format", b"unknown").decode(errors="replace")
    if found != FORMAT:
        what = f"the journal's format is {found!r}, this release reads {FORMAT!r}"
        raise SinkError(what, str(segment.path), "open it with the release that wrote it")
    return reader


def readable(segment: Segment) -> int:
    """Bytes of a segment up to the end of its last whole message: a kill may have cut the next."""
    length = 0
    with pa.OSFile(str(segment.path)) as file:
        while True:
            try:
                pa.ipc.read_message(file)
            except (pa.ArrowException, EOFError):
                return length
            length = file.tell()


def read(segment: Segment, length: int | None = None) -> Iterator[Entry]:
    """The entries of one segment in order. SinkError where its bytes make no sense."""
    reader = stream(segment, length)
    try:
        for batch in reader:
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            received = columns.pop("received").cast(pa.int64()).to_pylist()
            rows = pa.RecordBatch.from_pydict(columns).to_pylist()
            for row, received_us in zip(rows, received, strict=True):
                yield Entry(received_us=received_us, **row)
    except (pa.ArrowException, OSError) as error:
        raise _broken(segment, error) from error


def _broken(segment: Segment, error: Exception) -> SinkError:
    remedy = "restore this segment from a backup; `everygram verify` says what else is touched"
    return SinkError(f"segment cannot be read ({error})", str(segment.path), remedy)
