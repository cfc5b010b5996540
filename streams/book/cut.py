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


@njit(nogil=True, cache=True)
def spread(number, start, cells, cell_s, quantity, rank, out):  # type: ignore[no-untyped-def]
    """Cells of longer readings: rows (row number, start of cell, quantity of part, rank of part)."""
    n = 0
    for i in range(len(number)):
        part_rank = 2 if rank[i] == 3 else rank[i]  # measured in sum, estimated in shape
        for offset in range(cells[i]):
            out[n, 0] = number[i]
            out[n, 1] = start[i] + offset * cell_s[i]
            out[n, 2] = part(quantity[i], offset, cells[i])
            out[n, 3] = part_rank
            n += 1
    return n
