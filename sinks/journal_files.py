"""Columnar files out of the journal: chunks put together again, beside frames and references."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from sinks.errors import SinkError, writing
from sinks.segments import Entry


def whole_files(entries: Iterable[Entry], scratch: Path) -> Iterator[Entry]:
    """Entries with each run of chunks replaced by one reference to the file they make in `scratch`.

    The file carries its old name; it is removed when the next entry is asked for, so that a rebuild
    needs room for one file. A file whose chunks were not all committed does not come.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    made: dict[str, tuple[Path, Entry]] = {}
    for number, entry in enumerate(entries):
        if entry.payload is None or entry.path is None:
            yield entry
            continue
        if entry.position == 0:
            folder = scratch / f"{number:09d}"
            folder.mkdir(exist_ok=True)
            made[entry.source] = (folder / Path(entry.path).name, entry)
        path, _ = made[entry.source]
        with writing("putting a file together from the journal", path), path.open("ab") as file:
            file.write(entry.payload)
        if entry.end == entry.size:
            yield _finish(entry, path)
            path.unlink(missing_ok=True)
            path.parent.rmdir()
            del made[entry.source]


def _finish(entry: Entry, path: Path) -> Entry:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != entry.sha256:
        what = f"the chunks of {entry.source} make another file than was kept"
        raise SinkError(what, str(path), "`everygram verify` checks the journal")
    size, received_us = entry.size, entry.received_us
    return Entry(entry.source, 0, entry.end, received_us, 1, None, str(path), size, digest)
