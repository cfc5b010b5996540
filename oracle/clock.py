"""R1: windows of the local calendar: hours and longer are cut in the workspace's time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Window = tuple[int, int]
"""`[start, end)` in epoch seconds."""


def local(instant: int, zone: str) -> datetime:
    """The wall clock of the zone at an instant."""
    return datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(zone))


def midnight(day: date, zone: str) -> int:
    """The instant at which a local date begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


@lru_cache(maxsize=100_000)
def hour_of(instant: int, zone: str) -> Window:
    """The local hour: minutes that show the same date, hour and side of a clock change."""

    def shows(moment: int) -> tuple[date, int, int]:
        clock = local(moment, zone)
        return clock.date(), clock.hour, clock.fold

    label = shows(instant)
    start = instant - instant % 60
    while shows(start - 60) == label:
        start -= 60
    end = start + 60
    while shows(end) == label:
        end += 60
    return start, end


def dates_of(instant: int, grain: str, zone: str) -> tuple[date, date]:
    """First date of the local day, month, quarter or year of an instant, and of the next one."""
    today = local(instant, zone).date()
    if grain == "day":
        return today, today + timedelta(days=1)
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    first = (today.month - 1) // months * months
    after = first + months
    return date(today.year, first + 1, 1), date(today.year + after // 12, after % 12 + 1, 1)


@lru_cache(maxsize=100_000)
def window_of(instant: int, grain: str, zone: str, base_s: int) -> Window:
    """The window of a grain that holds an instant."""
    if grain == "base":
        start = instant // base_s * base_s
        return start, start + base_s
    if grain == "hour":
        return hour_of(instant, zone)
    first, after = dates_of(instant, grain, zone)
    return midnight(first, zone), midnight(after, zone)


def days_between(begin: int, end: int, zone: str) -> Iterator[Window]:
    """The local days that overlap `[begin, end)`, in order."""
    while begin < end:
        start, after = window_of(begin, "day", zone, 60)
        yield start, after
        begin = after
