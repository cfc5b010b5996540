"""The tables in chDB: an embedded ClickHouse in a folder of the workspace. One process opens it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from sinks.errors import SinkError
from sinks.pack import pack

SQL = Path(__file__).parent / "sql"

FORMATS = {"csv": "CSVWithNames", "json": "JSON", "table": "PrettyCompactMonoBlock"}
"""Names of the command line; any other name is taken as a format of ClickHouse."""

READING = (
    "SET output_format_json_quote_decimals = 1, output_format_json_quote_64bit_integers = 1, "
    "output_format_pretty_row_numbers = 0, output_format_pretty_color = 0, "
    "output_format_pretty_max_rows = 1000000, output_format_decimal_trailing_zeros = 0, "
    "final = 0, readonly = 1"
)
"""Settings of a connection that reads: exact numbers as text, and nothing can be written."""

INSERT = "INSERT INTO {table} ({columns}) SELECT {columns} FROM Python(rows) SETTINGS {settings}"
INSERT_SETTINGS = (
    "optimize_on_insert = 0, max_partitions_per_insert_block = 0, "
    "throw_on_max_partitions_per_insert_block = 0"
)


def folder_of(address: str, root: Path) -> Path:
    """The folder that `chdb:PATH` names, relative to the workspace `root`."""
    kind, _, path = address.partition(":")
    if kind != "chdb" or not path:
        what = f"the sink {address!r} is no chDB folder"
        raise SinkError(what, str(root), 'write it as "chdb:var/books"')
    return root / path


def open_tables(address: str, root: Path, zone: str) -> Tables:
    """Open (and make, if need be) the tables at `chdb:PATH`; times show in `zone`."""
    return Tables(folder_of(address, root), zone)


class Tables:
    """The tables of one workspace. `write` from one thread; `query` from any, also meanwhile."""

    def __init__(self, folder: Path, zone: str) -> None:
        self.folder = folder
        self.zone = zone
        self._writer = _connect(folder)
        self._reader = _connect(folder)
        self._reading = threading.Lock()
        self._reader.query(READING)

    def setup(self) -> None:
        """Create the tables and views that are not there; views are brought up to date."""
        for statement in statements(self.zone):
            self._run(statement, "creating the tables")

    def write(self, table: str, rows: pa.Table) -> None:
        """Insert rows, durably. Rows carry their version: inserting them again changes nothing.

        SinkError where they could not be kept; some of them may then be visible, which the same
        rows with the same or a higher version put right.
        """
        if rows.num_rows == 0:
            return
        rows = pack(rows) if "raw_" not in rows.column_names[0] and table in PACKED else rows
        columns = ", ".join(f"`{name}`" for name in rows.column_names)
        sql = INSERT.format(table=table, columns=columns, settings=INSERT_SETTINGS)
        self._run(sql, f"writing {len(rows):,} rows into {table}", rows)

    def _run(self, sql: str, what: str, rows: pa.Table | None = None) -> None:
        """Run a statement that changes something. `rows` is what `Python(rows)` reads."""
        try:
            self._writer.query(sql)
        except Exception as error:
            raise _failed(what, self.folder, error) from error

    def query(self, sql: str, fmt: str = "csv") -> bytes:
        """The whole answer to one reading statement. See `stream`."""
        return b"".join(self.stream(sql, fmt))

    def stream(self, sql: str, fmt: str = "csv") -> Iterator[bytes]:
        """The answer in pieces. SinkError where the statement does not read or cannot be answered."""
        refuse_writes(self._reader, sql)
        with self._reading:
            try:
                yield self._reader.query(sql, FORMATS.get(fmt, fmt)).bytes()
            except Exception as error:
                raise _failed("the query failed", self.folder, error) from error

    def close(self) -> None:
        """Close the tables; nothing is in memory only."""
        self._reader.close()
        self._writer.close()


PACKED = frozenset({"rollups"})


def statements(zone: str) -> Iterator[str]:
    """The statements of `sinks/sql` in order, for the zone of a workspace."""
    if not re.fullmatch(r"[A-Za-z0-9_+\-/]+", zone):
        raise SinkError(f"{zone!r} is no time zone", "timezone", "name one like Asia/Shanghai")
    for path in sorted(SQL.glob("*.sql")):
        yield path.read_text("utf-8").replace("{zone}", zone)


def refuse_writes(connection: Any, sql: str) -> None:
    """SinkError unless `sql` is one statement that only reads."""
    found = connection._conn.classify_query(sql, "default")
    if found["query_class"].name != "READ_ONLY" or found["statement_count"] != 1:
        raise SinkError("a query only reads", "query", "write one SELECT, SHOW or DESCRIBE")


def _connect(folder: Path) -> Any:
    import chdb

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return chdb.connect(str(folder))
    except Exception as error:
        raise _failed("the tables cannot be opened", folder, error) from error


def _failed(what: str, folder: Path, error: Exception) -> SinkError:
    """The engine's words without its stack, and what to do."""
    text = str(error)
    remedy = "look at the message of the engine above"
    if "CANNOT_WRITE" in text or "No space left" in text or "NOT_ENOUGH_SPACE" in text:
        remedy = "free some space, then run again: what was committed is whole"
    return SinkError(f"{what}: {text}", str(folder), remedy)
