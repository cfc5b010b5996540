"""Factors of a day: what each class and flow is multiplied by in each base interval (R8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import Compiled
from schemas.factor import DATE_FOUND, REGION_FOUND, Flow, Steps

REGION_BIT, DATE_BIT, BASIS_BIT = 0, len(REGION_FOUND), len(REGION_FOUND) + len(DATE_FOUND)
"""In a line's `found` each code is one bit: so what several classes found adds up over time."""


class Factors(Protocol):
    """What settle asks of the catalogue."""

    flows: dict[str, Flow]

    @property
    def factor_set(self) -> str:
        """Fingerprint of everything that moves a figure."""

    @property
    def deducts(self) -> bool:
        """Does the standard deduct what is sold (R6, R7)?"""

    def location(self, flow: str, region: str) -> Steps:
        """Location-based factor over time."""

    def market(self, flow: str, region: str, contract: int) -> Steps:
        """Market-based factor over time."""

    def coal(self, flow: str) -> Steps:
        """Standard coal, equivalent value (当量值)."""

    def coal_primary(self, flow: str) -> Steps:
        """Standard coal, primary energy (等价值)."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Values that hold from one change of a factor to the next, by class and by flow."""

    since: int
    until: int
    location: NDArray[np.int64]
    located: NDArray[np.bool_]
    market: NDArray[np.int64]
    marketed: NDArray[np.bool_]
    bits: NDArray[np.int64]
    coal: NDArray[np.int64]
    coal_known: NDArray[np.bool_]
    primary: NDArray[np.int64]
    primary_known: NDArray[np.bool_]


class RateTable:
    """The factors of all classes and flows, looked up by instant."""

    def __init__(self, compiled: Compiled, factors: Factors) -> None:
        flows = compiled.flows
        keys: dict[tuple[str, str, int], int] = {}
        self._of_class = np.array(
            [
                keys.setdefault((flows[f], region, int(contract)), len(keys))
                for f, region, contract in zip(
                    compiled.class_flow, compiled.class_region, compiled.class_contract, strict=True
                )
            ],
            dtype=np.int64,
        )
        self._location = [factors.location(flow, region) for flow, region, _ in keys]
        self._market = [factors.market(*key) for key in keys]
        self._coal = [factors.coal(flow) for flow in flows]
        self._primary = [factors.coal_primary(flow) for flow in flows]
        steps = [*self._location, *self._market, *self._coal, *self._primary]
        starts = [s.start for s in steps] or [np.array([-(2**62)])]
        self._changes = np.unique(np.concatenate(starts))
        self._held: Rates | None = None

    def at(self, instant: int) -> Rates:
        """The rates that hold at an instant, and how long they do."""
        held = self._held
        if held is not None and held.since <= instant < held.until:
            return held
        n = int(np.searchsorted(self._changes, instant, side="right"))
        since = int(self._changes[n - 1])
        until = int(self._changes[n]) if n < len(self._changes) else 2**62
        location, located, found = _sample(self._location, instant)
        market, marketed, basis = _sample(self._market, instant)
        bits = (1 << (REGION_BIT + found[:, 0])) | (1 << (DATE_BIT + found[:, 1]))
        bits |= 1 << (BASIS_BIT + basis[:, 2])
        of = self._of_class
        coal, coal_known, _ = _sample(self._coal, instant)
        primary, primary_known, _ = _sample(self._primary, instant)
        found_now = Rates(
            since, until, location[of], located[of], market[of], marketed[of], bits[of],
            coal, coal_known, primary, primary_known,
        )  # fmt: skip
        self._held = found_now  # threads may differ in what they hold, each is right
        return found_now


def _sample(
    steps: list[Steps], instant: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Value, known, and the codes [region_found, date_found, basis] of each at an instant."""
    at = [int(np.searchsorted(s.start, instant, side="right")) - 1 for s in steps]
    pairs = list(zip(steps, at, strict=True))
    value = np.array([s.value[i] for s, i in pairs], dtype=np.int64)
    known = np.array([s.known[i] for s, i in pairs], dtype=np.bool_)
    codes = [(s.region_found[i], s.date_found[i], s.basis[i]) for s, i in pairs]
    return value, known, np.array(codes, dtype=np.int64).reshape(-1, 3)


def words(bits: NDArray[np.int64], first: int, names: tuple[str, ...]) -> NDArray[np.int32]:
    """Per line: the code that was found, or len(names) for `mixed`."""
    mine = (bits >> first) & ((1 << len(names)) - 1)
    code = np.zeros(len(bits), np.int32)
    for n in range(len(names)):
        code[mine == (1 << n)] = n
    code[(mine & (mine - 1)) != 0] = len(names)
    return code
