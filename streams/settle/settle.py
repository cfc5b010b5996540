"""Settle: what changed in the book becomes rollups and findings (R6-R10).

The unit of recomputation is a local day: its intervals are folded anew, hours and the day are their
sums, months, quarters and years are sums of days. Only lines that a change reaches are given out.
"""

from __future__ import annotations

import os
import queue
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.compiled import Compiled
from schemas.rollup import GRAINS
from streams.book import Book
from streams.book.days import DAY_S
from streams.settle import calendar, findings
from streams.settle import columns as col
from streams.settle.calendar import Window
from streams.settle.emit import Emitter
from streams.settle.interval import Interval, IntervalFold
from streams.settle.lines import Lines
from streams.settle.longer import longer_findings
from streams.settle.rates import Factors, RateTable
from streams.settle.sums import Sums, day_names

__all__ = ["Settle", "Settled"]

Touched = NDArray[np.uint8]
ALL_GRAINS = frozenset(range(len(GRAINS)))
THREADS = min(8, os.cpu_count() or 1)
AT_A_TIME = 4 * THREADS
"""Days folded before the first of them is kept: bounds what waits in memory."""


class Write(Protocol):
    """Where rows go: `replaces` says that a published row may stand there already."""

    def __call__(self, table: str, rows: pa.Table, *, replaces: bool = False) -> None:
        """Take rows for a table."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How far the tables reflect the book: the span (base intervals) and the receipt clock they show."""

    span: tuple[int, int] | None = None
    now: int = 0


class Settle:
    """Turns changes of the book into rows, for one registry and one set of factors."""

    def __init__(
        self,
        folder: Path,
        compiled: Compiled,
        factors: Factors,
        book: Book,
        zone: ZoneInfo,
        base_s: int,
    ) -> None:
        self.zone, self.base_s, self.book = zone, base_s, book
        self.lines = Lines(compiled, book.slots_of_size)
        self.sums = Sums(folder / "sums", len(self.lines))
        self.findings = findings.FindingStore(folder / "findings")
        self._compiled = compiled
        rates = RateTable(compiled, factors)
        self.folds = [
            IntervalFold(compiled, self.lines, rates, factors, book) for _ in range(THREADS)
        ]
        """One for each thread: each has its own scratch arrays."""
        self.emitters = {again: Emitter(compiled, self.lines, factors) for again in (False, True)}
        """Rows of new windows, and rows that replace published ones, are written apart."""

    def run(
        self,
        before: Settled,
        now: int,
        version: int,
        write: Write,
        *,
        again: bool = False,
        grains: frozenset[int] = ALL_GRAINS,
        published: tuple[int, int] | None = None,
    ) -> Settled:
        """Fold what is dirty and give the rows to `write`; returns the new state.

        `again` gives out every line of the dirty days (what was sent before a kill is unknown);
        `grains` leaves windows of other sizes out; `published` is the span that has rows already where
        `before` does not tell.
        """
        span = self._span()
        if span is None:
            return Settled(None, now)
        after = Settled(span, now)
        pass_ = _Pass(self, before, after, version, write, again, grains, published)
        days = self._dirty_days() | pass_.days_by_clock_and_span()
        pass_.days(sorted(days))
        pass_.longer_windows(sorted(days))
        pass_.finish(sorted(days))
        self.book.dirty.clear()
        return Settled(span, now)

    def forget(self) -> None:
        """Forget sums and findings: everything is settled anew."""
        self.sums.clear()
        self.findings.clear()

    def _span(self) -> tuple[int, int] | None:
        if self.book.span is None:
            return None
        first, last = self.book.span
        return first // self.base_s * self.base_s, -(-last // self.base_s) * self.base_s

    def _dirty_days(self) -> set[date]:
        days = set()
        for day, changed in self.book.dirty.items():
            for n in np.flatnonzero(changed):
                days.add(calendar.local_date(day * DAY_S + int(n) * self.base_s, self.zone))
        return days


