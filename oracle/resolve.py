"""R8: which factor holds, and how it was found."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import NamedTuple

from oracle.records import CoalRow, FactorRow, FlowRow, Given
from oracle.tree import Contribution, valid


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
        self._rows: dict[tuple[str, str, str], list[FactorRow]] = {}
        for row in given.factors:
            if row.standard == given.settings.standard:
                key = (row.factor, row.variant, row.region)
                self._rows.setdefault(key, []).append(row)
        for rows in self._rows.values():
            rows.sort(key=lambda row: row.valid_from)
            for row, later in pairwise(rows):
                if row.valid_from == later.valid_from or (row.valid_to or 0) > later.valid_from:
                    raise ValueError(f"two rows are equally good: {row} and {later}")
        self._coal: dict[tuple[str, str], list[CoalRow]] = {}
        for coal in given.coal:
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
        return found

    def find(self, factor: str, variant: str, region: str, instant: int) -> Found | None:
        """The nearest region that has a row valid then or, in arrears, one that began before."""
        for name, how in self.regions(region):
            rows = self._rows.get((factor, variant, name), [])
            # Rows of one key never overlap and a row without an end holds to the next one: so the
            # row valid at the instant, if any, is the latest that has begun.
            begun = bisect_right(rows, instant, key=lambda row: row.valid_from)
            if begun == 0:
                continue
            row = rows[begun - 1]
            if row.valid_to is None or instant < row.valid_to:
                return Found(row.value, how, "valid")
            if self._given.settings.arrears:
                return Found(row.value, how, "latest_published")
        return None

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
        coal = [
            valid(self._coal.get((flow.name, name), ()), instant)
            for name in ("equivalent", "primary")
        ]
        return Prices(
            location,
            market,
            here.region_found if here else "",
            here.date_found if here else "",
            basis,
            coal[0].value if coal[0] else None,
            coal[1].value if coal[1] else None,
        )

    def _of(self, flow: FlowRow, variant: str, region: str, instant: int) -> Found | None:
        if flow.factor is None or not region:
            return None
        return self.find(flow.factor, variant, region, instant)
