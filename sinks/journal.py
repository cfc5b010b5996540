"""The journal: every frame as it came, append-only, chained by SHA-256."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from sinks.errors import SinkError, writing
from sinks.segments import (
    END,
    OPEN,
    SEALED,
    Entry,
    Segment,
    day_of,
    encode,
    header,
    list_segments,
    read,
    readable,
)

BATCH_BYTES = 4 << 20
"""Small frames are gathered to batches of about this size: they compress better together."""

CHUNK_BYTES = 16 << 20
"""A columnar file is kept in chunks of this size."""

SEGMENT_BYTES = 1 << 30
"""A segment is sealed at about this size, so that opening a journal rehashes at most so much."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the journal is committed: the segment, its length and the SHA-256 up to there.

    It goes into the manifest; what lies behind it in the folder was never committed.
    """

    segment: str = ""
    length: int = 0
    sha256: str = ""


def number_of(mark: Mark) -> int:
    """The number of the segment that a mark lies in, 0 where nothing was committed yet."""
    return int(mark.segment.rpartition("-")[2] or 0)


class Journal:
    """Appends arrivals to segments by arrival day.

    A segment's day is that of the newest arrival so far: a frame received earlier (its file was
    opened before midnight) is kept behind it, so that the journal has one order.
    """

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        """A journal that continues behind the last segment in `folder` (see `open`)."""
        self.folder = folder
        self.segment_bytes = segment_bytes
        self._gathered: list[Entry] = []
        self._gathered_bytes = 0
        self._fd = -1
        self._segment = ""
        self._length = 0
        self._hash = hashlib.sha256()
        with writing("making the journal's folder", folder):
            folder.mkdir(parents=True, exist_ok=True)
        found = list_segments(folder)
        self._previous = found[-1].path.name if found else ""
        self._number = found[-1].number if found else 0
        self._day = found[-1].day if found else ""

    @classmethod
    def open(cls, folder: Path, mark: Mark, *, segment_bytes: int = SEGMENT_BYTES) -> Journal:
        """The journal as it was at `mark`: what lies behind it (killed in between) is cut off.

        SinkError where committed bytes are missing or are not what they were.
        """
        kept = _cut(folder, mark)
        journal = cls(folder, segment_bytes=segment_bytes)
        if kept is None:
            return journal
        if kept.digest:
            if kept.digest != mark.sha256:
                raise _changed(kept.path)
            return journal
        journal._resume(kept, mark)
        return journal

    def _resume(self, kept: Segment, mark: Mark) -> None:
        """Take up an open segment again."""
        before = list_segments(self.folder)[:-1]
        self._previous = before[-1].path.name if before else ""
        self._segment, self._length = kept.stem, mark.length
        with writing("opening the journal", kept.path):
            with kept.path.open("rb") as file:
                self._hash = hashlib.file_digest(file, "sha256")
            self._fd = os.open(kept.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        if self._hash.hexdigest() != mark.sha256:
            self.close()
            raise _changed(kept.path)

    def append(
        self,
        source: str,
        position: int,
        end: int,
        received_us: int,
        line: int,
        payload: bytes,
        *,
        modified_s: int = 0,
        problem: str = "",
    ) -> None:
        """Keep a frame as it came. It is safe after the next `flush`."""
        self._gather(
            Entry(
                source,
                position,
                end,
                received_us,
                line,
                payload,
                modified_s=modified_s,
                problem=problem,
            )
        )

    def refer(self, source: str, path: str, size: int, sha256: str, received_us: int) -> None:
        """Keep a file that stays in place by reference: where it is and what it must be."""
        self._gather(Entry(source, 0, size, received_us, 1, None, path, size, sha256))

    def keep_file(self, source: str, path: Path, received_us: int) -> str:
        """Keep a columnar file as the bytes it is, in chunks; gives its SHA-256."""
        whole = hashlib.sha256()
        with writing("reading a source for the journal", path), path.open("rb") as file:
            stat = os.fstat(file.fileno())
            size, position = stat.st_size, 0
            while position < size or size == 0:
                chunk = file.read(min(CHUNK_BYTES, size - position))
                if len(chunk) == 0 and size:
                    what = f"the file shrank from {size} to {position} bytes while it was read"
                    raise SinkError(what, str(path), "run again when it is complete")
                whole.update(chunk)
                end = position + len(chunk)
                digest = whole.hexdigest() if end == size else None
                entry = Entry(
                    source, position, end, received_us, 1, chunk, path.name, size, digest,
                    modified_s=int(stat.st_mtime),
                )  # fmt: skip
                self._gather(entry)
                position = end
                if size == 0:
                    break
        return whole.hexdigest()

    def _gather(self, entry: Entry) -> None:
        day = max(day_of(entry.received_us), self._day)
        if self._fd >= 0 and (day != self._day or self._length >= self.segment_bytes):
            self.seal()
        if self._fd < 0:
            self._begin(day)
        self._gathered.append(entry)
        self._gathered_bytes += len(entry.payload or b"")
        if self._gathered_bytes >= BATCH_BYTES:
            self._write_gathered()

    def _begin(self, day: str) -> None:
        if self._previous.endswith(OPEN):
            what = f"{self._previous} is open: it may hold bytes that were never committed"
            raise SinkError(what, str(self.folder), "open the journal at the manifest's mark")
        self._day, self._number = day, self._number + 1
        self._segment = f"{day}-{self._number:06d}"
        self._length, self._hash = 0, hashlib.sha256()
        path = self.folder / (self._segment + OPEN)
        with writing("beginning a journal segment", path):
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._fd = os.open(path, flags, 0o644)
            _sync_folder(self.folder)
        self._write(header(day, self._number, self._previous))

    def _write_gathered(self) -> None:
        if not self._gathered:
            return
        self._write(encode(self._gathered))
        self._gathered, self._gathered_bytes = [], 0

    def _write(self, data: bytes | pa.Buffer) -> None:
        """All of it or none: a write that the disk refuses half-way is cut back."""
        rest = memoryview(data)
        with writing("writing the journal", self.folder / (self._segment + OPEN)):
            try:
                while rest:
                    rest = rest[os.write(self._fd, rest) :]
            except OSError:
                os.ftruncate(self._fd, self._length)
                raise
        self._hash.update(data)
        self._length += len(memoryview(data))

    def flush(self) -> Mark:
        """Everything appended is on disk when this returns; the mark goes into the manifest."""
        if self._fd < 0:
            return self._sealed_mark()
        self._write_gathered()
        with writing("flushing the journal", self.folder / (self._segment + OPEN)):
            os.fsync(self._fd)
        return Mark(self._segment, self._length, self._hash.hexdigest())

    def _sealed_mark(self) -> Mark:
        found = list_segments(self.folder)
        if not found:
            return Mark()
        return Mark(found[-1].stem, found[-1].path.stat().st_size, found[-1].digest)

    def seal(self) -> Mark:
        """End the open segment, if any, and give it its name; the next append begins another."""
        if self._fd < 0:
            return self._sealed_mark()
        self._write_gathered()
        self._write(END)
        mark = self.flush()
        name = f"{self._segment}-{mark.sha256}{SEALED}"
        path = self.folder / (self._segment + OPEN)
        with writing("sealing a journal segment", path):
            os.rename(path, self.folder / name)
            _sync_folder(self.folder)
        self._previous = name
        self.close()
        return mark

    def close(self) -> None:
        """Let go of the file without flushing what was gathered (as a kill would)."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _cut(folder: Path, mark: Mark) -> Segment | None:
    """Take the folder back to `mark`; gives the segment that the mark lies in."""
    kept = None
    with writing("taking the journal back to its last commit", folder):
        for segment in reversed(list_segments(folder)):
            if segment.stem == mark.segment:
                kept = _cut_segment(segment, mark)
                break
            if segment.number > number_of(mark):
                segment.path.unlink()
        if folder.is_dir():
            _sync_folder(folder)
    if mark.segment and kept is None:
        what = f"the committed journal segment {mark.segment} is missing"
        raise SinkError(what, str(folder), "restore the journal from a backup")
    return kept


