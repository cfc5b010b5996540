"""The university estate: two years of hours of electricity and gas, by the grid's hourly intensity."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.real.accounts import REAL, SHARED, account, link, write
from tests.real.sums import Sums, differing, micro, nano, rows_of, utc

pytestmark = [*REAL, pytest.mark.slow]
ESTATE = SHARED / "data" / "cambridge_estates"
BUILDINGS = ("b0", "b36", "b57")
GAS = {"2021": Fraction("0.18316"), "2022": Fraction("0.18254")}
"""kg CO2e per kWh of gross calorific value: the workspace's own row, and the library's."""

SETTINGS = """\
name: estate
timezone: Europe/London
base_interval: 1h
accounting: {standard: UK DESNZ, gwp: AR5, library: "2026.2", accept: [one_source]}
sources:
  - files:
      path: "readings/*/electricity/*.csv"
      zone: UTC
      keep: reference
      decoder:
        file_name: 'UCam_Building_(?P<building>\\w+)/'
        meter: "{file.building}/electricity"
        time: "{datetime}"
        quantity: "{equipment load [kWh]}"
        unit: kWh
  - files:
      path: "readings/*/gas/*.csv"
      zone: UTC
      keep: reference
      decoder:
        file_name: 'UCam_Building_(?P<building>\\w+)/'
        meter: "{file.building}/gas"
        time: "{datetime}"
        quantity: "{heating load [kWh]}"
        unit: kWh
"""
ENTITIES = """\
- {id: cambridge, name: {en: Cambridge}, level: city, region: GB}
- {id: university, name: {en: University}, level: enterprise, parent: cambridge}
- {id: b0, name: {en: Building 0}, level: site, parent: university}
- {id: b36, name: {en: Building 36}, level: site, parent: university}
- {id: b57, name: {en: Building 57}, level: site, parent: university}
"""
FACTORS = """\
- standard: UK DESNZ
  factor: grid_electricity
  region: GB
  unit: kg/kWh
  source: National Grid ESO, carbon intensity by the hour
  csv: {path: "../intensity/*.csv", time: "{datetime}", zone: UTC,
        co2: "{Carbon Intensity [kg_CO2/kWh]}"}
- standard: UK DESNZ
  factor: natural_gas_gross_kwh
  region: GB
  unit: kg/kWh
  rows:
    - {valid_from: 2021-01-01, valid_to: 2022-01-01, co2e: "0.18316", source: "UK factors of 2021"}
"""


def workspace(root: Path) -> Path:
    meters = "meter,entity,flow,interval,unit\n"
    for building in BUILDINGS:
        meters += f"{building}/electricity,{building},grid_import,1h,kWh\n"
        meters += f"{building}/gas,{building},natural_gas_gross_kwh,1h,kWh\n"
    write(
        root,
        {
            "everygram.yaml": SETTINGS,
            "registry/entities.yaml": ENTITIES,
            "registry/meters.csv": meters,
            "factors/own.yaml": FACTORS,
        },
    )
    link(root, "readings", ESTATE / "building_data")
    link(root, "intensity", ESTATE / "carbon_intensity_neso")
    return root


def independent() -> Sums:
    intensity = {}
    for year in GAS:
        for row in rows_of(ESTATE / "carbon_intensity_neso" / f"{year}.csv"):
            kg = Fraction(row["Carbon Intensity [kg_CO2/kWh]"])
            intensity[utc(row["datetime"])] = nano(kg * 1000)
    above = dict.fromkeys(BUILDINGS, "university") | {"university": "cambridge"}
    sums = Sums(ZoneInfo("Europe/London"), above)
    for building in BUILDINGS:
        folder = ESTATE / "building_data" / f"UCam_Building_{building}"
        for year, gas in GAS.items():
            for row in rows_of(folder / "electricity" / f"{year}.csv"):
                start, kwh = utc(row["datetime"]), micro(Fraction(row["equipment load [kWh]"]))
                sums.add(building, "grid_import", start, kwh, intensity[start])
            for row in rows_of(folder / "gas" / f"{year}.csv"):
                start, kwh = utc(row["datetime"]), micro(Fraction(row["heating load [kWh]"]))
                sums.add(building, "natural_gas_gross_kwh", start, kwh, nano(gas * 1000))
    return sums


def test_every_figure_of_the_estate(tmp_path: Path) -> None:
    found = account(workspace(tmp_path))
    assert (found.counters.received, found.counters.rejected) == (2 * 6 * 8760, {})
    assert found.findings == []
    sums = independent()
    assert len(sums.quantity) == len(found.cells) > 5 * 2 * 17520 * 2
    assert differing(sums, found.cells, {"grid_import", "natural_gas_gross_kwh"}) == []
