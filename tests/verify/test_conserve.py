"""R9 on the tables: it holds on what settle writes, and each kind of wrong row is found."""

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from sinks.chdb_tables import Tables
from tests.accounted import make_city, tables_of, tamper
from topologies.conserve import FIGURES, Conservation, conserve, days_since

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 3, 2)
NONZERO = (
    "AND flow = 'grid_import' AND quantity > 0 AND co2e_location_g != 0 ORDER BY start LIMIT 1"
)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    root = make_city(tmp_path_factory.mktemp("w") / "city")
    with tables_of(root) as tables:
        tables._run("CREATE TABLE kept AS rollups", "keeping")
        tables._run("INSERT INTO kept SELECT * FROM rollups", "keeping")
        yield tables


@pytest.fixture
def tables(city: Tables) -> Tables:
    city._run("TRUNCATE TABLE rollups", "putting back")
    city._run("INSERT INTO rollups SELECT * FROM kept", "putting back")
    return city


def check(tables: Tables, days: list[date] | None = None) -> Conservation:
    return conserve(lambda sql: tables.query(sql, "json"), ZONE, 900, days=days)


def count(tables: Tables, where: str) -> int:
    return int(tables.query(f"SELECT count() FROM rollups_current WHERE {where}", "TSV"))


def test_every_cell_of_a_city_adds_up(tables):
    heard = []
    found = conserve(
        lambda sql: tables.query(sql, "json"), ZONE, 900, progress=lambda *at: heard.append(at)
    )
    assert found.holds
    assert found.first == []
    assert found.space == count(tables, "grain = 'base'") > 5_000
    assert found.time == len(FIGURES) * count(tables, "grain != 'base'")
    assert heard[-1] == (2, 2)


MARKET = "raw_co2e_market_g + 0.000000000000001 AS raw_co2e_market_g, bitAnd(same, 65527) AS same"
LEAST = "raw_quantity + 0.000001 AS raw_quantity"


@pytest.mark.parametrize(
    ("grain", "entity", "change", "said"),
    [
        ("base", "WX-0001-L2", LEAST, "base"),
        ("hour", "wuxi", MARKET, "co2e_market_g"),
        ("day", "wuxi", "minutes_reported - 1 AS minutes_reported", "minutes_reported"),
        ("month", "wuxi", "bitOr(nulls, 1) AS nulls", "quantity on one side only"),
        ("quarter", "wuxi", "raw_kgce * 2 AS raw_kgce", "kgce"),
        ("year", "wuxi", "1 AS gone", "year"),
        ("base", "wuxi-d1", "1 AS gone", "wuxi"),
    ],
)
def test_a_wrong_row_is_found(tables, grain, entity, change, said):
    tamper(tables, f"WHERE grain = '{grain}' AND entity = '{entity}' {NONZERO}", change)
    found = check(tables)
    assert not found.holds
    assert found.differing >= 1
    assert any(said in line for line in found.first), found.first


def test_only_the_days_asked_for_are_looked_at(tables):
    tamper(
        tables,
        f"WHERE grain = 'hour' AND toDate(start) = '{DAY}' ORDER BY ALL LIMIT 1",
        "minutes_expected + 1 AS minutes_expected",
    )
    assert check(tables, [DAY + timedelta(days=1)]).holds
    assert check(tables, [DAY]).differing == 2  # the hour against its parts, the day against hours
    assert check(tables, []).cells == 0


def test_the_days_of_a_run_are_told_by_version(tables):
    ask = lambda sql: tables.query(sql, "json")  # noqa: E731
    days = [DAY, DAY + timedelta(days=1)]
    assert days_since(ask, 0) == days
    top = int(tables.query("SELECT max(version) FROM rollups", "TSV"))
    assert days_since(ask, top) == []
    tamper(tables, f"WHERE grain = 'day' AND toDate(start) = '{DAY}' LIMIT 1", "1 AS gone")
    assert days_since(ask, top) == [DAY]
