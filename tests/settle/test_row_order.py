"""Rollups leave settle in the order of their table, and each row keeps its own figures."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from schemas.rollup import GRAINS
from tests.topologies import mill
from topologies.books import Books
from topologies.embedded import run_until_end

ENTITIES = mill.ENTITIES + "".join(
    f"- {{id: {name}, level: line, parent: mill}}\n" for name in ("Z", "a", "é", "line-2")
)
METERS = mill.METERS + "".join(
    f"{name},{name},grid_import,15m,kWh,M1,\n" for name in ("Z", "a", "é", "line-2")
)


def test_rows_are_sorted_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names, hours = ("M1", "S1", "Z", "a", "é", "line-2"), (5, 0, 3)
    text = "".join(
        mill.line(name, hour, 15, f"{n}.{hour}") for n, name in enumerate(names) for hour in hours
    )
    root = mill.write(
        tmp_path, registry__meters_csv=METERS, registry__entities_yaml=ENTITIES,
        data__a_csv=mill.HEAD + text,
    )  # fmt: skip
    books = Books.open(root)
    given: list[pa.Table] = []
    inner = books.tables.write

    def write(table: str, rows: pa.Table, *, replaces: bool = False) -> None:
        if table == "rollups":
            given.append(rows)
        inner(table, rows, replaces=replaces)

    monkeypatch.setattr(books.tables, "write", write)
    try:
        run_until_end(books)
    finally:
        books.close()
    assert given
    for rows in given:
        keys = [
            (GRAINS.index(r["grain"]), r["entity"].encode(), r["flow"].encode(), r["start"])
            for r in rows.to_pylist()
        ]
        assert keys == sorted(keys)
        assert len(set(keys)) == len(keys) > 100
    found = {
        (r["entity"], r["start"].hour): str(r["quantity"])
        for rows in given
        for r in rows.to_pylist()
        if r["grain"] == "hour" and r["quantity"] is not None and r["entity"] in names
    }
    assert found == {
        (name, (hour - 8) % 24): f"{n}.{hour}00000"
        for n, name in enumerate(names)
        for hour in hours
        if n > 1
    }
