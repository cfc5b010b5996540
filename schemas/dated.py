"""Dated rows by group: do they overlap, cover a time, form a ring; rows numbered by their facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import FOREVER

ALWAYS = -FOREVER
"""`since` of a row without a beginning; epoch seconds."""

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


def overlapping(group: I32, since: I64, until: I64) -> list[tuple[int, int]]:
    """Pairs (row, earlier row of the same group that it overlaps), one for each row that does."""
    if len(group) == 0:
        return []
    order = np.lexsort((since, group))
    g, s = group[order].astype(np.int64), since[order]
    times = np.unique(np.concatenate([since, until]))
    # group * len(times) + rank grows from group to group, so a running maximum starts anew in each
    reach = np.maximum.accumulate(g * len(times) + np.searchsorted(times, until[order]))
    start = g * len(times) + np.searchsorted(times, s)
    late = np.flatnonzero((g[1:] == g[:-1]) & (start[1:] < reach[:-1]) & (g[1:] >= 0)) + 1
    return [(int(order[i]), int(order[i - 1])) for i in late]


class Spans:
    """When groups are valid: dated rows, those that touch joined."""

    def __init__(self, group: I32, since: I64, until: I64) -> None:
        order = np.lexsort((since, group))
        g, s, u = group[order], since[order], until[order]
        joined = np.zeros(len(g), dtype=bool)
        joined[1:] = (g[1:] == g[:-1]) & (s[1:] <= u[:-1])
        first = np.flatnonzero(~joined)
        self.group, self.since = g[first], s[first]
        self.until = np.maximum.reduceat(u, first) if len(first) else u

    def cover(self, group: I32, since: I64, until: I64) -> NDArray[np.bool_]:
        """Whether each [since, until) lies inside its group's validity; group -1 always does."""
        times = np.unique(np.concatenate([self.since, since]))
        mine = self.group.astype(np.int64) * len(times) + np.searchsorted(times, self.since)
        asked = group.astype(np.int64) * len(times) + np.searchsorted(times, since)
        at = np.searchsorted(mine, asked, side="right") - 1
        hit = at >= 0
        at = np.maximum(at, 0)
        if len(self.group) == 0:
            return group < 0
        return (hit & (self.group[at] == group) & (self.until[at] >= until)) | (group < 0)


def numbered(facts: Sequence[NDArray[Any]]) -> tuple[I32, I64]:
    """Number of each row's combination of facts (in their order), and a row of each number."""
    key = np.zeros(len(facts[0]), np.int64)
    for fact in facts:
        # densified after each column, so that the product of two never leaves 64 bits
        values, code = np.unique(fact, return_inverse=True)
        key = np.unique(key * max(len(values), 1) + code, return_inverse=True)[1].astype(np.int64)
    _, first, number = np.unique(key, return_index=True, return_inverse=True)
    return number.astype(np.int32), first


def rings(lower: I32, upper: I32, since: I64, until: I64) -> list[list[int]]:
    """Rings of dated edges lower -> upper that hold at one instant, each as its rows."""
    alive = np.flatnonzero((lower >= 0) & (upper >= 0))
    while len(alive):
        # an edge whose upper end leads nowhere further is in no ring
        leads = np.zeros(int(upper.max()) + 1 + int(lower.max()), dtype=bool)
        leads[lower[alive]] = True
        onward = leads[upper[alive]]
        if onward.all():
            break
        alive = alive[onward]
    found: dict[frozenset[int], list[int]] = {}
    for instant in np.unique(since[alive]):
        now = alive[(since[alive] <= instant) & (instant < until[alive])]
        for ring in _rings_at(lower[now].tolist(), upper[now].tolist(), now.tolist()):
            found.setdefault(frozenset(ring), ring)
    return list(found.values())


def _rings_at(lower: list[int], upper: list[int], rows: list[int]) -> list[list[int]]:
    """Rings of a plain graph, one for each walk that comes back to where it has been."""
    edges: dict[int, list[tuple[int, int]]] = {}
    for node, above, row in zip(lower, upper, rows, strict=True):
        edges.setdefault(node, []).append((above, row))
    done: set[int] = set()
    out = []
    for root, first in edges.items():
        path: list[int] = [root]
        taken: list[int] = []
        pending = [iter(first)] if root not in done else []
        while pending:
            above, row = next(pending[-1], (-1, -1))
            if row < 0:
                pending.pop()
                done.add(path.pop())
                del taken[len(path) - 1 :]
            elif above in path:
                out.append([*taken[path.index(above) :], row])
            elif above in edges and above not in done:
                path.append(above)
                taken.append(row)
                pending.append(iter(edges[above]))
    return out
