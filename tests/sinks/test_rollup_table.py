"""Rollups in chDB: exact to the last digit, and inserting again changes nothing."""

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import rollup
from sinks.chdb_tables import Tables
from sinks.pack import FIGURES
from tests.sinks.rows import START, row, table

HIGHEST = 10**38 - 1
counts = st.none() | st.sampled_from([0, 1, -1, HIGHEST, -HIGHEST, 2**64, -(2**64), 2**63]) | st.integers(-HIGHEST, HIGHEST)  # fmt: skip  # noqa: E501


def scaled(count: int | None, name: str) -> Decimal | None:
    places = rollup.ROLLUP.field(name).type.scale
    digits = tuple(int(d) for d in str(abs(count or 0)))
    return None if count is None else Decimal((int(count < 0), digits, -places))


def read_back(tables: Tables, sql: str) -> list[dict[str, Any]]:
    return json.loads(tables.query(sql, "json"))


@st.composite
def figures(draw: st.DrawFn) -> dict[str, Decimal | None]:
    """Figures that often repeat or negate the one they derive from."""
    drawn = {name: draw(counts) for name in FIGURES}
    for name, origin in FIGURES.items():
        if origin and draw(st.booleans()):
            drawn[name] = drawn[origin]
    if draw(st.booleans()) and drawn["quantity"] is not None:
        drawn["consumption"] = -drawn["quantity"]
    return {name: scaled(count, name) for name, count in drawn.items()}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(figures(), min_size=1, max_size=12), st.integers(1, 5))
def test_every_figure_comes_back_to_the_last_of_38_digits(tables, drawn, chunk):
    tables._run("TRUNCATE TABLE rollups", "emptying")
    rows = [row(**f, start=START + i * timedelta(minutes=15)) for i, f in enumerate(drawn)]
    chunks = [table(*rows[i : i + chunk]) for i in range(0, len(rows), chunk)]
    tables.write("rollups", pa.concat_tables(chunks))
    names = ", ".join(f"toString({name}) AS {name}" for name in FIGURES)
    got = read_back(tables, f"SELECT {names} FROM rollups_current ORDER BY start")
    for figure, answer in zip(drawn, got, strict=True):
        for name in FIGURES:
            back = answer[name]
            assert (None if back is None else Decimal(back)) == figure[name], name


def test_rows_again_and_older_rows_later_change_nothing(tables):
    old = table(row(quantity="1", version=1), row(quantity="5", entity="oven", version=1))
    new = table(row(quantity="2", version=2))
    for rows in (old, new, new, old):
        tables.write("rollups", rows)
    sql = "SELECT entity, quantity, version FROM rollups_current ORDER BY entity"
    want = b'"entity","quantity","version"\n"mill",2,2\n"oven",5,1\n'
    assert tables.query(sql) == want
    tables._run("OPTIMIZE TABLE rollups FINAL", "merging")
    assert tables.query(sql) == want


def test_a_rollup_that_is_gone_is_not_current(tables):
    tables.write("rollups", table(row(quantity="1")))
    tables.write("rollups", table(row(version=2, gone=1)))
    assert tables.query("SELECT count() FROM rollups_current", "TSV") == b"0\n"
    tables.write("rollups", table(row(quantity="3", version=3)))
    assert tables.query("SELECT quantity FROM rollups_current", "TSV") == b"3\n"


def test_null_is_null_and_a_sum_of_nulls_is_null(tables):
    tables.write("rollups", table(row(), row(flow="gas", newest_reading=START, quantity="0")))
    got = read_back(
        tables,
        "SELECT flow, quantity, sum(co2e_location_g) AS g, any(newest_reading) AS n "
        "FROM rollups_current GROUP BY flow, quantity ORDER BY flow",
    )
    assert got == [
        {"flow": "gas", "quantity": "0", "g": None, "n": "2023-01-10 00:00:00"},
        {"flow": "grid_import", "quantity": None, "g": None, "n": None},
    ]


def test_the_day_of_a_start_is_the_local_day(tables):
    rows = [row(start=START - timedelta(minutes=15)), row(start=START)]
    tables.write("rollups", table(*rows))
    sql = "SELECT toDate(start) AS day, toUnixTimestamp(end) AS t FROM rollups_current ORDER BY t"
    got = tables.query(sql, "TSV").decode().split()
    assert got == ["2023-01-09", str(int(START.timestamp())), "2023-01-10", str(int(START.timestamp()) + 900)]  # fmt: skip  # noqa: E501


def test_names_are_kept_across_chunks_with_their_own_dictionaries(tables):
    chunks = [table(row(entity=e, level=lv)) for e, lv in (("b", "x"), ("a", "y"), ("c", "x"))]
    tables.write("rollups", pa.concat_tables(chunks))
    got = tables.query("SELECT entity, level FROM rollups_current ORDER BY entity", "TSV")
    assert got == b"a\ty\nb\tx\nc\tx\n"


def test_windows_of_any_number_of_years_go_in_one_write(tables):
    months = [START - timedelta(days=31 * i) for i in range(150)]
    tables.write("rollups", table(*(row(start=s) for s in months)))
    assert tables.query("SELECT count() FROM rollups_current", "TSV") == b"150\n"


def test_history_keeps_what_was_published_and_why(tables):
    first = table(row(quantity="1", version=1), row(entity="oven", status="open", version=1))
    tables.write("rollups", first)
    tables.publish(1, int(START.timestamp()), "readings")
    second = table(row(quantity="2", version=2), row(entity="oven", quantity="7", version=2))
    for _ in range(2):
        tables.write("rollups", second, replaces=True)
        tables.publish(2, int(START.timestamp()) + 60, "factors")
    got = tables.query(
        "SELECT entity, version, quantity, cause, toString(published_at) FROM rollup_history "
        "ORDER BY entity, version",
        "TSV",
    )
    assert got.decode().splitlines() == [
        "mill\t1\t1\treadings\t2023-01-10 00:00:00",
        "mill\t2\t2\tfactors\t2023-01-10 00:01:00",
        "oven\t2\t7\tfactors\t2023-01-10 00:01:00",
    ]


def test_select_star_of_the_table_shows_the_agreed_columns_in_the_view(tables):
    got = next(csv.reader(io.StringIO(tables.query("SELECT * FROM rollups_current").decode())))
    assert got == [name for name in rollup.ROLLUP.names if name != "gone"]


def test_an_unknown_grain_in_a_question_is_told(tables):
    with pytest.raises(Exception, match="dya"):
        tables.query("SELECT count() FROM rollups_current WHERE grain = 'dya'")
