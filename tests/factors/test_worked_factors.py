"""Every worked example that is quantity x factor: as rows of a workspace's own, and by the library."""

import json
import os
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from factors.catalogue import load_catalogue
from factors.units import ratio
from schemas.settings import Accounting
from tests.factors.library_world import ZONE, catalogue, value

SHARED = Path(os.environ.get("EVERYGRAM_SHARED", Path(__file__).parents[3] / "shared"))
CASES = SHARED / "cases" / "worked_examples.json"

pytestmark = pytest.mark.shared

# id -> per input: flow, unit of the quantity, unit of the factor, value (or formula) of the factor.
# Flows that the library doesn't have are the workspace's own (OWN_FLOWS).
FORMS: dict[str, list[tuple[str, str, str, str]]] = {
    "A01": [
        ("grid_import", "kWh", "kg/kWh", "0.2556"),
        ("natural_gas_gross_kwh", "kWh", "kg/kWh", "0.18385"),
        ("business_travel_car", "mile", "kg/mile", "0.27459"),
    ],
    "A03": [("natural_gas_gross_kwh", "therm_US", "kg/therm_US", "0.1 * 14.46 * 44/12")],
    "A05": [("anthracite", "short_ton", "kg/short_ton", "25.09 * 103.69")],
    "A07": [("natural_gas_scf", "scf", "kg/scf", "0.001026 * 53.06")],
    "A09": [("grid_import", "kWh", "lb/kWh", "1.1856")],
    "A11": [
        ("city_gas", "1000m3@25C_1bar", "t/1000m3@25C_1bar", "40.0 * 0.0140 * 44/12"),
    ],
    "A13": [("city_gas_medium_pressure", "kNm3", "t/kNm3", "45.0 * 0.0133 * 44/12")],
    "A15": [("grid_import", "kWh", "kg/kWh", "0.523")],
    "B02": [("grid_import", "kWh", "kg/kWh", "0.177")],
    "B04": [("water", "m3", "kg/m3", "0.17088")],
    "C01": [("grid_import", "kWh", "kg/kWh", "0.4419")],
    "C03": [("other_fuel", "t", "t/t", "0.4 * 0.98 * 44/12")],
    "C05": [
        ("calcium_carbonate", "t", "t/t", "0.90 * 0.440 * 0.95"),
        ("magnesium_carbonate", "t", "t/t", "0.10 * 0.522 * 0.90"),
    ],
    "C09": [("raw_coal", "t", "t/t", "1.9003")],
    "C11": [("natural_gas", "Nm3", "kg/Nm3", "2.1622")],
    "C13": [
        (
            "natural_gas_coal_equivalent",
            "kgce",
            "kg/kgce",
            "(2.162189 + 0.63048201256643) / 1.2143",
        )
    ],
    "C15": [("grid_import", "kWh", "kg/kWh", "0.177")],
    "C17": [("diesel_litre", "L", "kg/L", "2.57082")],
    "C19": [("purchased_heat", "kWh", "kg/kWh", "0.17529")],
    "C21": [("grid_import", "GWh", "t/GWh", "570.3")],
    "C23": [("diesel_litre", "L", "kg/L", "2.730")],
    "C25": [("diesel_litre", "L", "kg/L", "2.730")],
    "C27": [("natural_gas", "万Nm3", "t/万Nm3", "389.31 * 15.3e-3 * 0.99 * 44/12")],
}
OWN_FLOWS = {"city_gas_medium_pressure": "Nm3"}
NOT_A_PRODUCT = {"C07": "an avoided amount belongs to the ledger of certificates"}

