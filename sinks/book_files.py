"""The book's files as tables, read where they lie: what the view `meter_intervals` stands on.

Millions of readings a second are not written a second time into tables: the engine reads the mapped
files of the book themselves. It expands a pattern and fixes a path when a table is made, so the three
tables are made anew (some milliseconds) before a question that needs them: new days are seen, and a
workspace that was moved too.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from sinks.errors import SinkError

VIEW = "meter_intervals"

_TABLES = (
    "CREATE DATABASE IF NOT EXISTS book",
    # 4,096 bytes of header, then [interval][place] (streams.book.days)
    (
        "CREATE OR REPLACE TABLE book.cells (key UInt64, quantity Int64) "
        "ENGINE = File(RowBinary, '{var}/book/????-??-??.{{{sizes}}}')"
    ),
    # one row of header, then a row for each longer reading (streams.book.rows)
    (
        "CREATE OR REPLACE TABLE book.longer (slot Int64, start Int64, cells Int64, quantity Int64, "
        "rank Int64, revision Int64, cell_s Int64, force Int64) "
        "ENGINE = File(RowBinary, '{var}/book/{{longer}}')"
    ),
    (
        "CREATE OR REPLACE TABLE book.slots (meter String, cell_s UInt32, place UInt32) "
        "ENGINE = File(Parquet, '{var}/{{slots}}.parquet')"
    ),
)
"""A pattern, also of one file, may find nothing: then the table is empty, and no error."""

_PATTERN_SIGNS = "*?{}"

_one_at_a_time = threading.Lock()


def needed(sql: str, var: Path) -> bool:
    """Does a question need the book's files? SinkError where the engine could not name them."""
    if VIEW not in sql:
        return False
    if any(sign in str(var.resolve()) for sign in _PATTERN_SIGNS):
        what = f"{VIEW} cannot be read from a folder with one of {_PATTERN_SIGNS} in its path"
        raise SinkError(what, str(var), "move or rename the workspace")
    return True


def attach(connection: Any, var: Path) -> None:
    """Make the tables of the database `book` over the files in `var` (a workspace's) as they are now."""
    sizes = {p.suffix[1:] for p in (var / "book").glob("????-??-??.*") if p.suffix[1:].isdigit()}
    quoted = str(var.resolve()).replace("\\", "\\\\").replace("'", "\\'")
    with _one_at_a_time:
        for statement in _TABLES:
            connection.query(
                statement.format(var=quoted, sizes=",".join(sorted(sizes, key=int)) or "900")
            )