class _Pass:
    """One run of settle: what it was before, what it will be, and the rows on their way."""

    def __init__(
        self,
        settle: Settle,
        before: Settled,
        after: Settled,
        version: int,
        write: Write,
        again: bool,
        grains: frozenset[int],
        published: tuple[int, int] | None,
    ) -> None:
        self._s, self._before, self._after = settle, before, after
        self._version, self._write, self._again = version, write, again
        self._grains, self._published = grains, published or before.span
        assert after.span is not None
        self._span = Window(*after.span)
        self._in_conflict: set[int] = set()
        """Rows of longer readings that a folded cell shows in conflict."""
        self._touched: dict[date, Touched] = {}
        """By local day: the lines that a change reached there."""

    # -- what the clock and the span ask for ------------------------------------------------------

    def _whole(self, window: Window) -> bool:
        """Must every line of the window be given out: new in the span, or its time just ran out?"""
        if self._before.span is None:
            return True
        known = Window(*self._before.span)
        start, end = max(window.start, self._span.start), min(window.end, self._span.end)
        grown = start < known.start or end > known.end
        return grown or self._ran_out(window)

    def _ran_out(self, window: Window) -> bool:
        """Did the window's time run out since settle last looked?"""
        return self._before.now < window.end <= self._after.now

    def days_by_clock_and_span(self) -> set[date]:
        """Local days inside the span that no change made dirty, but its growth or the clock does."""
        if self._before.span is None:
            return set(self._days(self._span.start, self._span.end))
        known = Window(*self._before.span)
        days = {*self._days(self._span.start, known.start), *self._days(known.end, self._span.end)}
        inside = set(self._days(self._span.start, self._span.end))
        return days | (inside & set(self._days(self._before.now, self._after.now)))

    def _days(self, start: int, end: int) -> Iterator[date]:
        """The local days that [start, end) touches, as far as the span reaches."""
        zone = self._s.zone
        first = calendar.local_date(max(start, self._span.start - DAY_S), zone)
        last = calendar.local_date(min(end, self._span.end + DAY_S) - 1, zone)
        while start < end and first <= last:
            yield first
            first += timedelta(days=1)

    # -- days -------------------------------------------------------------------------------------

    def days(self, days: list[date]) -> None:
        """Fold local days: base intervals, hours and the days themselves.

        Where only days and longer windows are asked for, several are folded at a time.
        """
        if self._grains & {0, 1}:
            for day in days:
                self._keep(self._fold_day(day, self._s.folds[0]))
            return
        idle = queue.SimpleQueue[IntervalFold]()
        for fold in self._s.folds:
            idle.put(fold)

        def work(day: date) -> _Day:
            fold = idle.get()
            try:
                return self._fold_day(day, fold)
            finally:
                idle.put(fold)

        with ThreadPoolExecutor(THREADS) as pool:
            for first in range(0, len(days), AT_A_TIME):
                for folded in pool.map(work, days[first : first + AT_A_TIME]):
                    self._keep(folded)

    def _fold_day(self, day: date, fold: IntervalFold) -> _Day:
        s = self._s
        out = _Day(day, len(s.lines), _DayNotes(s, day))
        for hour, intervals in calendar.hours(day, s.zone, s.base_s):
            inside = [w for w in intervals if self._span.start <= w.start < self._span.end]
            if not inside:
                continue
            hour_sum = np.zeros_like(out.rows)
            hour_touched = np.zeros_like(out.touched)
            for window in inside:
                interval = fold.run(window)
                if self._again or self._whole(window):
                    interval.touched[:] = 1
                out.notes.take(window, interval)
                self._give(0, window, interval.lines, interval.touched)
                col.add_window(hour_sum, interval.lines)
                hour_touched |= interval.touched
            self._give(1, hour, hour_sum, self._reached(hour_touched, hour))
            col.add_window(out.rows, hour_sum)
            out.touched |= hour_touched
        return out

    def _keep(self, folded: _Day) -> None:
        """Give out a folded day, keep its sums and what it shows."""
        name = folded.day.isoformat()
        window = calendar.day_window(folded.day, self._s.zone)
        self._give(2, window, folded.rows, self._reached(folded.touched, window))
        self._s.sums.write(name, folded.rows)
        self._touched[folded.day] = folded.touched
        self._in_conflict |= folded.notes.in_conflict
        self._note(name, folded.notes.all())

    def _reached(self, touched: Touched, window: Window) -> Touched:
        return np.ones_like(touched) if self._whole(window) else touched

    def _give(self, grain: int, window: Window, rows: NDArray[np.int64], touched: Touched) -> None:
        if grain not in self._grains:
            return
        line = np.flatnonzero(touched.astype(bool) & (rows[:, col.PRESENT] > 0))
        status = int(window.end <= self._after.now)
        replaces = self._replaces(window)
        emit = self._s.emitters[replaces]
        while len(line):
            line = line[emit.add(grain, window, status, line, rows) :]
            if len(line):
                self._flush(replaces)

    def _replaces(self, window: Window) -> bool:
        """May a row of this window have been published?"""
        p = self._published
        return p is not None and window.start < p[1] and window.end > p[0]

    def _flush(self, replaces: bool) -> None:
        rows = self._s.emitters[replaces].table(self._version, self._after.now)
        if rows.num_rows:
            self._write("rollups", rows, replaces=replaces)

    # -- months, quarters, years ------------------------------------------------------------------

    def longer_windows(self, days: list[date]) -> None:
        """Months that a day touched or whose time ran out; quarters and years of such months."""
        months = {calendar.month_of(d) for d in days} | set(self._months_run_out())
        for month in sorted(months):
            self._give_months(3, month, 1, day_names(month, calendar.months_later(month, 1)))
        for grain, first_of, length in ((4, calendar.quarter_of, 3), (5, calendar.year_of, 12)):
            for first in sorted({first_of(m) for m in months}):
                names = [calendar.months_later(first, n).isoformat()[:7] for n in range(length)]
                self._give_months(grain, first, length, names)

    def _months_run_out(self) -> Iterator[date]:
        """Months of the span whose time ran out, or that of their quarter or year."""
        zone = self._s.zone
        month = calendar.month_of(calendar.local_date(self._span.start, zone))
        while calendar.midnight(month, zone) < self._span.end:
            around = ((month, 1), (calendar.quarter_of(month), 3), (calendar.year_of(month), 12))
            if any(self._ran_out(calendar.span_window(m, n, zone)) for m, n in around):
                yield month
            month = calendar.months_later(month, 1)

    def _give_months(self, grain: int, first: date, length: int, names: list[str]) -> None:
        window = calendar.span_window(first, length, self._s.zone)
        rows = self._s.sums.total(names)
        if grain == GRAINS.index("month"):
            self._s.sums.write(first.isoformat()[:7], rows)
        last = calendar.months_later(first, length)
        touched = np.zeros(len(rows), np.uint8)
        for day, mine in self._touched.items():
            if first <= day < last:
                touched |= mine
        self._give(grain, window, rows, self._reached(touched, window))

    # -- findings ---------------------------------------------------------------------------------

    def _note(self, scope: str, found: Iterable[findings.Finding]) -> None:
        changes = self._s.findings.replace(scope, found, self._again)
        if changes:
            self._write("findings", findings.table(changes, self._version))

    def finish(self, days: list[date]) -> None:
        """Sums of longer readings that cross the days, and the rows that still wait."""
        s = self._s
        if days:
            held = list(s.findings.of("longer").values())
            windows = [calendar.day_window(d, s.zone) for d in days]
            self._note(
                "longer", longer_findings(s.book, s._compiled, windows, held, self._in_conflict)
            )
        for replaces in (False, True):
            self._flush(replaces)


