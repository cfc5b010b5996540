"""R4: a reading is cut once, from the whole, to the cells of its meter.

The share of a quantity Q up to the o-th of n cells is floor(Q * o / n); a part is the difference of two
shares, so parts add up to Q on every grid.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(inline="always")
def part(quantity, offset, cells):  # type: ignore[no-untyped-def]
    """The part of `quantity` in cell `offset` of `cells`; a void is void in each of its cells."""
    if quantity < 0:
        return np.int64(quantity)
    whole, rest = quantity // cells, quantity % cells
    before = rest * offset // cells
    after = rest * (offset + 1) // cells
    return np.int64(whole + after - before)
