"""R6, R7 and R10 by hand: the figures of a small park over an hour."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle import account
from oracle.records import Books, ContractRow, EntityRow, Figures, Given, MeterRow, Settings
from tests.oracle.tables import EXPORT, GRID, SOLAR, STEAM, clock, factor, given, ids, reading, rows

# park ── mill ── line            main - sub at the mill; out is sold to the grid;
#      └─ works                   steam goes from the works to the mill
TREE = (
    EntityRow("park", None, "CN"),
    EntityRow("mill", "park"),
    EntityRow("line", "mill"),
    EntityRow("works", "park"),
)
METERS = (
    MeterRow("main", "mill", "grid_import", 900),
    MeterRow("sub", "line", "grid_import", 900, sub_of=("main",)),
    MeterRow("out", "mill", "grid_export", 900),
    MeterRow("steam", "mill", "steam", 900, supplied_by="works"),
    MeterRow("fast", "works", "grid_import", 300),
    MeterRow("late", "works", "onsite_solar", 900, since=clock("00:30")),
)
FACTORS = (factor(500), factor(100, "steam"))
# 15 minutes each from 00:00 unless said otherwise.
READINGS = """
meter start end   quantity quality
main  00:00 00:15 10       measured
main  00:15 00:30 20       measured
main  00:45 01:00 40       estimated
sub   00:00 00:15 4        measured
sub   00:15 00:30 5        declared
out   00:00 00:15 3        measured
steam 00:00 00:15 7        measured
fast  00:00 00:05 1        measured
fast  00:05 00:10 2        measured
fast  00:15 00:20 4        edited
late  00:45 01:00 6        measured
"""
FIGURES = """
entity flow        grain start | quantity remainder supplied location market apart expected reported
line   grid_import base  00:00 | 4        4         -        2000     2000   0     15       15
line   grid_import hour  00:00 | 9        9         -        4500     4500   0     60       30
line   grid_import base  00:30 | -        -         -        -        -      -     15       0
mill   grid_import base  00:00 | 10       6         -        5000     2000   0     15       15
mill   grid_import hour  00:00 | 70       61        -        35000    14000  0     60       45
mill   grid_export base  00:00 | 3        3         -        0        0      1500  15       15
mill   steam       base  00:00 | 7        7         -        700      700    0     15       15
works  steam       base  00:00 | -7       -7        7        0        0      700   15       15
park   steam       base  00:00 | -        -         -        700      700    700   0        0
works  grid_import base  00:00 | 3        3         -        1500     1500   0     15       10
works  grid_import hour  00:00 | 7        7         -        3500     3500   0     60       15
works  onsite_solar hour 00:00 | 6        6         -        -        -      -     30       15
park   grid_import day   00:00 | 77       -         -        38500    17500  0     120      60
"""


def park(**settings: object) -> Given:
    """The mill has a contract of 200 g/kWh; its line's meter has one of 500."""
    contracts = (
        ContractRow("grid_import", 200 * 10**9, entity="mill"),
        ContractRow("grid_import", 500 * 10**9, meter="sub"),
    )
    sold = replace(EXPORT, emission_sign=-1 if settings.get("deducts") else 0)
    more = {"contracts": contracts, "flows": (GRID, SOLAR, sold, STEAM)}
    return given(TREE, METERS, FACTORS, settings=Settings(**settings), **more)  # type: ignore[arg-type]


def books(**settings: object) -> Books:
    return account([reading(row) for row in rows(READINGS)], park(**settings))


def figures(found: Books, row: dict[str, str]) -> Figures:
    return found.rollups[row["entity"], row["flow"], row["grain"], clock(row["start"])].figures  # type: ignore[index]


