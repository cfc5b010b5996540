"""CSV and JSON that isn't ours: files built like the exports of portals, each with its trap."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from schemas.mapping import Mapping
from schemas.reading import Decoded, Rank, Reason
from streams.collect import SourceRules
from tests.collect.world import METERS, at, collector, frame, registry

MORE = [
    *METERS,
    *(
        (name, "grid_import", 900, 900, METERS[0][4])
        for name in ("EAN1/Afname", "EAN1/Injectie", "一号/电", "b7/gas", "007")
    ),
]
COLLECTOR = collector(registry(MORE))


def decode(
    text: str | bytes, source: str = "data/a.csv", rules: dict | None = None, **mapping
) -> Decoded:
    data = text if isinstance(text, bytes) else text.encode()
    mapped = SourceRules(decoder=Mapping(**mapping), **(rules or {}))
    return COLLECTOR.decode(frame(data, source, modified_s=at("2026-11-20T10:11:12Z")), mapped)


def spans(decoded: Decoded) -> list[tuple[int, int]]:
    return list(zip(decoded.readings.start.tolist(), decoded.readings.end.tolist(), strict=True))


def reasons(decoded: Decoded) -> list[Reason]:
    return [reject.reason for reject in decoded.rejects]


def test_decimal_comma_excel_text_columns_of_the_id_and_words_for_quality() -> None:
    text = (
        "\ufeffVan;Tijd;EAN;Register;Volume;Eenheid;Status\r\n"
        '10-01-2022;06:00:00;="EAN1";Afname;1.234,500;kWh;Gelezen\r\n'
        '10-01-2022;06:15:00;="EAN1";Injectie;0,25;kWh;Geschat\r\n'
        '10-01-2022;06:30:00;="EAN1";Injectie;;kWh;Geen\r\n'
        '10-01-2022;06:45:00;="EAN1";Injectie;3.17;kWh;Geschat\r\n'
    )
    got = decode(
        text,
        delimiter=";",
        decimal=",",
        meter="{EAN}/{Register}",
        time="{Van} {Tijd}",
        time_format="%d-%m-%Y %H:%M:%S",
        zone="Europe/Brussels",
        quantity="{Volume}",
        unit="{Eenheid}",
        quality="{Status}",
        qualities={"Gelezen": "measured", "Geschat": "estimated", "Geen": "measured"},
    )
    assert got.readings.quantity.tolist() == [1_234_500_000, 250_000]
    assert got.readings.rank.tolist() == [Rank.MEASURED, Rank.ESTIMATED]
    assert got.readings.start.tolist()[0] == at("2022-01-10T06:00:00+01:00")
    assert reasons(got) == [Reason.NOT_A_NUMBER], "3.17 is not 317"
    assert got.rejects[0].position == "line 5"


def test_gb18030_text_and_ids_in_chinese() -> None:
    text = "表号,时间,用量\n一号,2026/11/01 00:15,1.5\n".encode("gb18030")
    options = {
        "meter": "{表号}/电", "time": "{时间}", "time_format": "%Y/%m/%d %H:%M", "zone": "Asia/Shanghai",
        "quantity": "{用量}", "unit": "万kWh",
    }  # fmt: skip
    got = decode(text, encoding="gb18030", **options)
    assert got.readings.quantity.tolist() == [15_000_000_000]
    got = decode(text, **options)
    assert len(got.readings) == 0
    assert Reason.MALFORMED in reasons(got)
    bad = text + b"\xff\xff,2026/11/01 00:30,1\n" + text.split(b"\n")[1].replace(b"00:15", b"00:45")
    got = decode(bad, encoding="gb18030", **options)
    assert len(got.readings) == 2
    assert [(one.reason, one.position) for one in got.rejects] == [(Reason.MALFORMED, "line 3")]


def test_utf_16_and_tabs() -> None:
    text = "id\tt\tq\n007\t2026-11-01T00:00:00Z\t1\n".encode("utf-16")
    got = decode(text, encoding="utf-16", delimiter="\t", meter="{id}", time="{t}", quantity="{q}")
    assert got.readings.quantity.tolist() == [1_000_000]
    assert reasons(decode(text[:-1], encoding="utf-16", meter="x", time="{t}", quantity="{q}")) == [
        Reason.MALFORMED
    ]


def test_labels_at_the_end_of_the_interval_and_24_00() -> None:
    text = "t,q\n2026-11-01 00:15,1\n2026-11-01 23:45,2\n2026-11-01 24:00,3\n2026-11-02 00:15,4\n"
    got = decode(text, meter="007", time="{t}", quantity="{q}", label="end", zone="Asia/Shanghai")
    day = at("2026-11-01T00:00:00+08:00")
    assert spans(got) == [
        (day, day + 900),
        (day + 84_600, day + 85_500),
        (day + 85_500, day + 86_400),
        (day + 86_400, day + 87_300),
    ]
    got = decode("t,q\n2026-11-01 24:15,1\n2026-11-01 24:00,1\n", meter="007", time="{t}", quantity="{q}",
                 zone="Asia/Shanghai")  # fmt: skip
    assert reasons(got) == [Reason.MALFORMED]
    assert spans(got) == [(day + 86_400, day + 87_300)]


def test_a_first_instant_and_a_step_count_missing_records_too() -> None:
    text = "load,sun\n1,10\n,20\nx,30\n4,40\n"
    got = decode(
        text,
        first="2026-10-31T23:00:00-08:00",
        step="1h",
        series=[
            {"meter": "hourly", "quantity": "{load}"},
            {"meter": "M1/import", "quantity": "{sun}", "scale": "4/1000"},
        ],
    )
    first = at("2026-10-31T23:00:00-08:00")
    by_meter = sorted(
        zip(
            got.readings.slot.tolist(),
            got.readings.start.tolist(),
            got.readings.quantity.tolist(),
            strict=True,
        )
    )
    hourly, sun = MORE.index(METERS[5]), 0
    assert by_meter == [
        (sun, first, 40_000),
        (sun, first + 3600, 80_000),
        (sun, first + 7200, 120_000),
        (sun, first + 10_800, 160_000),
        (hourly, first, 1_000_000),
        (hourly, first + 10_800, 4_000_000),
    ]
    assert [(one.reason, one.position) for one in got.rejects] == [
        (Reason.NOT_A_NUMBER, "line 4, series 1")
    ]


@pytest.mark.parametrize("count", [24, 48, 96])
def test_wide_days(count: int) -> None:
    step = 86_400 // count
    names = [f"h{k}" for k in range(count)]
    text = (
        "id,day,"
        + ",".join(names)
        + "\nM1/import,2026-11-01,"
        + ",".join(str(k) for k in range(count))
    )
    got = decode(
        text, meter="{id}", time="{day}", zone="Asia/Shanghai", wide={"first": "h0", "count": count}
    )
    day = at("2026-11-01T00:00:00+08:00")
    assert spans(got) == [(day + k * step, day + (k + 1) * step) for k in range(count)]
    assert got.readings.quantity.tolist() == [k * 10**6 for k in range(count)]


def test_a_wide_day_of_23_hours_must_leave_its_last_columns_empty() -> None:
    row = ",".join(["1"] * 23)
    wide = {"first": 2, "count": 24}
    options = {
        "meter": "M1/import",
        "time": "{1}",
        "zone": "Europe/Berlin",
        "header": False,
        "wide": wide,
    }
    got = decode(f"2026-03-29,{row},\n", **options)
    assert len(got.readings) == 23
    assert got.rejects == []
    got = decode(f"2026-03-29,{row},1\n", **options)
    assert len(got.readings) == 23
    assert [(one.reason, one.position) for one in got.rejects] == [
        (Reason.MALFORMED, "line 1, column 25")
    ]
    got = decode(f"2026-10-25,{row},1\n", **options)
    assert got.readings.end.tolist()[-1] == at("2026-10-25T23:00:00+01:00")


LOCAL = {"meter": "{id}", "time": "{t}", "quantity": "{q}"}


def test_naive_times_need_a_zone_and_must_exist() -> None:
    text = "id,t,q\nM1/import,2026-03-29 01:45,1\nM1/import,2026-03-29 02:15,1\n"
    assert reasons(decode(text, **LOCAL)) == [Reason.NAIVE_TIME] * 2
    got = decode(text, zone="Europe/Berlin", **LOCAL)
    assert len(got.readings) == 1
    assert reasons(got) == [Reason.NAIVE_TIME]
    from zoneinfo import ZoneInfo

    assert len(decode(text, rules={"zone": ZoneInfo("Asia/Shanghai")}, **LOCAL).readings) == 2


def clock(*labels: str, meter: str = "M1/import") -> str:
    rows = "".join(f"{meter},2026-10-25 {label},{number}\n" for number, label in enumerate(labels))
    return "id,t,q\n" + rows


def berlin(text: str) -> list[str]:
    got = decode(text, zone="Europe/Berlin", **LOCAL)
    first = at("2026-10-25T02:00:00+02:00")
    order = got.readings.quantity.argsort()
    return [str((int(got.readings.start[k]) - first) // 900) for k in order] + [
        "?" for reject in got.rejects if reject.reason is Reason.NAIVE_TIME
    ]


@pytest.mark.parametrize(
    ("labels", "places"),
    [
        ("01:45 02:00 02:15 02:30 02:45 02:00 02:15 02:30 02:45 03:00", "-1 0 1 2 3 4 5 6 7 8"),
        ("03:00 02:45 02:30 02:15 02:00 02:45 02:30 02:15 02:00 01:45", "8 7 6 5 4 3 2 1 0 -1"),
        ("01:45 02:00 02:00 02:15 02:15 02:30 02:30 02:45 02:45 03:00", "-1 0 4 1 5 2 6 3 7 8"),
        ("02:00 02:15 02:30 02:45 02:00 02:15 02:30 02:45", "0 1 2 3 4 5 6 7"),
        ("01:45 02:00 02:30 02:45 02:15 02:30 03:00", "-1 0 2 3 5 6 8"),
        ("01:45 02:00 03:00", "-1 8 ?"),
        ("01:45 02:00 02:15 02:30 02:45 03:00", "-1 8 ? ? ? ?"),
        ("02:00", "?"),
        ("01:45 02:30 02:00 02:45 02:15 03:00", "-1 8 ? ? ? ?"),
    ],
)
def test_the_hour_that_passes_twice(labels: str, places: str) -> None:
    assert berlin(clock(*labels.split())) == places.split()


def test_the_order_is_that_of_each_meter() -> None:
    one = clock("01:45", "02:00", "02:00", "03:00").splitlines()
    two = clock("01:45", "02:00", "03:00", meter="007").splitlines()[1:]
    mixed = [one[0]] + [
        line for pair in zip(one[1:], [*two, ""], strict=True) for line in pair if line
    ]
    got = decode("\n".join(mixed), zone="Europe/Berlin", **LOCAL)
    assert len(got.readings) == 6
    assert [(one.reason, one.meter) for one in got.rejects] == [(Reason.NAIVE_TIME, "007")]


def test_start_and_end_of_the_hour_set_back() -> None:
    text = (
        "id,t,e,q\nhourly,2026-10-25 01:00,2026-10-25 02:00,1\nhourly,2026-10-25 02:00,2026-10-25 02:00,2\n"
        "hourly,2026-10-25 02:00,2026-10-25 03:00,3\nhourly,2026-10-25 03:00,2026-10-25 04:00,4\n"
    )
    got = decode(text, zone="Europe/Berlin", end="{e}", **LOCAL)
    first = at("2026-10-25T01:00:00+02:00")
    assert spans(got) == [(first + k * 3600, first + (k + 1) * 3600) for k in range(4)]


def test_local_days_have_23_24_or_25_hours() -> None:
    text = "d,q\n20260328,1\n20260329,2\n20261025,3\n"
    got = decode(
        text,
        meter="M2",
        time="{d}",
        time_format="%Y%m%d",
        zone="Europe/Berlin",
        quantity="{q}",
        unit="kWh",
    )
    assert [(end - start) // 3600 for start, end in spans(got)] == [24, 23, 25]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2026-11-01T00:15:00+00:00", "iso"),
        ("2026-11-01 00:15", "iso"),
        ("1793492100", "epoch"),
        ("1793492100000", "epoch_ms"),
        ("01.11.26 00:15", "%d.%m.%y %H:%M"),
        ("1/11/2026 12:15 AM", "%d/%m/%Y %I:%M %p"),
        ("01-Nov-2026 00:15:00", "%d-%b-%Y %H:%M:%S"),
        ("2026-11-01 02:15:00 CEST+0200", "%Y-%m-%d %H:%M:%S %Z%z"),
    ],
)
def test_forms_of_time(text: str, form: str) -> None:
    got = decode(f"t;q\n{text};1\n", delimiter=";", meter="007", time="{t}", quantity="{q}", zone="UTC",
                 time_format=["%Y%m%d", form])  # fmt: skip
    assert got.rejects == []
    assert got.readings.start.tolist() == [at("2026-11-01T00:15:00Z")]


def test_what_stands_for_the_revision() -> None:
    text = "t,q,when\n2026-11-01T00:00:00Z,1,2026-11-20 08:30:00+08:00\n2026-11-01T00:15:00Z,1,\n"
    options = {"meter": "007", "time": "{t}", "quantity": "{q}"}
    assert decode(text, revision="{when}", **options).readings.revision.tolist() == [
        20261120083000,
        0,
    ]
    assert (
        decode(text, revision="{file.modified}", **options).readings.revision.tolist()
        == [20261120101112] * 2
    )
    got = decode(
        text, source="data/export-20261119.csv", file_name=r"export-(?P<day>\d{8})", revision="{file.day}",
        **options,
    )  # fmt: skip
    assert got.readings.revision.tolist() == [20261119] * 2
    got = decode(text, source="data/other.csv", file_name=r"export-(?P<day>\d{8})", **options)
    assert reasons(got) == [Reason.MALFORMED]
    got = decode(text, rules={"revision": "{file.modified}"}, revision="{when}", **options)
    assert got.readings.revision.tolist() == [20261120083000, 20261120101112]


def test_rows_that_are_none_lines_to_skip_and_ids_as_text() -> None:
    text = "Advert;;\n;;\nid;t;q\n007;2026-11-01T00:00:00Z;1\n\n7;2026-11-01T00:15:00Z;1\n007;cut\n"
    got = decode(text, delimiter=";", skip_lines=2, **LOCAL)
    assert len(got.readings) == 1
    assert reasons(got) == [Reason.UNKNOWN_METER, Reason.MALFORMED]
    assert [one.position for one in got.rejects] == ["line 6", "line 7"]


def test_a_header_without_the_columns_is_one_reject_that_names_them() -> None:
    got = decode("id,time,q\n007,2026-11-01T00:00:00Z,1\n", **LOCAL)
    (reject,) = got.rejects
    assert reject.reason is Reason.MALFORMED
    assert "lacks t" in reject.message
    assert reasons(decode("", **LOCAL)) == [Reason.MALFORMED]
    assert reasons(decode("one line", skip_lines=5, **LOCAL)) == [Reason.MALFORMED]


def test_json_records_at_a_path_nulls_and_numbers_as_text() -> None:
    value = {"energy": {"values": [
        {"date": "2026-10-25 02:00:00 CEST+0200", "value": 1234.5678901},
        {"date": "2026-10-25 02:15:00 CET+0100", "value": None},
        {"date": "2026-10-25 02:00:00 CET+0100", "value": 2},
        {"date": "x", "value": 2},
    ]}}  # fmt: skip
    got = decode(
        json.dumps(value), "a.json", format="json", records="energy.values", meter="007", time="{date}",
        time_format="%Y-%m-%d %H:%M:%S %Z%z", quantity="{value}", unit="Wh", missing=["-"],
    )  # fmt: skip
    assert got.readings.quantity.tolist() == [1_234_568, 2_000]
    assert got.rounded_sum == {"grid_import": str(1_234_568 - Fraction("1234567.8901"))}
    assert [(one.reason, one.position) for one in got.rejects] == [(Reason.MALFORMED, "item 4")]


def test_json_lines_arrays_and_nested_names() -> None:
    rows = [{"at": "2026-11-01T00:00:00Z", "power": {"solar": "1.5"}, "m.x": "007"}]
    options = {"format": "json", "meter": "{m.x}", "time": "{at}", "quantity": "{power.solar}"}
    for text in (json.dumps(rows), json.dumps(rows[0]), json.dumps(rows[0]) + "\n" + "{"):
        got = decode(text, "a.json", **options)
        assert got.readings.quantity.tolist() == [1_500_000]
    assert reasons(got) == [Reason.MALFORMED]
    cut = decode(json.dumps(rows * 2)[:-3], "a.json", **options)
    assert len(cut.readings) == 1
    assert reasons(cut) == [Reason.MALFORMED]
    got = decode(json.dumps(rows), "a.json", **(options | {"quantity": "{power.wind}"}))
    assert "power.wind" in got.rejects[0].message
    assert reasons(decode("{}", "a.json", records="a.b", **options)) == [Reason.MALFORMED]
