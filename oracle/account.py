"""The whole accounting: from the set of readings to rollups, findings and counts, day by day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oracle import notices
from oracle.cells import Cells, in_force
from oracle.clock import days_between, window_of
from oracle.records import Books, Counts, Finding, Given, Key, Reading, Rollup
from oracle.resolve import Factors, Prices
from oracle.settle import Reported, Sums, fold, reported, settle
from oracle.tree import Contribution, Tree

LONGER = ("month", "quarter", "year")
"""Windows that are sums of local days."""


class Accounts:
    """Readings, registry and factors at hand, accounted one local day after the other."""

    def __init__(self, readings: Iterable[Reading], given: Given) -> None:
        self.given = given
        settings = given.settings
        self.zone, self.base_s = settings.zone, settings.base_s
        self.tree, self.factors = Tree(given), Factors(given)
        self.flows = {flow.name: flow for flow in given.flows}
        self.flow_of = {row.meter: row.flow for row in given.meters}
        self.cell_s = {row.meter: min(row.interval_s, self.base_s) for row in given.meters}
        self.received = 0
        self.readings: set[Reading] = set()
        for reading in readings:
            self.received += 1
            self.readings.add(reading)
        self.span = self._span()
        self.by_day = self._by_day()
        self.standing: set[Reading] = set()
        self.mismatches = notices.Mismatches(self.cell_s)
        self.findings: set[Finding] = set()
        self._moment: tuple[int, int, list[Contribution]] = (0, 0, [])

    def _span(self) -> tuple[int, int] | None:
        """R10: from the start of the first to the end of the last reading, on base intervals."""
        if not self.readings:
            return None
        first = min(r.start for r in self.readings)
        last = max(r.end for r in self.readings)
        return first // self.base_s * self.base_s, -(-last // self.base_s) * self.base_s

    def _by_day(self) -> dict[int, dict[str, list[Reading]]]:
        """The readings that touch each local day, by meter."""
        days: dict[int, dict[str, list[Reading]]] = {}
        for reading in self.readings:
            for start, _ in days_between(reading.start, reading.end, self.zone):
                days.setdefault(start, {}).setdefault(reading.meter, []).append(reading)
        return days

    def cells(self, start: int, end: int) -> dict[str, Cells]:
        """R3, R4: what stands in a local day, by meter; and what the findings see of it."""
        standing: dict[str, Cells] = {}
        for meter, readings in self.by_day.get(start, {}).items():
            cell_s = self.cell_s[meter]
            cells = standing[meter] = in_force(readings, cell_s, start, end)
            self.standing.update(part.reading for part in cells.values())
            flow = self.flow_of[meter]
            self.findings |= notices.conflicts(meter, flow, readings, cells, cell_s)
            self.mismatches.see(meter, readings, cells)
        return standing

    def contributions(self, instant: int) -> list[Contribution]:
        """R6 at an instant; asked anew only where the registry changes."""
        since, until, known = self._moment
        if not since <= instant < until:
            changes = self.tree.changes
            since = max((t for t in changes if t <= instant), default=instant)
            until = min((t for t in changes if t > instant), default=instant + 1)
            known = self.tree.contributions(instant)
            self._moment = since, until, known
        return known

    def day(self, start: int, end: int) -> Iterator[tuple[int, Sums]]:
        """The figures of each base interval of a local day inside the span."""
        cells = self.cells(start, end)
        if self.span is None:
            return
        negative: list[tuple[int, dict[tuple[str, str], int]]] = []
        unpriced: set[tuple[str, str]] = set()
        for t in range(max(start, self.span[0]), min(end, self.span[1]), self.base_s):
            contributions = self.contributions(t)
            said = self._said(cells, t)
            prices = self._prices(contributions, t)
            negative.append(
                (t, notices.negative_remainders(contributions, self.flows, said, self.base_s))
            )
            unpriced |= notices.unpriced(contributions, prices, said)
            yield t, settle(contributions, self.flows, prices, said, start=t, base_s=self.base_s)
        self.findings |= notices.merged(negative, self.base_s)
        self.findings |= {Finding("no_factor", e, f, start, end) for e, f in unpriced}

    def _said(self, cells: dict[str, Cells], t: int) -> dict[str, Reported]:
        said = {}
        for meter, of_meter in cells.items():
            report = reported(of_meter, self.cell_s[meter], t, t + self.base_s)
            if report:
                said[meter] = report
        return said

    def _prices(self, contributions: list[Contribution], t: int) -> dict[str, Prices]:
        """Prices by meter; meters of one flow, region and rate share theirs."""
        known: dict[tuple[str, str, int | None], Prices] = {}
        prices = {}
        for c in contributions:
            alike = (c.flow, c.region, c.rate)
            if alike not in known:
                known[alike] = self.factors.prices(c, t)
            prices[c.meter] = known[alike]
        return prices

    def rollups(self, begin: int, end: int) -> Iterator[Rollup]:
        """The rollups of all windows that overlap `[begin, end)`, summed over that time only.

        `begin` is a local midnight. A window is told when its last day is past.
        """
        longer: dict[str, tuple[int, int, Sums]] = {}
        for start, after in days_between(begin, end, self.zone):
            day: Sums = {}
            hours: dict[tuple[int, int], Sums] = {}
            for t, sums in self.day(start, after):
                yield from told("base", t, t + self.base_s, sums)
                fold(hours.setdefault(self._window(t, "hour"), {}), sums)
                fold(day, sums)
            for window, sums in hours.items():
                yield from told("hour", *window, sums)
            yield from told("day", start, after, day)
            for grain in LONGER:
                window = self._window(start, grain)
                if grain in longer and longer[grain][:2] != window:
                    yield from told(grain, *longer.pop(grain))
                fold(longer.setdefault(grain, (*window, {}))[2], day)
        for grain, held in longer.items():
            yield from told(grain, *held)

    def _window(self, instant: int, grain: str) -> tuple[int, int]:
        return window_of(instant, grain, self.zone, self.base_s)


def told(grain: str, start: int, end: int, sums: Sums) -> Iterator[Rollup]:
    """R10: a rollup for each entity and flow to which something contributes in the window."""
    for (entity, flow), figures in sums.items():
        if figures.contributes:
            yield Rollup(entity, flow, grain, start, end, figures)


def account(readings: Iterable[Reading], given: Given) -> Books:
    """All rollups, findings and counts of a set of readings (copies and order change nothing)."""
    accounts = Accounts(readings, given)
    rollups: dict[Key, Rollup] = {}
    if accounts.span:
        begin = window_of(accounts.span[0], "day", accounts.zone, accounts.base_s)[0]
        for rollup in accounts.rollups(begin, accounts.span[1]):
            rollups[rollup.key] = rollup
    return Books(
        rollups,
        accounts.findings | accounts.mismatches.findings(accounts.flow_of),
        counts(accounts),
        accounts.span,
    )


def counts(accounts: Accounts) -> Counts:
    """R9(c): distinct readings in force somewhere, in force nowhere, and further copies."""
    distinct, accepted = len(accounts.readings), len(accounts.standing)
    return Counts(accepted, distinct - accepted, accounts.received - distinct)
