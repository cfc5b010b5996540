"""The manifest: what is committed. Written whole and renamed, so there is always exactly one truth."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

FORMAT = 1
"""Number of the books' form: manifest, book, journal and tables go together."""


class FileState(msgspec.Struct, omit_defaults=True):
    """How far a file was read: `position` as in `schemas.reading.Frame`."""

    received_us: int
    size: int = 0
    mtime_ns: int = 0
    position: int = 0
    done: bool = False
    sha256: str = ""


class Counters(msgspec.Struct, omit_defaults=True):
    """What arrived, counted by arrival and committed with the book, so that a kill changes none."""

    received: int = 0
    accepted: int = 0
    superseded: int = 0
    duplicate: int = 0
    rejected: dict[str, int] = {}
    rounded: int = 0
    rounded_sum: dict[str, str] = {}
    aligned: int = 0

    def balance(self) -> int:
        """received less everything that became of it: 0, or R9 (c) is broken."""
        known = self.accepted + self.superseded + self.duplicate + sum(self.rejected.values())
        return self.received - known


class Manifest(msgspec.Struct, omit_defaults=True):
    """Everything that a start needs to go on: positions, counters, version, state of settle."""

    format: int = FORMAT
    epoch: int = 0
    version: int = 0
    """The highest version that may have been sent to the tables."""
    committed: int = 0
    """The version up to which every finding sent holds or was taken back; what a killed run sent above
    it may be void."""
    files: dict[str, FileState] = {}
    counters: Counters = msgspec.field(default_factory=Counters)
    journal: tuple[str, int, str] = ("", 0, "")
    span: tuple[int, int] | None = None
    dirty: dict[str, str] = {}
    """UTC day -> base intervals that changed since settle last looked, as hexadecimal."""
    settled_span: tuple[int, int] | None = None
    settled_now: int = 0
    fingerprints: dict[str, str] = {}
    restating: str = ""
    """`readings`, `figures` or `rebuild` while a restatement is under way: it is begun again after a
    kill."""


class ManifestError(Exception):
    """The books are of a form that this program does not know."""


def load(path: Path) -> Manifest:
    """The committed manifest, or a new one where there are no books yet."""
    if not path.exists():
        return Manifest()
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        text = f"{path}: not readable ({error}); run `everygram rebuild`"
        raise ManifestError(text) from error
    if manifest.format != FORMAT:
        text = (
            f"{path}: the books have form {manifest.format}, this program writes {FORMAT}; "
            "run `everygram rebuild`"
        )
        raise ManifestError(text)
    return manifest


def save(path: Path, manifest: Manifest) -> None:
    """Make this the truth: durable before it is visible."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as f:
        f.write(msgspec.json.encode(manifest))
        f.flush()
        os.fsync(f.fileno())
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
