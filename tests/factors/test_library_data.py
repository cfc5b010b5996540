"""The shipped library as data: provenance, known values, the two releases, and published errors."""

import re
from decimal import Decimal

import pytest

from factors.exact import evaluate
from factors.library import releases
from factors.rows import STANDARD_COAL, FactorRow
from tests.factors.library_world import GRID, NEWEST, catalogue, found, grams, library, value

PROVINCES_OF = {
    "NORTH": "BJ TJ HE SX NM SD",
    "NORTHEAST": "LN JL HL",
    "EAST": "SH JS ZJ AH FJ",
    "CENTRAL": "JX HA HB HN",
    "NORTHWEST": "SN GS QH NX XJ",
    "SOUTH": "GD GX HI GZ YN",
    "SOUTHWEST": "CQ SC",
}
PROVINCES = [name for names in PROVINCES_OF.values() for name in names.split()]
WEAK = ("one_source", "recalled")


def grid(year: int, variant: str = "average") -> dict[str, Decimal]:
    """Region -> kg/kWh of a data year's announcement."""
    return {
        row.region: Decimal(row.text)
        for row in library().rows
        if (row.standard, row.factor, row.variant) == (GRID, "grid_electricity", variant)
        and row.data_year == year
    }


def rows(standard: str, factor: str) -> list[FactorRow]:
    return [row for row in library().rows if (row.standard, row.factor) == (standard, factor)]


@pytest.mark.parametrize("release", releases())
def test_a_release_reads_without_a_mistake_and_every_row_says_what_it_rests_on(
    release: str,
) -> None:
    shipped = library(release)
    assert shipped.mistakes == []
    for row in shipped.rows:
        place = f"{row.file}:{row.line}"
        assert row.source, place
        assert row.document, place
        assert row.evidence in ("official", "two_sources", *WEAK), place
        assert row.published == "" or re.fullmatch(r"\d{4}-\d\d-\d\d", row.published), place
        if row.factor == "grid_electricity" and row.standard != "MEE enterprise reporting":
            assert row.data_year is not None, place
            assert row.method, place


@pytest.mark.parametrize("gwp", ["AR4", "AR5", "AR6"])
def test_every_standard_loads_and_weak_evidence_is_never_a_default(gwp: str) -> None:
    for standard in library().standards:
        usual = catalogue(standard, gwp)
        assert {row.evidence for row in usual.rows}.isdisjoint(WEAK)
        accepted = catalogue(standard, gwp, WEAK)
        assert len(accepted.rows) == len(library().rows) > len(usual.rows)


def test_a_weak_row_is_used_where_it_is_accepted_and_known_by_its_evidence() -> None:
    assert value(catalogue(GRID).location("bituminous_coal", "CN"), "2026-01-01") is None
    accepting = catalogue(GRID, accept=("one_source",))
    steps = accepting.location("bituminous_coal", "CN")
    assert value(steps, "2026-01-01") == grams(evaluate("19.570 * 26.1e3 * 0.93 * 44/12"))
    assert accepting.rows[steps.row[-1]].evidence == "one_source"


@pytest.mark.parametrize("year", [2021, 2022, 2023])
def test_an_announcement_has_forty_rows(year: int) -> None:
    average = grid(year)
    expected = {"CN", *(f"CN-{g}" for g in PROVINCES_OF), *(f"CN-{p}" for p in PROVINCES)}
    assert set(average) == expected
    assert len(average) == 1 + 7 + 30
    assert set(grid(year, "average_excl_market_non_fossil")) == {"CN"}
    assert set(grid(year, "fossil")) == {"CN"}
    assert {row.evidence for row in rows(GRID, "grid_electricity") if row.data_year == 2023} == {
        "official"
    }


def test_provincial_tables_add_up_and_move_as_the_ministry_said() -> None:
    tables = {year: grid(year) for year in (2021, 2022, 2023)}
    sums = {y: sum(t[f"CN-{p}"] for p in PROVINCES) for y, t in tables.items()}
    assert sums == {2021: Decimal("16.2931"), 2022: Decimal("15.5957"), 2023: Decimal("15.2517")}
    before, after = tables[2022], tables[2023]
    down = sum(after[f"CN-{p}"] < before[f"CN-{p}"] for p in PROVINCES)
    up = sum(after[f"CN-{p}"] > before[f"CN-{p}"] for p in PROVINCES)
    assert (down, up) == (20, 10)  # "20 provinces fell … 10 rose" (press, January 2026)
    said = {"CN": "-1.1", "NORTH": "-6.1", "NORTHEAST": "-8.0", "EAST": "-2.1", "CENTRAL": "-2.3",
            "NORTHWEST": "-5.4", "SOUTH": "4.5", "SOUTHWEST": "9.0"}  # fmt: skip
    for name, percent in said.items():
        region = name if name == "CN" else f"CN-{name}"
        change = (after[region] / before[region] - 1) * 100
        assert abs(change - Decimal(percent)) < Decimal("0.06"), region  # it has more digits
    excluding = [grid(y, "average_excl_market_non_fossil")["CN"] for y in (2022, 2023)]
    assert ((excluding[1] / excluding[0] - 1) * 100).quantize(Decimal("0.1")) == Decimal("4.1")


def test_jiangsu_by_year_and_how_it_is_found() -> None:
    steps = catalogue(GRID).location("grid_import", "CN-JS-WX")
    assert value(steps, "2020-12-31") is None
    for day, kilograms in {
        "2021-01-01": "0.6451",
        "2022-07-01": "0.5978",
        "2023-12-31": "0.5827",
        "2026-11-20": "0.5827",
    }.items():
        assert value(steps, day) == Decimal(kilograms) * 1000
    assert found(steps, "2023-12-31") == ("parent", "valid")
    assert found(steps, "2026-11-20") == ("parent", "latest_published")
    assert found(catalogue(GRID).location("grid_import", "CN-JS"), "2023-01-01")[0] == "exact"


