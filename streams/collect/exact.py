"""The exact path: one reading at a time, every rule of 4.2 and 4.3 in order of precedence.

It is slow and says why. The hot loops hand it whatever they do not fully understand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from fractions import Fraction
from typing import Any, NamedTuple

from schemas.compiled import Compiled
from schemas.reading import (
    QUALITIES,
    QUANTITY_MAX,
    QUANTITY_SCALE,
    REVISION_END,
    VOID,
    Rank,
    Reason,
)
from streams.collect.kernel import grid_point
from streams.collect.numbers import Amount, read_amount
from streams.collect.raw import Number, Raw, Refused
from streams.collect.tables import Conversions
from streams.collect.times import NS, Stamp, instants_s, read_stamp

DAY_S = 86_400
RANKS = {name: Rank(number) for number, name in enumerate(QUALITIES)}


class Taken(NamedTuple):
    """A reading as `Readings` holds it, with what its rounding lost and whether it was aligned."""

    slot: int
    start: int
    end: int
    quantity: int
    rank: int
    revision: int
    error: Fraction
    aligned: bool


@dataclass(slots=True)
class Facts:
    """What the exact path looks up: the registry by meter id."""

    compiled: Compiled
    conversions: Conversions
    slot_of: dict[str, int]
    fact_at: list[int]
    span: list[int]
    since: int
    tolerance_s: int


@dataclass(slots=True)
class Case:
    """What holds for the readings of a frame."""

    received_us: int
    may: frozenset[Rank]
    align_s: int
    zone: tzinfo | None
    revision: int = 0
    folds: dict[int, int] = field(default_factory=dict)
    """By number of the reading: the instant of its ambiguous start, told by the order of rows."""


class Written(NamedTuple):
    """A well-formed reading whose values have not been judged."""

    start: Stamp | int
    end: Stamp | int | None
    amount: Amount | None
    rank: Rank
    revision: int


def judge(raw: Raw, facts: Facts, case: Case, place: int = -1) -> Taken:
    """The reading of `raw`, or Refused with the first reason that holds (4.3).

    `place` is the number of the reading in its frame, by which `case.folds` knows it.
    """
    written = _read(raw, case)
    if written.rank is Rank.APPORTIONED:
        raise Refused(Reason.NOT_ALLOWED, "`apportioned` is computed here, never taken from a source; "
                      "send `measured`, `estimated` or `declared`")  # fmt: skip
    if written.rank not in case.may:
        word = QUALITIES[written.rank]
        raise Refused(Reason.NOT_ALLOWED, f"this source may not give `{word}` readings; allow it with "
                      f"`may: [{word}]` at the source in everygram.yaml")  # fmt: skip
    slot = facts.slot_of.get(raw.meter)
    if slot is None:
        raise Refused(Reason.UNKNOWN_METER, f"meter {_show(raw.meter)} is not in the registry; add it to "
                      "registry/meters.csv, or correct the id")  # fmt: skip
    ratio = _unit(raw, slot, facts)
    start, end, aligned = _interval(raw, written, slot, facts, case, place)
    row = _valid(slot, start, end, facts)
    if end * 1_000_000 > case.received_us + facts.tolerance_s * 1_000_000:
        raise Refused(Reason.IN_THE_FUTURE, f"it ends at {_utc(end)}, later than its receipt allows; "
                      "correct the clock or the zone of the source")  # fmt: skip
    quantity, error = _quantity(raw, written, slot, row, ratio, facts)
    return Taken(slot, start, end, quantity, int(written.rank), written.revision, error, aligned)


def _malformed(message: str) -> Refused:
    return Refused(Reason.MALFORMED, message)


def _show(value: object) -> str:
    text = repr(value if not isinstance(value, Number) else str(value))
    return text if len(text) <= 80 else text[:77] + "…'"


def _utc(second: int) -> str:
    try:
        return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return f"second {second}"


def _text(value: Any, name: str) -> str | None:
    """The text of a field; None where it is absent; a value of another type is malformed."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or isinstance(value, Number):
        raise _malformed(f"`{name}` must be a text, not {_show(value)}")
    return value


