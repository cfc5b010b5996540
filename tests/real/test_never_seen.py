"""Exports that nobody has seen: made up here, read by mapping alone, summed apart."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.real.accounts import Account, account, write
from tests.real.sums import Sums, differing, micro

SETTINGS = """\
name: seen never
timezone: {zone}
base_interval: 15m
accounting: {{standard: own, gwp: AR5}}
sources:
  - files: {{path: "data/*", zone: {zone}, decoder: mapping.yaml}}
"""
ENTITIES = """\
- {id: city, name: {en: City, zh: 城市}, level: city, region: CN-JS}
- {id: A, name: {en: A}, level: enterprise, parent: city}
- {id: B, name: {en: B}, level: enterprise, parent: city}
"""
FACTORS = """\
- {standard: own, factor: grid_electricity, region: CN, unit: kg/kWh,
   rows: [{valid_from: 2000-01-01, co2: "0.5827", source: a test}]}
"""
NANO = 582_700_000_000
METERS = {"0012345": "A", "0000777": "A", "B-9": "B"}
Reading = tuple[str, int, Decimal]
"""Meter, start in epoch seconds, quantity as it is written."""


@dataclass
class Export:
    """A made-up export: the file as bytes, how to read it, and what is in it."""

    name: str
    content: bytes
    mapping: str
    readings: list[Reading]
    step: timedelta = timedelta(minutes=15)
    zone: str = "Asia/Shanghai"
    times: Fraction = Fraction(1)
    rejected: dict[str, int] = field(default_factory=dict)
    only: list[str] = field(default_factory=lambda: list(METERS))


def drawn(seed: str, first: datetime, count: int, step: timedelta) -> Iterator[Decimal]:
    """Numbers with up to three decimals, some above a thousand, some zero."""
    random_ = random.Random(f"{seed}{first}{count}{step}")
    for _ in range(count):
        top = random_.choice((0, 10, 1000, 90_000))
        yield Decimal(random_.randint(0, top)).scaleb(-random_.choice((0, 1, 3)))


def made(first: datetime, count: int, step: timedelta = timedelta(minutes=15)) -> list[Reading]:
    """Readings of every meter, in order of time."""
    at = int(first.timestamp())
    seconds = int(step.total_seconds())
    numbers = {meter: drawn(meter, first, count, step) for meter in METERS}
    return [
        (meter, at + n * seconds, next(numbers[meter])) for n in range(count) for meter in METERS
    ]


CHINA = ZoneInfo("Asia/Shanghai")
MARCH = datetime(2024, 3, 1, tzinfo=CHINA)


def local(start: int, form: str, zone: ZoneInfo = CHINA) -> str:
    return datetime.fromtimestamp(start, zone).strftime(form)


def comma(number: Decimal) -> str:
    """1234.5 as 1.234,5."""
    return f"{number:,f}".translate(str.maketrans(",.", ".,"))


def chinese_wide() -> Export:
    """GB18030, a title, a day of 96 columns labelled by their ends, a row of totals, in 万kWh."""
    readings = made(MARCH, 2 * 96)
    labels = [f"{(n + 1) // 4:02d}:{(n + 1) % 4 * 15:02d}" for n in range(96)]
    lines = ["用电负荷曲线,,,", "户名,表号,日期," + ",".join(labels) + ",合计"]
    for meter in METERS:
        mine = [(start, number) for m, start, number in readings if m == meter]
        for day in (mine[:96], mine[96:]):
            cells = ",".join(str(number) for _, number in day)
            total = sum(number for _, number in day)
            lines.append(f"某厂,{meter}\t,{local(day[0][0], '%Y年%m月%d日')},{cells},{total}")
    lines.append("合计,,," + ",".join("9" for _ in labels) + ",864")
    mapping = """\
encoding: gb18030
skip_lines: 1
meter: "{表号}"
time: "{日期}"
time_format: "%Y年%m月%d日"
wide: {first: "00:15", count: 96}
unit: 万kWh
"""
    content = "\r\n".join(lines).encode("gb18030")
    return Export(
        "曲线.csv", content, mapping, readings, times=Fraction(10**4), rejected={"malformed": 1}
    )


def ends_at_24() -> Export:
    """GB18030, semicolons, decimal comma with dots for thousands, labels at the end, 24:00."""
    readings = made(MARCH, 96)
    lines = ["表号;数据时间;电量(kWh)"]
    for meter, start, number in readings:
        label = local(start + 900, "%Y/%m/%d %H:%M")
        if label.endswith("00:00"):
            label = local(start, "%Y/%m/%d 24:00")
        lines.append(f'="{meter}";{label};{comma(number)}')
    mapping = """\
encoding: gb18030
delimiter: ";"
decimal: ","
meter: "{表号}"
time: "{数据时间}"
time_format: "%Y/%m/%d %H:%M"
label: end
quantity: "{电量(kWh)}"
unit: kWh
"""
    return Export("d.csv", "\n".join(lines).encode("gb18030"), mapping, readings)


def nested_lines() -> Export:
    """A JSON object per line: the id deep inside, numbers as text, milliseconds."""
    readings = made(MARCH, 96)
    lines = [
        json.dumps(
            {"dev": {"sn": meter}, "ts": start * 1000, "p": {"imp": {"v": str(number), "u": "Wh"}}}
        )
        for meter, start, number in readings
    ]
    mapping = """\
