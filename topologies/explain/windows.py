"""Which window a person means: 2026, 2026-Q1, 2026-03, 2026-03-02, 2026-03-02T10:15+08:00."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from streams.settle import calendar
from streams.settle.calendar import Window

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
FORMS = "2026, 2026-Q1, 2026-03, 2026-03-02 or 2026-03-02T10:15"


def instant_of(text: str, zone: ZoneInfo) -> tuple[int, str]:
    """Epoch seconds of the beginning of what is written, and the grain that it is a window of.

    A time without offset is local. ValueError says what can be written.
    """
    if found := re.fullmatch(r"(\d{4})", text):
        return calendar.midnight(date(int(found[1]), 1, 1), zone), "year"
    if found := re.fullmatch(r"(\d{4})-?[Qq]([1-4])", text):
        first = date(int(found[1]), int(found[2]) * 3 - 2, 1)
        return calendar.midnight(first, zone), "quarter"
    try:
        if re.fullmatch(r"\d{4}-\d\d", text):
            return calendar.midnight(date.fromisoformat(f"{text}-01"), zone), "month"
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return calendar.midnight(date.fromisoformat(text), zone), "day"
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' names no window; write {FORMS}") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=zone)
    return int(instant.timestamp()), "base"


def window_at(instant: int, grain: str, zone: ZoneInfo, base_s: int) -> Window:
    """The window of a grain that an instant lies in."""
    if grain == "base":
        start = instant // base_s * base_s
        return Window(start, start + base_s)
    day = calendar.local_date(instant, zone)
    if grain == "hour":
        hours = calendar.hours(day, zone, base_s)
        return next(window for window, _ in hours if window.start <= instant < window.end)
    if grain == "day":
        return calendar.day_window(day, zone)
    months = _MONTHS[grain]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return calendar.span_window(first, months, zone)
