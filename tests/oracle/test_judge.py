"""From a JSON line to a reading or a reason, by hand: 4.2, 4.3, R1, R2."""

from __future__ import annotations

import json
from datetime import datetime
from fractions import Fraction

import pytest

from oracle.judge import Source, Verdict, judge, judge_line
from oracle.records import EntityRow, MeterRow, Reading
from schemas.reading import Reason
from tests.oracle.tables import clock, given, ids, rows

RECEIVED = clock("2d00:00")
METERS = (
    MeterRow("M", "mill", "grid_import", 900, until=clock("12:00")),
    MeterRow("M", "mill", "grid_import", 900, multiplier=Fraction(1, 3), since=clock("12:00")),
    MeterRow("H", "mill", "grid_import", 3600, unit="MWh"),
    MeterRow("F", "mill", "grid_import", 300),
    MeterRow("G", "mill", "grid_import", 900, since=clock("01:00"), until=clock("02:00")),
    MeterRow("G", "mill", "grid_import", 900, since=clock("03:00")),
)
RATIOS = {("MWh", "kWh"): Fraction(1000), ("MJ", "kWh"): Fraction(10, 36)}
GIVEN = given((EntityRow("mill"),), METERS, ratios=RATIOS)
EDITOR = Source(may=frozenset({"measured", "edited"}))


METER = Source()


def say(source: Source = METER, received: int = RECEIVED, **fields: object) -> Verdict:
    """A reading of M from 00:00 to 00:15, with other fields; None leaves one out."""
    whole = {"meter": "M", "start": "2024-01-01T00:00+08:00", "end": "2024-01-01T00:15+08:00"}
    told = {**whole, "quantity": "1.5", **fields}
    told = {name: value for name, value in told.items() if value is not None}
    return judge_line(json.dumps(told).encode(), GIVEN, source, received)


REASONS = {
    Reason.MALFORMED: [
        {"meter": None},
        {"meter": 17},
        {"meter": ""},
        {"start": None},
        {"start": 1_704_038_400},
        {"start": "yesterday"},
        {"start": "2024-02-30T00:00Z"},
        {"start": "2024-01-01T24:01Z"},
        {"start": "2024-01-01T00:00+25:00"},
        {"quantity": None},
        {"unit": 5},
        {"quality": "guessed"},
        {"quality": 3},
        {"revision": -1},
        {"revision": 2**53},
        {"revision": 1.5},
        {"revision": "two"},
        {"quality": "edited", "author": "li"},
        {"quality": "edited", "reason": "as billed"},
    ],
    Reason.NOT_A_NUMBER: [
        {"quantity": text} for text in ("NaN", "Infinity", "-inf", "12,5", "1_000", "", "0x10", "१")
    ]
    + [{"quantity": True}, {"quantity": [1]}],
    Reason.NOT_ALLOWED: [
        {"quality": "edited", "author": "li", "reason": "as billed"},
        {"quality": "apportioned"},
    ],
    Reason.UNKNOWN_METER: [{"meter": "m"}, {"meter": "M "}],
    Reason.UNIT_MISMATCH: [{"unit": "t"}, {"unit": "m3"}, {"unit": "kwh?"}],
    Reason.NAIVE_TIME: [{"start": "2024-01-01T00:00"}, {"end": "2024-01-01 00:15"}],
    Reason.BAD_INTERVAL: [
        {"end": "2024-01-01T00:00+08:00"},
        {"end": "2023-12-31T00:00+08:00"},
        {"end": "2024-01-01T00:10+08:00"},
        {"start": "2024-01-01T00:00:00.5+08:00"},
        {"meter": "F", "end": "2024-01-01T00:07+08:00"},
    ],
    Reason.OUT_OF_VALIDITY: [
        {"meter": "G"},
        {"meter": "G", "start": "2024-01-01T01:45+08:00", "end": "2024-01-01T03:15+08:00"},
        {"start": "2000-01-01T23:45+08:00", "end": "2000-01-02T00:15+08:00"},
        {"start": "1970-01-01T00:00Z", "end": "1970-01-01T00:15Z"},
    ],
    Reason.IN_THE_FUTURE: [{"start": "2024-01-03T01:00+08:00", "end": "2024-01-03T01:15+08:00"}],
    Reason.NEGATIVE_QUANTITY: [{"quantity": "-1"}, {"quantity": -1e-9}, {"quantity": "-1e400"}],
    Reason.IMPLAUSIBLE: [
        {"quantity": "1000000000.000001"},
        {"quantity": "1000001", "unit": "MWh"},
        {"quantity": "1e400"},
        {"quantity": "1e999999999"},
    ],
}
CASES = [(reason, fields) for reason, all_fields in REASONS.items() for fields in all_fields]


