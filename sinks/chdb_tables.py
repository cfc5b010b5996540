"""The tables in chDB: an embedded ClickHouse in a folder of the workspace, open in one process."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from sinks import book_files, reading
from sinks.errors import SinkError
from sinks.pack import pack
from sinks.parts import check_new_parts

SQL = Path(__file__).parent / "sql"

FORMAT = 1
"""Of the tables; a release that changes it says how to bring older ones up to date."""

INSERT = (
    "INSERT INTO {table} ({columns}) SELECT {columns} FROM Python(rows) "
    "SETTINGS optimize_on_insert = 0, max_partitions_per_insert_block = 0"
)
"""Rows are kept as they are (the table settles which version stands), for windows of any age."""

KEEP_PAST = (
    "INSERT INTO rollup_past ({columns}) SELECT {columns} FROM rollups "
    "PREWHERE start BETWEEN toDateTime({since}) AND toDateTime({until}) AND version < {version} "
    "AND (grain, entity, flow, start) IN (SELECT grain, entity, flow, start FROM Python(rows)) "
    "WHERE status != 'open' "
    "SETTINGS optimize_on_insert = 0, max_partitions_per_insert_block = 0"
)
"""Without FINAL: what was replaced before may be kept twice, and counts once (same version)."""

DISK_FULL = ("No space left", "NOT_ENOUGH_SPACE", "CANNOT_WRITE", "errno: 28", "File too large")


def open_tables(address: str, root: Path, zone: str) -> Tables:
    """Open (and make, if need be) the tables at `chdb:PATH` in the workspace `root`."""
    return Tables(folder_of(address, root), zone, var_of(root))


def folder_of(address: str, root: Path) -> Path:
    """The folder that `chdb:PATH` names, relative to `root`."""
    kind, _, path = address.partition(":")
    if kind != "chdb" or not path:
        what = f"the sink {address!r} is no chDB folder"
        raise SinkError(what, str(root), 'write it as "chdb:var/books"')
    return root / path


def var_of(root: Path) -> Path:
    """Where the book of the workspace `root` is: `meter_intervals` shows it."""
    return root / "var"


class Tables:
    """The tables of one workspace. One thread writes; any thread asks, also while it writes.

    Times show in `zone`, so that `toDate(start)` is the local day.
    """

    def __init__(self, folder: Path, zone: str, var: Path) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_+\-/]+", zone):
            raise SinkError(f"{zone!r} is no time zone", "timezone", "name one like Asia/Shanghai")
        self.folder = folder
        self.zone = zone
        self.var = var
        self._process = os.getpid()
        self._blocks: dict[str, int] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _failed("making the folder of the tables", folder, error) from error
        self._writer = reading.connect(folder)

    def setup(self) -> None:
        """Create the tables that are not there, and bring the views up to date."""
        book_files.attach(self._writer, self.var)
        for statement in statements(self.zone):
            self._run(statement, "creating the tables")
        found = self.query("SELECT max(format) FROM format", "TSV").strip()
        if found in {b"0", b"\\N"}:
            self._run(f"INSERT INTO format VALUES ({FORMAT})", "creating the tables")
        elif int(found) != FORMAT:
            what = f"the tables have format {int(found)}, this release reads {FORMAT}"
            raise SinkError(what, str(self.folder), "use its release, or `everygram rebuild`")

    def write(self, table: str, rows: pa.Table, *, replaces: bool = False) -> None:
        """Insert rows, durably. Rows carry their version: inserting them again changes nothing.

        `rollups` takes rows of `schemas.rollup.ROLLUP`, fastest if sorted by grain, entity, flow,
        start. With `replaces`, the published versions that they replace are kept in `rollup_past`
        first. SinkError where the rows could not be kept: some may then be visible; the same rows
        with the same or a higher version put that right.
        """
        if rows.num_rows == 0:
            return
        what = f"writing {len(rows):,} rows into {table}"
        rows = pack(rows) if table == "rollups" else rows.unify_dictionaries()
        columns = ", ".join(f"`{name}`" for name in rows.column_names)
        if replaces:
            self._keep_past(rows, columns)
        self._run(INSERT.format(table=table, columns=columns), what, rows)
        seen = self._blocks.get(table, -1)
        self._blocks[table] = check_new_parts(self._writer, self.folder, table, seen)

    def _keep_past(self, rows: pa.Table, columns: str) -> None:
        import pyarrow.compute as pc

        span = pc.min_max(rows.column("start").cast(pa.int64())).as_py()
        keep = KEEP_PAST.format(
            columns=columns,
            since=span["min"],
            until=span["max"],
            version=pc.max(rows.column("version")).as_py(),
        )
        self._run(keep, "keeping the versions that are replaced", rows)

    def merge(self, *, on: bool) -> None:
        """Let parts of the rollups be merged, or not while many rows come: that would be half the work."""
        self._run(f"SYSTEM {'START' if on else 'STOP'} MERGES rollups", "settling the tables")

    def replace(self, table: str, rows: pa.Table) -> None:
        """Put `rows` in the place of all rows of a dimension, at one stroke."""
        new = f"{table}_new"
        what = f"replacing the table {table}"
        self._run(f"DROP TABLE IF EXISTS {new} SYNC", what)
        self._run(f"CREATE TABLE {new} AS {table}", what)
        self.write(new, rows)
        self._blocks.pop(new, None)
        self._run(f"EXCHANGE TABLES {new} AND {table}", what)
        self._run(f"DROP TABLE {new} SYNC", what)

    def retire(self, table: str, version: int, above: int = 0) -> None:
        """Mark gone what has no row of `version` or higher, of the versions above `above` (R12).

        It ceased to exist; or, with `above`, it was sent by a run that was killed and never held.
        """
        what = f"marking rows of {table} gone"
        versions = f"version > {above} AND version < {version}"
        old = f"SELECT * FROM {table} FINAL WHERE {versions} AND gone = 0"
        if table == "rollups":
            self._run(f"INSERT INTO rollup_past {old} AND status != 'open'", what)
        marked = f"SELECT * REPLACE ({version} AS version, 1 AS gone) FROM ({old})"
        self._run(f"INSERT INTO {table} {marked}", what)

    def empty(self, table: str) -> None:
        """Remove every row of a table that is about to be made anew."""
        self._run(f"TRUNCATE TABLE {table}", f"emptying the table {table}")

    def publish(self, version: int, published_at: int, cause: str) -> None:
        """Say when (epoch seconds) and why the rows of `version` were published."""
        columns = {
            "version": pa.array([version], pa.uint64()),
            "published_at": pa.array([published_at], pa.timestamp("s", tz="UTC")),
            "cause": pa.array([cause]),
        }
        self.write("publications", pa.table(columns))

    def _run(self, sql: str, what: str, rows: pa.Table | None = None) -> None:
        """Run a statement that changes something; `Python(rows)` in it reads the argument."""
        self._same_process(what)
        try:
            self._writer.query(sql)
        except Exception as error:
            raise _failed(what, self.folder, error) from error

    def stream(self, sql: str, fmt: str = "csv") -> Iterator[bytes]:
        """The answer to one statement that only reads, in pieces (see `reading.answer`)."""
        self._same_process("the query")
        return reading.answer(self.folder, sql, fmt, self.var)

    def _same_process(self, what: str) -> None:
        """chDB's threads do not survive a fork."""
        if self._process != os.getpid():
            remedy = "open the tables in the process that uses them"
            raise SinkError(f"{what}: they were opened before a fork", str(self.folder), remedy)

    def query(self, sql: str, fmt: str = "csv") -> bytes:
        """The whole answer to one statement that only reads."""
        return b"".join(self.stream(sql, fmt))

    def close(self) -> None:
        """Close the tables; what was written is on disk already."""
        self._writer.close()


def statements(zone: str) -> Iterator[str]:
    """The statements of `sinks/sql` in order, for the zone of a workspace."""
    for path in sorted(SQL.glob("*.sql")):
        yield path.read_text("utf-8").replace("{zone}", zone)


def _failed(what: str, folder: Path, error: Exception) -> SinkError:
    """The engine's words, and what to do."""
    text = reading.engine_says(error)
    full = any(sign in text for sign in DISK_FULL)
    remedy = "look at the engine's words, then run again: what was committed is whole"
    if full:
        remedy = "free some space, then run again: what was committed is whole"
    return SinkError(f"{what} failed: {text}", str(folder), remedy)
