"""Exports of portals and gateways as their users got them, by mapping alone."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from tests.real.accounts import REAL, SHARED, Account, account, link, write
from tests.real.sums import Sums, clock, differing, micro, rows_of, utc

pytestmark = REAL
EXPORTS = SHARED / "data" / "ha_import_meter_exports"
ZONE = ZoneInfo("Europe/Brussels")
FACTOR = {"grid_import": "0.167", "natural_gas_gross_kwh": "0.1829", "natural_gas": "1.788888889"}

SETTINGS = """\
name: exports
timezone: Europe/Brussels
base_interval: 15m
accounting: {standard: exports, gwp: AR5}
sources:
  - files: {path: "fluvius/Consumption_history_electricity*.csv", decoder: mappings/fluvius.yaml}
  - files: {path: "fluvius/Verbruikshistoriek_elektriciteit*.csv", decoder: mappings/fluvius_nl.yaml}
  - files: {path: "fluvius/Consumption_history_gas*.csv", decoder: mappings/fluvius_gas.yaml}
  - files: {path: "enphase/9999998*.csv", decoder: mappings/enphase.yaml}
  - files: {path: "dsmr/dsmrreader*.csv", decoder: mappings/dsmr.yaml}
  - files: {path: "solaredge/*.json", decoder: mappings/solaredge.yaml}
  - files: {path: "slimme/*.xlsx"}
"""
MAPPINGS = {
    "mappings/fluvius.yaml": """\
delimiter: ";"
decimal: ","
meter: "{EAN code}/{Register}"
time: "{From (date)} {From (time)}"
end: "{Until (date)} {Until (time)}"
time_format: "%d/%m/%Y %H:%M:%S"
zone: Europe/Brussels
quantity: "{Volume}"
unit: "{Unit}"
quality: "{Validation status}"
qualities: {Read: measured, No consumption: measured}
""",
    "mappings/fluvius_nl.yaml": """\
delimiter: ";"
decimal: ","
meter: "{EAN}/{Register}"
time: "{Van datum} {Van tijdstip}"
end: "{Tot datum} {Tot tijdstip}"
time_format: "%d-%m-%Y %H:%M:%S"
zone: Europe/Brussels
quantity: "{Volume}"
unit: "{Eenheid}"
quality: "{Validatiestatus}"
qualities: {Gevalideerd: measured, Geschat: estimated, Geen verbruik: measured}
""",
    "mappings/fluvius_gas.yaml": """\
delimiter: ";"
decimal: ","
meter: "{EAN code}/gas in {Unit}"
time: "{From (date)} {From (time)}"
time_format: "%d/%m/%Y %H:%M:%S"
zone: Europe/Brussels
step: 1h
quantity: "{Volume}"
unit: "{Unit}"
""",
    "mappings/enphase.yaml": """\
time: "{Date/Time}"
time_format: "%m/%d/%Y %H:%M"
zone: Europe/Amsterdam
series:
  - {meter: enphase/made, quantity: "{Energy Produced (Wh)}", unit: Wh}
  - {meter: enphase/used, quantity: "{Energy Consumed (Wh)}", unit: Wh}
  - {meter: enphase/out, quantity: "{Exported to Grid (Wh)}", unit: Wh}
  - {meter: enphase/in, quantity: "{Imported from Grid (Wh)}", unit: Wh}
""",
    "mappings/dsmr.yaml": """\
time: "{Hour Start}"
series:
  - {meter: dsmr/in1, quantity: "{Electricity 1 (Dutch Users: Low Tariff)}"}
  - {meter: dsmr/in2, quantity: "{Electricity 2 (Dutch Users: Normal Tariff)}"}
  - {meter: dsmr/out1, quantity: "{Electricity 1 Returned (Dutch Users: Low Tariff)}"}
  - {meter: dsmr/out2, quantity: "{Electricity 2 Returned (Dutch Users: Normal Tariff)}"}
  - {meter: dsmr/gas, quantity: "{Gas}", unit: Nm3}
""",
    "mappings/solaredge.yaml": """\
