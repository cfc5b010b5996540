"""The figures of a line (an entity and flow) in a window, as one row of integers.

Quantities count 10**-6 native units, emissions 10**-15 g and standard coal 10**-15 kgce, each in two
words (streams.wide); coverage counts meter-seconds. Columns before `OWN` are summed up the tree, the
others belong to the line itself; all of them add up over time, but for `NEWEST` (the latest) and
`FOUND` (everything that was found).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from streams.wide import add_into

RANKS = 0  # five quantities by rank, two words each
LOCATION, MARKET, APART = 10, 12, 14
REPORTED, LOCATED, MARKETED = 16, 17, 18  # seconds with a quantity; with it and a factor
OWN, SUPPLIED = 19, 21
OWN_REPORTED, SUPPLIED_REPORTED = 23, 24
KGCE, KGCE_PRIMARY = 25, 27
KGCE_KNOWN, KGCE_PRIMARY_KNOWN = 29, 30
EXPECTED = 31
PRESENT = (
    32  # as EXPECTED, also where only an emission that is not deducted counts: is there a rollup?
)
NEWEST = 33
FOUND = 34
WIDTH = 35

TREE_PAIRS = (0, 2, 4, 6, 8, LOCATION, MARKET, APART)
TREE_COUNTS = (REPORTED, LOCATED, MARKETED)
_PAIRS = (*TREE_PAIRS, OWN, SUPPLIED, KGCE, KGCE_PRIMARY)
_COUNTS = (
    *TREE_COUNTS,
    OWN_REPORTED,
    SUPPLIED_REPORTED,
    KGCE_KNOWN,
    KGCE_PRIMARY_KNOWN,
    EXPECTED,
    PRESENT,
)


@njit(nogil=True, cache=True)
def add_window(total, part):  # type: ignore[no-untyped-def]
    """total [lines, WIDTH] += part: a window is the sum of its parts (R9 b)."""
    for n in range(len(total)):
        idle = part[n, OWN_REPORTED] == 0 and part[n, SUPPLIED_REPORTED] == 0
        if part[n, PRESENT] == 0 and idle:
            continue
        into, row = total[n], part[n]
        for at in _PAIRS:
            add_into(into, at, np.uint64(row[at]), row[at + 1])
        for at in _COUNTS:
            into[at] += row[at]
        into[NEWEST] = max(into[NEWEST], row[NEWEST])
        into[FOUND] |= row[FOUND]
