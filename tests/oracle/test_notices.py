"""Findings by hand."""

from __future__ import annotations

import pytest

from oracle import account
from oracle.records import EntityRow, Finding, MeterRow, Reading
from tests.oracle.tables import clock, factor, given, ids, reading, rows, units

TREE = (EntityRow("mill", None, "CN"), EntityRow("line", "mill"), EntityRow("works", None))
METERS = (
    MeterRow("main", "mill", "grid_import", 900),
    MeterRow("roof", "mill", "onsite_solar", 900),
    MeterRow("out", "mill", "grid_export", 900),
    MeterRow("sub", "line", "grid_import", 900, sub_of=("main", "roof")),
    MeterRow("steam", "mill", "steam", 900, supplied_by="works"),
)
GIVEN = given(TREE, METERS, (factor(500), factor(0, "onsite_solar"), factor(1, "steam")))


def findings(said: list[Reading], kind: str) -> list[Finding]:
    return sorted(f for f in account(said, GIVEN).findings if f.kind == kind)


def four(*quantities: str, at: str = "00:00", end: str = "00:15") -> list[Reading]:
    """Readings of main, roof, out and sub at one time; `-` is silent."""
    named = zip(("main", "roof", "out", "sub"), quantities, strict=True)
    return [
        reading({"meter": meter, "start": at, "end": end, "quantity": quantity})
        for meter, quantity in named
        if quantity != "-"
    ]


# The mill's remainder in consumption: main + roof - out - sub.
REMAINDERS = """
main roof out sub | value
10   0    0   9   | none
10   0    0   10  | none   # zero is not negative
10   0    0   12  | -2
10   5    0   12  | none   # behind import and solar
10   5    4   12  | -1     # what is sold does not reach the line
0    0    0   1   | -1
10   0    -   12  | none   # not all meters concerned reported
-    0    0   12  | none
10   0    0   -   | none
"""


@pytest.mark.parametrize("row", rows(REMAINDERS), ids=ids(REMAINDERS))
def test_negative_remainder(row: dict[str, str]) -> None:
    *quantities, value = row.values()
    want = []
    if value != "none":
        span = (clock("00:00"), clock("00:15"))
        want = [Finding("negative_remainder", "mill", "electricity", *span, units(value))]
    assert findings(four(*quantities), "negative_remainder") == want


def test_adjacent_intervals_of_a_day_are_one_finding() -> None:
    said: list[Reading] = []
    for at, end, sub in (
        ("00:00", "00:15", "11"),
        ("00:15", "00:30", "12"),
        ("00:30", "00:45", "1"),
        ("00:45", "01:00", "13"),
        ("23:45", "24:00", "14"),
        ("1d00:00", "1d00:15", "15"),
    ):
        said += four("10", "0", "0", sub, at=at, end=end)
    told = [(f.start, f.end, f.value) for f in findings(said, "negative_remainder")]
    assert told == [
        (clock("00:00"), clock("00:30"), units("-3")),
        (clock("00:45"), clock("01:00"), units("-3")),
        (clock("23:45"), clock("24:00"), units("-4")),
        (clock("1d00:00"), clock("1d00:15"), units("-5")),
    ]


def test_what_supplied_meters_take_off_is_no_negative_remainder() -> None:
    said = [reading({"meter": "steam", "start": "00:00", "end": "00:15", "quantity": "7"})]
    assert findings(said, "negative_remainder") == []


def test_a_conflict_is_told_once_for_the_reading() -> None:
    said = [
        reading({"meter": "main", "start": "00:00", "end": "00:30", "quantity": quantity})
        for quantity in ("4", "6")
    ]
    said.append(reading({"meter": "main", "start": "00:15", "end": "00:30", "quantity": "1"}))
    told = [Finding("conflict", "main", "grid_import", clock("00:00"), clock("00:30"))]
    want = [told[0]._replace(value=units("6"), other=units("4"))]
    assert findings(said, "conflict") == want


# A longer reading of 10 over 00:00-00:30, and what else is said of its time.
MISMATCHES = """
quality   first second | value
measured  -     -      | none   # its own parts
measured  4     6      | none
measured  4     7      | 11
measured  4     -      | 9      # 4 + the part of 5 that stands
declared  4     7      | 11
estimated 4     7      | none   # an estimate is no sum to hold to
edited    4     7      | none
"""


@pytest.mark.parametrize("row", rows(MISMATCHES), ids=ids(MISMATCHES))
def test_sum_mismatch(row: dict[str, str]) -> None:
    span = {"meter": "main", "start": "00:00", "end": "00:30"}
    said = [reading({**span, "quantity": "10", "quality": row["quality"]})]
    for at, end, quantity in (("00:00", "00:15", row["first"]), ("00:15", "00:30", row["second"])):
        if quantity != "-":
            fine = {"meter": "main", "start": at, "end": end, "quantity": quantity}
            said.append(reading(fine))
    want = []
    if row["value"] != "none":
        ends = (clock("00:00"), clock("00:30"))
        head = ("sum_mismatch", "main", "grid_import", *ends)
        want = [Finding(*head, units(row["value"]), units("10"))]
    assert findings(said, "sum_mismatch") == want


def test_only_the_preferred_reading_of_a_time_is_held_to_its_cells() -> None:
    span = {"meter": "main", "start": "00:00", "end": "00:30"}
    old = reading({**span, "quantity": "9"})
    new = reading({**span, "quantity": "10", "revision": "1"})
    assert findings([old, new], "sum_mismatch") == []
    edit = reading({**span, "quantity": "8", "quality": "edited"})
    assert findings([old, new, edit], "sum_mismatch") == []


def test_a_longer_reading_over_two_days() -> None:
    span = {"meter": "main", "start": "23:30", "end": "1d00:30", "quality": "declared"}
    said = [reading({**span, "quantity": "4"})]
    said.append(reading({"meter": "main", "start": "1d00:15", "end": "1d00:30", "quantity": "5"}))
    told = findings(said, "sum_mismatch")
    assert [(f.value, f.other) for f in told] == [(units("8"), units("4"))]


def test_no_factor_is_told_per_local_day() -> None:
    bare = given(TREE, METERS, (factor(500, start=clock("1d00:00")),))
    said = four("1", "-", "-", "1") + four("1", "-", "-", "-", at="1d00:00", end="1d00:15")
    found = account(said, bare).findings
    day = (clock("00:00"), clock("24:00"))
    want = {Finding("no_factor", name, "grid_import", *day) for name in ("mill", "line")}
    assert found == want
