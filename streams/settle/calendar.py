"""Windows: hours, days, months, quarters and years in the workspace's time zone (R1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """[start, end) in epoch seconds."""

    start: int
    end: int


def midnight(day: date, zone: ZoneInfo) -> int:
    """The instant at which a local day starts."""
    return int(datetime.combine(day, time(), zone).timestamp())


def local_date(instant: int, zone: ZoneInfo) -> date:
    """The local day that an instant lies in."""
    return datetime.fromtimestamp(instant, zone).date()


def day_window(day: date, zone: ZoneInfo) -> Window:
    """A local day: 24 hours, or 23, or 25."""
    return Window(midnight(day, zone), midnight(day + timedelta(days=1), zone))


def month_of(day: date) -> date:
    """First day of its month."""
    return day.replace(day=1)


def quarter_of(day: date) -> date:
    """First day of its quarter."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def year_of(day: date) -> date:
    """First day of its year."""
    return day.replace(month=1, day=1)


def months_later(first: date, months: int) -> date:
    """The first of a later month."""
    n = first.year * 12 + first.month - 1 + months
    return date(n // 12, n % 12 + 1, 1)


def span_window(first: date, months: int, zone: ZoneInfo) -> Window:
    """The window of `months` months from the first of a month on."""
    return Window(midnight(first, zone), midnight(months_later(first, months), zone))


@lru_cache(maxsize=512)
def hours(day: date, zone: ZoneInfo, base_s: int) -> tuple[tuple[Window, tuple[Window, ...]], ...]:
    """The local hours of a day, each with its base intervals.

    An hour that the clocks repeat is two windows; a half-hour shift makes hours of 30 minutes. Where
    the base interval is longer than an hour, each base interval is its own window.
    """
    whole = day_window(day, zone)
    groups: dict[tuple[int, int], list[Window]] = {}
    for start in range(whole.start, whole.end, base_s):
        local = datetime.fromtimestamp(start, zone)
        offset = local.utcoffset()
        assert offset is not None
        shift = int(offset.total_seconds())
        key = ((start + shift) // max(3600, base_s), shift)
        groups.setdefault(key, []).append(Window(start, start + base_s))
    return tuple((Window(g[0].start, g[-1].end), tuple(g)) for g in groups.values())


def text(instant: int, zone: ZoneInfo) -> str:
    """An instant as people of the workspace read it."""
    return datetime.fromtimestamp(instant, zone).isoformat(timespec="minutes")


def utc(instant: int) -> datetime:
    """An instant as an aware datetime."""
    return datetime.fromtimestamp(instant, UTC)
