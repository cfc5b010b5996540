"""Small values of workspace files as exact types: durations, zones, ratios, dates, templates."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from fractions import Fraction
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, PlainSerializer, PlainValidator, WithJsonSchema

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_OFFSET = re.compile(r"^(?:UTC)?([+-])(\d{2}):?(\d{2})$")
_RATIO = re.compile(
    r"^\d{1,30}(?:\.\d{1,30})?(?:e[+-]?\d{1,2})?(?:\s*/\s*\d{1,30}(?:\.\d{1,30})?)?$"
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:")
_NAME = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


def parse_duration(value: object) -> int:
    """Seconds of `15m`, `1h`, `30s`, `1d`."""
    match = re.fullmatch(r"(\d{1,9})\s*([smhd])", str(value).strip())
    if match is None or int(match[1]) == 0:
        raise ValueError(
            f"'{value}' is no duration; write a whole number and s, m, h or d: 15m, 1h"
        )
    return int(match[1]) * _SECONDS[match[2]]


def parse_zone(value: object) -> tzinfo:
    """A time zone by its IANA name (`Asia/Shanghai`) or a fixed offset (`+08:00`)."""
    if isinstance(value, tzinfo):
        return value
    if match := _OFFSET.match(str(value)):
        delta = timedelta(hours=int(match[2]), minutes=int(match[3]))
        if delta < timedelta(days=1):
            return timezone(delta if match[1] == "+" else -delta)
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"'{value}' is no time zone; write a name like Asia/Shanghai or an offset like +08:00"
        ) from error


def parse_ratio(value: object) -> Fraction:
    """An exact number above zero: `40`, `0.1`, `1/3`, `4/1000`."""
    text = str(value).strip().lower()
    if not isinstance(value, Fraction) and not _RATIO.match(text):
        raise ValueError(f"'{value}' is no number above zero; write 40, 0.1 or a fraction like 1/3")
    above, _, below = text.partition("/")
    if below and Fraction(below.strip()) == 0:
        raise ValueError(f"'{value}' divides by zero")
    ratio = Fraction(above.strip()) / (Fraction(below.strip()) if below else 1)
    if ratio <= 0:
        raise ValueError(f"'{value}' is not above zero")
    return ratio


def parse_instant(value: object, zone: tzinfo) -> int:
    """Epoch seconds of a date (local midnight in `zone`) or of an instant with its offset (R1)."""
    text = str(value).strip()
    try:
        if _DATE.fullmatch(text):
            midnight = datetime.combine(date.fromisoformat(text), time(), zone)
            return int(midnight.timestamp())
        if not _INSTANT.match(text):
            raise ValueError(text)
        instant = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"'{text}' is no date; write 2026-01-31, or an instant like 2026-01-31T08:00:00+08:00"
        ) from error
    if instant.tzinfo is None or instant.microsecond:
        raise ValueError(f"'{text}' needs its offset from UTC and whole seconds")
    return int(instant.timestamp())


def template_names(template: str) -> list[str]:
    """The names in braces of a template: `{EAN}/{Register}` has EAN and Register."""
    return [match[1] for match in _NAME.finditer(template) if match[1] is not None]


def parse_template(value: object) -> str:
    """Text with column names in braces; `{{` and `}}` stand for braces."""
    text = str(value)
    if "{" in _NAME.sub("", text) or "}" in _NAME.sub("", text) or "" in template_names(text):
        raise ValueError(f"'{text}' has an odd brace; write a column as {{name}}")
    return text


def _format_duration(seconds: int) -> str:
    unit = next(unit for unit in "dhms" if seconds % _SECONDS[unit] == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


def _text_schema(description: str, *examples: str, numbers: bool = False) -> WithJsonSchema:
    kinds = ["string", "number"] if numbers else "string"
    return WithJsonSchema({"type": kinds, "description": description, "examples": list(examples)})


Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    PlainSerializer(_format_duration, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d+\s*[smhd]$", "examples": ["15m", "1h", "30s"]}
    ),
]
"""Seconds, written as `15m`."""

Zone = Annotated[
    tzinfo,
    PlainValidator(parse_zone),
    PlainSerializer(str, return_type=str),
    _text_schema("IANA name or offset from UTC", "Asia/Shanghai", "+08:00"),
]
"""A time zone, written as its name or offset."""

Ratio = Annotated[
    Fraction,
    PlainValidator(parse_ratio),
    PlainSerializer(str, return_type=str),
    _text_schema("An exact number or fraction above zero", "0.001", "4/1000", numbers=True),
]
"""An exact positive number."""

Template = Annotated[
    str,
    BeforeValidator(parse_template),
    _text_schema("A constant, or columns in braces", "{EAN}/{Register}", "kWh", numbers=True),
]
"""A constant, or text with columns in braces: `{EAN}/{Register}`."""
