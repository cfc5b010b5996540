"""Solar homes without a time column: 8,760 hours from 31 July, told by their order alone."""

from __future__ import annotations

from datetime import timedelta, timezone
from fractions import Fraction
from pathlib import Path

import pytest

from tests.real.accounts import REAL, SHARED, Account, account, link, write
from tests.real.sums import Sums, differing, micro, nano, rows_of, utc

pytestmark = [*REAL, pytest.mark.slow]
HOMES = SHARED / "data" / "citylearn_2022"
NUMBERS = ("1", "2", "5")
FIRST = "2016-07-31T23:00:00-08:00"
"""Row 0 is labelled month 7, hour 24, and labels are ends: it begins at 23:00, standard time."""

SETTINGS = f"""\
name: homes
timezone: Etc/GMT+8             # local standard time all year; the sign is the other way round here
base_interval: 15m
accounting: {{standard: homes, gwp: AR5}}
sources:
  - files:
      path: "homes/Building_*.csv"
      keep: reference
      decoder:
        file_name: 'Building_(?P<number>\\d+)'
        first: "{FIRST}"
        step: 1h
        series:
          - {{meter: "{{file.number}}/use", quantity: "{{non_shiftable_load}}", unit: kWh}}
          - {{meter: "{{file.number}}/roof", quantity: "{{solar_generation}}", unit: kWh, scale: 4/1000}}
"""
ENTITIES = """\
- {id: fontana, name: {en: Fontana}, level: city, region: US-CA}
- {id: home-1, name: {en: Home 1}, level: site, parent: fontana}
- {id: home-2, name: {en: Home 2}, level: site, parent: fontana}
- {id: home-5, name: {en: Home 5}, level: site, parent: fontana}
"""
FACTORS = f"""\
- standard: homes
  factor: grid_electricity
  region: US-CA
  unit: kg/kWh
  source: the data set, by the hour
  csv: {{path: ../homes/carbon_intensity.csv, first: "{FIRST}", step: 1h, co2e: "{{carbon_intensity}}"}}
- standard: homes
  factor: onsite_solar
  region: US-CA
  unit: kg/kWh
  rows: [{{valid_from: 2000-01-01, co2: "0", source: "no fuel is burnt"}}]
"""


def test_every_figure_of_the_homes(tmp_path: Path) -> None:
    meters = "meter,entity,flow,interval,unit\n"
    for number in NUMBERS:
        meters += f"{number}/use,home-{number},grid_import,1h,kWh\n"
        meters += f"{number}/roof,home-{number},onsite_solar,1h,kWh\n"
    write(
        tmp_path,
        {
            "everygram.yaml": SETTINGS,
            "registry/entities.yaml": ENTITIES,
            "registry/meters.csv": meters,
            "factors/own.yaml": FACTORS,
        },
    )
    link(tmp_path, "homes", HOMES)
    found = account(tmp_path, HOUR_AND_MORE)
    assert (found.counters.received, found.counters.rejected) == (6 * 8760, {})

    series = rows_of(HOMES / "carbon_intensity.csv")
    intensity = [nano(Fraction(row["carbon_intensity"]) * 1000) for row in series]
    sums = Sums(
        timezone(timedelta(hours=-8)), dict.fromkeys((f"home-{n}" for n in NUMBERS), "fontana")
    )
    for number in NUMBERS:
        rows = rows_of(HOMES / f"Building_{number}.csv")
        for hour, row in enumerate(rows):
            start, home = utc(FIRST) + 3600 * hour, f"home-{number}"
            load = micro(Fraction(row["non_shiftable_load"]))
            sums.add(home, "grid_import", start, load, intensity[hour])
            solar = micro(Fraction(row["solar_generation"]) * 4 / 1000)
            sums.add(home, "onsite_solar", start, solar, 0)
    for cells in (sums.quantity, sums.grams):  # the books' base is finer than the readings
        for key in [key for key in cells if key[2] == "base"]:
            del cells[key]
    assert differing(sums, found.cells, {"grid_import", "onsite_solar"}) == []
    check_month(rows_of(HOMES / "Building_1.csv"), found)


HOUR_AND_MORE = (
    "SELECT entity, flow, grain, toUnixTimestamp(start) AS at, quantity, co2e_location_g "
    "FROM rollups_current WHERE grain != 'base'"
)


def check_month(rows: list[dict[str, str]], found: Account) -> None:
    """July 2016 is one hour, as row 0 says: its label 24 is an end, and no day of August's."""
    assert (rows[0]["month"], rows[0]["hour"], rows[1]["month"], rows[1]["hour"]) == (
        "7",
        "24",
        "8",
        "1",
    )
    july = found.one(
        entity="home-1", flow="grid_import", grain="month", at=utc("2016-07-01T00:00-08:00")
    )
    assert Fraction(july["quantity"]) == Fraction(rows[0]["non_shiftable_load"])
