"""The state of a workspace and its books, read without opening them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from everygram.examine import examine_all
from everygram.health import Condition
from sinks.segments import list_segments
from streams.book.undo import CellsBefore, pending, read
from topologies.manifest import Manifest, ManifestError, load


def books(root: Path) -> Iterator[Condition]:
    """The workspace's files, who holds it, and how its books were left."""
    found = examine_all(root)
    count = len(found.mistakes)
    text = f"{count} mistakes" if count else f"no mistakes: {found.summary}"
    yield Condition("workspace", not count, text, f"see them with `everygram check {root}`")
    var = root / "var"
    if not (var / "manifest.json").exists():
        yield Condition("books", True, f"none yet; `everygram run {root} --until-end` writes them")
        return
    try:
        manifest = load(var / "manifest.json")
    except ManifestError as error:
        yield Condition("books", False, str(error), "nothing was changed")
        return
    received = manifest.counters.received
    text = f"form {manifest.format}, version {manifest.version}, {received:,} readings received"
    yield Condition("books", True, text)
    holder = _holder(var)
    yield Condition("lock", True, f"held by process {holder}" if holder else "free")
    yield _undo(var, manifest, running=bool(holder))
    yield _journal(var, manifest)


def _holder(var: Path) -> str:
    """The process that has the books open; '' where none has. What a crash leaves holds nothing."""
    path = var / "lock"
    if not path.exists():
        return ""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return os.pread(descriptor, 32, 0).decode().strip() or "unknown"
    finally:
        os.close(descriptor)
    return ""


def _undo(var: Path, manifest: Manifest, *, running: bool) -> Condition:
    """Cells changed behind the last commit: a run is going on, or was killed."""
    logs = (p for p in pending(var / "book") if int(p.suffix[1:]) > manifest.epoch)
    if not any(isinstance(change, CellsBefore) for log in logs for change in read(log)):
        return Condition("undo", True, "nothing to take back")
    if running:
        return Condition("undo", True, "a run is at work")
    text = "the last run was broken off; the next one takes back what was not committed"
    return Condition("undo", True, text)


def _journal(var: Path, manifest: Manifest) -> Condition:
    """Is everything there that was committed? (Its bytes are not hashed here.)"""
    segments = list_segments(var / "journal")
    size = sum(segment.path.stat().st_size for segment in segments)
    text = f"{len(segments)} segments, {size / 1e6:,.1f} MB"
    name, length, _ = manifest.journal
    last = [segment for segment in segments if segment.stem == name]
    if name and not (last and last[0].path.stat().st_size >= length):
        text += f"; {name} with its {length:,} committed bytes is not there"
        return Condition("journal", False, text, "restore var/ from a backup, or delete var/")
    return Condition("journal", True, text)