class _Day:
    """A folded local day: the sums of its lines, which of them a change reached, what it shows."""

    def __init__(self, day: date, lines: int, notes: _DayNotes) -> None:
        self.day, self.notes = day, notes
        self.rows = np.zeros((lines, col.WIDTH), np.int64)
        self.touched = np.zeros(lines, np.uint8)


class _DayNotes:
    """What a day's intervals show: conflicts, negative remainders, missing factors."""

    def __init__(self, settle: Settle, day: date) -> None:
        self._s, self._day = settle, day
        self._found: dict[tuple, findings.Finding] = {}  # type: ignore[type-arg]
        self._runs = findings.NegativeRuns()
        self._no_factor: set[int] = set()
        self.in_conflict: set[int] = set()
        """Rows of longer readings that a cell of the day shows in conflict."""

    def take(self, window: Window, interval: Interval) -> None:
        """Note what an interval shows."""
        for f in interval.conflicts:
            self._found[f.key] = f
        self.in_conflict.update(interval.longer)
        self._runs.add(interval.negatives, window.start, window.end)
        self._no_factor.update(interval.no_factor.tolist())

    def all(self) -> list[findings.Finding]:
        """The day's findings."""
        s, c = self._s, self._s._compiled
        window = calendar.day_window(self._day, s.zone)
        for e, k, start, end, value in self._runs.all():
            f = findings.Finding(
                "negative_remainder", c.entities[e], s.folds[0].carriers[k], start, end, value, None,
                f"sub-meters say {findings.decimal_text(-value)} more than the meters above them; "
                "look for a meter that is wrong or hung in the wrong place",
            )  # fmt: skip
            self._found[f.key] = f
        for klass in self._no_factor:
            flow = c.flows[c.class_flow[klass]]
            region = c.class_region[klass] or "no region"
            f = findings.Finding(
                "no_factor", c.entities[c.class_entity[klass]], flow, window.start, window.end,
                text=f"no factor for {flow} in {region}: the emission is null, not zero; add a row "
                "to factors/, or name the entity's region",
            )  # fmt: skip
            self._found[f.key] = f
        return list(self._found.values())