@pytest.mark.parametrize(("reason", "fields"), CASES, ids=str)
def test_a_reason(reason: Reason, fields: dict[str, object]) -> None:
    assert say(**fields).reason == reason


def test_every_reason_that_a_reading_can_have_has_a_case() -> None:
    assert set(REASONS) == set(Reason) - {Reason.UNKNOWN_DECODER}


# One reading with everything wrong, put right from the first reason on: the next one is told.
PUT_RIGHT = [
    {"quality": "edited", "author": "li", "reason": "as billed"},
    {"quantity": "-1e12"},
    {"quality": "measured"},
    {"meter": "G"},
    {"unit": "kWh"},
    {"start": "2024-01-04T00:05+08:00", "end": "2024-01-04T00:00+08:00"},
    {"start": "2024-01-01T00:00+08:00", "end": "2024-01-04T00:00+08:00"},
    {"meter": "M"},
    {"end": "2024-01-01T00:15+08:00"},
    {"quantity": "1e12"},
    {"quantity": "1"},
]


def test_the_order_of_precedence() -> None:
    fields: dict[str, object] = {
        "meter": "nobody",
        "start": "2024-01-04T00:05",
        "end": "2024-01-04T00:00",
        "quantity": "NaN",
        "unit": "t",
        "quality": "edited",
    }
    told = [say(**fields).reason]
    for right in PUT_RIGHT:
        fields |= right
        told.append(say(**fields).reason)
    assert told == [*REASONS, None]


LINES = [
    b"",
    b"null",
    b"17",
    b"[1, 2]",
    b'{"meter": "M"',
    b'{"meter": "\xff"}',
    b"\x00",
    b"[" * 9999,
]


@pytest.mark.parametrize("line", LINES, ids=repr)
def test_what_is_no_reading_is_malformed(line: bytes) -> None:
    assert judge_line(line, GIVEN, Source(), RECEIVED).reason == Reason.MALFORMED


def test_a_number_that_json_does_not_know_makes_the_line_malformed() -> None:
    line = b'{"meter": "M", "start": "2024-01-01T00:00Z", "quantity": NaN}'
    assert judge_line(line, GIVEN, Source(), RECEIVED).reason == Reason.MALFORMED


# Quantity, unit and hour of the day; M counts times 1/3 from 12:00 on. In 10**-6 kWh.
CONVERTED = """
quantity   unit at    | kept          added
1.5        kWh  00:00 | 1500000       0
1.5        -    00:00 | 1500000       0
0          kWh  00:00 | 0             0
1.5e3      kWh  00:00 | 1500000000    0
0.0000005  kWh  00:00 | 0             -1/2     # half to even
0.0000015  kWh  00:00 | 2             1/2
0.0000025  kWh  00:00 | 2             -1/2
0.00000051 kWh  00:00 | 1             49/100
1          MJ   00:00 | 277778        2/9
1          kWh  12:00 | 333333        -1/3
2          kWh  12:00 | 666667        1/3
1          MWh  12:00 | 333333333     -1/3
1000000    MWh  00:00 | 1000000000000000 0     # just plausible
1e-999999  kWh  00:00 | 0             -        # smaller than it is worth to say
"""


