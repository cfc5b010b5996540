"""Every reject reason, and that the first in the order of the list is told even when several hold."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

from schemas.reading import Decoded, Rank, Reason
from streams.collect import Collector, SourceRules
from tests.collect.world import collector, frame

GOOD = {
    "meter": "M1/import",
    "start": "2026-11-20T08:00:00+08:00",
    "end": "2026-11-20T08:15:00+08:00",
    "quantity": "12.345",
    "unit": "kWh",
    "quality": "measured",
    "revision": 0,
}
WRONG = {
    Reason.MALFORMED: {"revision": -1},
    Reason.NOT_A_NUMBER: {"quantity": "1_000"},
    Reason.NOT_ALLOWED: {"quality": "apportioned"},
    Reason.UNKNOWN_METER: {"meter": "M9"},
    Reason.UNIT_MISMATCH: {"unit": "Nm3"},
    Reason.NAIVE_TIME: {"start": "2026-11-20T08:00:00"},
    Reason.BAD_INTERVAL: {"end": "2026-11-20T08:20:00+08:00"},
    Reason.OUT_OF_VALIDITY: {"start": "1970-01-01T00:00:00Z"},
    Reason.IN_THE_FUTURE: {"end": "2027-11-20T08:15:00+08:00"},
    Reason.NEGATIVE_QUANTITY: {"quantity": "-1"},
    Reason.IMPLAUSIBLE: {"quantity": "1000000000.000001"},
}
COLLECTOR = collector()


def decode(
    line: str | bytes, rules: SourceRules | None = None, by: Collector = COLLECTOR
) -> Decoded:
    data = line if isinstance(line, bytes) else line.encode()
    return by.decode(frame(data), rules or SourceRules())


def reason(line: str | bytes, rules: SourceRules | None = None) -> Reason:
    decoded = decode(line, rules)
    assert len(decoded.readings) == 0
    (reject,) = decoded.rejects
    assert len(reject.message) > 10
    return reject.reason


def row(**change: object) -> str:
    return json.dumps(GOOD | change)


def test_the_good_reading_is_taken() -> None:
    decoded = decode(row())
    assert decoded.rejects == []
    assert decoded.readings.quantity.tolist() == [12_345_000]
    assert decoded.readings.rank.tolist() == [Rank.MEASURED]


@pytest.mark.parametrize(("expected", "change"), list(WRONG.items()))
def test_each_reason(expected: Reason, change: dict[str, object]) -> None:
    assert reason(row(**change)) is expected


PAIRS = [pair for pair in combinations(WRONG, 2) if not set(WRONG[pair[0]]) & set(WRONG[pair[1]])]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_first_reason_of_two_is_told(first: Reason, second: Reason) -> None:
    assert list(Reason).index(first) < list(Reason).index(second)
    assert reason(row(**(WRONG[first] | WRONG[second]))) is first


@pytest.mark.parametrize(
    ("both", "expected"),
    [
        ({"start": "2027-11-20T08:00:00", "quantity": "-1"}, Reason.NAIVE_TIME),
        ({"start": "1970-01-01T00:01:00Z"}, Reason.BAD_INTERVAL),
        ({"quantity": "-1e999999999"}, Reason.NEGATIVE_QUANTITY),
        ({"meter": "M9", "quantity": "-1e99"}, Reason.UNKNOWN_METER),
        ({"start": "1970-01-01T00:00:00Z", "end": "2099-01-01T00:00:00Z"}, Reason.OUT_OF_VALIDITY),
    ],
)
def test_two_wrongs_in_one_field(both: dict[str, object], expected: Reason) -> None:
    assert reason(row(**both)) is expected


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "true",
        "3",
        '"text"',
        "{",
        "{}",
        "[1]",
        '[{"meter": "M1/import"}]',
        '{"meter": "M1/import", "start": "2026-11-20T08:00:00+08:00"',
        '{"meter": "M1/import" "start": 1}',
        row()[:-1],
        row() + row(),
        row() + "x",
        row().replace("}", ",}"),
        row(meter=None),
        row(meter=""),
        row(meter=12345),
        row(meter=["M1/import"]),
        row(start=1_790_000_000),
        row(start="yesterday"),
        row(start="2026-02-30T00:00:00Z"),
        row(start="2026-11-20T25:00:00Z"),
        row(start="2026-11-20T08:00:60+08:00"),
        row(start=None),
        row(end=True),
        row(quantity=None),
        row(quantity=True),
        row(quantity=[1]),
        row(quantity={}),
        row(quality="good"),
        row(quality=3),
        row(revision="0"),
        row(revision=1.5),
        row(revision=2**53),
        row(revision=10**400),
        row(unit=3),
        row(quality="edited"),
        row(quality="edited", author="me"),
        row(quality="edited", author=" ", reason="x"),
        '{"meter": "M1/import", "start": "2026-11-20T08:00:00+08:00", "quantity": 1, "meter": "M2"}',
        "[" * 100_000,
    ],
)
def test_malformed(text: str) -> None:
    assert reason(text) is Reason.MALFORMED


def test_blank_lines_are_no_readings() -> None:
    decoded = decode("\n  \n\r\n" + row() + "\n\n")
    assert len(decoded.readings) == 1
    assert decoded.rejects == []


@pytest.mark.parametrize(
    "text",
    [
        "1_000", "１２", "NaN", "nan", "Infinity", "-Infinity", "inf", "0x10", "1,5", "1.", ".5", "+1",
        "01", "1e", "1e5.5", " 1", "1 ", "--1", "12.345.6", "1e+", "٣", "1\u00a0000", "abc",
    ],
)  # fmt: skip
def test_not_a_number(text: str) -> None:
    assert reason(row(quantity=text)) is Reason.NOT_A_NUMBER


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity"])
def test_a_quantity_of_nan_without_quotes(token: str) -> None:
    assert reason(row().replace('"12.345"', token)) is Reason.NOT_A_NUMBER


@pytest.mark.parametrize(
    "text",
    ["1e400", "1e999999999", "1E+99", "1e-999999999", "9" * 500, "1000000000.0000006", "1e10"],
)
@pytest.mark.parametrize("quoted", [True, False])
def test_implausible_without_computing_it(text: str, quoted: bool) -> None:
    token = f'"{text}"' if quoted else text
    assert reason(row().replace('"12.345"', token)) is Reason.IMPLAUSIBLE


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("0", 0),
        ("-0", 0),
        ("-0.0", 0),
        ("0e999999999", 0),
        ("1e3", 1_000_000_000),
        ("1.5E-3", 1_500),
        ("1000000000", 10**15),
        ("1000000000.000000", 10**15),
        ("0.0000005", 0),
        ("0.0000015", 2),
        ("0.00000050000000000000000000000000000001", 1),
        ("3.1415926535897932384626", 3_141_593),
    ],
)
def test_numbers_are_read_as_decimal_text(text: str, micro: int) -> None:
    for token in (text, f'"{text}"'):
        decoded = decode(row().replace('"12.345"', token))
        assert decoded.readings.quantity.tolist() == [micro]


def test_edits_need_permission_author_and_reason_and_may_void() -> None:
    edit = row(quality="edited", author="li", reason="meter stuck", revision=3)
    assert reason(edit) is Reason.NOT_ALLOWED
    rules = SourceRules(may=frozenset({Rank.EDITED}))
    assert decode(edit, rules).readings.rank.tolist() == [Rank.EDITED]
    assert reason(row(), rules) is Reason.NOT_ALLOWED
    void = json.dumps(
        {
            "meter": "M1/import",
            "start": GOOD["start"],
            "quality": "edited",
            "author": "a",
            "reason": "b",
        }
    )
    assert decode(void, rules).readings.quantity.tolist() == [-1]
    everything = SourceRules(may=frozenset(Rank))
    assert reason(row(quality="apportioned"), everything) is Reason.NOT_ALLOWED


def test_defaults_of_unit_end_quality_and_revision() -> None:
    decoded = decode('{"meter": "M2", "start": "2026-11-01T00:00:00+08:00", "quantity": 1.5}')
    readings = decoded.readings
    assert readings.quantity.tolist() == [1_500 * 40 * 10**6]
    assert (readings.end - readings.start).tolist() == [86_400]
    assert readings.rank.tolist() == [Rank.MEASURED]
    assert readings.revision.tolist() == [0]


@pytest.mark.parametrize(
    ("start", "end", "ok"),
    [
        ("2026-01-31T23:45:00Z", "2026-02-01T00:15:00Z", True),
        ("2026-02-28T23:45:00Z", "2026-03-01T00:00:00Z", True),
        ("2026-02-28T23:45:00Z", "2026-03-01T00:15:00Z", False),
        ("2026-03-15T00:00:00Z", "2026-03-15T00:15:00Z", False),
        ("2025-12-31T23:45:00Z", "2026-01-01T00:00:00Z", False),
        ("2026-04-01T00:00:00Z", "2026-04-01T00:15:00Z", True),
    ],
)
def test_validity_of_rows_that_touch_is_one(start: str, end: str, ok: bool) -> None:
    line = row(meter="moved", start=start, end=end, quantity="1")
    if ok:
        assert decode(line).rejects == []
    else:
        assert reason(line) is Reason.OUT_OF_VALIDITY


def test_the_row_valid_at_the_start_gives_the_multiplier() -> None:
    line = row(
        meter="moved", start="2026-01-31T23:45:00Z", end="2026-02-01T00:15:00Z", quantity="1"
    )
    assert decode(line).readings.quantity.tolist() == [1_000_000]
    line = row(
        meter="moved", start="2026-02-01T00:00:00Z", end="2026-02-01T00:15:00Z", quantity="1"
    )
    assert decode(line).readings.quantity.tolist() == [2_000_000]


def test_the_future_begins_an_hour_after_receipt() -> None:
    late = row(start="2026-11-20T12:45:00Z", end="2026-11-20T13:00:00Z")
    assert decode(late).rejects == []
    assert (
        reason(row(start="2026-11-20T13:00:00Z", end="2026-11-20T13:15:00Z"))
        is Reason.IN_THE_FUTURE
    )


def test_align_moves_what_is_near_the_grid_and_counts_it() -> None:
    rules = SourceRules(align_s=30)
    near = decode(row(start="2026-11-20T08:00:12+08:00", end="2026-11-20T08:14:40+08:00"), rules)
    assert near.aligned == 1
    assert near.readings.start.tolist() == decode(row()).readings.start.tolist()
    assert near.readings.end.tolist() == decode(row()).readings.end.tolist()
    assert reason(row(start="2026-11-20T08:00:31+08:00"), rules) is Reason.BAD_INTERVAL
    fraction = decode(row(start="2026-11-20T08:00:00.250+08:00"), rules)
    assert fraction.aligned == 1
    assert reason(row(start="2026-11-20T08:00:00.250+08:00")) is Reason.BAD_INTERVAL


def test_what_is_lost_by_rounding_is_counted_and_summed_exactly() -> None:
    gas = '{"meter": "0012345", "start": "2026-11-20T08:00:00+08:00", "quantity": "%s"}'
    decoded = decode("\n".join([gas % "1", gas % "2", gas % "3", gas % "0.000000000000000001"]))
    assert decoded.rounded == 3
    assert decoded.rounded_sum == {"natural_gas": "-1/3000000000000"}
    assert decoded.readings.quantity.tolist()[:3] == [333_333, 666_667, 1_000_000]


def test_rejects_keep_place_payload_and_receipt() -> None:
    long = row(meter="x" * 5000)
    decoded = decode(f"{row()}\n\n{long}\n".encode() + b"\xff\n" + row().encode())
    assert [reject.position for reject in decoded.rejects] == ["line 3", "line 4"]
    assert len(decoded.rejects[0].payload) == 2000
    assert decoded.rejects[0].source == "data/a.jsonl"
    assert len(decoded.readings) == 2


def test_unknown_decoders() -> None:
    data = row().encode()
    for source, rules in (
        ("data/a.xlsx", SourceRules()),
        ("data/a.jsonl", SourceRules(decoder="dlms")),
    ):
        (reject,) = COLLECTOR.decode(frame(data, source), rules).rejects
        assert reject.reason is Reason.UNKNOWN_DECODER
