"""How far the sources were read, told by the journal alone: for books whose manifest is lost."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from schemas.workspace import Workspace
from sinks.journal import Mark, entries
from sinks.segments import Entry
from streams.collect import form_of
from streams.collect.rules import SourceRules
from topologies.files import File, read_frames
from topologies.manifest import FileState
from topologies.replay import as_it_was, first_bytes
from topologies.sources import source_of
from topologies.unpack import CutShort, chunks


@dataclass(slots=True)
class _Trail:
    """What the journal kept of one file, from its beginning."""

    received_us: int
    modified_s: int = 0
    position: int = 0
    exact: bool = True
    """Is `digest` that of the file's first `position` bytes (unpacked)?"""
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    size: int = 0
    sha256: str = ""
    """Of a file kept whole or by reference."""


def positions(journal: Path, mark: Mark, workspace: Workspace) -> dict[str, FileState]:
    """State of every file in the journal up to `mark`: a file that still begins with what was read
    goes on behind it, another one under its name is read from its beginning."""
    trails: dict[str, _Trail] = {}
    for entry in entries(journal, mark):
        if entry.position == 0 or entry.source not in trails:
            trails[entry.source] = _Trail(entry.received_us)
        _follow(trails[entry.source], entry)
    return {name: _state(name, trail, workspace) for name, trail in trails.items()}


def _follow(trail: _Trail, entry: Entry) -> None:
    trail.modified_s = entry.modified_s
    if entry.path is not None:
        trail.size, trail.sha256 = entry.size or 0, entry.sha256 or ""
        return
    payload, length = entry.payload or b"", entry.end - entry.position
    unread = (
        entry.problem or (payload and len(payload) < length) or entry.position != trail.position
    )
    trail.exact &= not unread
    trail.digest.update(payload[max(0, len(payload) - length) :])  # before it: the header again
    trail.position = entry.end


def _state(name: str, trail: _Trail, workspace: Workspace) -> FileState:
    path = workspace.root / name
    unknown = FileState(trail.received_us)
    if not path.exists():
        return unknown
    stat = path.stat()
    if trail.sha256:
        if _digest(first_bytes(path, trail.size)) != trail.sha256:
            return unknown
        mtime = stat.st_mtime_ns if stat.st_size == trail.size else 0
        end = _end(name, path, trail, workspace)
        return FileState(trail.received_us, trail.size, mtime, end, done=True, sha256=trail.sha256)
    if trail.exact:
        same = _digest(_unpacked(path, trail.position)) == trail.digest.hexdigest()
    else:
        same = int(stat.st_mtime) == trail.modified_s
    if not same:
        return unknown
    return FileState(trail.received_us, stat.st_size, stat.st_mtime_ns, trail.position)


def _end(name: str, path: Path, trail: _Trail, workspace: Workspace) -> int:
    """Where the last frame of a text file ends, of the part that the journal knows."""
    if form_of(name) not in ("csv", "lines"):
        return 0
    source = source_of(name, workspace.settings.sources)
    whole = source is not None and SourceRules.of(source).whole_files
    with tempfile.TemporaryDirectory(prefix="everygram-") as scratch:
        part = as_it_was(path, trail.size, Path(scratch))
        ends = [f.end for f in read_frames(File(part, name, trail.received_us, whole))]
    return ends[-1] if ends else 0


def _unpacked(path: Path, size: int) -> Iterator[bytes]:
    """The first `size` bytes of a text, or what of them can be read."""
    try:
        for piece in chunks(path):
            yield piece[:size]
            size -= len(piece)
            if size <= 0:
                return
    except CutShort:
        return


def _digest(pieces: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
