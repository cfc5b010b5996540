"""Is the journal what it was? The chain of segments, their names, the files kept by reference."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from sinks.errors import SinkError
from sinks.journal import Mark, number_of
from sinks.segments import NAME, Entry, Segment, list_segments, read, stream


def check(folder: Path, mark: Mark | None = None, *, root: Path | None = None) -> list[str]:
    """Everything that is wrong with the journal, as `file: what`; [] if it is whole.

    Each sealed segment must hash to its name and name the one before it; the segment of `mark` must
    hash to the mark; files kept by reference must still have their size and SHA-256 (`root` is what
    their paths are relative to).
    """
    wrong = list(_foreign(folder))
    segments = list_segments(folder)
    previous, number = "", 0
    for segment in segments:
        if mark is not None and segment.number > number_of(mark):
            wrong.append(f"{segment.path}: lies behind the last commit; the next run removes it")
            continue
        wrong += _check_segment(segment, mark, previous, number + 1, root)
        previous, number = segment.path.name, segment.number
    if mark is not None and mark.segment and mark.segment not in {s.stem for s in segments}:
        wrong.append(f"{folder}: the committed segment {mark.segment} is missing")
    return wrong


def _foreign(folder: Path) -> Iterator[str]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not NAME.fullmatch(path.name):
            yield f"{path}: is no segment of this journal (renamed?)"


def _check_segment(
    segment: Segment, mark: Mark | None, previous: str, number: int, root: Path | None
) -> Iterator[str]:
    """What is wrong with one segment; its content is looked at only where its bytes are right."""
    if segment.number != number:
        yield f"{segment.path}: is segment {segment.number}, {number} was expected: one is missing"
    committed = mark if mark is not None and mark.segment == segment.stem else None
    if committed and _sha256(segment.path, committed.length) != committed.sha256:
        what = f"its committed {committed.length} bytes are not what they were"
        yield f"{segment.path}: {what} (SHA-256)"
    elif segment.digest and _sha256(segment.path, None) != segment.digest:
        yield f"{segment.path}: its bytes are not what its name says (SHA-256)"
    else:
        try:
            yield from _check_chain(segment, previous)
            for entry in read(segment, committed.length if committed else None):
                yield from _check_reference(entry, root)
        except SinkError as error:
            yield str(error)


def _check_chain(segment: Segment, previous: str) -> Iterator[str]:
    metadata = stream(segment).schema.metadata
    says = {k.decode(): v.decode() for k, v in metadata.items()}
    if says.get("previous", "") != previous:
        yield (
            f"{segment.path}: names {says.get('previous') or 'no segment'!r} before it, "
            f"{previous or 'no segment'!r} is there"
        )
    if (says.get("day"), says.get("segment")) != (segment.day, str(segment.number)):
        yield f"{segment.path}: its header says day {says.get('day')}, number {says.get('segment')}"


def _check_reference(entry: Entry, root: Path | None) -> Iterator[str]:
    if entry.payload is not None or entry.path is None:
        return
    path = (root or Path()) / entry.path
    try:
        size, digest = path.stat().st_size, _sha256(path, entry.size)
    except OSError as error:
        yield f"{path}: kept by reference for {entry.source}, cannot be read ({error.strerror})"
        return
    if (size, digest) != (entry.size, entry.sha256):
        yield (
            f"{path}: kept by reference for {entry.source}, has changed since: {size} bytes, "
            f"SHA-256 {digest}; was {entry.size} bytes, {entry.sha256}"
        )


def _sha256(path: Path, length: int | None) -> str:
    """SHA-256 of the first `length` bytes (None: all)."""
    digest = hashlib.sha256()
    rest = path.stat().st_size if length is None else length
    with path.open("rb") as file:
        while rest > 0 and (piece := file.read(min(rest, 1 << 20))):
            digest.update(piece)
            rest -= len(piece)
    return digest.hexdigest()
