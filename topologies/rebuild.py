"""What the books begin anew from: the journal, the manifest if it can be read, the tables as they are.

Nothing of the books is touched before it is certain that the journal is whole. Positions that a lost
manifest held are found again by comparing the files with what the journal kept of them, so that no
source is counted twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from schemas.workspace import Workspace
from sinks.chdb_tables import DISK_FULL, Tables, folder_of, open_tables
from sinks.errors import SinkError
from sinks.journal import Journal, Mark, last_mark
from sinks.journal_check import check
from topologies import manifest as manifests
from topologies.manifest import Manifest, ManifestError
from topologies.positions import positions

VERSIONED = ("rollups", "rollup_past", "findings", "rejects", "publications")
SPAN = (
    "SELECT count() AS n, toUnixTimestamp(min(start)) AS first, toUnixTimestamp(max(end)) AS last "
    "FROM rollups WHERE grain = 'base' AND gone = 0"
)
SHOWN = 10


@dataclass(slots=True)
class Beginning:
    """The manifest that a rebuild starts with, and what had to be found out for it, in words."""

    manifest: Manifest
    notes: list[str] = field(default_factory=list)


def begin(workspace: Workspace, folder: Path) -> Beginning:
    """From where the books in `folder` (the workspace's var) can be made anew.

    Raises SinkError where the journal is not whole, or a file that it refers to is not what it was:
    then the books are as they were.
    """
    journal, notes = folder / "journal", []
    try:
        known = manifests.load(folder / "manifest.json")
    except ManifestError as error:
        notes.append(f"{error}".partition(";")[0])
        known = Manifest()
    lost = not known.journal[0]
    mark = last_mark(journal) if lost else Mark(*known.journal)
    if not mark.segment:
        remedy = "`everygram run` makes the books from the sources"
        raise SinkError("there is no journal to make the books from", str(journal), remedy)
    Journal.open(journal, mark).close()  # cuts what was never committed, as every start does
    _whole(journal, mark, workspace.root)
    if lost:
        notes.append("the manifest is gone: positions were found again in the journal")
        known = Manifest(
            files=positions(journal, mark, workspace),
            journal=(mark.segment, mark.length, mark.sha256),
        )
    version, span = _published(workspace, notes)
    known = msgspec.structs.replace(
        known, version=max(known.version, version), settled_span=known.settled_span or span
    )
    return Beginning(known, notes)


def _whole(journal: Path, mark: Mark, root: Path) -> None:
    wrong = check(journal, mark, root=root)
    if not wrong:
        return
    more = [f"… and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
    what = "the journal is not whole, the books are left as they are:\n  "
    remedy = "\nbring these files back as they were (a backup), then rebuild again"
    raise SinkError(what + "\n  ".join(wrong[:SHOWN] + more), str(journal), remedy)


def _published(workspace: Workspace, notes: list[str]) -> tuple[int, tuple[int, int] | None]:
    """The highest version in the tables, and the span of their rows. Tables that cannot be read, or
    are of another format, are put aside."""
    address = workspace.settings.sinks[0].clickhouse
    folder = folder_of(address, workspace.root)
    if not folder.is_dir():
        notes.append("the tables are gone: they are made anew, their history begins again")
        return 0, None
    try:
        tables = open_tables(address, workspace.root, str(workspace.settings.timezone))
        try:
            tables.setup()
            return _highest(tables), _span(tables)
        finally:
            tables.close()
    except SinkError as error:
        if any(sign in error.what for sign in DISK_FULL):
            raise
        aside = next(path for path in _asides(folder) if not path.exists())
        folder.rename(aside)
        notes.append(f"{error.what}: the tables were put aside as {aside.name}")
        return 0, None


def _asides(folder: Path) -> Iterator[Path]:
    n = 1
    while True:
        yield folder.with_name(f"{folder.name}.aside-{n}")
        n += 1


def _highest(tables: Tables) -> int:
    maxima = ", ".join(f"(SELECT max(version) FROM {name})" for name in VERSIONED)
    return int(tables.query(f"SELECT greatest({maxima}) AS v", "TSV"))


def _span(tables: Tables) -> tuple[int, int] | None:
    (row,) = json.loads(tables.query(SPAN, "json"))
    return (int(row["first"]), int(row["last"])) if int(row["n"]) else None
