"""From a JSON line to a reading, or to the first reason that refuses it (4.2, 4.3)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from oracle.records import Given, MeterRow, Reading
from oracle.tree import valid
from schemas.reading import QUALITIES, QUANTITY_MAX, QUANTITY_SCALE, REVISION_END, Rank, Reason

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"(?: ?([Zz]|[+-]\d\d(?::?\d\d)?))?",
    re.ASCII,
)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_WIDEST = 60
"""A power of ten beyond it is judged by its sign and size alone, never computed."""


class Number(str):
    """The text of a JSON number, as it came."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Source:
    """What the workspace says of the source of a reading."""

    may: frozenset[str] = frozenset({"estimated", "declared", "measured"})
    zone: str | None = None
    align_s: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """A reading, or the reason why there is none; and what rounding added (10**-6 native units)."""

    reading: Reading | None = None
    reason: Reason | None = None
    rounding: Fraction = Fraction(0)


class _RefusedError(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def _constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def parse_line(line: bytes) -> object:
    """One JSON text, its numbers kept as text; ValueError where it is none."""
    return json.loads(
        line.decode("utf-8"), parse_float=Number, parse_int=Number, parse_constant=_constant
    )


def judge_line(line: bytes, given: Given, source: Source, received: int) -> Verdict:
    """Judge one line of JSON that holds one object."""
    try:
        raw = parse_line(line)
    except (ValueError, RecursionError):
        return Verdict(reason=Reason.MALFORMED)
    return judge(raw, given, source, received)


def judge(raw: object, given: Given, source: Source, received: int) -> Verdict:
    """Judge one reading as a JSON-like object; `received` is its receipt in epoch seconds.

    The first reason that holds, in the order of 4.3, is told.
    """
    try:
        return _judge(raw, given, source, received)
    except _RefusedError as refused:
        return Verdict(reason=refused.reason)


def _judge(raw: object, given: Given, source: Source, received: int) -> Verdict:
    if not isinstance(raw, Mapping):
        raise _RefusedError(Reason.MALFORMED)
    quality, revision, stamps = _well_formed(raw)
    amount = _amount(raw.get("quantity"))
    if quality not in source.may:
        raise _RefusedError(Reason.NOT_ALLOWED)
    rows = [row for row in given.meters if row.meter == raw["meter"]]
    if not rows:
        raise _RefusedError(Reason.UNKNOWN_METER)
    native = next(flow.unit for flow in given.flows if flow.name == rows[0].flow)
    if raw.get("unit") is not None and _ratio(raw["unit"], native, given) is None:
        raise _RefusedError(Reason.UNIT_MISMATCH)
    times = [_instant(stamp, source.zone) for stamp in stamps]
    start, end = _interval(times, rows[0], given, source)
    row = _valid_row(rows, start, end, given)
    if end > received + given.settings.ahead_s:
        raise _RefusedError(Reason.IN_THE_FUTURE)
    ratio = _ratio(raw.get("unit") or row.unit or native, native, given)
    assert ratio is not None
    quantity, rounding = _converted(amount, ratio * row.multiplier)
    rank = QUALITIES.index(quality)
    return Verdict(Reading(row.meter, start, end, quantity, rank, revision), None, rounding)


def _well_formed(raw: Mapping[str, object]) -> tuple[str, int, list[re.Match[str]]]:
    """Quality, revision and times as written; all that makes a reading `malformed`."""
    quality = raw.get("quality") if raw.get("quality") is not None else "measured"
    edit = quality == QUALITIES[Rank.EDITED]
    wrong = (
        not _is_text(raw.get("meter"))
        or not isinstance(quality, str)
        or quality not in QUALITIES
        or not (raw.get("unit") is None or _is_text(raw.get("unit")))
        or (raw.get("quantity") is None and not edit)
        or (edit and not (_is_text(raw.get("author")) and _is_text(raw.get("reason"))))
    )
    revision = raw.get("revision") if raw.get("revision") is not None else 0
    if isinstance(revision, Number) and re.fullmatch(r"-?\d{1,20}", revision):
        revision = int(revision)
    if wrong or type(revision) is not int or not 0 <= revision < REVISION_END:
        raise _RefusedError(Reason.MALFORMED)
    texts = [raw.get("start")] + ([raw["end"]] if raw.get("end") is not None else [])
    stamps = [_stamp(text) for text in texts]
    assert isinstance(quality, str)
    return quality, revision, stamps


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, Number) and value != ""


def _stamp(text: object) -> re.Match[str]:
    found = _TIME.fullmatch(text) if isinstance(text, str) and _is_text(text) else None
    if found is None:
        raise _RefusedError(Reason.MALFORMED)
    try:
        _clock(found)
    except (ValueError, OverflowError):
        raise _RefusedError(Reason.MALFORMED) from None
    return found


