"""How far the sources were read, told by the journal alone: for books whose manifest is lost."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from schemas.workspace import Workspace
from sinks.journal import Mark, entries
from sinks.segments import Entry
from topologies.manifest import FileState
from topologies.sources import digest_of
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
        trail.sha256 = entry.sha256 or ""
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
    sha256 = digest_of(path)
    if trail.sha256:
        same, done = sha256 == trail.sha256, True
    elif trail.exact:
        begins, more = _beginning(path, trail.position)
        same, done = begins == trail.digest.hexdigest(), not more
    else:
        same, done = int(stat.st_mtime) == trail.modified_s, True
    if not same:
        return unknown
    state = FileState(trail.received_us, stat.st_size, stat.st_mtime_ns, trail.position)
    return msgspec.structs.replace(state, done=True, sha256=sha256) if done else state


def _beginning(path: Path, size: int) -> tuple[str, bool]:
    """SHA-256 of the first `size` bytes of a text (unpacked), and whether more come behind them."""
    digest, more = hashlib.sha256(), False
    try:
        for piece in chunks(path):
            digest.update(piece[:size])
            more = len(piece) > size
            size -= min(size, len(piece))
            if more:
                break
    except CutShort:
        more = True
    return digest.hexdigest(), more