def _read(raw: Raw, case: Case) -> Written:
    """All that can be malformed, then whether the quantity is a number."""
    if _text(raw.meter, "meter") is None:
        raise _malformed("`meter` is missing: whose reading is it?")
    start = _time(raw.start, "start")
    if start is None:
        raise _malformed("`start` is missing: when does the interval begin?")
    end = _time(raw.end, "end")
    _text(raw.unit, "unit")
    rank = RANKS.get(_text(raw.quality, "quality") or "measured")
    if rank is None:
        raise _malformed(
            f"quality {_show(raw.quality)} is none of {', '.join(QUALITIES)}; "
            "in a mapping, `qualities` translates the file's words"
        )
    revision = _revision(raw.revision, case)
    text = _quantity_text(raw.quantity)
    author, reason = _text(raw.author, "author"), _text(raw.reason, "reason")
    if rank is Rank.EDITED:
        if not (author or "").strip() or not (reason or "").strip():
            raise _malformed("an edit must name its `author` and its `reason`")
    elif text is None:
        raise _malformed("`quantity` is missing (only an edit may leave it out)")
    amount = None if text is None else read_amount(text, raw.grammar)
    if text is not None and amount is None:
        comma = (
            "; a mapping says what its comma is: `decimal` or `thousands`" if "," in text else ""
        )
        raise Refused(Reason.NOT_A_NUMBER, f"quantity {_show(text)} is not a plain decimal number like "
                      f"12.345{comma}")  # fmt: skip
    return Written(start, end, amount, rank, revision)


def _quantity_text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _malformed(f"`quantity` must be a number or a text, not {_show(value)}")
    return value


def _time(value: Any, name: str) -> Stamp | int | None:
    if isinstance(value, (Stamp, int)) and not isinstance(value, bool):
        return value
    text = _text(value, name)
    if text is None:
        return None
    stamp = read_stamp(text)
    if stamp is None:
        raise _malformed(f"`{name}` {_show(text)} is no time; write 2026-11-20T08:00:00+08:00")
    return stamp


def _revision(value: Any, case: Case) -> int:
    if value is None or value == "":
        return case.revision
    if (
        not isinstance(value, Number)
        or not value.isascii()
        or not value.isdigit()
        or len(value) > 16
    ):
        raise _malformed(f"`revision` must be a whole number from 0, not {_show(value)}")
    revision = int(value)
    if revision >= REVISION_END:
        raise _malformed(f"`revision` {value} is not below 2^53")
    return revision


def _unit(raw: Raw, slot: int, facts: Facts) -> Fraction | None:
    """Native units in the unit named; None where the meter's own holds."""
    if not raw.unit:
        return Fraction(1) if raw.native else None
    ratio = facts.conversions.ratio(raw.unit, int(facts.compiled.meter_flow[slot]))
    if isinstance(ratio, ValueError):
        raise Refused(Reason.UNIT_MISMATCH, f"meter {_show(raw.meter)}: {ratio}")
    return ratio


def _instant(stamp: Stamp | int, name: str, case: Case) -> list[int]:
    """The instants (ns) that a time may mean; more than one where its zone's clock is set back."""
    if isinstance(stamp, int):
        return [stamp * NS]
    if not stamp.naive:
        return [stamp.instant_ns()]
    if case.zone is None:
        raise Refused(Reason.NAIVE_TIME, f"`{name}` says no offset from UTC and the source declares no "
                      "`zone`; write 2026-11-20T08:00:00+08:00, or declare the zone")  # fmt: skip
    second, rest = divmod(stamp.local_ns, NS)
    found = instants_s(case.zone, second)
    if not found:
        raise Refused(Reason.NAIVE_TIME, f"`{name}` does not exist in {case.zone}: the clock was set "
                      "forward over it")  # fmt: skip
    return [instant * NS + rest for instant in found]


def _interval(
    raw: Raw, written: Written, slot: int, facts: Facts, case: Case, place: int
) -> tuple[int, int, bool]:
    """Start and end in epoch seconds on the grid of the meter's cell, and whether they were moved."""
    label = _label(written.start, case, place)
    cell = int(facts.compiled.meter_cell_s[slot])
    begin = _grid(label, cell, case)
    aligned = begin != label
    if written.end is not None:
        end = _ends(written, label, case)
        stop = _grid(end, cell, case)
        aligned = aligned or stop != end
    else:
        length = raw.interval_s or int(facts.compiled.meter_interval_s[slot])
        if length <= 0:
            raise _malformed("`end` is missing and the meter has no interval")
        other = _other_end(written.start, begin, -length if raw.by_end else length, case)
        begin, stop = (other, begin) if raw.by_end else (begin, other)
    if stop <= begin:
        raise Refused(Reason.BAD_INTERVAL, "it ends before it begins, or at once")
    for name, ns in (("start", begin), ("end", stop)):
        if ns % (cell * NS):
            raise Refused(Reason.BAD_INTERVAL, f"`{name}` is not on the meter's grid of {cell} s counted "
                          "from 00:00 UTC; correct it, or declare `align` at the source")  # fmt: skip
    return begin // NS, stop // NS, aligned