def _cut_segment(segment: Segment, mark: Mark) -> Segment:
    size = segment.path.stat().st_size
    if size < mark.length:
        what = f"the segment has {size} bytes, {mark.length} were committed"
        raise SinkError(what, str(segment.path), "restore the journal from a backup")
    if size == mark.length:
        return segment
    if segment.digest:
        path = segment.path.with_name(segment.stem + OPEN)
        os.rename(segment.path, path)
        segment = replace(segment, path=path, digest="")
    os.truncate(segment.path, mark.length)
    return segment


def _changed(path: Path) -> SinkError:
    what = "the committed bytes of this journal segment are not what they were"
    return SinkError(what, str(path), "restore the journal from a backup")


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def last_mark(folder: Path) -> Mark:
    """How far a journal can be read whose mark is lost: up to the last whole batch of its entries."""
    for segment in reversed(list_segments(folder)):
        length = segment.path.stat().st_size if segment.digest else readable(segment)
        if length:
            with segment.path.open("rb") as file:
                digest = hashlib.sha256(file.read(length)).hexdigest()
            return Mark(segment.stem, length, digest)
    return Mark()


def entries(folder: Path, mark: Mark | None = None) -> Iterator[Entry]:
    """Everything that came, in order, up to `mark` (None: all that can be read)."""
    for segment in list_segments(folder):
        if mark is not None and segment.number > number_of(mark):
            return
        yield from read(segment, mark.length if mark and segment.stem == mark.segment else None)
