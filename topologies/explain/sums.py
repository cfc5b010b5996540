"""The figures of a rollup, added up from what its meters said (formula of design section 1, R6-R10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Context, Decimal

from schemas.factor import Flow
from schemas.reading import QUALITIES
from topologies.explain.strands import Strand
from topologies.explain.tally import MEASURES, Tally

LOCATION, MARKET, KGCE, KGCE_PRIMARY = range(len(MEASURES))
QUANTITIES = ("quantity", "consumption", *(f"quantity_{q}" for q in QUALITIES))
EMISSIONS = ("co2e_location_g", "co2e_market_g", "co2e_apart_g", "kgce", "kgce_primary")
COUNTS = ("minutes_expected", "minutes_reported")
COLUMNS = (*QUANTITIES, "remainder", "supplied", *EMISSIONS, *COUNTS)
"""The columns of `rollups` that are explained, all of them held to the table."""

QUANTITY_DECIMALS, EMISSION_DECIMALS = 6, 15
_EXACT = Context(prec=60)

Figures = dict[str, int | None]
"""By column: counts of 10**-6 native units, 10**-15 g or kgce, minutes; None is null (R10)."""


def sums(
    found: list[Strand], tallies: list[Tally], flow: Flow, span: tuple[int, int] | None
) -> Figures:
    """Every figure of the entity in the window, from each strand and what its meter said."""
    pairs = list(zip(found, tallies, strict=True))
    counted = [(s, t) for s, t in pairs if s.weight and t.reported]
    out: Figures = {
        "quantity": _sum(s.weight * t.total for s, t in counted),
        "consumption": _sum(flow.consumption_sign * s.weight * t.total for s, t in counted),
    }
    for rank, quality in enumerate(QUALITIES):
        out[f"quantity_{quality}"] = _sum(s.weight * t.by_rank[rank] for s, t in counted)
    near = [(s, t) for s, t in pairs if s.concerns and t.reported]
    out["remainder"] = _sum(s.own * t.total for s, t in near)
    out["supplied"] = _sum(s.supplied * t.total for s, t in near if s.supplied)
    for name in EMISSIONS:
        out[name] = _sum(x for s, t in pairs if (x := emission(name, s, t, flow)) is not None)
    out["minutes_expected"] = sum(expected_s(s, span) for s in found if s.weight) // 60
    out["minutes_reported"] = sum(t.reported_s for s, t in counted) // 60
    return out


def emission(name: str, strand: Strand, said: Tally, flow: Flow) -> int | None:
    """What a strand gives to one of the emission columns; None where no factor was known."""
    if name in ("kgce", "kgce_primary"):
        if not strand.weight:
            return None
        times, product = flow.consumption_sign * strand.weight, KGCE
        product = KGCE if name == "kgce" else KGCE_PRIMARY
    elif not (strand.weight or strand.emitted or strand.apart):
        return None
    elif name == "co2e_apart_g":
        times, product = strand.apart if flow.emission_sign else strand.emitted, LOCATION
    else:
        product = LOCATION if name == "co2e_location_g" else MARKET
        times = flow.emission_sign * strand.emitted
    amount = said.times(product)
    return None if amount is None else times * amount


def expected_s(strand: Strand, span: tuple[int, int] | None) -> int:
    """R10: how long the meter should have reported: inside the span of the books."""
    if span is None:
        return 0
    return max(0, min(strand.until, span[1]) - max(strand.since, span[0]))


def _sum(parts: Iterable[int]) -> int | None:
    """The sum of what is there; of nothing it is null."""
    values = list(parts)
    return sum(values) if values else None


def exact(name: str) -> Callable[[int], Decimal | int]:
    """How a column's counts read: decimals of its unit, or minutes."""
    if name in COUNTS:
        return int
    decimals = EMISSION_DECIMALS if name in EMISSIONS else QUANTITY_DECIMALS
    return lambda count: Decimal(count).scaleb(-decimals, _EXACT)


def said(name: str, count: int | None) -> Decimal | int | None:
    """A column's count as the exact figure."""
    return None if count is None else exact(name)(count)