def _clock(stamp: re.Match[str]) -> tuple[datetime, Fraction]:
    """The wall clock as written, and the fraction of a second; `24:00` is the midnight after."""
    day, hour, minute, second = (
        stamp[1],
        int(stamp[2] or 0),
        int(stamp[3] or 0),
        int(stamp[4] or 0),
    )
    fraction = Fraction(int(stamp[5]), 10 ** len(stamp[5])) if stamp[5] else Fraction(0)
    if minute > 59 or second > 59 or (hour, minute, second) > (24, 0, 0):
        raise ValueError(stamp[0])
    if (hour, minute, second) == (24, 0, 0) and fraction:
        raise ValueError(stamp[0])
    _offset(stamp)
    clock = datetime.fromisoformat(day) + timedelta(hours=hour, minutes=minute, seconds=second)
    return clock, fraction


def _offset(stamp: re.Match[str]) -> int | None:
    text = stamp[6]
    if text is None:
        return None
    if text in "Zz":
        return 0
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    return (-1 if text[0] == "-" else 1) * (hours * 3600 + minutes * 60)


def _instant(stamp: re.Match[str], zone: str | None) -> Fraction:
    """R1: a naive time needs a zone, and there must be exactly one instant that it shows."""
    clock, fraction = _clock(stamp)
    offset = _offset(stamp)
    if offset is not None:
        return int(clock.replace(tzinfo=UTC).timestamp()) - offset + fraction
    if zone is None:
        raise _RefusedError(Reason.NAIVE_TIME)
    shown = set()
    for fold in (0, 1):
        moment = clock.replace(tzinfo=ZoneInfo(zone), fold=fold)
        back = moment.astimezone(UTC).astimezone(ZoneInfo(zone))
        if back.replace(tzinfo=None) == clock:
            shown.add(int(moment.timestamp()))
    if len(shown) != 1:
        raise _RefusedError(Reason.NAIVE_TIME)
    return shown.pop() + fraction


def _interval(
    times: list[Fraction], row: MeterRow, given: Given, source: Source
) -> tuple[int, int]:
    """R4: start and end, on the grid of the finer of the meter's interval and the base interval."""
    grid = min(row.interval_s, given.settings.base_s)
    if len(times) == 1:
        times = [times[0], times[0] + row.interval_s]
    ends = []
    for instant in times:
        near = round(instant / grid) * grid
        if abs(instant - near) > source.align_s:
            raise _RefusedError(Reason.BAD_INTERVAL)
        ends.append(near)
    if ends[0] >= ends[1]:
        raise _RefusedError(Reason.BAD_INTERVAL)
    return ends[0], ends[1]


def _valid_row(rows: list[MeterRow], start: int, end: int, given: Given) -> MeterRow:
    """R4: the row at the start; rows that touch are one, and the reading lies inside them."""
    if start < given.settings.since:
        raise _RefusedError(Reason.OUT_OF_VALIDITY)
    row = valid(rows, start)
    reached = start
    while reached < end:
        here = valid(rows, reached)
        if here is None:
            raise _RefusedError(Reason.OUT_OF_VALIDITY)
        reached = here.until
    assert row is not None
    return row


def _ratio(unit: object, native: str, given: Given) -> Fraction | None:
    if unit == native:
        return Fraction(1)
    return given.ratios.get((str(unit), native))


def _amount(value: object) -> Decimal | None:
    """The quantity as written; None where an edit carries none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise _RefusedError(Reason.NOT_A_NUMBER)
    text = str(value)
    if not _NUMBER.fullmatch(text):
        raise _RefusedError(Reason.NOT_A_NUMBER)
    return Decimal(_tame(text))


def _tame(text: str) -> str:
    """The number with an exponent that Decimal can hold; it is 0 or too much all the same."""
    digits, _, exponent = text.lower().partition("e")
    power = exponent.lstrip("+-").lstrip("0") or "0"
    sign = "-" if exponent.startswith("-") else ""
    return f"{digits}e{sign}{power if len(power) < 7 else 10**6}"


def _converted(amount: Decimal | None, ratio: Fraction) -> tuple[int | None, Fraction]:
    """R2: times ratio and multiplier, rounded half-even once; and what the rounding added."""
    if amount is None:
        return None, Fraction(0)
    if amount < 0:
        raise _RefusedError(Reason.NEGATIVE_QUANTITY)
    if amount and amount.adjusted() > _WIDEST:
        raise _RefusedError(Reason.IMPLAUSIBLE)
    if amount and amount.adjusted() < -_WIDEST * 10:
        return 0, Fraction(0)
    exact = Fraction(amount) * ratio * QUANTITY_SCALE
    rounded = round(exact)
    if rounded > QUANTITY_MAX:
        raise _RefusedError(Reason.IMPLAUSIBLE)
    return rounded, rounded - exact
