"""The views: what the tables look like from outside, and the common questions in one SELECT."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from schemas import rollup
from tests.sinks.rows import START, row, table

GOLDEN = Path(__file__).parent / "golden" / "columns.txt"
HISTORY = pa.schema(
    [
        ("entity", pa.string()),
        ("parent", pa.string()),
        ("level", pa.string()),
        ("region", pa.string()),
        ("valid_from", rollup.INSTANT),
        ("valid_to", rollup.INSTANT),
    ]
)


def ask(tables, sql):
    return json.loads(tables.query(sql, "json"))


def test_names_and_types_are_those_agreed(tables):
    got = tables.query(
        "SELECT table, name, type FROM system.columns WHERE database = currentDatabase() "
        "ORDER BY table, position",
        "TSVRaw",
    )
    assert got.decode() == GOLDEN.read_text("utf-8")


def test_every_column_of_a_table_says_what_it_is_in_both_languages(tables):
    silent = ask(
        tables,
        "SELECT table, name FROM system.columns WHERE database = currentDatabase() "
        "AND table IN (SELECT name FROM system.tables WHERE engine LIKE '%MergeTree') "
        "AND name NOT LIKE 'raw_%' AND NOT match(comment, ' · .*[一-龥]')",
    )
    assert silent == []


def test_by_scope_and_by_carrier_add_what_is_known(tables):
    tables.write(
        "rollups",
        table(
            row(flow="grid_import", consumption="10", co2e_location_g="5", kgce="1.5"),
            row(flow="grid_export", consumption="-4", co2e_location_g="-2"),
            row(flow="natural_gas", carrier="natural_gas", scope="1", unit="Nm3", consumption="3"),
        ),
    )
    assert ask(tables, "SELECT scope, co2e_location_g AS g FROM by_scope ORDER BY scope") == [
        {"scope": "1", "g": None},
        {"scope": "2", "g": "3"},
    ]
    sql = "SELECT carrier, unit, consumption AS c, kgce FROM by_carrier ORDER BY carrier"
    assert ask(tables, sql) == [
        {"carrier": "electricity", "unit": "kWh", "c": "6", "kgce": "1.5"},
        {"carrier": "natural_gas", "unit": "Nm3", "c": "3", "kgce": None},
    ]


def test_coverage_in_percent(tables):
    tables.write(
        "rollups",
        table(
            row(minutes_expected=45, minutes_reported=30),
            row(entity="none", minutes_expected=0, minutes_reported=0),
        ),
    )
    assert ask(tables, "SELECT entity, percent FROM coverage ORDER BY entity") == [
        {"entity": "mill", "percent": "66.6666"},
        {"entity": "none", "percent": None},
    ]


def moved_at(tables, minutes):
    """`mill` is a child of park-1 until some minutes into the day, then of park-2."""
    at = START + timedelta(minutes=minutes)
    rows = [
        ("mill", "park-1", "e", "CN", START - timedelta(days=9), at),
        ("mill", "park-2", "e", "CN", at, None),
        ("park-1", "", "park", "CN", START - timedelta(days=9), None),
    ]
    columns = [pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), HISTORY, strict=True)]
    tables.replace("entity_history", pa.Table.from_arrays(columns, schema=HISTORY))


def test_by_child_splits_the_window_in_which_a_child_moved(tables):
    base = [
        row(start=START + i * timedelta(minutes=15), quantity=f"{i + 1}", kgce=f"0.{i}1")
        for i in range(4)
    ]
    hour = row(grain="hour", quantity="10", kgce="0.64", minutes_expected=60, minutes_reported=60)
    top = row(entity="park-1", quantity="99")
    tables.write("rollups", table(*base, hour, top))
    moved_at(tables, 15)
    got = ask(
        tables,
        "SELECT parent, child, quantity AS q, kgce, minutes_reported AS m FROM by_child "
        "WHERE grain = 'hour' ORDER BY parent",
    )
    assert got == [
        {"parent": "park-1", "child": "mill", "q": "1", "kgce": "0.01", "m": "15"},
        {"parent": "park-2", "child": "mill", "q": "9", "kgce": "0.63", "m": "45"},
    ]
    got = ask(tables, "SELECT parent, sum(quantity) AS q FROM by_child WHERE grain = 'base' GROUP BY parent ORDER BY parent")  # fmt: skip  # noqa: E501
    assert [(r["parent"], Decimal(r["q"])) for r in got] == [("park-1", 1), ("park-2", 9)]


def test_by_child_takes_the_window_itself_where_the_child_stayed(tables):
    tables.write("rollups", table(row(grain="hour", quantity="10"), row(grain="day", quantity="7")))
    moved_at(tables, 1440)
    got = ask(tables, "SELECT parent, grain, quantity AS q FROM by_child ORDER BY grain")
    assert got == [
        {"parent": "park-1", "grain": "hour", "q": "10"},
        {"parent": "park-1", "grain": "day", "q": "7"},
    ]
