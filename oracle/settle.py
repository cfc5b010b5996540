"""R6-R10: what base intervals give to each entity and flow, and windows as sums of them."""

from __future__ import annotations

from typing import NamedTuple

from oracle.cells import Cells
from oracle.records import Figures, FlowRow
from oracle.resolve import Prices
from oracle.tree import Contribution

Sums = dict[tuple[str, str], Figures]
"""Figures by entity and flow."""

MIXED = "mixed"


class Reported(NamedTuple):
    """What a meter reported in one base interval."""

    quantity: int
    by_rank: tuple[int, int, int, int, int]
    seconds: int


def reported(cells: Cells, cell_s: int, start: int, end: int) -> Reported | None:
    """Sum of the cells in force with a quantity inside `[start, end)`; None where there is none."""
    by_rank = [0] * 5
    seconds = 0
    for cell in range(start, end, cell_s):
        part = cells.get(cell)
        if part is not None and part.quantity is not None:
            by_rank[part.rank] += part.quantity
            seconds += cell_s
    if not seconds:
        return None
    a, b, c, d, e = by_rank
    return Reported(sum(by_rank), (a, b, c, d, e), seconds)


def plus(one: int | None, other: int | None) -> int | None:
    """R10: a null counts as nothing, and only a sum of nothing but nulls is null."""
    if one is None:
        return other
    return one if other is None else one + other


def times(quantity: int, factor: int | None) -> int | None:
    """A product of which the factor may be unknown."""
    return None if factor is None else quantity * factor


def same(one: str | None, other: str | None) -> str | None:
    """The one value that all agree on, else `mixed`."""
    if one is None or one == other:
        return other
    return one if other is None else MIXED


def at(sums: Sums, entity: str, flow: str) -> Figures:
    """The figures of an entity and flow, begun where there are none."""
    key = (entity, flow)
    if key not in sums:
        sums[key] = Figures()
    return sums[key]


def count(sums: Sums, c: Contribution, flow: FlowRow, prices: Prices, base_s: int) -> None:
    """R10: a meter is expected wherever it contributes; R8: how its factor was found there."""
    for share in c.shares:
        f = at(sums, share.entity, c.flow)
        f.contributes = True
        f.minutes_expected += base_s // 60 if share.weight else 0
        f.region_found = same(f.region_found, prices.region_found)
        f.date_found = same(f.date_found, prices.date_found)
        f.market_basis = same(f.market_basis, prices.market_basis)


def add(
    sums: Sums, c: Contribution, flow: FlowRow, prices: Prices, said: Reported, *, end: int
) -> None:
    """Give what a meter reported in the interval up to `end` to every entity it contributes to."""
    q = said.quantity
    sign = flow.emission_sign
    for share in c.shares:
        f = at(sums, share.entity, c.flow)
        # R6, R7: what the standard does not deduct is shown apart, with a positive sign.
        apart = share.apart if sign else share.emitted
        f.co2e_location = plus(f.co2e_location, times(sign * share.emitted * q, prices.location))
        f.co2e_market = plus(f.co2e_market, times(sign * share.emitted * q, prices.market))
        f.co2e_apart = plus(f.co2e_apart, times(apart * q, prices.location))
        if share.weight == 0:  # R6: only an emission that is not deducted is left here
            continue
        f.quantity = plus(f.quantity, share.weight * q)
        for rank, part in enumerate(said.by_rank):
            f.by_rank[rank] = plus(f.by_rank[rank], share.weight * part)
        consumed = flow.consumption_sign * share.weight * q
        f.kgce = plus(f.kgce, times(consumed, prices.coal))
        f.kgce_primary = plus(f.kgce_primary, times(consumed, prices.coal_primary))
        f.minutes_reported += said.seconds // 60
        f.newest_reading = end
    own = at(sums, c.entity, c.flow)
    own.remainder = plus(own.remainder, c.weight * q)
    if c.upper:
        upper = at(sums, c.upper, c.flow)
        upper.remainder = plus(upper.remainder, -c.weight * q)
        if c.supplied:
            upper.supplied = plus(upper.supplied, c.weight * q)


def settle(
    contributions: list[Contribution],
    flows: dict[str, FlowRow],
    prices: dict[str, Prices],
    said: dict[str, Reported],
    *,
    start: int,
    base_s: int,
) -> Sums:
    """The figures of the base interval from `start`, from what each meter reported in it."""
    sums: Sums = {}
    for c in contributions:
        flow, price = flows[c.flow], prices[c.meter]
        count(sums, c, flow, price, base_s)
        if c.meter in said:
            add(sums, c, flow, price, said[c.meter], end=start + base_s)
    return sums


_SUMMED = (
    "quantity",
    "remainder",
    "supplied",
    "co2e_location",
    "co2e_market",
    "co2e_apart",
    "kgce",
    "kgce_primary",
)
_AGREED = ("region_found", "date_found", "market_basis")


def fold(sums: Sums, finer: Sums) -> None:
    """A window is the sum over its base intervals: add a finer window's figures."""
    for (entity, flow), part in finer.items():
        f = at(sums, entity, flow)
        for name in _SUMMED:
            setattr(f, name, plus(getattr(f, name), getattr(part, name)))
        for name in _AGREED:
            setattr(f, name, same(getattr(f, name), getattr(part, name)))
        f.by_rank = [plus(a, b) for a, b in zip(f.by_rank, part.by_rank, strict=True)]
        f.minutes_expected += part.minutes_expected
        f.minutes_reported += part.minutes_reported
        if part.newest_reading is not None:
            f.newest_reading = max(f.newest_reading or part.newest_reading, part.newest_reading)
        f.contributes = f.contributes or part.contributes
