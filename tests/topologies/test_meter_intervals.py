"""The view `meter_intervals` shows the book, cell by cell, as the book's own code reads it."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sinks.asking import query_books
from sinks.errors import SinkError
from streams.book import keys
from streams.book.book import Book
from streams.book.days import DAY_S
from tests.topologies.mill import HEAD, METERS, Books, line, query, run_until_end, write

SEEN = (
    "SELECT meter, toUnixTimestamp(start) AS s, toUnixTimestamp(end) AS e, quantity, rank, revision, "
    "conflict, toUnixTimestamp(reading_start) AS rs, toUnixTimestamp(reading_end) AS re, "
    "reading_quantity FROM meter_intervals ORDER BY meter, start"
)
RANKS = ("estimated", "declared", "apportioned", "measured", "edited")
MINE = METERS + "F1,line,grid_import,5m,kWh,M1,\nG1,mill,natural_gas,1h,Nm3,,\n"
GAS = """\
- standard: local
  factor: natural_gas
  region: CN
  unit: kg/Nm3
  rows:
    - {valid_from: 2018-01-01, co2: "2", source: "test"}
"""
ZERO = datetime(2018, 1, 1, tzinfo=UTC)


def kwh(quantity: int) -> str | None:
    """Counts of 10**-6 as the engine shows them; a void is null."""
    return None if quantity < 0 else f"{(Decimal(quantity) / 10**6).normalize():f}"


def in_book(book: Book, meters: list[str]) -> Iterable[tuple[Any, ...]]:
    """Every cell that is not empty, by the book's own functions."""
    for day, cell_s in book.days.listed():
        file = book.days.get(day, cell_s)
        assert file is not None
        slots = book.slots_of_size[book.sizes.tolist().index(cell_s)]
        for at, (key, quantity) in enumerate(file.cells.tolist()):
            if key == 0:
                continue
            word = key & 0xFFFF_FFFF_FFFF_FFFF
            start = day * DAY_S + at // file.stride * cell_s
            revision, first, end, whole = word >> 7 & (1 << 53) - 1, start, start + cell_s, quantity
            if not word & int(keys.SHORT):
                _, first, cells, whole, _, revision, _, _ = book.longer.rows[revision].tolist()
                end = first + cells * cell_s
            yield (
                meters[slots[at % file.stride]], start, start + cell_s, kwh(quantity),
                RANKS[(word >> 61) - 1], revision, word & 1, first, end, kwh(whole),
            )  # fmt: skip


