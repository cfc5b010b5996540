"""Known values of the shipped library: fuels, heat, standard coal, other countries, errors."""

from decimal import Decimal
from fractions import Fraction

import pytest

from factors.rows import STANDARD_COAL, FactorRow
from factors.units import ratio
from tests.factors.library_world import GRID, catalogue, found, grams, library, value

WEAK = ("one_source", "recalled")


def rows(standard: str, factor: str) -> list[FactorRow]:
    return [row for row in library().rows if (row.standard, row.factor) == (standard, factor)]


FUELS = {  # t CO2 per t or 万Nm3, by GB/T 32151.22-2024 C.1 and CETS A.1
    "natural_gas": ("21.62189", "21.65015"),
    "anthracite": ("2.5215", "2.49711"),
    "bituminous_coal": ("1.74175", "2.25571"),
    "lignite": ("1.1729", "1.54835"),
    "washed_coal": ("2.2082", "2.4299"),
    "coke": ("2.8604", "3.03670"),
    "crude_oil": ("3.0202", "3.01720"),
    "fuel_oil": ("3.17046", "3.17046"),
    "gasoline": ("2.92506", "2.92506"),
    "diesel": ("3.09591", "3.09591"),
    "kerosene": ("3.03339", "3.03339"),
    "lpg": ("3.10133", "3.10133"),
    "lng": ("2.83126", "3.18285"),
    "refinery_gas": ("3.0389", "3.0082"),
    "coke_oven_gas": ("8.8638", "7.6362"),
    "blast_furnace_gas": ("8.4811", "8.4811"),
    "converter_gas": ("15.1240", "15.1240"),
}


@pytest.mark.parametrize("fuel", FUELS)
def test_both_fuel_tables_come_out_as_published_and_keep_apart(fuel: str) -> None:
    for standard, text in zip((GRID, "CETS"), FUELS[fuel], strict=True):
        (row,) = rows(standard, fuel)
        assert "* 44/12" in row.text
        tonnes = row.gases["co2"]
        digits = Decimal(text).as_tuple().exponent
        assert isinstance(digits, int)
        assert Decimal(round(tonnes * 10**-digits)).scaleb(digits) == Decimal(text)
    factors = {
        standard: value(catalogue(standard, accept=WEAK).location(fuel, "CN-JS"), "2026-01-01")
        for standard in (GRID, "CETS")
    }
    assert (factors[GRID] == factors["CETS"]) == (FUELS[fuel][0] == FUELS[fuel][1])


def test_natural_gas_is_rounded_once_from_the_exact_chain() -> None:
    steps = catalogue(GRID).location("natural_gas", "CN-JS")
    assert value(steps, "2026-01-01") == Decimal("2162.188809")
    (cets,) = rows("CETS", "natural_gas")
    assert cets.evidence == "official"
    (balance,) = rows("CETS mass balance", "natural_gas")
    assert cets.gases["co2"] == balance.gases["co2"] * Fraction(99, 100)
    (raw,) = rows(GRID, "raw_coal")
    assert grams(raw.gases["co2"]).quantize(Decimal("0.0001")) == Decimal("1.9003")


def test_process_materials_and_products_of_the_ets_table() -> None:
    made = catalogue("CETS")
    for flow, tonnes in {"limestone": "0.440", "dolomite": "0.476", "electrode": "3.663",
                         "pig_iron": "0.172", "scrap_steel": "0.037", "tar_product": "2.699",
                         "benzol_product": "3.382"}.items():  # fmt: skip
        assert value(made.location(flow, "CN-JS"), "2026-01-01") == Decimal(tonnes) * 10**6
    assert made.flows["limestone"].consumption_sign == 0
    assert made.flows["tar_product"].emission_sign == -1


def test_purchased_heat_is_found_in_every_heat_unit() -> None:
    made = catalogue(GRID)
    assert value(made.location("purchased_heat", "CN-JS"), "2026-01-01") == Decimal("110000")
    assert value(made.location("purchased_steam_heat", "CN-JS"), "2026-01-01") == Decimal("110000")
    assert ratio("kWh", "GJ") == Fraction(36, 10**4)


def test_steam_by_mass_subtracts_the_water_of_20_degrees() -> None:
    """Trap T15: 305.47 kg/t does not subtract; CETS E.2 gives 296.2586 for 2,777 kJ/kg."""
    (row,) = rows(GRID, "purchased_steam")
    assert grams(row.gases["co2"] * 1000) == Decimal("296.2586")
    assert row.evidence == "one_source"
    assert "E.2" in row.method


def test_water_by_edition() -> None:
    """Trap T17: 0.0857 kgce/t by the edition of 2008, 0.2571 by that of 2020."""
    steps = catalogue(GRID).coal("water")
    assert value(steps, "2021-03-31") == Decimal("0.0857")
    assert value(steps, "2021-04-01") == Decimal("0.2571")
    editions = {row.text: row.document for row in rows(STANDARD_COAL, "fresh_water")}
    assert "2008" in editions["0.0857"]
    assert "2020" in editions["0.2571"]


