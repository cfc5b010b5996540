"""R8: the walk over regions and dates, held to a reading of the rule by one instant at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factors.library import Library
from factors.rows import FactorRow
from factors.tables import Catalogue
from schemas.contracts import Contract
from schemas.factor import DATE_FOUND, MARKET_BASIS, REGION_FOUND, Flow, Steps
from schemas.factor_files import Region, Standard
from tests.factors import slow

PARENTS = {"CN-JS": "CN-EAST"}
REGIONS = ["CN-JS", "CN-EAST", "CN", "*"]


def at(steps: Steps, seconds: int) -> tuple[int | None, str, str, str]:
    i = int(np.searchsorted(steps.start, seconds, side="right")) - 1
    value = int(steps.value[i]) if steps.known[i] else None
    found = (
        REGION_FOUND[steps.region_found[i]],
        DATE_FOUND[steps.date_found[i]],
        MARKET_BASIS[steps.basis[i]],
    )
    return (value, *found)


def day(text: str, zone: str = "Asia/Shanghai") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def fast_row(row: slow.SlowRow) -> FactorRow:
    end = 2**62 if row.end is None else row.end
    return FactorRow(
        "Late", "grid", row.variant, row.region, "g/kWh", row.begin, end,
        {"co2": Fraction(row.value, 10**9)}, "", "", None, "", "", "", "",
        "official", "f", 1, row.own,
    )  # fmt: skip


def catalogue(rows: list[slow.SlowRow], contract: slow.SlowRow | None, arrears: bool) -> Catalogue:
    library = Library("1.1")
    library.gwp = {"AR5": {"co2": Fraction(1)}}
    library.regions = {code: Region(parent=above) for code, above in PARENTS.items()}
    return Catalogue(
        library=library,
        standard="Late",
        rule=Standard(arrears=arrears, residual="residual"),
        gwp="AR5",
        flows={"grid_import": Flow("grid_import", "electricity", "2", "kWh", 1, 1)},
        keys={"grid_import": ("grid", "")},
        rows=[fast_row(row) for row in rows],
        contracts=[fast_row(contract)] if contract else [],
    )


@st.composite
def tables(draw: st.DrawFn) -> list[slow.SlowRow]:
    """Rows without two equally good ones: the load refuses those."""
    rows = []
    keys = st.tuples(st.sampled_from(REGIONS), st.sampled_from(["", "residual"]), st.booleans())
    for region, variant, own in draw(st.lists(keys, unique=True, max_size=8)):
        starts = sorted(draw(st.lists(st.integers(0, 40), unique=True, min_size=1, max_size=4)))
        for start, following in zip(starts, [*starts[1:], 60], strict=True):
            end = draw(st.one_of(st.none(), st.integers(start + 1, following)))
            value = draw(st.integers(-5, 10**6))
            rows.append(slow.SlowRow(region, variant, start, end, value, own))
    return draw(st.permutations(rows))


@given(
    rows=tables(),
    code=st.sampled_from(["CN-JS", "CN-JS-02", "CN-EAST", "CN", "CN-BJ", "GB", ""]),
    arrears=st.booleans(),
    contract=st.none() | st.tuples(st.integers(0, 30), st.none() | st.integers(31, 50)),
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_every_instant_is_found_as_the_rule_says(
    rows: list[slow.SlowRow], code: str, arrears: bool, contract: tuple[int, int | None] | None
) -> None:
    rate = slow.SlowRow("", "", *contract, 7) if contract else None
    made = catalogue(rows, rate, arrears)
    location = made.location("grid_import", code)
    market = made.market("grid_import", code, 0 if rate else -1)
    assert location.start[0] == market.start[0] == -(2**62)
    assert (np.diff(location.start) > 0).all()
    for instant in [-5, *range(62)]:
        expected = slow.location(rows, code, "", instant, arrears=arrears, parents=PARENTS)
        assert at(location, instant) == (expected.value, expected.region, expected.date, "")
        wanted = slow.market(rows, code, instant, arrears=arrears, parents=PARENTS, contract=rate)
        assert at(market, instant) == (wanted.value, wanted.region, wanted.date, wanted.basis)


@given(rows=tables(), code=st.sampled_from(["CN-JS", "CN"]))
def test_row_and_value_belong_together(rows: list[slow.SlowRow], code: str) -> None:
    made = catalogue(rows, None, True)
    steps = made.market("grid_import", code)
    for i, place in enumerate(steps.row.tolist()):
        assert (place >= 0) == bool(steps.known[i])
        if place >= 0:
            assert made.rows[place].gases["co2"] * 10**9 == int(steps.value[i])
        else:
            assert steps.value[i] == 0


def entry(rows: list[dict[str, str]], **more: str) -> dict[str, object]:
    full = [{"source": "a test", "evidence": "official", **row} for row in rows]
    fixed = {"standard": "Late", "factor": "grid", "region": "CN", "unit": "kg/kWh"}
    return {**fixed, **more, "rows": full}


def test_in_arrears_the_latest_published_stands_in(catalogue_of: Callable[..., Catalogue]) -> None:
    rows = [{"valid_from": "2022-01-01", "valid_to": "2023-01-01", "co2": "0.5366"}]
    steps = catalogue_of([entry(rows)]).location("grid_import", "CN-JS")
    assert at(steps, day("2021-12-31T23:59:59"))[0] is None
    assert at(steps, day("2022-01-01")) == (536_600_000_000, "country", "valid", "")
    assert at(steps, day("2023-01-01")) == (536_600_000_000, "country", "latest_published", "")


def test_what_is_not_in_arrears_ends(catalogue_of: Callable[..., Catalogue]) -> None:
    rows = [{"valid_from": "2022-01-01", "valid_to": "2023-01-01", "co2": "0.5"}]
    made = catalogue_of([entry(rows, standard="Prompt")], standard="Prompt")
    steps = made.location("grid_import", "CN")
    assert at(steps, day("2022-12-31T23:59:59"))[0] == 500_000_000_000
    assert at(steps, day("2023-01-01"))[0] is None


def test_before_a_region_has_its_first_row_its_parent_holds(
    catalogue_of: Callable[..., Catalogue],
) -> None:
    nation = entry([{"valid_from": "2020-01-01", "co2": "0.6"}])
    east = entry([{"valid_from": "2021-01-01", "co2": "0.55"}], region="CN-EAST")
    jiangsu = entry([{"valid_from": "2022-01-01", "co2": "0.58"}], region="CN-JS")
    steps = catalogue_of([nation, east, jiangsu]).location("grid_import", "CN-JS-02")
    found = [at(steps, day(f"{year}-06-01"))[:2] for year in (2019, 2020, 2021, 2022)]
    assert found == [
        (None, ""),
        (600_000_000_000, "country"),
        (550_000_000_000, "parent"),
        (580_000_000_000, "parent"),
    ]


def test_dates_are_local_midnights_also_where_clocks_change(
    catalogue_of: Callable[..., Catalogue],
) -> None:
    rows = [{"valid_from": "2021-01-01", "co2": "1"}, {"valid_from": "2021-07-01", "co2": "2"}]
    made = catalogue_of([entry(rows, region="GB")], zone=ZoneInfo("Europe/London"))
    starts = made.location("grid_import", "GB").start.tolist()
    assert starts[1:] == [
        int(datetime(2021, 1, 1, tzinfo=UTC).timestamp()),
        int(datetime(2021, 6, 30, 23, tzinfo=UTC).timestamp()),
    ]


def test_an_instant_with_offset_is_that_instant(catalogue_of: Callable[..., Catalogue]) -> None:
    rows = [{"valid_from": "2021-01-01T00:00:00+00:00", "co2": "1"}]
    steps = catalogue_of([entry(rows)]).location("grid_import", "CN")
    assert steps.start[1] == int(datetime(2021, 1, 1, tzinfo=UTC).timestamp())


def contract(rate: str, unit: str, since: int, until: int) -> Contract:
    return Contract("mill", "", "grid_import", rate, unit, "PPA", since, until, "contracts.csv", 2)


def test_market_goes_contract_residual_location(catalogue_of: Callable[..., Catalogue]) -> None:
    usual = entry([{"valid_from": "2020-01-01", "co2": "0.6"}])
    residual = entry([{"valid_from": "2022-01-01", "co2": "0.7"}], variant="residual")
    rates = [
        contract("0", "kg/kWh", day("2024-01-01"), day("2025-01-01")),
        contract("0.1", "t/MWh", -(2**62), 2**62),
    ]
    made = catalogue_of([usual, residual], contracts=rates)
    first = made.market("grid_import", "CN-JS", 0)
    found = [at(first, day(f"{year}-06-01")) for year in (2019, 2021, 2022, 2024, 2025)]
    assert [(value, basis) for value, _, _, basis in found] == [
        (None, ""),
        (600_000_000_000, "location"),
        (700_000_000_000, "residual"),
        (0, "contract"),
        (700_000_000_000, "residual"),
    ]
    second = made.market("grid_import", "CN-JS", 1)
    assert at(second, day("1999-01-01")) == (100_000_000_000, "", "valid", "contract")
    assert made.rows[int(second.row[0])].text == "0.1"
    assert at(made.market("grid_import", "CN-JS", -1), day("2024-06-01"))[3] == "residual"
    assert at(made.location("grid_import", "CN-JS"), day("2024-06-01"))[0] == 600_000_000_000


def test_exports_follow_the_standard(catalogue_of: Callable[..., Catalogue]) -> None:
    rows = entry([{"valid_from": "2020-01-01", "co2": "0.6"}])
    late = catalogue_of([rows])
    assert late.flows["grid_export"].emission_sign == -1
    assert late.flows["grid_export"].consumption_sign == -1
    assert late.flows["limestone"].consumption_sign == 0
    assert late.flows["limestone"].emission_sign == 1
    assert late.deducts


def test_another_standard_shows_exports_apart(catalogue_of: Callable[..., Catalogue]) -> None:
    made = catalogue_of([], standard="Prompt")
    assert made.flows["grid_export"].emission_sign == 0
    assert made.flows["grid_export"].consumption_sign == -1
    assert made.flows["grid_export"].scope == "3"
    assert not made.deducts


def test_a_standard_takes_a_table_of_another(catalogue_of: Callable[..., Catalogue]) -> None:
    gas = entry([{"valid_from": "2020-01-01", "co2": "2.16"}], factor="natural_gas", unit="kg/Nm3")
    made = catalogue_of([gas], standard="Prompt")
    assert at(made.location("natural_gas", "CN"), day("2021-01-01"))[0] == 2_160_000_000_000


def test_own_rows_go_over_the_library_while_they_are_valid(
    catalogue_of: Callable[..., Catalogue],
) -> None:
    shipped = entry([{"valid_from": "2020-01-01", "co2": "0.6"}])
    own = """
        - standard: Late
          factor: grid
          region: CN
          unit: kg/kWh
          rows: [{valid_from: 2021-01-01, valid_to: 2022-01-01, co2: "0.1"}]
        """
    made = catalogue_of([shipped], {"own.yaml": own})
    steps = made.location("grid_import", "CN-JS")
    found = [at(steps, day(f"{year}-06-01"))[0] for year in (2020, 2021, 2022)]
    assert found == [600_000_000_000, 100_000_000_000, 600_000_000_000]
    assert made.rows[int(steps.row[2])].evidence == "own"
    assert made.rows[int(steps.row[2])].file == "factors/own.yaml"


def test_own_standard_is_what_its_file_says(catalogue_of: Callable[..., Catalogue]) -> None:
    def own(more: str) -> str:
        rows = "[{valid_from: 2018-01-01, valid_to: 2019-01-01, co2: 0.4585}]"
        return f"- {{standard: local, factor: grid, region: CN, unit: kg/kWh, {more} rows: {rows}}}"

    plain = catalogue_of([], {"own.yaml": own("")}, standard="local")
    assert (plain.deducts, plain.flows["grid_export"].emission_sign) == (False, 0)
    assert at(plain.location("grid_import", "CN-JS"), day("2018-01-01"))[0] == 458_500_000_000
    assert at(plain.location("grid_import", "CN-JS"), day("2019-01-01"))[0] is None


def test_own_standard_in_arrears(catalogue_of: Callable[..., Catalogue]) -> None:
    own = (
        "- {standard: local, factor: grid, region: CN, unit: kg/kWh, arrears: true, deducts: true, "
        "rows: [{valid_from: 2018-01-01, valid_to: 2019-01-01, co2: 0.4585}]}"
    )
    made = catalogue_of([], {"own.yaml": own}, standard="local")
    assert made.flows["grid_export"].emission_sign == -1
    assert at(made.location("grid_import", "CN-JS"), day("2019-01-01"))[2] == "latest_published"


def test_steps_are_made_once(catalogue_of: Callable[..., Catalogue]) -> None:
    made = catalogue_of([entry([{"valid_from": "2020-01-01", "co2": "0.6"}])])
    assert made.location("grid_import", "CN") is made.location("grid_import", "CN")


def test_an_unknown_flow_is_a_key_error(catalogue_of: Callable[..., Catalogue]) -> None:
    with pytest.raises(KeyError):
        catalogue_of([]).location("grid_inport", "CN")


def test_standard_coal_on_both_bases(catalogue_of: Callable[..., Catalogue]) -> None:
    coal = """
        - {coal: power, basis: equivalent, unit: kgce/kWh, rows: [
            {valid_from: 2008-06-01, kgce: "0.1229", source: s, evidence: official}]}
        - {coal: power, basis: primary, arrears: true, unit: kgce/kWh, rows: [
            {valid_from: 2020-01-01, valid_to: 2021-01-01, kgce: "0.3055", source: s,
             evidence: official}]}
        - {coal: gas, basis: equivalent, unit: tce/万Nm3, rows: [
            {valid_from: 2008-06-01, kgce: "13.3", source: s, evidence: official}]}
        """
    made = catalogue_of([], files={"standard_coal__yaml": coal})
    when = day("2024-01-01")
    assert at(made.coal("grid_import"), when) == (122_900_000, "", "valid", "")
    assert at(made.coal_primary("grid_import"), when) == (305_500_000, "", "latest_published", "")
    assert at(made.coal("natural_gas"), when)[0] == 1_330_000_000
    assert at(made.coal_primary("natural_gas"), when)[0] == 1_330_000_000
    assert not made.coal("limestone").known.any()
