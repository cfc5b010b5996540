"""The journal read again: the same frames, in the order in which they were booked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.reading import Frame
from schemas.settings import FileSource
from sinks.errors import SinkError
from sinks.journal import Mark, entries
from sinks.segments import Entry
from streams.collect import form_of
from streams.collect.rules import SourceRules
from topologies.files import File, read_frames
from topologies.manifest import FileState
from topologies.sources import Arrival, digest_of, source_of


@dataclass(slots=True)
class _Chunks:
    """A columnar file on its way out of the journal."""

    path: Path
    written: int = 0


def arrivals_from_journal(
    folder: Path,
    mark: Mark,
    sources: Sequence[FileSource],
    root: Path,
    files: Mapping[str, FileState],
) -> Iterator[Arrival]:
    """Every frame of the journal up to `mark` (the manifest's), decoded by today's settings.

    A file that the journal has whole is read as far as `files`, the positions of the manifest, say:
    the rest is still to come. A frame whose source the settings no longer name is given as if its
    source were the default one. Raises SinkError where a referenced file is gone or is not what it
    was.
    """
    with tempfile.TemporaryDirectory(prefix="everygram-") as scratch:
        chunks: dict[str, _Chunks] = {}
        for entry in entries(folder, mark):
            source = source_of(entry.source, sources) or FileSource(path=entry.source)
            if entry.path is None:
                yield _text(entry, source, root)
            elif entry.payload is None:
                path = _referred(entry, root)
                yield from _booked(_frames(entry, source, root, path), entry, files)
            else:
                path = _grown(chunks, entry, Path(scratch))
                if entry.end == entry.size:
                    yield from _booked(_frames(entry, source, root, path), entry, files)
                    path.unlink()
                    del chunks[entry.source]


def _text(entry: Entry, source: FileSource, root: Path) -> Arrival:
    frame = Frame(
        entry.source,
        entry.position,
        entry.end,
        entry.received_us,
        entry.payload or b"",
        entry.line,
        entry.modified_s,
        entry.problem,
    )
    return _arrival(frame, source, root, columnar=False)


def _arrival(frame: Frame, source: FileSource, root: Path, *, columnar: bool) -> Arrival:
    state = FileState(frame.received_us, position=frame.end)
    rules, file = SourceRules.of(source), root / frame.source
    return Arrival(source, rules, file, frame.source, state, frame, columnar)


def _booked(
    arrivals: Iterator[Arrival], entry: Entry, files: Mapping[str, FileState]
) -> Iterator[Arrival]:
    """Those of a file's frames that were booked: a run may have ended inside the file."""
    state = files.get(entry.source)
    if state is None or state.done or state.received_us != entry.received_us:
        yield from arrivals
        return
    for arrival in arrivals:
        if arrival.state.position > state.position:
            return
        yield arrival


def _frames(entry: Entry, source: FileSource, root: Path, path: Path) -> Iterator[Arrival]:
    """The frames of a file that the journal gave back whole."""
    rules = SourceRules.of(source)
    columnar = form_of(entry.source) in ("parquet", "arrow")
    opened = File(path, entry.source, entry.received_us, rules.whole_files)
    for frame in read_frames(opened):
        yield _arrival(frame, source, root, columnar=columnar)


def _referred(entry: Entry, root: Path) -> Path:
    path = root / str(entry.path)
    what, remedy = "", "bring back the file as it was: the journal keeps it by reference"
    if not path.exists():
        what = "the file is gone"
    else:
        same = digest_of(path) == entry.sha256
        what = "" if same else "the file is not what it was when it was read"
    if what:
        raise SinkError(what, str(path), remedy)
    return path


def _grown(chunks: dict[str, _Chunks], entry: Entry, scratch: Path) -> Path:
    """Put a chunk behind the ones before it; a file that begins anew begins anew."""
    if entry.position == 0:
        chunks[entry.source] = _Chunks(scratch / f"{len(chunks)}-{Path(str(entry.path)).name}")
        chunks[entry.source].path.unlink(missing_ok=True)
    held = chunks[entry.source]
    with held.path.open("ab") as f:
        f.write(entry.payload or b"")
    held.written += len(entry.payload or b"")
    if entry.end == entry.size and entry.modified_s:
        os.utime(held.path, (entry.modified_s, entry.modified_s))
    return held.path
