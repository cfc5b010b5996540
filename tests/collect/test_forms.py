"""JSON of every outer form, events around it, local clocks in our own forms, units by other names."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest

from schemas.reading import Decoded, Reason
from streams.collect import SourceRules
from tests.collect.world import at, collector, frame

COLLECTOR = collector()
A = {"meter": "M1/import", "start": "2026-11-01T00:00:00Z", "quantity": "1"}
B = {"meter": "M1/import", "start": "2026-11-01T00:15:00Z", "quantity": 2}
EVENT = {"specversion": "1.0", "id": "7", "source": "/gateway", "type": "reading"}


def decode(text: str, source: str = "a.json", **rules) -> Decoded:
    return COLLECTOR.decode(frame(text.encode(), source), SourceRules(**rules))


def reasons(decoded: Decoded) -> list[Reason]:
    return [reject.reason for reject in decoded.rejects]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([A, B]),
        json.dumps([A, B], indent=2),
        json.dumps(A) + "\n" + json.dumps(B),
        json.dumps(EVENT | {"data": [A, B]}),
        json.dumps([EVENT | {"data": A}, EVENT | {"data": B}]),
        json.dumps(EVENT | {"data": A}) + "\n" + json.dumps(B),
        "\ufeff" + json.dumps([A, B]),
    ],
)
@pytest.mark.parametrize("source", ["a.json", "gateway-7"])
def test_an_object_an_array_lines_and_events(text: str, source: str) -> None:
    got = decode(text, source)
    assert got.rejects == []
    assert sorted(got.readings.quantity.tolist()) == [1_000_000, 2_000_000]


def test_one_object_over_many_lines() -> None:
    assert len(decode(json.dumps(A, indent=4)).readings) == 1


def test_lines_may_carry_events_and_arrays() -> None:
    text = "\n".join([json.dumps(EVENT | {"data": A}), json.dumps([A, B, 3]), json.dumps(EVENT)])
    got = decode(text, "a.jsonl")
    assert len(got.readings) == 3
    assert [(one.reason, one.position) for one in got.rejects] == [
        (Reason.MALFORMED, "line 2, item 3"),
        (Reason.MALFORMED, "line 3"),
    ]


@pytest.mark.parametrize(
    ("text", "taken", "refused"),
    [
        (json.dumps([A, B])[:-5], 1, 1),
        (json.dumps([A, B]) + "x", 2, 1),
        ('[{"meter": NaN}, ' + json.dumps(A) + "]", 1, 1),
        ("[" + json.dumps(A) + ", {broken}, " + json.dumps(B) + "]", 2, 1),
        ("[]", 0, 0),
        ("[", 0, 1),
        ("[" + json.dumps(A) + ",", 1, 1),
        ("[" + json.dumps(A) + ", {}", 1, 1),
        (json.dumps([[A]]), 0, 1),
        (json.dumps(EVENT | {"data": EVENT | {"data": A}}), 0, 1),
        (json.dumps(EVENT | {"data_base64": "§"}), 0, 1),
        (json.dumps(EVENT | {"data_base64": "/////w=="}), 0, 1),
    ],
)
def test_what_is_whole_in_a_broken_array_counts(text: str, taken: int, refused: int) -> None:
    got = decode(text)
    assert (len(got.readings), len(got.rejects)) == (taken, refused)


def test_naive_times_of_our_own_forms_with_a_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    labels = ["02:30", "02:45", "02:00", "02:15", "03:00"]
    lines = [json.dumps(A | {"start": f"2026-10-25T{label}:00"}) for label in labels]
    got = decode("\n".join(lines), "a.jsonl", zone=berlin)
    first = at("2026-10-25T02:30:00+02:00")
    assert got.readings.start.tolist() == [
        first,
        first + 900,
        first + 1800,
        first + 2700,
        first + 5400,
    ]
    rows = ["meter,start,quantity", *(f"M1/import,2026-10-25 {label},1" for label in labels)]
    assert decode("\n".join(rows), "a.csv", zone=berlin).readings.start.tolist() == (
        got.readings.start.tolist()
    )
    assert reasons(decode("\n".join(lines), "a.jsonl")) == [Reason.NAIVE_TIME] * 5


def test_a_unit_by_another_name_is_taken_before_and_after_it_is_known() -> None:
    fresh = collector()
    text = "\n".join(json.dumps(A | {"unit": unit}) for unit in ("千瓦时", "万千瓦时", "ton"))
    for _ in range(3):
        got = fresh.decode(frame(text.encode()), SourceRules())
        assert got.readings.quantity.tolist() == [1_000_000, 10_000_000_000]
        assert reasons(got) == [Reason.UNIT_MISMATCH]
    kwh = json.dumps(A | {"unit": "MJ", "meter": "水-1"})
    assert fresh.decode(frame(kwh.encode()), SourceRules()).readings.quantity.tolist() == [1_000]
    assert fresh.decode(frame(kwh.encode()), SourceRules()).readings.quantity.tolist() == [1_000]


def test_rounding_is_the_same_before_and_after_a_unit_is_known() -> None:
    fresh = collector()
    text = json.dumps(A | {"unit": "BTU", "quantity": "1.2345"}).encode()
    once, again = (fresh.decode(frame(text), SourceRules()) for _ in range(2))
    assert once.rounded == again.rounded == 1
    assert once.rounded_sum == again.rounded_sum