format: json
meter: "{dev.sn}"
time: "{ts}"
time_format: epoch_ms
quantity: "{p.imp.v}"
unit: "{p.imp.u}"
"""
    return Export("d.jsonl", "\n".join(lines).encode(), mapping, readings, times=Fraction(1, 1000))


def points_of_devices() -> Export:
    """One JSON document: devices with a list of points each, and a total that is no reading."""
    readings = made(MARCH, 96)
    devices = [
        {
            "sn": meter,
            "v": "999999",
            "points": [
                {"t": local(start, "%Y-%m-%d %H:%M:%S"), "v": float(number)}
                for m, start, number in readings
                if m == meter
            ],
        }
        for meter in METERS
    ]
    mapping = """\
format: json
records: data.devices.points
meter: "{sn}"
time: "{t}"
time_format: "%Y-%m-%d %H:%M:%S"
quantity: "{v}"
unit: kWh
"""
    content = json.dumps({"code": 0, "data": {"devices": devices}}).encode()
    return Export("d.json", content, mapping, readings)


def days_in_lists() -> Export:
    """JSON with a list of 24 values per day; null where one is missing."""
    hour = timedelta(hours=1)
    readings = made(MARCH, 48, hour)
    lines = []
    for meter in METERS:
        mine = [(start, number) for m, start, number in readings if m == meter]
        for day in (mine[:24], mine[24:]):
            values = [None if number == 0 else str(number) for _, number in day]
            lines.append({"m": meter, "d": local(day[0][0], "%Y%m%d"), "curve": values})
    mapping = """\
format: json
meter: "{m}"
time: "{d}"
time_format: "%Y%m%d"
wide: {first: curve, count: 24}
unit: kWh
"""
    some = [reading for reading in readings if reading[2] != 0]
    return Export("d.json", json.dumps(lines).encode(), mapping, some, hour)


def summer_time() -> Export:
    """The days of both clock changes, local time with a range as label, 1,234.5 for thousands."""
    zone = ZoneInfo("Europe/Berlin")
    readings = made(datetime(2024, 3, 30, tzinfo=zone), 3 * 96)
    readings += made(datetime(2024, 10, 26, tzinfo=zone), 3 * 96)
    lines = ["Zähler|Zeitraum|Arbeit"]
    form = "%d.%m.%Y %H:%M"
    for meter, start, number in readings:
        label = f"{local(start, form, zone)} - {local(start + 900, form, zone)}"
        lines.append(f"{meter}|{label}|{number:,f}")
    mapping = """\
encoding: cp1252
delimiter: "|"
thousands: ","
meter: "{Zähler}"
time: "{Zeitraum}"
time_format: "%d.%m.%Y %H:%M - %d.%m.%Y %H:%M"
quantity: "{Arbeit}"
unit: kWh
"""
    content = "\n".join(lines).encode("cp1252")
    return Export("d.csv", content, mapping, readings, zone="Europe/Berlin")


def a_file_per_meter() -> Export:
    """No header, no time, no meter inside: the file's name, a first instant, average power in kW."""
    readings = [one for one in made(MARCH, 96) if one[0] == "B-9"]
    content = "\n".join(f"{n}\t{number}" for n, (_, _, number) in enumerate(readings)).encode()
    mapping = """\
header: false
delimiter: "\\t"
file_name: 'load_(?P<meter>[^/]+)\\.txt'
meter: "{file.meter}"
first: 2024-03-01T00:00:00+08:00
step: 15m
quantity: "{2}"
scale: 1/4
unit: kWh
"""
    return Export("load_B-9.txt", content, mapping, readings, times=Fraction(1, 4), only=["B-9"])


EXPORTS = (
    chinese_wide,
    ends_at_24,
    nested_lines,
    points_of_devices,
    days_in_lists,
    summer_time,
    a_file_per_meter,
)


def accounted(root: Path, export: Export) -> Account:
    minutes = int(export.step.total_seconds()) // 60
    meters = "meter,entity,flow,interval,unit\n"
    meters += "".join(f"{m},{METERS[m]},grid_import,{minutes}m,kWh\n" for m in export.only)
    write(
        root,
        {
            "everygram.yaml": SETTINGS.format(zone=export.zone),
            "mapping.yaml": export.mapping,
            "registry/entities.yaml": ENTITIES,
            "registry/meters.csv": meters,
            "factors/own.yaml": FACTORS,
            f"data/{export.name}": export.content,
        },
    )
    sql = (
        "SELECT entity, flow, grain, toUnixTimestamp(start) AS at, quantity, co2e_location_g "
        "FROM rollups_current WHERE minutes_reported > 0"
    )
    return account(root, sql)


@pytest.mark.parametrize("make", EXPORTS, ids=lambda make: make.__name__)
def test_export(make, tmp_path: Path) -> None:
    export = make()
    found = accounted(tmp_path, export)
    assert found.counters.rejected == export.rejected, found.rejects[:3]
    assert found.counters.accepted == len(export.readings)
    sums = Sums(ZoneInfo(export.zone), {"A": "city", "B": "city"}, 900)
    for meter, start, number in export.readings:
        sums.add(METERS[meter], "grid_import", start, micro(Fraction(number) * export.times), NANO)
    cells = found.cells
    if export.step > timedelta(minutes=15):
        cells = [cell for cell in cells if cell["grain"] != "base"]
        for kept in (sums.quantity, sums.grams):
            for key in [key for key in kept if key[2] == "base"]:
                del kept[key]
    assert differing(sums, cells, {"grid_import"}) == []


def test_a_reject_never_hides_a_file(tmp_path: Path) -> None:
    """The row of totals is refused by its place, and everything else counts."""
    found = accounted(tmp_path, chinese_wide())
    (reject,) = found.rejects
    assert (reject["reason"], reject["position"]) == ("malformed", "line 9")
    assert "date" in reject["message"]
