"""What settle multiplies by: factors as steps over time (R7, R8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FACTOR_DECIMALS = 9
"""A factor is an Int64 count of 10**-9 g (or kgce) per native unit, rounded half-even once at load."""

REGION_FOUND = ("", "exact", "parent", "country")
"""How the region of a factor was found, by code; 0 = no row."""
DATE_FOUND = ("", "valid", "latest_published")
"""How its date was found, by code; 0 = no row. `latest_published` is a stand-in."""
MARKET_BASIS = ("", "contract", "residual", "location")
"""What the market figure rests on, by code; 0 = nothing found."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A factor as a step function: `value[i]` holds from `start[i]` until `start[i + 1]`.

    start: int64 epoch seconds, increasing, start[0] = -2**62 · value: int64, 10**-9 g per native unit
    (0 where unknown) · known: bool, False = null (`no_factor`) · region_found, date_found, basis: uint8
    codes of the tuples above (basis is 0 in a location view) · row: int32, index into the catalogue's
    `rows`, -1 where unknown; a series' hour shares its series' row.
    """

    start: NDArray[np.int64]
    value: NDArray[np.int64]
    known: NDArray[np.bool_]
    region_found: NDArray[np.uint8]
    date_found: NDArray[np.uint8]
    basis: NDArray[np.uint8]
    row: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow as one accounting standard sees it (R7)."""

    name: str
    carrier: str
    scope: str
    """`1`, `2`, `3`, or `-` where the standard gives none (water, compressed air)."""
    unit: str
    """Native unit."""
    consumption_sign: int
    """+1, -1 for exports, 0 where it is no consumption (a process)."""
    emission_sign: int
    """+1; -1 for exports where the standard deducts; 0 where it does not (then shown apart)."""