def _label(stamp: Stamp | int, case: Case, place: int) -> int:
    """The instant (ns) of a reading's label; of two the one that the order of rows tells (R1)."""
    found = _instant(stamp, "start", case)
    if len(found) == 1:
        return found[0]
    known = case.folds.get(place)
    if known is None:
        raise Refused(Reason.NAIVE_TIME, "its time occurs twice that day and the order of the meter's "
                      "rows does not tell which it is; give its offset")  # fmt: skip
    return known * NS


def _other_end(stamp: Stamp | int, ns: int, length: int, case: Case) -> int:
    """The end that is not written: whole days of a local clock may have 23 or 25 hours."""
    if length % DAY_S == 0 and isinstance(stamp, Stamp) and stamp.naive and case.zone is not None:
        days = instants_s(case.zone, stamp.local_ns // NS + length)
        if len(days) == 1 and stamp.local_ns % NS == 0:
            return days[0] * NS
    return ns + length * NS


def _ends(written: Written, start_ns: int, case: Case) -> int:
    """The end as an instant: of two candidates the one that fits the length as written."""
    assert written.end is not None
    found = _instant(written.end, "end", case)
    if isinstance(written.start, Stamp) and isinstance(written.end, Stamp) and written.start.naive:
        span = written.end.local_ns - written.start.local_ns
        if written.end.naive and span > 0 and start_ns + span in found:
            return start_ns + span
    return next((ns for ns in found if ns > start_ns), found[0])


def _grid(ns: int, cell: int, case: Case) -> int:
    return int(grid_point(ns, cell * NS, case.align_s * NS))


def _valid(slot: int, start: int, end: int, facts: Facts) -> int:
    """The meter's row valid at `start`, inside whose run of touching rows the reading lies."""
    columns = facts.compiled.facts
    if start < facts.since:
        raise Refused(Reason.OUT_OF_VALIDITY, f"it starts at {_utc(start)}, before the workspace's "
                      f"`since` ({_utc(facts.since)}): a clock that fell back?")  # fmt: skip
    for row in range(facts.fact_at[slot], facts.fact_at[slot + 1]):
        if columns.since[row] <= start < columns.until[row] and end <= facts.span[row]:
            return row
    raise Refused(Reason.OUT_OF_VALIDITY, f"{_utc(start)} to {_utc(end)} is not inside the meter's "
                  "validity; see its valid_from and valid_to in registry/meters.csv")  # fmt: skip


def _quantity(
    raw: Raw, written: Written, slot: int, row: int, ratio: Fraction | None, facts: Facts
) -> tuple[int, Fraction]:
    """Count of 10**-6 native units, rounded half-even once, and (rounded - exact) (R2)."""
    amount = written.amount
    if amount is None:
        return VOID, Fraction(0)
    if amount.negative:
        raise Refused(Reason.NEGATIVE_QUANTITY, "a reading is never negative; energy that goes the other "
                      "way is another meter (import and export)")  # fmt: skip
    if amount.beyond:
        raise _implausible()
    columns = facts.compiled.facts
    if ratio is None:
        own = facts.conversions.ratio(columns.unit[row], int(facts.compiled.meter_flow[slot]))
        if isinstance(own, ValueError):
            raise Refused(Reason.UNIT_MISMATCH, f"the meter's own unit: {own}")
        ratio = own
    factor = ratio * Fraction(columns.multiplier_num[row], columns.multiplier_den[row])
    exact = amount.exact() * raw.scale * factor * QUANTITY_SCALE
    quantity = round(exact)
    if quantity > QUANTITY_MAX:
        raise _implausible()
    return quantity, quantity - exact


def _implausible() -> Refused:
    return Refused(Reason.IMPLAUSIBLE, "more than 10^9 native units (or finer than any meter counts) in "
                   "one reading; check the unit and the multiplier")  # fmt: skip
