"""Questions to the tables: one statement that only reads, answered in pieces, exactly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sinks import book_files
from sinks.errors import SinkError

SETTINGS = (
    "SET output_format_json_quote_decimals = 1, output_format_json_quote_64bit_integers = 1, "
    "output_format_pretty_row_numbers = 0, output_format_pretty_color = 0, "
    "output_format_pretty_max_rows = 1000000, output_format_write_statistics = 0, "
    "output_format_pretty_single_large_number_tip_threshold = 0, "
    "validate_enum_literals_in_operators = 1, readonly = 1"
)
"""Of a connection that asks: decimals are text, never floats, and nothing is written."""

WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def connect(folder: Path) -> Any:
    """A connection to the tables in `folder`. SinkError where another process has them open."""
    import chdb

    try:
        return chdb.connect(str(folder))
    except Exception as error:
        remedy = "only one process can open them: is another one running on this workspace?"
        raise SinkError(f"the tables cannot be opened ({error})", str(folder), remedy) from error


def answer(folder: Path, sql: str, fmt: str, var: Path) -> Iterator[bytes]:
    """The answer to `sql` in pieces, as `csv`, `json` (an array of objects), `table`, or any format
    of ClickHouse. The tables must be open in this process, or in none. `meter_intervals`
    shows the book in `var`.

    SinkError where `sql` is not one statement that reads, or the engine refuses it.
    """
    if not WORD.fullmatch(fmt):
        raise SinkError(f"{fmt!r} is no output format", "query", "take csv, json or table")
    with closing(connect(folder)) as connection:
        if book_files.needed(sql, var):
            book_files.attach(connection, var)
        connection.query(SETTINGS)
        _refuse_writes(connection, sql)
        shape = SHAPES.get(fmt)
        try:
            if shape:
                yield from shape(connection, sql)
            else:
                yield connection.query(sql, FORMATS.get(fmt, fmt)).bytes()
        except SinkError:
            raise
        except Exception as error:
            raise SinkError(engine_says(error), "query", "correct the statement") from error


def engine_says(error: Exception) -> str:
    """The engine's message without its numbers of code and version."""
    text = re.sub(r"^(Streaming query failed: )?(Code: \d+\. )?(DB::Exception: )?", "", str(error))
    return re.sub(r" \(version [^)]*\)", "", text).strip()


def _refuse_writes(connection: Any, sql: str) -> None:
    """SinkError unless `sql` is one statement that reads: the engine's parser says which it is.

    The connection is read-only besides; `INTO OUTFILE`, which that lets pass, is refused here.
    """
    found = connection._conn.classify_query(sql, "default")
    if found["query_class"].name != "READ_ONLY" or found["statement_count"] != 1:
        remedy = "write one SELECT, SHOW, DESCRIBE or EXPLAIN"
        raise SinkError("a query only reads", "query", remedy)


def _csv(connection: Any, sql: str) -> Iterator[bytes]:
    """One header, then the rows: the engine gives each piece a header of its own."""
    first = True
    for data in _pieces(connection, sql, "CSVWithNames"):
        yield data if first else data[header_length(data) :]
        first = False
    if first:
        yield connection.query(sql, "CSVWithNames").bytes()


def _json(connection: Any, sql: str) -> Iterator[bytes]:
    """An array of objects, one to a line."""
    before = b"[\n"
    for piece in _pieces(connection, sql, "JSONEachRow"):
        rows = piece.rstrip(b"\n")
        if rows:
            yield before + rows.replace(b"\n", b",\n")
            before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _pieces(connection: Any, sql: str, fmt: str) -> Iterator[bytes]:
    """The pieces of a streamed answer; a SHOW or DESCRIBE, which does not stream, is one piece."""
    try:
        stream = connection.send_query(sql, fmt)
    except Exception as error:
        if "Streaming query is not supported" not in str(error):
            raise
        yield connection.query(sql, fmt).bytes()
        return
    with closing(stream):
        for piece in stream:
            yield piece.bytes()


def header_length(data: bytes) -> int:
    """Bytes of the first CSV record: up to the line end that is not inside quotes."""
    end = data.find(b"\n") + 1
    while data.count(b'"', 0, end) % 2:
        end = data.find(b"\n", end) + 1
    return end


SHAPES: dict[str, Callable[[Any, str], Iterator[bytes]]] = {"csv": _csv, "json": _json}
FORMATS = {"table": "PrettyCompactMonoBlock"}