format: json
records: energy.values
time: "{date}"
time_format: "%Y-%m-%d %H:%M:%S %Z%z"
meter: solaredge/roof
quantity: "{value}"
unit: Wh
""",
}
ENTITIES = """\
- {id: town, name: {en: Town}, level: city, region: BE}
- {id: fluvius, name: {en: A house}, level: site, parent: town}
- {id: enphase, name: {en: A house}, level: site, parent: town}
- {id: dsmr, name: {en: A house}, level: site, parent: town}
- {id: solaredge, name: {en: A house}, level: site, parent: town}
"""
METERS = """\
meter,entity,flow,interval,unit,weight
123456879123456789/Offtake Day,fluvius,grid_import,15m,kWh,
123456879123456789/Offtake Night,fluvius,grid_import,15m,kWh,
123456879123456789/Injection Day,fluvius,grid_export,15m,kWh,
123456879123456789/Injection Night,fluvius,grid_export,15m,kWh,
123456879123456789/Afname Dag,fluvius,grid_import,15m,kWh,
123456879123456789/Afname Nacht,fluvius,grid_import,15m,kWh,
123456879123456789/Injectie Dag,fluvius,grid_export,15m,kWh,
123456879123456789/Injectie Nacht,fluvius,grid_export,15m,kWh,
123456879123456789/gas in kWh,fluvius,natural_gas_gross_kwh,1h,kWh,
123456879123456789/gas in m³,fluvius,natural_gas,1h,Nm3,0
enphase/made,enphase,onsite_solar,1h,kWh,
enphase/used,enphase,grid_import,1h,kWh,0
enphase/out,enphase,grid_export,1h,kWh,
enphase/in,enphase,grid_import,1h,kWh,
dsmr/in1,dsmr,grid_import,1h,kWh,
dsmr/in2,dsmr,grid_import,1h,kWh,
dsmr/out1,dsmr,grid_export,1h,kWh,
dsmr/out2,dsmr,grid_export,1h,kWh,
dsmr/gas,dsmr,natural_gas,1h,Nm3,
solaredge/roof,solaredge,onsite_solar,1h,kWh,
"""
CELLS = (
    "SELECT entity, flow, grain, toUnixTimestamp(start) AS at, quantity, co2e_location_g, "
    "minutes_reported FROM rollups_current WHERE grain != 'base' AND minutes_reported > 0"
)


def factors(flows: dict[str, str]) -> str:
    keys = {"grid_import": "grid_electricity"}
    unit = {"natural_gas": "kg/Nm3"}
    return "".join(
        f"- {{standard: exports, factor: {keys.get(flow, flow)}, region: BE, "
        f"unit: {unit.get(flow, 'kg/kWh')}, "
        f"rows: [{{valid_from: 2000-01-01, co2: '{value}', source: a test}}]}}\n"
        for flow, value in {**flows, "onsite_solar": "0"}.items()
    )


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Account:
    root = tmp_path_factory.mktemp("exports")
    write(
        root,
        {
            "everygram.yaml": SETTINGS,
            "registry/entities.yaml": ENTITIES,
            "registry/meters.csv": METERS,
            "factors/own.yaml": factors(FACTOR),
            **MAPPINGS,
        },
    )
    for name, folder in {
        "fluvius": "Fluvius",
        "enphase": "Enphase",
        "dsmr": "DSMR-reader",
        "solaredge": "SolarEdge/UTC",
        "slimme": "SlimmeMeterPortal",
    }.items():
        link(root, name, EXPORTS / folder)
    return account(root, CELLS)


def nano(flow: str) -> int:
    """Factor in 10**-9 g per unit: kg as written; exports count nothing, nor does the sun."""
    return round(Fraction(FACTOR.get(flow, "0")) * 10**12)


def compare(books: Account, entity: str, sums: Sums, flows: set[str]) -> None:
    """Every hour and all above, where anything was reported, as the sums say; and nothing more."""
    for cells in (sums.quantity, sums.grams):
        for key in [key for key in cells if key[2] == "base"]:
            del cells[key]
    mine = [cell for cell in books.cells if cell["entity"] == entity]
    assert mine
    assert differing(sums, mine, flows) == []


def comma(text: str) -> Fraction:
    return Fraction(text.replace(".", "").replace(",", "."))


def twice(form: str, texts: list[tuple[str, str]]) -> list[int]:
    """Epoch seconds of (meter, local time): the second row of the same label is winter time."""
    seen, out = Counter[tuple[str, str]](), []
    for meter, text in texts:
        local = datetime.strptime(text, form).replace(tzinfo=ZONE, fold=seen[meter, text])
        seen[meter, text] += 1
        out.append(int(local.timestamp()))
    return out


def test_quarters_with_decimal_comma_and_the_hour_set_back(books: Account) -> None:
    sums = Sums(ZONE, {}, 900)
    english = next((EXPORTS / "Fluvius").glob("Consumption_history_elec*"))
    dutch = next((EXPORTS / "Fluvius").glob("Verbruikshistoriek_elek*"))
    for path, form, names in (
        (english, "%d/%m/%Y %H:%M:%S", ("From (date)", "From (time)", "Offtake")),
        (dutch, "%d-%m-%Y %H:%M:%S", ("Van datum", "Van tijdstip", "Afname")),
    ):
        rows = rows_of(path, ";")
        times = twice(form, [(r["Register"], f"{r[names[0]]} {r[names[1]]}") for r in rows])
        for row, start in zip(rows, times, strict=True):
            if row["Volume"]:
                flow = "grid_import" if row["Register"].startswith(names[2]) else "grid_export"
                sums.add("fluvius", flow, start, micro(comma(row["Volume"])), nano(flow))
    compare(books, "fluvius", sums, {"grid_import", "grid_export"})


def test_gas_told_twice_per_hour_counts_once(books: Account) -> None:
    """kWh rows count; m³ of gas leaves its reference condition open, and each row is told so."""
    path = next((EXPORTS / "Fluvius").glob("Consumption_history_gas*"))
    rows = rows_of(path, ";")
    kwh = [row for row in rows if row["Unit"] == "kWh"]
    times = twice(
        "%d/%m/%Y %H:%M:%S", [("", f"{r['From (date)']} {r['From (time)']}") for r in kwh]
    )
    sums = Sums(ZONE, {}, 900)
    for row, start in zip(kwh, times, strict=True):
        flow = "natural_gas_gross_kwh"
        sums.add("fluvius", flow, start, micro(comma(row["Volume"])), nano(flow))
    compare(books, "fluvius", sums, {"natural_gas_gross_kwh"})
    cubic = [r for r in books.rejects if r["meter"] == "123456879123456789/gas in m³"]
    assert {r["reason"] for r in cubic} == {"unit_mismatch"}
    assert len(cubic) == len(rows) - len(kwh)
    assert "reference condition" in cubic[0]["message"]


def test_watt_hours_of_local_hours_with_two_clock_changes(books: Account) -> None:
    columns = {
        "Energy Produced (Wh)": "onsite_solar",
        "Exported to Grid (Wh)": "grid_export",
        "Imported from Grid (Wh)": "grid_import",
    }
    rows = rows_of(EXPORTS / "Enphase" / "9999998_custom_report.csv")
    times = clock(ZoneInfo("Europe/Amsterdam"), "%m/%d/%Y %H:%M")(r["Date/Time"] for r in rows)
    assert len(set(times)) == len(rows), "the hour that passes twice is two hours"
    sums = Sums(ZONE, {}, 900)
    for row, start in zip(rows, times, strict=True):
        for column, flow in columns.items():
            kwh = Fraction(row[column]) / 1000
            sums.add("enphase", flow, start, micro(kwh), nano(flow))
    compare(books, "enphase", sums, set(columns.values()))


def test_hours_with_offsets_and_a_gap(books: Account) -> None:
    columns = {
        "Electricity 1 (Dutch Users: Low Tariff)": "grid_import",
        "Electricity 2 (Dutch Users: Normal Tariff)": "grid_import",
        "Electricity 1 Returned (Dutch Users: Low Tariff)": "grid_export",
        "Electricity 2 Returned (Dutch Users: Normal Tariff)": "grid_export",
        "Gas": "natural_gas",
    }
    sums = Sums(ZONE, {}, 900)
    for row in rows_of(EXPORTS / "DSMR-reader" / "dsmrreader-data-export-hour.csv"):
        for column, flow in columns.items():
            sums.add("dsmr", flow, utc(row["Hour Start"]), micro(Fraction(row[column])), nano(flow))
    compare(books, "dsmr", sums, set(columns.values()))


def test_json_whose_labels_name_their_offset(books: Account) -> None:
    """In spring 02:00 CET and 03:00 CEST are the same hour: said twice, counted once."""
    hours: dict[int, set[Fraction]] = defaultdict(set)
    for path in sorted((EXPORTS / "SolarEdge" / "UTC").glob("*.json")):
        for value in json.loads(path.read_text(), parse_float=str)["energy"]["values"]:
            if value["value"] is not None:
                date, time, zone = value["date"].split()
                hours[utc(f"{date}T{time}{zone[-5:-2]}:{zone[-2:]}")].add(Fraction(value["value"]))
    sums = Sums(ZONE, {}, 900)
    for start, said in hours.items():
        sums.add("solaredge", "onsite_solar", start, micro(max(said) / 1000), 0)
    compare(books, "solaredge", sums, {"onsite_solar"})


def test_what_is_no_csv_is_refused_by_name(books: Account) -> None:
    refused = Counter(r["reason"] for r in books.rejects)
    assert refused == {"unit_mismatch": refused["unit_mismatch"], "unknown_decoder": 4}
