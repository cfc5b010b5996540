"""Verify: a period recomputed from the journal by the oracle's way, and held to the tables.

journal --chain--> frames --collect--> readings --oracle--> rollups, findings, counts = the tables?

The accounting shares no code with the one that made the tables; where both agree to the digit, two
readings of the rules agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

import oracle
from factors.catalogue import Catalogue
from factors.units import ratio
from oracle.compare import columns, compare, compare_findings
from oracle.given import given as oracle_given
from oracle.records import Finding, Given, Rollup
from oracle.verify import Verification
from schemas.compiled import Compiled
from schemas.reading import Readings
from schemas.rollup import FINDING, ROLLUP
from schemas.workspace import Workspace, load
from sinks import journal_check
from sinks.errors import SinkError
from sinks.journal import Mark
from streams.book import undo
from streams.collect.collector import Collector
from streams.settle import calendar
from topologies import manifest as manifests
from topologies.answers import AskArrow, answered
from topologies.opening import compile_workspace, open_catalogue
from topologies.replay import arrivals_from_journal

SHOWN = 10
CELLS_AT_ONCE = 400_000
"""So many meter-intervals are recomputed where no period is named; the oracle is slow."""
BY_DAY = ("conflict", "negative_remainder", "no_factor")
"""Findings that the readings of the days they lie in decide."""

Say = Callable[[str, int, int], None]
"""Hears (what is being done, done, total); a total of 0 is not known."""


class VerifyError(Exception):
    """There is nothing that could be verified, and why."""


@dataclass(slots=True)
class Verified:
    """What was looked at, and what is wrong."""

    period: tuple[int, int]
    """Local days, `[start, end)` in epoch seconds."""
    whole: bool
    """Is the period all that the books hold?"""
    journal: list[str] = field(default_factory=list)
    """What is wrong with the journal or with files kept by reference."""
    received: int = 0
    counters: list[str] = field(default_factory=list)
    """Counters that are not what the journal gives."""
    rollups: int = 0
    cells: int = 0
    differing: int = 0
    first: list[str] = field(default_factory=list)
    findings: int = 0
    findings_wrong: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    """Where the recomputed figures themselves are not conserved: always empty."""
    recomputed: bool = False

    @property
    def holds(self) -> bool:
        """Is everything as it should be?"""
        wrong = self.journal or self.counters or self.findings_wrong or self.gaps
        return self.recomputed and not wrong and self.differing == 0

    def differs(self, lines: list[str]) -> None:
        """Take note of cells that differ."""
        self.differing += len(lines)
        self.first += lines[: max(0, SHOWN - len(self.first))]


class Verifier:
    """Verifies the books of one workspace, which nobody may be writing meanwhile.

    `ask` answers SQL in Arrow. Raises Mistakes, ManifestError; VerifyError where books are missing, were
    left in the middle of a run, or were made with another registry or other factors.
    """

    def __init__(self, path: Path, ask: AskArrow) -> None:
        self._ask = ask
        self.workspace: Workspace = load(path)
        self.folder = self.workspace.root / "var"
        self.manifest = manifests.load(self.folder / "manifest.json")
        self.catalogue: Catalogue = open_catalogue(self.workspace)
        self._at_rest()
        self.compiled: Compiled = compile_workspace(
            self.workspace, self.catalogue, self.folder, keep=False
        )
        self.zone: ZoneInfo = self.workspace.settings.timezone
        self.given: Given = oracle_given(self.workspace, self.catalogue)

    def _at_rest(self) -> None:
        m, root = self.manifest, self.workspace.root
        if m.settled_span is None:
            raise VerifyError(f"{root}: the books are empty; read data with `everygram run` first")
        if m.dirty or self._broken_off():
            text = "the last run did not come to its end; finish it with `everygram run` first"
            raise VerifyError(f"{root}: {text}")
        now = {**self.workspace.fingerprints, "factors": self.catalogue.factor_set}
        changed = [k for k, v in now.items() if m.fingerprints.get(k, v) != v]
        if changed:
            text = (
                f"{', '.join(changed)} changed since the books were made; `everygram run` says how"
            )
            raise VerifyError(f"{root}: {text}")

    def _broken_off(self) -> bool:
        """Were cells changed after the last commit?"""
        records = (r for path in undo.pending(self.folder / "book") for r in undo.read(path))
        return any(isinstance(record, undo.CellsBefore) for record in records)

    @property
    def span(self) -> tuple[int, int]:
        """What the books hold, on base intervals."""
        assert self.manifest.settled_span is not None
        return self.manifest.settled_span

    def usual_period(self) -> tuple[int, int]:
        """Everything where that is small, else as many of the last days as are."""
        first, last = (
            calendar.local_date(at, self.zone) for at in (self.span[0], self.span[1] - 1)
        )
        per_day = max(
            1, len(self.compiled.meters) * 86_400 // self.workspace.settings.base_interval_s
        )
        days = max(1, CELLS_AT_ONCE // per_day)
        begin = max(first.toordinal(), last.toordinal() - days + 1)
        return self.days(begin, last.toordinal())

    def days(self, first: int, last: int) -> tuple[int, int]:
        """Local days (as ordinals, both included) as a period."""
        begin = calendar.day_window(date.fromordinal(first), self.zone)
        end = calendar.day_window(date.fromordinal(last), self.zone)
        return begin.start, end.end

    def local_days(self, period: tuple[int, int]) -> list[date]:
        """The local days of a period."""
        first, last = (calendar.local_date(at, self.zone) for at in (period[0], period[1] - 1))
        return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]

    def in_words(self, period: tuple[int, int]) -> str:
        """A period as its first and last day."""
        days = self.local_days(period)
        return f"{days[0]} to {days[-1]}" if len(days) > 1 else f"{days[0]}"

    def verify(self, period: tuple[int, int], say: Say) -> Verified:
        """Check the journal, recompute the period, compare."""
        whole = period[0] <= self.span[0] and self.span[1] <= period[1]
        found = Verified(period, whole)
        say("checking the journal's chain", 0, 0)
        mark = Mark(*self.manifest.journal)
        found.journal = journal_check.check(self.folder / "journal", mark, root=self.workspace.root)
        try:
            readings = self._readings(mark, period, whole, found, say)
        except SinkError as error:
            if str(error) not in found.journal:
                found.journal.append(str(error))
            return found
        span = None if whole else self.span
        recomputed = oracle.verify(readings, self.given, None if whole else period, span)
        self._rollups(recomputed, found, say)
        self._findings(recomputed, found)
        self._counts(recomputed, found)
        found.gaps, found.recomputed = recomputed.gaps, True
        return found

    # -- from the journal to readings -------------------------------------------------------------

    def _readings(
        self, mark: Mark, period: tuple[int, int], whole: bool, found: Verified, say: Say
    ) -> Iterator[oracle.Reading]:
        """All readings of the journal that touch the period, and what every copy counts."""
        s, m = self.workspace.settings, self.manifest
        collector = Collector(
            self.compiled, self.catalogue.flows, ratio, s.since_s, s.future_tolerance_s
        )
        kept: list[Readings] = []
        rejected: Counter[str] = Counter()
        rounded = aligned = 0
        for arrival in arrivals_from_journal(
            self.folder / "journal", mark, s.sources, self.workspace.root, m.files
        ):
            if arrival.frame is None:
                continue
            decoded = collector.decode(arrival.frame, arrival.rules)
            found.received += len(decoded.readings) + len(decoded.rejects)
            rejected.update(reject.reason.value for reject in decoded.rejects)
            rounded, aligned = rounded + decoded.rounded, aligned + decoded.aligned
            kept.append(decoded.readings if whole else _touching(decoded.readings, period))
            say("reading the journal", found.received, m.counters.received)
        self._hold("received", m.counters.received, found.received, found)
        self._hold(
            "rejected",
            dict(sorted(m.counters.rejected.items())),
            dict(sorted(rejected.items())),
            found,
        )
        self._hold("rounded", m.counters.rounded, rounded, found)
        self._hold("aligned", m.counters.aligned, aligned, found)
        return _as_oracle(kept, self.compiled.meters)

    def _hold(self, name: str, counted: object, is_: object, found: Verified) -> None:
        if counted != is_:
            found.counters.append(f"{name}: the books counted {counted}, the journal gives {is_}")

    # -- from readings to what the tables must say ------------------------------------------------

    def _rollups(self, recomputed: Verification, found: Verified, say: Say) -> None:
        """Compare day by day; months and longer, which come last, where the period covers them."""
        flows = {flow.name: flow for flow in self.given.flows}
        end = min(found.period[1], self.span[1])
        days: dict[int, list[Rollup]] = {}
        longer: list[Rollup] = []
        for rollup in recomputed.rollups():
            found.rollups += 1
            found.cells += len(columns(rollup, flows[rollup.flow]))
            if rollup.grain not in ("base", "hour", "day"):
                longer.append(rollup)
                continue
            day = calendar.midnight(calendar.local_date(rollup.start, self.zone), self.zone)
            if day not in days and days:
                self._compare_days(days, found)
            days.setdefault(day, []).append(rollup)
            done = rollup.start - found.period[0]
            say("recomputing", done // 3600, max(1, (end - found.period[0]) // 3600))
        self._compare_days(days, found)
        if found.whole:
            found.differs(
                compare(self._rows("c.grain IN ('month', 'quarter', 'year')"), longer, self.given)
            )

    def _compare_days(self, days: dict[int, list[Rollup]], found: Verified) -> None:
        for start, rollups in days.items():
            day = calendar.day_window(calendar.local_date(start, self.zone), self.zone)
            where = (
                f"c.grain IN ('base', 'hour', 'day') AND c.start >= toDateTime({day.start}) "
                f"AND c.start < toDateTime({day.end})"
            )
            found.differs(compare(self._rows(where), rollups, self.given))
        days.clear()

    def _rows(self, where: str) -> pa.Table:
        """Rows of the table as the oracle compares them (`where` on columns of `c`)."""
        names = ", ".join(f"c.{f} AS {f}" for f in ROLLUP.names if f not in ("gone", "grain"))
        sql = f"SELECT {names}, toString(c.grain) AS grain, toUInt8(0) AS gone FROM rollups_current AS c"
        return answered(self._ask, f"{sql} WHERE {where}")

    def _findings(self, recomputed: Verification, found: Verified) -> None:
        names = ", ".join(f for f in FINDING.names if f != "gone")
        where = "1"
        wanted: set[Finding] = recomputed.findings
        if not found.whole:
            kinds = ", ".join(f"'{kind}'" for kind in BY_DAY)
            start, end = found.period
            where = (
                f"kind IN ({kinds}) AND start >= toDateTime({start}) AND start < toDateTime({end})"
            )
            wanted = {f for f in wanted if f.kind in BY_DAY and start <= f.start < end}
        sql = f"SELECT {names}, toUInt8(0) AS gone FROM findings_current WHERE {where}"
        found.findings = len(wanted)
        found.findings_wrong = compare_findings(answered(self._ask, sql), wanted)

    def _counts(self, recomputed: Verification, found: Verified) -> None:
        counters, counts = self.manifest.counters, recomputed.counts
        if counters.balance():
            found.counters.append(f"received is off by {counters.balance()} from what became of it")
        if counts is not None:
            for name in ("accepted", "superseded", "duplicate"):
                self._hold(name, getattr(counters, name), getattr(counts, name), found)


def _touching(r: Readings, period: tuple[int, int]) -> Readings:
    """Those that reach into a period of whole local days."""
    mine = (r.start < period[1]) & (r.end > period[0])
    return Readings(
        r.slot[mine], r.start[mine], r.end[mine], r.quantity[mine], r.rank[mine], r.revision[mine]
    )


def _as_oracle(kept: list[Readings], meters: list[str]) -> Iterator[oracle.Reading]:
    for r in kept:
        columns_ = (r.slot, r.start, r.end, r.quantity, r.rank, r.revision)
        for slot, start, end, quantity, rank, revision in zip(
            *(np.asarray(c).tolist() for c in columns_), strict=True
        ):
            said = quantity if quantity >= 0 else None
            yield oracle.Reading(meters[slot], start, end, said, rank, revision)
