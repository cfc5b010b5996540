"""R6's contributions written out: at which entity a meter counts, with which weight, and when."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import FOREVER, Compiled
from schemas.dated import ALWAYS, I32, I64

Share = tuple[int, int, int, int]
"""(entity, +1 or -1, since, until)."""
Stand = tuple[int, int, int]
"""(entity, since, until)."""


@dataclass(frozen=True, slots=True)
class Contributions:
    """Rows (meter slot, entity, weight, since, until), weight never 0; columns of equal length."""

    slot: I32
    entity: I32
    weight: I64
    since: I64
    until: I64


class Paths:
    """An entity and all above it, over time."""

    def __init__(self, compiled: Compiled) -> None:
        self._rows: dict[int, list[tuple[int, int, int]]] = {}
        columns = (compiled.tree_entity, compiled.tree_parent)
        times = (compiled.tree_since, compiled.tree_until)
        for entity, parent, since, until in zip(
            *(c.tolist() for c in columns + times), strict=True
        ):
            self._rows.setdefault(entity, []).append((parent, since, until))
        self._known: dict[Stand, list[Stand]] = {}

    def above(self, entity: int, since: int = ALWAYS, until: int = FOREVER) -> list[Stand]:
        """The entity itself and everything above it, each with the time it stands there.

        Clipped on the way up: two entities may have changed places in the course of time.
        """
        key = (entity, since, until)
        if key not in self._known:
            found: list[Stand] = []
            for parent, first, last in self._rows.get(entity, ()):
                start, end = max(first, since), min(last, until)
                if start < end:
                    found.append((entity, start, end))
                    if parent >= 0:
                        found += self.above(parent, start, end)
            self._known[key] = found
        return self._known[key]

    def shares(self, own: int, upper: int) -> list[Share]:
        """`[e is own or above it] - [e is upper or above it]`, where it is not 0."""
        first = [(e, 1, since, until) for e, since, until in self.above(own)]
        if upper < 0:
            return first
        second = [(e, -1, since, until) for e, since, until in self.above(upper)]
        both = {e for e, *_ in first} & {e for e, *_ in second}
        out = [share for share in first + second if share[0] not in both]
        for entity in sorted(both):
            out += _summed(entity, [share for share in first + second if share[0] == entity])
        return out


def _summed(entity: int, shares: list[Share]) -> list[Share]:
    """The sum of one entity's shares as steps; what cancels is left out."""
    times = sorted({at for share in shares for at in share[2:]})
    out: list[Share] = []
    for since, until in pairwise(times):
        sign = sum(share[1] for share in shares if share[2] <= since < share[3])
        if sign:
            out.append((entity, sign, since, until))
    return out


def contributions(compiled: Compiled) -> Contributions:
    """Every contribution of the registry; some five rows a meter, in one pass over arrays."""
    paths, entities = Paths(compiled), len(compiled.entities) + 1
    pair = compiled.class_entity.astype(np.int64) * entities + compiled.class_upper + 1
    pairs, pair_of_class = np.unique(pair, return_inverse=True)
    lists = [paths.shares(key // entities, key % entities - 1) for key in pairs.tolist()]
    counts = np.array([len(one) for one in lists], np.int64)
    begin = np.cumsum(counts) - counts
    share = np.array([row for one in lists for row in one], np.int64).reshape(-1, 4)
    member = np.flatnonzero(compiled.member_weight != 0)
    of_member = pair_of_class[compiled.member_class[member]]
    times = counts[of_member] if len(member) else np.zeros(0, np.int64)
    row = np.repeat(np.arange(len(member)), times)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    mine = share[begin[of_member[row]] + nth]
    member = member[row]
    since = np.maximum(compiled.member_since[member], mine[:, 2])
    until = np.minimum(compiled.member_until[member], mine[:, 3])
    keep = since < until
    found = Contributions(
        slot=compiled.member_slot[member][keep],
        entity=mine[keep, 0].astype(np.int32),
        weight=(compiled.member_weight[member] * mine[:, 1])[keep],
        since=since[keep],
        until=until[keep],
    )
    return _joined(found)


def _joined(rows: Contributions) -> Contributions:
    """Rows that touch and say the same are one (a change of region moves no weight)."""
    dated: NDArray[np.bool_] = (rows.since != ALWAYS) | (rows.until != FOREVER)
    some = np.flatnonzero(dated)
    order = some[np.lexsort((rows.since[some], rows.entity[some], rows.slot[some]))]
    again = np.zeros(len(order), bool)
    again[1:] = (
        (rows.slot[order][1:] == rows.slot[order][:-1])
        & (rows.entity[order][1:] == rows.entity[order][:-1])
        & (rows.weight[order][1:] == rows.weight[order][:-1])
        & (rows.since[order][1:] == rows.until[order][:-1])
    )
    first = np.flatnonzero(~again)
    last = np.append(first[1:], len(order)) - 1 if len(order) else first
    plain = np.flatnonzero(~dated)
    kept = np.concatenate([plain, order[first]])
    until = np.concatenate([rows.until[plain], rows.until[order[last]]])
    return Contributions(
        rows.slot[kept], rows.entity[kept], rows.weight[kept], rows.since[kept], until
    )