@pytest.mark.parametrize("row", rows(CONVERTED), ids=ids(CONVERTED))
def test_converted_and_rounded_half_even_once(row: dict[str, str]) -> None:
    start = datetime.fromisoformat(f"2024-01-01T{row['at']}+08:00")
    unit = None if row["unit"] == "-" else row["unit"]
    verdict = say(start=start.isoformat(), end=None, quantity=row["quantity"], unit=unit)
    assert verdict.reading
    assert verdict.reading.quantity == int(row["kept"])
    if row["added"] != "-":
        assert verdict.rounding == Fraction(row["added"])


def test_the_meters_unit_and_interval_are_the_defaults() -> None:
    verdict = say(meter="H", end=None)
    want = Reading("H", clock("00:00"), clock("01:00"), 1_500_000_000, 3, 0)
    assert verdict.reading == want


def test_an_edit_may_void() -> None:
    fields = {"quality": "edited", "author": "li", "reason": "counted twice", "revision": 2}
    verdict = say(EDITOR, quantity=None, **fields)
    assert verdict.reading == Reading("M", clock("00:00"), clock("00:15"), None, 4, 2)


TIMES = """
text                       | start
2023-12-31T16:00:00Z       | 00:00
2023-12-31t16:00z          | 00:00
2024-01-01T00:00:00+0800   | 00:00
2024-01-01T00:00:00.000+08 | 00:00
2023-12-31T24:00:00+08:00  | 00:00
2023-12-31T11:30:00-04:30  | 00:00
"""


@pytest.mark.parametrize("row", rows(TIMES), ids=ids(TIMES))
def test_one_instant_in_many_forms(row: dict[str, str]) -> None:
    verdict = say(start=row["text"], end=None)
    assert verdict.reading
    assert verdict.reading.start == clock(row["start"])


NAIVE = """
zone          text                | offset
Asia/Shanghai 2024-01-01T00:00    | +08:00
Europe/Berlin 2023-07-01T02:00    | +02:00
Europe/Berlin 2023-03-26T02:30    | none    # does not exist
Europe/Berlin 2023-10-29T02:30    | none    # there are two
Europe/Berlin 2023-10-29T03:00    | +01:00
"""


@pytest.mark.parametrize("row", rows(NAIVE), ids=ids(NAIVE))
def test_naive_times_of_a_source_that_declares_its_zone(row: dict[str, str]) -> None:
    verdict = say(Source(zone=row["zone"]), start=row["text"], end=None)
    if row["offset"] == "none":
        assert verdict.reason == Reason.NAIVE_TIME
    else:
        moment = datetime.fromisoformat(row["text"] + row["offset"])
        assert verdict.reading
        assert verdict.reading.start == moment.timestamp()


def test_a_source_may_declare_how_far_a_time_is_moved() -> None:
    times = {"start": "2024-01-01T00:00:20+08:00", "end": "2024-01-01T00:14:30+08:00"}
    assert say(Source(align_s=29), **times).reason == Reason.BAD_INTERVAL
    verdict = say(Source(align_s=30), **times)
    assert verdict.reading
    assert verdict.reading[1:3] == (clock("00:00"), clock("00:15"))


def test_receipt_is_an_hour_before_what_is_just_allowed() -> None:
    end = {"start": "2024-01-03T00:45+08:00", "end": "2024-01-03T01:00+08:00"}
    assert say(**end).reason is None
    assert say(received=RECEIVED - 1, **end).reason == Reason.IN_THE_FUTURE


def test_plain_values_are_judged_as_json_is() -> None:
    raw = {"meter": "M", "start": "2024-01-01T00:00+08:00", "quantity": 3}
    verdict = judge(raw, GIVEN, Source(), RECEIVED)
    assert verdict.reading == Reading("M", clock("00:00"), clock("00:15"), 3_000_000, 3, 0)
    assert judge(None, GIVEN, Source(), RECEIVED).reason == Reason.MALFORMED