def seen(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The view's rows, its counts as numbers."""
    counts = ("s", "e", "revision", "conflict", "rs", "re")
    return [tuple(int(v) if k in counts else v for k, v in row.items()) for row in rows]


def history(seed: int, days: int = 3) -> dict[str, str]:
    """Readings of every kind over some days, many of the same intervals."""
    draw = random.Random(seed)
    measured, edits = [HEAD, line("M1", 8, 0, 7), line("M1", 8, 0, 8)], []
    for _ in range(600):
        meter, cell = draw.choice([("M1", 15), ("S1", 15), ("F1", 5), ("G1", 60)])
        cells = draw.choice([1, 1, 1, 2, 3, 24, 100])
        start = ZERO + timedelta(minutes=cell * draw.randrange(days * 1440 // cell))
        end = start + timedelta(minutes=cell * cells)
        quantity = f"{draw.randrange(5)}.{draw.randrange(10**6):06d}"
        revision = draw.randrange(3)
        if draw.random() < 0.2:
            row: dict[str, Any] = {"meter": meter, "start": f"{start.isoformat()}"}
            row |= {"end": end.isoformat(), "quality": "edited", "revision": revision}
            row |= {"author": "test", "reason": "void or right", "quantity": quantity}
            if draw.random() < 0.5:
                del row["quantity"]
            edits.append(json.dumps(row))
        else:
            quality = draw.choice(["measured", "declared", "estimated"])
            unit = "Nm3" if meter == "G1" else "kWh"
            measured.append(
                f"{meter},{start.isoformat()},{end.isoformat()},{quantity},{unit},{quality},{revision}\n"
            )
    return {"data__a_csv": "".join(measured), "edits__a_jsonl": "\n".join(edits)}


@pytest.mark.parametrize("seed", [1, 2])
def test_every_cell_of_the_book_is_a_row(tmp_path: Path, seed: int) -> None:
    root = write(tmp_path, registry__meters_csv=MINE, factors__gas_yaml=GAS, **history(seed))
    books = Books.open(root)
    try:
        run_until_end(books)
        rows = seen(query(books, SEEN))
        assert rows == sorted(in_book(books.book, books.compiled.meters), key=lambda r: r[:2])
        kinds = {(r[4], r[3] is None, r[6], r[7:9] == r[1:3]) for r in rows}
        assert ("apportioned", False, 0, False) in kinds
        assert ("edited", True, 0, False) in kinds
        assert {k[2] for k in kinds} == {0, 1}
        assert {r[2] - r[1] for r in rows} == {300, 900}
    finally:
        books.close()


def test_a_reading_that_was_cut_shows_its_parts_and_its_whole(tmp_path: Path) -> None:
    hour = "M1,2018-01-01T09:00:00+08:00,2018-01-01T10:00:00+08:00,1.000003,kWh,measured,7\n"
    root = write(tmp_path, data__a_csv=HEAD + hour + line("M1", 9, 15, "0.5"))
    books = Books.open(root)
    try:
        run_until_end(books)
        sql = (
            "SELECT toString(start) AS at, quantity, rank, revision, entity, flow, reading_quantity "
            "FROM meter_intervals WHERE meter = 'M1' AND start >= '2018-01-01 09:00:00' ORDER BY start"
        )
        rows = query(books, sql)
        assert [r["quantity"] for r in rows] == ["0.25", "0.5", "0.250001", "0.250001"]
        assert [r["rank"] for r in rows] == ["apportioned", "measured"] + ["apportioned"] * 2
        assert [r["revision"] for r in rows] == ["7", "0", "7", "7"]
        assert [r["reading_quantity"] for r in rows] == ["1.000003", "0.5", "1.000003", "1.000003"]
        assert {(r["entity"], r["flow"]) for r in rows} == {("mill", "grid_import")}
        day = "SELECT count() AS n FROM meter_intervals WHERE day = '2018-01-02'"
        assert query(books, day) == [{"n": "0"}]
    finally:
        books.close()


def test_the_entity_is_the_one_of_the_time(tmp_path: Path) -> None:
    meters = (
        "meter,entity,flow,interval,unit,sub_of,valid_from,valid_to\n"
        "M1,mill,grid_import,15m,kWh,,,2018-01-02\nM1,line,grid_import,15m,kWh,,2018-01-02,\n"
    )
    text = HEAD + line("M1", 8, 0, 1) + line("M1", 8, 0, 2, day=2)
    root = write(tmp_path, registry__meters_csv=meters, data__a_csv=text)
    books = Books.open(root)
    try:
        run_until_end(books)
        rows = query(books, "SELECT entity, quantity FROM meter_intervals ORDER BY start")
        assert rows == [{"entity": "mill", "quantity": "1"}, {"entity": "line", "quantity": "2"}]
    finally:
        books.close()


def test_empty_books_have_no_intervals(tmp_path: Path) -> None:
    books = Books.open(write(tmp_path))
    try:
        assert query(books, SEEN) == []
        run_until_end(books)
        assert query(books, SEEN) == []
    finally:
        books.close()


def test_days_that_come_while_the_books_are_open_are_seen(tmp_path: Path) -> None:
    root = write(tmp_path, data__a_csv=HEAD + line("M1", 8, 0, 1))
    books = Books.open(root)
    try:
        for n, day in enumerate((1, 3, 7), start=1):
            (root / f"data/{day}.csv").write_text(HEAD + line("S1", 9, 0, 1, day=day))
            run_until_end(books)
            assert len(query(books, SEEN)) == n + 1
    finally:
        books.close()


def test_a_path_that_reads_as_a_pattern_is_told(tmp_path: Path) -> None:
    books = Books.open(write(tmp_path / "a{b}", data__a_csv=HEAD + line("M1", 8, 0, 1)))
    try:
        run_until_end(books)
        with pytest.raises(SinkError, match="rename the workspace"):
            query(books, SEEN)
    finally:
        books.close()


def test_a_workspace_that_was_moved_shows_its_own_book(tmp_path: Path) -> None:
    before = write(tmp_path / "it's \\ here", data__a_csv=HEAD + line("M1", 8, 0, "1.25"))
    books = Books.open(before)
    run_until_end(books)
    books.close()
    after = tmp_path / "there"
    shutil.move(before, after)
    sql = "SELECT meter, quantity FROM meter_intervals"
    assert b"".join(query_books(after, sql, "TSV")) == b"M1\t1.25\n"
