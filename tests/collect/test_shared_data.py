"""Real exports through mappings: as many readings as rows, and sums equal to those of a csv reader."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from factors.units import ratio
from schemas.compiled import FOREVER
from schemas.mapping import Mapping
from schemas.reading import Decoded
from streams.collect import Collector, SourceRules
from tests.collect.world import FLOWS, at, registry
from topologies.files import File, read_frames

SHARED = (
    Path(os.environ.get("EVERYGRAM_SHARED", Path(__file__).parents[2].parent / "shared")) / "data"
)
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.exists(), reason=f"no real data at {SHARED}"),
]
RECEIVED = at("2026-11-20T12:00:00Z") * 1_000_000


def read(
    path: str, meters: dict[str, tuple[str, int, str]], **mapping
) -> tuple[Decoded, list[str]]:
    """Reads a file; meters: id -> (flow, interval in seconds, unit)."""
    rows = [
        (name, flow, min(seconds, 900), seconds, [(-(2**62), FOREVER, (1, 1), unit)])
        for name, (flow, seconds, unit) in meters.items()
    ]
    collector = Collector(registry(rows), FLOWS, ratio, at("2000-01-02T00:00:00Z"))
    rules = SourceRules(decoder=Mapping(**mapping))
    (frame,) = read_frames(File(SHARED / path, path, RECEIVED, whole=rules.whole_files))
    return collector.decode(frame, rules), list(meters)


def sums(decoded: Decoded, names: list[str]) -> dict[str, Fraction]:
    out: dict[str, Fraction] = {}
    for slot in np.unique(decoded.readings.slot):
        of = decoded.readings.quantity[decoded.readings.slot == slot]
        out[names[slot]] = Fraction(int(of.sum()), 1_000_000)
    return out


def rows_of(path: str, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with (SHARED / path).open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@pytest.mark.parametrize("energy", ["electricity", "gas"])
@pytest.mark.parametrize("building", ["b0", "b36", "b57"])
def test_university_estate(building: str, energy: str) -> None:
    path = f"cambridge_estates/building_data/UCam_Building_{building}/{energy}/2021.csv"
    column = "equipment load [kWh]" if energy == "electricity" else "heating load [kWh]"
    meter = f"{building}/{energy}"
    decoded, names = read(
        path,
        {meter: ("grid_import", 3600, "kWh")},
        file_name=r"UCam_Building_(?P<building>\w+)/(?P<energy>\w+)/",
        meter="{file.building}/{file.energy}",
        time="{datetime}",
        quantity="{" + column + "}",
        zone="UTC",
    )
    rows = rows_of(path)
    assert decoded.rejects == []
    assert len(decoded.readings) == len(rows) == 8760
    assert sums(decoded, names)[meter] == Fraction(sum(Decimal(row[column]) for row in rows))
    assert decoded.readings.start[0] == at("2021-01-01T00:00:00Z")
    assert decoded.rounded == 0


def test_solar_homes_without_a_time_column() -> None:
    path = "citylearn_2022/Building_1.csv"
    decoded, names = read(
        path,
        {"home": ("grid_import", 3600, "kWh"), "roof": ("grid_import", 3600, "kWh")},
        first="2016-07-31T23:00:00-08:00",
        step="1h",
        series=[
            {"meter": "home", "quantity": "{non_shiftable_load}"},
            {"meter": "roof", "quantity": "{solar_generation}", "scale": "4/1000"},
        ],
    )
    rows = rows_of(path)
    assert decoded.rejects == []
    assert len(decoded.readings) == 2 * len(rows)
    for name, column, scale in (
        ("home", "non_shiftable_load", Fraction(1)),
        ("roof", "solar_generation", Fraction(4, 1000)),
    ):
        exact = [Fraction(row[column]) * scale * 10**6 for row in rows]
        assert sums(decoded, names)[name] * 10**6 == sum(round(value) for value in exact)
    assert int(decoded.readings.start.min()) == at("2016-07-31T23:00:00-08:00")
    assert int(decoded.readings.end.max()) == at("2017-07-31T23:00:00-08:00")


def test_hours_with_an_offset_and_five_series() -> None:
    path = "ha_import_meter_exports/DSMR-reader/dsmrreader-data-export-hour.csv"
    columns = {
        "in1": "Electricity 1 (Dutch Users: Low Tariff)",
        "in2": "Electricity 2 (Dutch Users: Normal Tariff)",
        "out1": "Electricity 1 Returned (Dutch Users: Low Tariff)",
        "out2": "Electricity 2 Returned (Dutch Users: Normal Tariff)",
        "gas": "Gas",
    }
    decoded, names = read(
        path,
        {
            name: (
                "natural_gas" if name == "gas" else "grid_import",
                3600,
                "Nm3" if name == "gas" else "kWh",
            )
            for name in columns
        },
        time="{Hour Start}",
        series=[{"meter": name, "quantity": "{" + text + "}"} for name, text in columns.items()],
    )
    rows = rows_of(path)
    assert decoded.rejects == []
    assert len(decoded.readings) == 5 * len(rows) == 5 * 8754
    for name, text in columns.items():
        assert sums(decoded, names)[name] == Fraction(sum(Decimal(row[text]) for row in rows))
    assert round(sums(decoded, names)["in1"], 2) == Fraction("1828.82")


def test_decimal_comma_words_for_quality_and_both_halves_of_the_hour_set_back() -> None:
    file = "Consumption_history_electricity_EANELEC_20231022_20250426_15_minute_totals.csv"
    path = f"ha_import_meter_exports/Fluvius/{file}"
    registers = ["Offtake Day", "Offtake Night", "Injection Day", "Injection Night"]
    decoded, names = read(
        path,
        {f"123456879123456789/{name}": ("grid_import", 900, "kWh") for name in registers},
        delimiter=";",
        decimal=",",
        meter="{EAN code}/{Register}",
        time="{From (date)} {From (time)}",
        end="{Until (date)} {Until (time)}",
        time_format="%d/%m/%Y %H:%M:%S",
        zone="Europe/Brussels",
        quantity="{Volume}",
        unit="{Unit}",
        quality="{Validation status}",
        qualities={
            "Read": "measured",
            "Validated": "measured",
            "Estimated": "estimated",
            "No consumption": "measured",
        },
    )
    rows = [row for row in rows_of(path, ";") if row["Volume"].strip()]
    assert decoded.rejects == []
    assert len(decoded.readings) == len(rows)
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        volume = Decimal(row["Volume"].replace(".", "").replace(",", "."))
        expected[f"123456879123456789/{row['Register']}"] += volume
    assert sums(decoded, names) == {name: Fraction(total) for name, total in expected.items()}
    lengths = decoded.readings.end - decoded.readings.start
    assert set(lengths.tolist()) == {900}


def test_days_without_a_header() -> None:
    path = "ha_import_meter_exports/MeterN/1FV_Totale2020.csv"
    decoded, names = read(
        path,
        {"PV": ("grid_import", 86400, "Wh")},
        header=False,
        meter="PV",
        time="{1}",
        time_format="%Y%m%d",
        zone="Europe/Rome",
        quantity="{2}",
    )
    with (SHARED / path).open() as file:
        rows = [line.strip().split(",") for line in file if line.strip()]
    assert decoded.rejects == []
    assert len(decoded.readings) == len(rows) == 366
    assert sums(decoded, names)["PV"] == Fraction(sum(int(row[1]) for row in rows), 1000)
    hours = (decoded.readings.end - decoded.readings.start) // 3600
    assert sorted(set(hours.tolist())) == [23, 24, 25]


def test_hour_start_naive_with_the_clock_set_back() -> None:
    path = "ha_import_meter_exports/Enphase/9999998_custom_report.csv"
    columns = {
        "made": "Energy Produced (Wh)",
        "used": "Energy Consumed (Wh)",
        "out": "Exported to Grid (Wh)",
        "in": "Imported from Grid (Wh)",
    }
    decoded, names = read(
        path,
        dict.fromkeys(columns, ("grid_import", 3600, "Wh")),
        time="{Date/Time}",
        time_format="%m/%d/%Y %H:%M",
        zone="Europe/Amsterdam",
        series=[{"meter": name, "quantity": "{" + text + "}"} for name, text in columns.items()],
    )
    rows = rows_of(path)
    assert decoded.rejects == []
    assert len(decoded.readings) == 4 * len(rows)
    for name, text in columns.items():
        assert (
            sums(decoded, names)[name] == Fraction(sum(Decimal(row[text]) for row in rows)) / 1000
        )
    keys = zip(decoded.readings.slot.tolist(), decoded.readings.start.tolist(), strict=True)
    assert len(set(keys)) == len(decoded.readings), "the hour that passed twice is two intervals"