# Where the library itself has the factor: standard, region, day, evidence to accept.
SHIPPED = {
    "A01": ("UK DESNZ", "GB", "2019-06-01", "one_source"),
    "A05": ("US EPA", "US", "2024-06-01", ""),
    "A07": ("US EPA", "US", "2024-06-01", ""),
    "A09": ("US EPA", "US-HIMS", "2019-06-01", "one_source"),
    "A11": ("JP SHK", "JP", "2024-06-01", "one_source"),
    "B02": ("UK DESNZ", "GB", "2025-06-01", ""),
    "B04": ("UK DESNZ", "GB", "2025-06-01", "one_source"),
    "C01": ("GB/T 32151", "CN-GD", "2023-06-01", ""),
    "C15": ("UK DESNZ", "GB", "2025-06-01", ""),
    "C17": ("UK DESNZ", "GB", "2025-06-01", ""),
    "C19": ("UK DESNZ", "GB", "2025-06-01", "one_source"),
    "C21": ("MEE enterprise reporting", "CN", "2022-06-01", ""),
    "C27": ("GB/T 32151", "CN", "2024-06-01", ""),
}


def examples() -> dict[str, dict[str, Any]]:
    if not CASES.exists():
        pytest.skip(f"no worked examples at {CASES} (set EVERYGRAM_SHARED)")
    return {case["id"]: case for case in json.loads(CASES.read_text("utf-8"))}


def emission(quantity: Decimal, unit: str, native: str, grams: Decimal) -> Fraction:
    """Tonnes: the quantity rounded once to 10**-6 native units (R2), times the factor."""
    micro = round(Fraction(quantity) * ratio(unit, native) * 10**6)
    return Fraction(micro, 10**6) * Fraction(grams) / 10**6


def agrees(case: dict[str, Any], tonnes: Fraction, grams: list[Decimal]) -> bool:
    """Within the roundings of R2: half of 10**-6 native units per quantity, 10**-9 g per factor."""
    computed = Fraction(case["computed_tco2"])
    quantities = sum(Fraction(g) for g in grams) / (2 * 10**6 * 10**6)
    return abs(tonnes - computed) <= quantities + computed * Fraction(1, 10**11)


def test_every_example_has_its_form() -> None:
    assert set(examples()) == set(FORMS) | set(NOT_A_PRODUCT)


@pytest.mark.parametrize("name", FORMS)
def test_as_factors_of_a_workspace(name: str, tmp_path: Path) -> None:
    case = examples()[name]
    inputs = [Decimal(str(given["quantity"])) for given in case["inputs"]]
    own = "".join(
        f"- {{flow: {flow}, carrier: natural_gas, unit: {native}, scope: '1'}}\n"
        for flow, native in OWN_FLOWS.items()
    )
    for flow, _, unit, formula in FORMS[name]:
        key = "grid_electricity" if flow == "grid_import" else flow
        own += f"- {{standard: case, factor: {key}, region: CN, unit: {unit}, "
        own += f"rows: [{{valid_from: 2000-01-01, calc: '{formula}'}}]}}\n"
    (tmp_path / "case.yaml").write_text(own, "utf-8")
    accounting = Accounting(standard="case", gwp="AR5")
    made = load_catalogue(accounting, [tmp_path / "case.yaml"], ZONE, tmp_path)
    total, used = Fraction(), []
    for (flow, unit, _, _), quantity in zip(FORMS[name], inputs, strict=True):
        grams = value(made.location(flow, "CN-JS"), "2026-01-01")
        assert grams is not None
        used.append(grams)
        total += emission(quantity, unit, made.flows[flow].unit, grams)
    assert agrees(case, total, used), float(total)


@pytest.mark.parametrize("name", SHIPPED)
def test_by_the_library(name: str) -> None:
    case = examples()[name]
    standard, region, day, accept = SHIPPED[name]
    made = catalogue(standard, accept=(accept,) if accept else ())
    total, used = Fraction(), []
    for (flow, unit, _, _), given in zip(FORMS[name], case["inputs"], strict=True):
        grams = value(made.location(flow, region), day)
        assert grams is not None
        used.append(grams)
        total += emission(Decimal(str(given["quantity"])), unit, made.flows[flow].unit, grams)
    if name == "A09":  # the example counts CO2 alone, the library's row also CH4 and N2O
        row = next(r for r in made.rows if r.region == region and r.data_year == 2019)
        total = Fraction(200) * row.gases["co2"] * Fraction("453.59237") / 10**6
    assert agrees(case, total, used), float(total)
