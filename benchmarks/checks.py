"""Was it right? Only then its time counts: counters and day totals against the simulator's truth."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

KEY = ("entity", "flow", "start")


class WrongError(Exception):
    """A measured run gave a wrong result: its time means nothing."""


def expected(root: Path) -> dict[str, Any]:
    """What a run over the city must count."""
    told: dict[str, Any] = json.loads((root / "truth" / "expected.json").read_text("utf-8"))
    return told


def same(what: str, got: object, wanted: object) -> None:
    """Raises WrongError unless both are equal."""
    if got != wanted:
        raise WrongError(f"{what}: got {got}, the truth is {wanted}")


def counters(root: Path, books: Any) -> int:
    """Holds every counter of R9 (c) to the truth; gives how many readings were received."""
    told, c, counts = expected(root), books.counters, books.book.counts
    same("received", c.received, told["received"])
    same("rejected", dict(sorted(c.rejected.items())), told["rejected"])
    for name in ("accepted", "superseded", "duplicate"):
        same(name, getattr(counts, name), told[name])
    return int(c.received)


def day_totals(root: Path, tables: Any) -> int:
    """Holds every figure of every day to the truth; gives how many figures that is."""
    truth = pq.read_table(root / "truth" / "day.parquet")
    names = [n for n in truth.column_names if n not in ("grain", "end")]
    sql = f"SELECT {', '.join(names)} FROM rollups_current WHERE grain = 'day'"
    with pa.ipc.open_file(io.BytesIO(tables.query(sql, "Arrow"))) as reader:
        got = reader.read_all()
    return equal_tables("day totals", got, truth.select(names))


def equal_tables(what: str, got: pa.Table, truth: pa.Table) -> int:
    """Holds a table to another, rows in any order; gives how many figures were compared."""
    got, truth = (_ordered(t, truth.column_names) for t in (got, truth))
    same(f"{what}, rows", got.num_rows, truth.num_rows)
    for name in truth.column_names:
        mine, right = got[name], truth[name]
        differs = pc.fill_null(pc.not_equal(mine, right.cast(mine.type)), False)
        differs = pc.or_(differs, pc.xor(mine.is_null(), right.is_null()))
        if pc.any(differs).as_py():
            n = pc.index(differs, True).as_py()
            row = {k: got[k][n].as_py() for k in KEY}
            raise WrongError(f"{what}: {name} of {row}: {mine[n]}, the truth is {right[n]}")
    return got.num_rows * (got.num_columns - len(KEY))


def _ordered(table: pa.Table, names: list[str]) -> pa.Table:
    columns = {}
    for name in names:
        column = table[name]
        if name in ("entity", "flow"):
            column = column.cast(pa.string())
        elif name == "start" and pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("s", "UTC")).cast(pa.int64())
        elif name == "start":
            column = column.cast(pa.int64())
        columns[name] = column
    return pa.table(columns).sort_by([(k, "ascending") for k in KEY]).combine_chunks()
