"""R8 by hand: which factor holds, and how it was found."""

from __future__ import annotations

import pytest

from oracle.records import CoalRow, EntityRow, FlowRow, MeterRow, Settings
from oracle.resolve import Factors
from oracle.tree import Contribution
from tests.oracle.tables import GRID, factor, given, ids, rows

PARENTS = {"CN": None, "CN-EAST": "CN", "CN-JS": "CN-EAST"}
# Years stand for dates. Rows: the country's from 10 and 30, the region's 20-25, the province's 40-45.
ROWS = (
    factor(1, region="CN", start=10),
    factor(3, region="CN", start=30),
    factor(2, region="CN-EAST", start=20, end=25),
    factor(4, region="CN-JS", start=40, end=45),
    factor(9, region="*", start=5),
    factor(8, region="CN-SH", start=0),
    factor(7, key="other", region="CN-JS", start=0),
)
FOUND = """
date arrears region   | factor region_found date_found
9    no      CN-JS    | 9      country      valid             # everywhere
10   no      CN-JS    | 1      country      valid
10   no      CN       | 1      exact        valid
29   no      CN       | 1      exact        valid             # to the next row
30   no      CN       | 3      exact        valid
99   no      CN       | 3      exact        valid             # the last one onward
20   no      CN-JS    | 2      parent       valid             # nearer than the country
25   no      CN-JS    | 1      country      valid             # its end is excluded
25   yes     CN-JS    | 2      parent       latest_published  # a stand-in, nearer than a valid row
40   no      CN-JS    | 4      exact        valid
45   no      CN-JS    | 3      country      valid
45   yes     CN-JS    | 4      exact        latest_published
40   no      CN-JS-WX | 4      parent       valid             # unlisted: above it is CN-JS
3    no      CN-JS    | none   -            -
3    no      -        | none   -            -
9    no      -        | 9      country      valid
3    no      CN-SH-1  | 8      parent       valid
"""


@pytest.mark.parametrize("row", rows(FOUND), ids=ids(FOUND))
def test_the_nearest_row(row: dict[str, str]) -> None:
    settings = Settings(arrears=row["arrears"] == "yes")
    factors = Factors(given((), (), ROWS, settings=settings, region_parents=PARENTS))
    region = row["region"].replace("-", "", 1) if row["region"] == "-" else row["region"]
    found = factors.find("grid_electricity", "", region, int(row["date"]))
    if row["factor"] == "none":
        assert found is None
    else:
        assert found == (int(row["factor"]) * 10**9, row["region_found"], row["date_found"])


def test_the_workspaces_own_row_goes_over_the_library_s() -> None:
    both = (factor(1, start=0), factor(2, start=10, end=20, own=True))
    factors = Factors(given((), (), both))
    found = [factors.find("grid_electricity", "", "CN", date) for date in (5, 15, 25)]
    assert [one and one.value // 10**9 for one in found] == [1, 2, 1]


def test_two_equally_good_rows_are_an_error() -> None:
    with pytest.raises(ValueError, match="equally good"):
        Factors(given((), (), (factor(1, start=0), factor(2, start=0))))
    with pytest.raises(ValueError, match="equally good"):
        Factors(given((), (), (factor(1, start=0, end=9), factor(2, start=8))))


MARKET = """
rate residual | market basis
5    yes      | 5      contract
5    no       | 5      contract
-    yes      | 2      residual
-    no       | 1      location
"""


@pytest.mark.parametrize("row", rows(MARKET), ids=ids(MARKET))
@pytest.mark.parametrize("located", [True, False])
def test_market(row: dict[str, str], located: bool) -> None:
    flow = FlowRow(
        **{**_fields(GRID), "residual": "residual" if row["residual"] == "yes" else None}
    )
    residual = factor(2)
    table = [type(residual)("local", "grid_electricity", "residual", "CN", 0, None, 2)]
    if located:
        table.append(type(residual)("local", "grid_electricity", "", "CN", 0, None, 1))
    factors = Factors(given((), (), tuple(table), flows=(flow,)))
    rate = None if row["rate"] == "-" else int(row["rate"])
    asked = Contribution("M", "mill", None, False, "grid_import", 1, 900, "CN", rate, ())
    prices = factors.prices(asked, 7)
    assert prices.location == (1 if located else None)
    if row["basis"] == "location" and not located:
        assert (prices.market, prices.market_basis) == (None, "")
    else:
        assert (prices.market, prices.market_basis) == (int(row["market"]), row["basis"])


def _fields(flow: FlowRow) -> dict[str, object]:
    return {name: getattr(flow, name) for name in FlowRow.__slots__}


COAL = """
date basis      | coal
5    equivalent | none
10   equivalent | 1
99   equivalent | 1
5    primary    | none
15   primary    | 3
25   primary    | 3      # published in arrears: the last one stands in
30   primary    | 4
"""


@pytest.mark.parametrize("row", rows(COAL), ids=ids(COAL))
def test_standard_coal(row: dict[str, str]) -> None:
    coal = (
        CoalRow("grid_import", "primary", 4, 30),
        CoalRow("grid_import", "primary", 3, 10, 20, arrears=True),
        CoalRow("grid_import", "equivalent", 1, 10),
        CoalRow("steam", "equivalent", 7, 0, 20),
    )
    entities = (EntityRow("mill"),)
    factors = Factors(given(entities, (MeterRow("M", "mill", "grid_import", 900),), coal=coal))
    found = factors.coal("grid_import", row["basis"], int(row["date"]))
    assert found == (None if row["coal"] == "none" else int(row["coal"]))
    assert factors.coal("steam", "primary", 7) == 7
    assert factors.coal("steam", "primary", 20) is None
