"""Which factors held in a window, from change to change, and the rows that they are (R8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from factors.catalogue import Catalogue
from schemas.dated import I64
from schemas.factor import DATE_FOUND, MARKET_BASIS, REGION_FOUND, Steps


@dataclass(frozen=True, slots=True)
class Held:
    """A factor while it holds: 10**-9 g (or kgce) per native unit, None where there is none."""

    value: int | None
    row: int
    """Index into the catalogue's rows, -1 where there is none."""
    region_found: str
    date_found: str
    basis: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A time in which all factors stay the same; `since` is in epoch seconds."""

    since: int
    until: int
    location: Held
    market: Held
    kgce: Held
    kgce_primary: Held

    @property
    def all(self) -> tuple[Held, Held, Held, Held]:
        """Location, market, kgce, kgce_primary: the order of `tally.MEASURES`."""
        return self.location, self.market, self.kgce, self.kgce_primary


def segments(
    catalogue: Catalogue, flow: str, region: str, contract: int, window: tuple[int, int]
) -> list[Segment]:
    """The window cut where any factor of the flow changes."""
    steps = (
        catalogue.location(flow, region),
        catalogue.market(flow, region, contract),
        catalogue.coal(flow),
        catalogue.coal_primary(flow),
    )
    start, end = window
    cuts = np.unique(np.concatenate([s.start for s in steps]))
    inside = cuts[(cuts > start) & (cuts < end)].tolist()
    out: list[Segment] = []
    for since, until in zip([start, *inside], [*inside, end], strict=True):
        held = [_held(s, since) for s in steps]
        if out and list(out[-1].all) == held:
            out[-1] = Segment(out[-1].since, until, *held)
        else:
            out.append(Segment(since, until, *held))
    return out


def _held(steps: Steps, instant: int) -> Held:
    i = int(np.searchsorted(steps.start, instant, side="right")) - 1
    if not steps.known[i]:
        return Held(None, -1, "", "", MARKET_BASIS[int(steps.basis[i])])
    return Held(
        int(steps.value[i]),
        int(steps.row[i]),
        REGION_FOUND[int(steps.region_found[i])],
        DATE_FOUND[int(steps.date_found[i])],
        MARKET_BASIS[int(steps.basis[i])],
    )


def starts(found: list[Segment]) -> I64:
    """Where the segments begin."""
    return np.array([segment.since for segment in found], np.int64)