def test_standard_coal_on_both_bases() -> None:
    made = catalogue(GRID)
    equivalent, primary = made.coal("grid_import"), made.coal_primary("grid_import")
    assert value(equivalent, "2026-01-01") == Decimal("0.1229")
    assert [value(primary, day) for day in ("2019-12-31", "2020-06-01", "2022-06-01",
                                            "2024-06-01", "2026-06-01")] == [
        None, Decimal("0.3055"), Decimal("0.3055"), Decimal("0.3024"), Decimal("0.3024")
    ]  # fmt: skip
    assert found(primary, "2022-06-01")[1] == "latest_published"
    for flow, kgce in {"natural_gas": "1.33", "purchased_heat": "34.12", "diesel": "1457.1",
                       "gasoline": "1471.4", "lpg": "1714.3", "raw_coal": "714.3",
                       "coke": "971.4", "purchased_steam": "128.6"}.items():  # fmt: skip
        assert value(made.coal(flow), "2026-01-01") == Decimal(kgce), flow
        assert value(made.coal_primary(flow), "2026-01-01") == Decimal(kgce), flow
    assert value(made.coal("natural_gas_coal_equivalent"), "2026-01-01") == 1


def test_standard_coal_is_not_derived_from_the_carbon_table() -> None:
    (diesel,) = rows(STANDARD_COAL, "diesel")
    heat = diesel.gases["kgce"] * Fraction("29.3076")
    assert heat != Fraction("42.652")
    assert "42.652" in rows(GRID, "diesel")[0].text


def test_zeros_are_rows() -> None:
    for standard in (GRID, "CETS", "MEE enterprise reporting", "GHG Protocol CN"):
        made = catalogue(standard)
        for flow in ("onsite_solar", "compressed_air", "water", "waste_heat", "chilled_water"):
            steps = made.location(flow, "CN-JS")
            assert value(steps, "2026-01-01") == 0, (standard, flow)
            assert made.rows[steps.row[-1]].source


def test_united_kingdom_and_united_states() -> None:
    uk = catalogue("UK DESNZ")
    electricity = uk.location("grid_import", "GB")
    days = ("2019-06-01", "2021-06-01", "2023-06-01", "2024-06-01", "2025-06-01", "2026-06-01")
    wanted = ("255.6", None, "207.074", "207.05", "177", "177")
    assert [value(electricity, day) for day in days] == [w and Decimal(w) for w in wanted]
    assert value(uk.location("natural_gas_gross_kwh", "GB"), "2025-06-01") == Decimal("182.96")
    assert value(uk.location("diesel_litre", "GB"), "2025-06-01") == Decimal("2570.82")
    us = catalogue("US EPA")
    gas = us.location("natural_gas_scf", "US-CAMX")
    assert value(gas, "2025-01-01") == Decimal("54.43956")
    assert value(us.location("anthracite", "US"), "2025-01-01") == grams(
        Fraction("2601582.1") * 10**6 / Fraction("907184.74")
    )


def test_us_average_of_2023_and_not_the_stale_number() -> None:
    """Trap T09: 0.432 under the label 'eGRID 2023', whose average is 770.884 lb CO2e/MWh."""
    average = value(catalogue("US EPA").location("grid_import", "US"), "2023-06-01")
    assert average is not None
    assert abs(average - Decimal("349.667")) < Decimal("0.03")  # the gases are printed rounded
    pounds = [row.gases["co2"] for row in rows("US EPA", "grid_electricity") if row.region == "US"]
    assert all(abs(v * Fraction("0.45359237") - 432) > 50 for v in pounds)


def test_ten_thousand_kilowatt_hours() -> None:
    """Trap T01: 79,655.58 万kWh x 0.5810 is 462,798.9198 t, neither 193,859 nor 462,834.72."""
    steps = catalogue("MEE enterprise reporting").location("grid_import", "CN")
    factor = value(steps, "2021-06-01")
    assert factor is not None
    kilowatt_hours = Fraction("79655.58") * ratio("万kWh", "kWh")
    assert kilowatt_hours * Fraction(factor) / 10**6 == Fraction("462798.9198")


def test_gwp_sets_by_name() -> None:
    sets = {n: {g: str(v) for g, v in gases.items()} for n, gases in library().gwp.items()}
    assert sets["AR4"] == {"co2": "1", "ch4": "25", "n2o": "298"}
    assert sets["AR5"] == {"co2": "1", "ch4": "28", "n2o": "265"}
    assert library().gwp["AR6"]["ch4"] == Fraction("27.9")
    assert library().gwp["AR6"]["n2o"] == 273
