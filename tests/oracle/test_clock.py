"""R1 by hand: windows of the local calendar."""

from __future__ import annotations

from datetime import datetime

import pytest

from oracle.clock import days_between, window_of
from tests.oracle.tables import ids, rows

WINDOWS = """
zone          at                grain   | start                     end
Asia/Shanghai 2024-02-29T17:10Z base    | 2024-03-01T01:00+08:00    2024-03-01T01:15+08:00
Asia/Shanghai 2024-02-29T17:10Z hour    | 2024-03-01T01:00+08:00    2024-03-01T02:00+08:00
Asia/Shanghai 2024-02-29T17:10Z day     | 2024-03-01T00:00+08:00    2024-03-02T00:00+08:00
Asia/Shanghai 2024-02-29T17:10Z month   | 2024-03-01T00:00+08:00    2024-04-01T00:00+08:00
Asia/Shanghai 2024-02-29T17:10Z quarter | 2024-01-01T00:00+08:00    2024-04-01T00:00+08:00
Asia/Shanghai 2024-02-29T17:10Z year    | 2024-01-01T00:00+08:00    2025-01-01T00:00+08:00
Asia/Shanghai 2023-12-31T16:00Z year    | 2024-01-01T00:00+08:00    2025-01-01T00:00+08:00
Asia/Kolkata  2024-05-05T05:10Z hour    | 2024-05-05T10:00+05:30    2024-05-05T11:00+05:30
Europe/Berlin 2024-03-31T05:00Z day     | 2024-03-31T00:00+01:00    2024-04-01T00:00+02:00
Europe/Berlin 2024-03-31T01:30Z hour    | 2024-03-31T03:00+02:00    2024-03-31T04:00+02:00
Europe/Berlin 2024-10-27T00:30Z hour    | 2024-10-27T02:00+02:00    2024-10-27T02:00+01:00
Europe/Berlin 2024-10-27T01:30Z hour    | 2024-10-27T02:00+01:00    2024-10-27T03:00+01:00
Europe/Berlin 2024-10-27T05:00Z day     | 2024-10-27T00:00+02:00    2024-10-28T00:00+01:00
America/Havana 2024-11-03T04:30Z day    | 2024-11-03T00:00-04:00    2024-11-04T00:00-05:00
Africa/Cairo  2024-04-25T22:30Z day     | 2024-04-26T01:00+03:00    2024-04-27T00:00+03:00
"""


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize("row", rows(WINDOWS), ids=ids(WINDOWS))
def test_windows(row: dict[str, str]) -> None:
    window = window_of(at(row["at"]), row["grain"], row["zone"], 900)
    assert window == (at(row["start"]), at(row["end"]))


def test_days_of_a_change_of_the_clock_have_23_and_25_hours() -> None:
    days = list(days_between(at("2024-03-30T12:00Z"), at("2024-04-01T12:00Z"), "Europe/Berlin"))
    assert [(end - start) // 3600 for start, end in days] == [24, 23, 24]
    days = list(days_between(at("2024-10-27T12:00Z"), at("2024-10-27T13:00Z"), "Europe/Berlin"))
    assert [(end - start) // 3600 for start, end in days] == [25]
