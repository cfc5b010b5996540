"""R8: which factor holds, and how it was found."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import NamedTuple

from oracle.records import CoalRow, FactorRow, FlowRow, Given
from oracle.tree import Contribution

ANYWHERE = "*"
"""Region of a row that holds everywhere."""


class Found(NamedTuple):
    """A factor (10**-9 g per native unit) and how its region and date were found."""

    value: int
    region_found: str
    date_found: str


class Prices(NamedTuple):
    """What one native unit of a contribution weighs at an instant; None where nothing says."""

    location: int | None
    market: int | None
    region_found: str
    date_found: str
    market_basis: str
    coal: int | None
    coal_primary: int | None


class Factors:
    """The factor rows of the standard, asked for a flow, a region and an instant."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._rows: dict[tuple[str, str, str, bool], list[FactorRow]] = {}
        for row in given.factors:
            if row.standard == given.settings.standard:
                key = (row.factor, row.variant, row.region, row.own)
                self._rows.setdefault(key, []).append(row)
        for rows in self._rows.values():
            rows.sort(key=lambda row: row.valid_from)
            for row, later in pairwise(rows):
                if row.valid_from == later.valid_from or (row.valid_to or 0) > later.valid_from:
                    raise ValueError(f"two rows are equally good: {row} and {later}")
        self._coal: dict[tuple[str, str], list[CoalRow]] = {}
        for coal in sorted(given.coal, key=lambda row: row.valid_from):
            self._coal.setdefault((coal.flow, coal.basis), []).append(coal)
        self._flows = {flow.name: flow for flow in given.flows}

    def _parent(self, region: str) -> str | None:
        listed = self._given.region_parents
        if region in listed:
            return listed[region]
        return region.rpartition("-")[0] or None

    def regions(self, region: str) -> list[tuple[str, str]]:
        """The region and all above it, each with how a factor found there was found."""
        found = []
        at: str | None = region
        while at:
            above = self._parent(at)
            how = "exact" if at == region else "parent" if above else "country"
            found.append((at, how))
            at = above
        return [*found, (ANYWHERE, "country")]

    def find(self, factor: str, variant: str, region: str, instant: int) -> Found | None:
        """The nearest region that has a row valid then or, in arrears, one that began before."""
        for name, how in self.regions(region):
            began = [self._latest((factor, variant, name, own), instant) for own in (True, False)]
            rows = [row for row in began if row]
            for row in rows:
                if row.valid_to is None or instant < row.valid_to:
                    return Found(row.value, how, "valid")
            if rows and self._given.settings.arrears:
                return Found(rows[0].value, how, "latest_published")
        return None

    def _latest(self, key: tuple[str, str, str, bool], instant: int) -> FactorRow | None:
        """The latest row that has begun.

        Rows of one key never overlap, and a row without an end holds to the next one: so if any
        row is valid at the instant, it is this one.
        """
        rows = self._rows.get(key, [])
        begun = bisect_right(rows, instant, key=lambda row: row.valid_from)
        return rows[begun - 1] if begun else None

    def coal(self, flow: str, basis: str, instant: int) -> int | None:
        """Standard coal of one native unit (R7); a sole basis stands for both."""
        rows = self._coal.get((flow, basis)) or self._coal.get((flow, "equivalent"), [])
        begun = [row for row in rows if row.valid_from <= instant]
        if not begun:
            return None
        row = begun[-1]
        stands = row.valid_to is None or instant < row.valid_to or row.arrears
        return row.value if stands else None

    def prices(self, contribution: Contribution, instant: int) -> Prices:
        """The location factor, the market factor and what it rests on, and standard coal."""
        flow = self._flows[contribution.flow]
        here = self._of(flow, flow.variant, contribution.region, instant)
        location = here.value if here else None
        market, basis = location, "location" if here else ""
        if contribution.rate is not None:
            market, basis = contribution.rate, "contract"
        elif flow.residual is not None:
            residual = self._of(flow, flow.residual, contribution.region, instant)
            if residual:
                market, basis = residual.value, "residual"
        return Prices(
            location,
            market,
            here.region_found if here else "",
            here.date_found if here else "",
            basis,
            self.coal(flow.name, "equivalent", instant),
            self.coal(flow.name, "primary", instant),
        )

    def _of(self, flow: FlowRow, variant: str, region: str, instant: int) -> Found | None:
        if flow.factor is None:
            return None
        return self.find(flow.factor, variant, region, instant)