def test_what_has_no_row_takes_its_grid_region_but_never_another_market() -> None:
    made = catalogue(GRID)
    assert value(made.location("grid_import", "CN-XZ"), "2023-05-01") == Decimal("247.2")
    assert found(made.location("grid_import", "CN-XZ"), "2023-05-01") == ("parent", "valid")
    for region in ("HK", "MO", "TW", "CN-HK", "CN-MO", "CN-TW", ""):
        assert value(made.location("grid_import", region), "2023-05-01") is None, region


def test_all_variants_and_the_residual_proxy() -> None:
    known = {
        2021: ("0.5568", "0.5942", "0.8426"),
        2022: ("0.5366", "0.5856", "0.8325"),
        2023: ("0.5306", "0.6096", "0.8273"),
    }
    for year, texts in known.items():
        names = ("average", "average_excl_market_non_fossil", "fossil")
        assert tuple(str(grid(year, name)["CN"]) for name in names) == texts
    protocol = catalogue("GHG Protocol CN")
    assert value(protocol.market("grid_import", "CN-JS"), "2023-05-01") == Decimal("609.6")
    assert value(protocol.location("grid_import", "CN-JS"), "2023-05-01") == Decimal("582.7")
    assert value(catalogue(GRID).market("grid_import", "CN-JS"), "2023-05-01") == Decimal("582.7")


def test_the_enterprise_reporting_series_stands_apart() -> None:
    made = catalogue("MEE enterprise reporting")
    steps = made.location("grid_import", "CN-JS")
    days = ("2015-12-31", "2016-01-01", "2020-12-31", "2021-06-01", "2022-06-01", "2023-01-01")
    wanted = (None, None, None, "581.0", "570.3", None)
    assert [value(steps, day) for day in days] == [w and Decimal(w) for w in wanted]
    accepting = catalogue("MEE enterprise reporting", accept=("one_source",))
    assert value(accepting.location("grid_import", "CN"), "2016-01-01") == Decimal("610.1")
    series = {Decimal(row.text) for row in rows("MEE enterprise reporting", "grid_electricity")}
    averages = {v for year in (2021, 2022, 2023) for v in grid(year).values()}
    assert series == {Decimal("0.6101"), Decimal("0.5810"), Decimal("0.5703")}
    assert series.isdisjoint(averages)


def test_every_flow_is_named_in_both_languages_and_has_its_rows() -> None:
    shipped = library()
    keys = {row.factor for row in shipped.rows if row.standard != STANDARD_COAL}
    coals = {row.factor for row in shipped.rows if row.standard == STANDARD_COAL}
    own = {"calcium_carbonate", "magnesium_carbonate", "other_fuel"}  # a workspace gives theirs
    own |= {"natural_gas_coal_equivalent"}
    for name, flow in shipped.flows.items():
        assert flow.name.get("en"), name
        assert flow.name.get("zh"), name
        assert (flow.factor or name) in keys | own, name
        assert not flow.coal or flow.coal in coals, name
    assert {flow.factor or name for name, flow in shipped.flows.items()} >= keys
    assert all(c.get("en") and c.get("zh") for c in shipped.carriers.values())


def test_provinces_stand_under_the_seven_grids() -> None:
    shipped = library()
    for grid_region, names in PROVINCES_OF.items():
        parents = {shipped.regions[f"CN-{name}"].parent for name in names.split()}
        assert parents == {f"CN-{grid_region}"}
    assert len(PROVINCES) == 30
    walk = [code for code, _ in catalogue(GRID).walk("CN-JS-WX")]
    assert walk == ["CN-JS-WX", "CN-JS", "CN-EAST", "CN", "*"]


def test_corrupt_regional_tables_are_not_in_the_library() -> None:
    """Trap T11: a copied table gives 2012 factors whose last four rows are another year's."""
    corrupt = {Decimal(v) for v in ("0.8843", "0.7035", "0.8042", "0.8367", "0.8825", "0.8922")}
    assert corrupt.isdisjoint(v for y in (2021, 2022, 2023) for v in grid(y).values())
    for row in rows(GRID, "grid_electricity"):
        assert row.data_year in (2021, 2022, 2023)
        assert "announcement" in row.document


def test_the_second_release_adds_2023_and_changes_no_other_figure() -> None:
    assert releases() == ["2026.1", "2026.2"]
    assert releases()[-1] == NEWEST

    def keyed(release: str) -> dict[tuple[object, ...], tuple[str, str]]:
        return {
            (r.standard, r.factor, r.variant, r.region, r.valid_from, r.valid_to): (
                r.text,
                r.evidence,
            )
            for r in library(release).rows
        }

    old, new = keyed("2026.1"), keyed("2026.2")
    added = new.keys() - old.keys()
    assert not old.keys() - new.keys()
    assert len(added) == 40
    assert {(k[0], k[1]) for k in added} == {(GRID, "grid_electricity")}
    changed = {k for k in old if old[k] != new[k]}
    assert {(old[k], new[k]) for k in changed} == {
        (("0.5942", "recalled"), ("0.5942", "one_source"))
    }
    before = catalogue(GRID, release="2026.1").location("grid_import", "CN-JS")
    assert value(before, "2023-06-01") == Decimal("597.8")
    assert found(before, "2023-06-01") == ("exact", "latest_published")