def plain(count: int | None, decimals: int) -> str:
    """A figure in units, as the tables write it."""
    if count is None:
        return "-"
    assert count % 10**decimals == 0
    return str(count // 10**decimals)


@pytest.mark.parametrize("row", rows(FIGURES), ids=ids(FIGURES))
def test_figures(row: dict[str, str]) -> None:
    f = figures(books(), row)
    assert [plain(value, 6) for value in (f.quantity, f.remainder, f.supplied)] == [
        row["quantity"],
        row["remainder"],
        row["supplied"],
    ]
    emissions = (f.co2e_location, f.co2e_market, f.co2e_apart)
    wanted = [row["location"], row["market"], row["apart"]]
    assert [plain(value, 15) for value in emissions] == wanted
    minutes = (f.minutes_expected, f.minutes_reported)
    assert [str(value) for value in minutes] == [row["expected"], row["reported"]]


DEDUCTED = """
entity flow        | quantity location apart
mill   grid_export | 3        -1500    0
mill   steam       | 7        700      0
works  steam       | -7       -700     0
"""


@pytest.mark.parametrize("row", rows(DEDUCTED), ids=ids(DEDUCTED))
def test_where_the_standard_deducts_what_is_sold(row: dict[str, str]) -> None:
    found = books(deducts=True)
    f = figures(found, {**row, "grain": "base", "start": "00:00"})
    told = [plain(f.quantity, 6), plain(f.co2e_location, 15), plain(f.co2e_apart, 15)]
    assert told == [row["quantity"], row["location"], row["apart"]]
    assert ("park", "steam", "base", clock("00:00")) not in found.rollups


BY_RANK = """
entity grain | estimated declared apportioned measured edited
mill   base  | 0         0        0           10       0
mill   hour  | 40        0        0           30       0
line   hour  | 0         5        0           4        0
works  hour  | 0         0        0           3        4
"""


@pytest.mark.parametrize("row", rows(BY_RANK), ids=ids(BY_RANK))
def test_quantity_by_rank(row: dict[str, str]) -> None:
    f = figures(books(), {**row, "flow": "grid_import", "start": "00:00"})
    assert [plain(part, 6) for part in f.by_rank] == list(row.values())[2:]
    assert f.quantity == sum(part or 0 for part in f.by_rank)


HOW = """
entity flow         grain | region_found date_found market_basis newest
line   grid_import  hour  | country      valid      contract     00:30
works  grid_import  hour  | country      valid      location     00:30
park   grid_import  hour  | country      valid      mixed        01:00
works  onsite_solar hour  | -            -          -            01:00
"""


@pytest.mark.parametrize("row", rows(HOW), ids=ids(HOW))
def test_how_factors_were_found(row: dict[str, str]) -> None:
    tree = (EntityRow("park", None, "CN-JS"), *TREE[1:])
    readings = [reading(line) for line in rows(READINGS)]
    found = account(readings, given(tree, METERS, FACTORS, contracts=park().contracts))
    f = figures(found, {**row, "start": "00:00"})
    told = [f.region_found, f.date_found, f.market_basis]
    assert [text or "-" for text in told] == [
        row["region_found"],
        row["date_found"],
        row["market_basis"],
    ]
    assert f.newest_reading == clock(row["newest"])


def test_rollups_exist_where_something_contributes_inside_the_span() -> None:
    found = books()
    assert found.span == (clock("00:00"), clock("01:00"))
    starts = {key.start for key in found.rollups if key[:3] == ("mill", "grid_import", "base")}
    assert starts == {clock("00:00"), clock("00:15"), clock("00:30"), clock("00:45")}
    solar = {key.start for key in found.rollups if key[:3] == ("works", "onsite_solar", "base")}
    assert solar == {clock("00:30"), clock("00:45")}
    lines = {(key.entity, key.flow) for key in found.rollups}
    assert ("line", "grid_export") not in lines
    assert len([key for key in found.rollups if key.grain == "year"]) == len(lines)


def test_nothing_received_is_nothing_known() -> None:
    found = account([], park())
    assert found.rollups == {}
    assert found.span is None
    assert found.counts == (0, 0, 0)


def test_a_void_is_missing_and_extends_the_span() -> None:
    line = {"meter": "main", "start": "02:00", "end": "02:15", "quantity": "-", "quality": "edited"}
    said = [reading(row) for row in rows(READINGS)] + [reading(line)]
    found = account(said, park())
    assert found.span == (clock("00:00"), clock("02:15"))
    f = found.rollups["mill", "grid_import", "base", clock("02:00")].figures  # type: ignore[index]
    assert (f.quantity, f.minutes_expected, f.minutes_reported) == (None, 15, 0)


def test_a_factor_may_change_within_a_window() -> None:
    turn = clock("00:15")
    table = (factor(500, end=turn), factor(300, start=turn, region="CN"))
    found = account([reading(row) for row in rows(READINGS)], given(TREE, METERS, table))
    f = found.rollups["line", "grid_import", "hour", clock("00:00")].figures  # type: ignore[index]
    assert plain(f.co2e_location, 15) == str(4 * 500 + 5 * 300)


def test_counts_are_of_the_set() -> None:
    said = [reading(row) for row in rows(READINGS)]
    longer = {"start": "00:00", "end": "00:30", "quality": "declared", "quantity": "9"}
    covered = reading({"meter": "main", **longer})
    found = account([*said, covered, said[0], said[0]], park())
    assert found.counts == (len(said), 1, 2)
