"""R9 as questions to the tables: is an entity its children and its remainder, a window its parts?

The tables alone answer, from rows as they are published: a row that is wrong, missing or one too
many is found, whoever wrote it. Sums are exact decimals; days are taken a few at a time, so that
memory does not grow with the books.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from streams.settle import calendar

Ask = Callable[[str], bytes]
"""Answers one SELECT as JSON, an array of objects: `lambda sql: tables.query(sql, "json")`."""

FIGURES = (
    "quantity", "consumption", "quantity_estimated", "quantity_declared", "quantity_apportioned",
    "quantity_measured", "quantity_edited", "co2e_location_g", "co2e_market_g", "co2e_apart_g",
    "kgce", "kgce_primary", "minutes_expected", "minutes_reported",
)  # fmt: skip
"""What is summed over time. Not the remainder: where the meters of an entity cancel it has one, but
no rollup to show it."""

LONGER = (("day", "month", "toStartOfMonth"), ("month", "quarter", "toStartOfQuarter"),
          ("quarter", "year", "toStartOfYear"))  # fmt: skip
"""(part, window, what gives the first day of the window that a part lies in)."""

ROWS_AT_ONCE, INTERVALS_AT_ONCE = 1_500_000, 3_000
"""Base rows that are summed at a time (memory), and base intervals (length of the statement)."""
SHOWN = 5


@dataclass(slots=True)
class Conservation:
    """How many cells of the tables were checked against the cells they are the sum of."""

    space: int = 0
    """Quantities held to children + remainder (R9 a)."""
    time: int = 0
    """Figures of windows held to the sum of their parts (R9 b)."""
    differing: int = 0
    first: list[str] = field(default_factory=list)
    """The first few that differ, in words."""

    @property
    def cells(self) -> int:
        """Everything that was checked."""
        return self.space + self.time

    @property
    def holds(self) -> bool:
        """Does everything add up?"""
        return self.differing == 0

    def take(self, row: dict[str, Any]) -> int:
        """Add what one statement counted; returns how many cells it checked."""
        self.differing += int(row["differing"])
        self.first += row["first"][: max(0, SHOWN - len(self.first))]
        return int(row["cells"])


def conserve(
    ask: Ask,
    zone: ZoneInfo,
    base_s: int,
    *,
    days: Iterable[date] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Conservation:
    """R9 (a) and (b) over the local days given (None: all there are) and the windows they lie in.

    progress(done, total) hears of days. Raises SinkError where the tables cannot be asked.
    """
    found = Conservation()
    rows = _rows_by_day(ask, None if days is None else sorted(set(days)))
    done = 0
    for some in _at_a_time(rows, base_s):
        first, last = (calendar.day_window(day, zone) for day in (some[0], some[-1]))
        between = f"start >= {_at(first.start)} AND start < {_at(last.end)}"
        found.space += found.take(_one(ask, _space(between)))
        hours, whole_days = _whole_of(some, zone, base_s)
        found.time += found.take(_one(ask, _time("base", "hour", between, hours)))
        found.time += found.take(_one(ask, _time("hour", "day", between, whole_days)))
        done += len(some)
        if progress is not None:
            progress(done, len(rows))
    for year in sorted({day.year for day in rows}):
        between = f"toYear(start) = {year}"
        for part, window, of in LONGER:
            expression = f"toUnixTimestamp(toDateTime({of}(start), '{zone}'))"
            found.time += found.take(_one(ask, _time(part, window, between, expression)))
    return found


def days_since(ask: Ask, version: int) -> list[date]:
    """The local days of which a rollup was written with a higher version than this."""
    sql = (
        "SELECT DISTINCT toString(toDate(start)) AS day FROM rollups "
        f"WHERE grain IN ('base', 'hour', 'day') AND version > {version} ORDER BY day"
    )
    return [date.fromisoformat(row["day"]) for row in json.loads(ask(sql))]


def _rows_by_day(ask: Ask, days: list[date] | None) -> dict[date, int]:
    """Base rows by local day, in order; days that have other rows only are there with none."""
    between = "1"
    if days is not None:
        if not days:
            return {}
        between = f"toDate(start) BETWEEN '{days[0]}' AND '{days[-1]}'"
    sql = (
        "SELECT toString(toDate(start)) AS day, countIf(grain = 'base') AS n FROM rollups "
        f"WHERE grain IN ('base', 'hour', 'day') AND {between} GROUP BY day ORDER BY day"
    )
    found = {date.fromisoformat(row["day"]): int(row["n"]) for row in json.loads(ask(sql))}
    return found if days is None else {day: n for day, n in found.items() if day in set(days)}


def _at_a_time(rows: dict[date, int], base_s: int) -> Iterator[list[date]]:
    """Runs of neighbouring days, few enough for memory."""
    most = max(1, INTERVALS_AT_ONCE * base_s // 86_400)
    some: list[date] = []
    held = 0
    for day, n in rows.items():
        apart = some and (day - some[-1]).days != 1
        if some and (apart or held + n > ROWS_AT_ONCE or len(some) >= most):
            yield some
            some, held = [], 0
        some.append(day)
        held += n
    if some:
        yield some


def _whole_of(days: list[date], zone: ZoneInfo, base_s: int) -> tuple[str, str]:
    """Expressions: start of the hour that a base interval lies in, of the day that an hour lies in."""
    base: dict[int, int] = {}
    hour: dict[int, int] = {}
    for day in days:
        midnight = calendar.midnight(day, zone)
        for window, parts in calendar.hours(day, zone, base_s):
            base |= {part.start: window.start for part in parts}
            hour[window.start] = midnight
    return _looked_up(base), _looked_up(hour)


def _looked_up(whole: dict[int, int]) -> str:
    parts, wholes = list(whole), list(whole.values())
    return f"transform(toUnixTimestamp(start), {parts}, {wholes}, 0)"


def _at(instant: int) -> str:
    return f"toDateTime({instant})"


def _one(ask: Ask, sql: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = json.loads(ask(sql))
    return rows[0]


def _space(between: str) -> str:
    """An entity is the sum of its children at that instant and its remainder; null counts nothing."""
    rows = f"FROM rollups_current WHERE grain = 'base' AND {between}"
    return f"""
    SELECT count() AS cells, countIf(off != 0) AS differing,
        groupArrayIf({SHOWN})(concat(entity, ' ', flow, ' base ', toString(start),
            ': children + remainder are off by ', toString(-off)), off != 0) AS first
    FROM (
        SELECT entity, flow, start, sum(x) AS off FROM (
            SELECT entity, flow, start, 1 AS own,
                ifNull(quantity, 0) - ifNull(remainder, 0) AS x {rows}
            UNION ALL
            SELECT h.parent AS entity, b.flow AS flow, b.start AS start, 0 AS own, b.x AS x
            FROM (SELECT entity, flow, start, -ifNull(quantity, 0) AS x {rows}) AS b
            INNER JOIN (SELECT * FROM entity_history WHERE parent != '') AS h
                ON h.entity = b.entity
            WHERE h.valid_from <= b.start AND (h.valid_to IS NULL OR b.start < h.valid_to)
        )
        GROUP BY entity, flow, start HAVING max(own) = 1
    )"""


def _time(part: str, window: str, between: str, whole_of: str) -> str:
    """A window's figures are the sums of its parts'; only a sum of nothing but nulls is null.

    The parts' sum counts against the window's figure: nothing may be left, and both or neither is null.
    """
    number = range(len(FIGURES))
    sums = ", ".join(f"sum(c.{f}) AS x{i}" for i, f in enumerate(FIGURES))
    taken = ", ".join(f"-c.{f} AS x{i}" for i, f in enumerate(FIGURES))
    left = ", ".join(f"sum(x{i}) AS d{i}, count(x{i}) AS n{i}" for i in number)
    right = [f"(n{i} = 0 OR n{i} = 2 AND d{i} = 0)" for i in number]
    wrong = " + ".join(f"if({one}, 0, 1)" for one in right)
    which = ", ".join(
        f"if({right[i]}, '', concat(' {FIGURES[i]} ', if(n{i} = 1, 'on one side only: ', "
        f"'off by '), toString(assumeNotNull(d{i}))))"
        for i in number
    )
    rows = f"FROM rollups_current AS c WHERE {between}"
    return f"""
    SELECT count() * {len(FIGURES)} AS cells, sum(wrong) AS differing,
        groupArrayIf({SHOWN})(concat(entity, ' ', flow, ' {window} ', toString(toDateTime(whole)),
            ' against its parts:', {which}), wrong > 0) AS first
    FROM (
        SELECT *, {wrong} AS wrong FROM (
            SELECT entity, flow, whole, {left} FROM (
                SELECT entity, flow, {whole_of} AS whole, {sums} {rows} AND grain = '{part}'
                GROUP BY entity, flow, whole
                UNION ALL
                SELECT entity, flow, toUnixTimestamp(start) AS whole, {taken} {rows}
                AND grain = '{window}'
            )
            GROUP BY entity, flow, whole
        )
    )"""
