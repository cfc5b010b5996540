"""The registry laid out for settling: lines, and for each era the class of each slot and the tree.

A *line* is an entity and flow. An *era* is a longest time in which no dated fact of the registry
changes; inside it everything here is constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from schemas.compiled import FOREVER, Compiled

Ints = NDArray[np.int64]
Indices = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Era:
    """What holds from `since` until `until`; see `Lines` for the numbering."""

    since: int
    until: int
    klass: list[Indices]
    """Per cell size, by slot of that size: its class, -1 where it counts nowhere."""
    weight: list[Ints]
    entity_parent: Indices
    line_parent: Indices
    order: Indices
    """Lines, children before parents."""
    x_line: Indices
    u_line: Indices
    top_line: Indices
    live: NDArray[np.bool_]
    """By class: has it a meter that counts?"""
    expected: Ints
    """By line: how many meters count there (R10)."""
    present: tuple[Ints, Ints]
    """By line: meters that make a rollup exist, where the standard deducts what is supplied (`expected`)
    and where it does not (an emission that is left with the buyer counts above both)."""
    own_expected: Ints
    """By line: meters that concern the remainder but for `supplied_by` ones (R6)."""


class Lines:
    """The lines of a registry and its eras."""

    def __init__(self, compiled: Compiled, slots_of_size: list[Ints]) -> None:
        self.compiled = compiled
        self.slots_of_size = slots_of_size
        self.number = _number_lines(compiled)
        """int32 [entities, flows]: line, or -1."""
        self.entity, self.flow = (a.astype(np.int32) for a in np.nonzero(self.number >= 0))
        changes = [compiled.member_since, compiled.member_until]
        changes += [compiled.tree_since, compiled.tree_until]
        self.changes: Ints = np.unique(np.concatenate([*changes, [-FOREVER, FOREVER]]))
        self.era = lru_cache(maxsize=8)(self._era)

    def __len__(self) -> int:
        """How many lines."""
        return len(self.entity)

    def era_at(self, instant: int) -> Era:
        """The era that an instant lies in."""
        return self.era(int(np.searchsorted(self.changes, instant, side="right")) - 1)

    def _era(self, n: int) -> Era:
        c = self.compiled
        since, until = int(self.changes[n]), int(self.changes[min(n + 1, len(self.changes) - 1)])
        parent = np.full(len(c.entities), -1, np.int32)
        now = (c.tree_since <= since) & (since < c.tree_until)
        parent[c.tree_entity[now]] = c.tree_parent[now]
        member = (c.member_since <= since) & (since < c.member_until) & (c.member_weight != 0)
        klass = np.full(len(c.meters), -1, np.int32)
        weight = np.ones(len(c.meters), np.int64)
        klass[c.member_slot[member]] = c.member_class[member]
        weight[c.member_slot[member]] = c.member_weight[member]
        top = np.full(len(c.class_entity), -1, np.int32)
        _meet_paths(c.class_entity, c.class_upper, parent, top)
        x_line = self.number[c.class_entity, c.class_flow]
        u_line = np.where(c.class_upper >= 0, self.number[c.class_upper, c.class_flow], -1)
        top_line = np.where(top >= 0, self.number[top, c.class_flow], -1).astype(np.int32)
        above = parent[self.entity]
        line_parent = np.where(above >= 0, self.number[above, self.flow], -1).astype(np.int32)
        meters = np.bincount(klass[klass >= 0], minlength=len(top)).astype(np.int64)
        order = _children_first(line_parent)
        expected = np.zeros(len(self), np.int64)
        own_expected = np.zeros(len(self), np.int64)
        _expect(meters, x_line, u_line, top_line, c.class_supplied, expected, own_expected)
        kept = expected.copy()
        _keep_emission(meters, top_line, c.class_supplied, kept)
        for counts in (expected, kept):
            _climb_counts(counts, line_parent, order)
        return Era(
            since=since,
            until=until,
            klass=[klass[s] for s in self.slots_of_size],
            weight=[weight[s] for s in self.slots_of_size],
            entity_parent=parent,
            line_parent=line_parent,
            order=order,
            x_line=x_line.astype(np.int32),
            u_line=u_line.astype(np.int32),
            top_line=top_line,
            live=meters > 0,
            expected=expected,
            present=(expected, kept),
            own_expected=own_expected,
        )


def _number_lines(c: Compiled) -> Indices:
    """Lines of all times: where a class counts or is deducted, and everything above these."""
    marked = np.zeros((len(c.entities), len(c.flows)), bool)
    marked[c.class_entity, c.class_flow] = True
    upper = c.class_upper >= 0
    marked[c.class_upper[upper], c.class_flow[upper]] = True
    rows = c.tree_parent >= 0
    child, parent = c.tree_entity[rows], c.tree_parent[rows]
    while True:
        before = int(marked.sum())
        np.logical_or.at(marked, parent, marked[child])
        if int(marked.sum()) == before:
            break
    number = np.full(marked.shape, -1, np.int32)
    number[marked] = np.arange(before, dtype=np.int32)
    return number


@njit(cache=True)
def _meet_paths(x, u, parent, top):  # type: ignore[no-untyped-def]
    """Lowest entity that both x and u are or lie below, -1 where there is none."""
    seen = np.full(len(parent), -1, np.int64)
    for c in range(len(x)):
        if u[c] < 0:
            continue
        at = x[c]
        while at >= 0:
            seen[at] = c
            at = parent[at]
        at = u[c]
        while at >= 0 and seen[at] != c:
            at = parent[at]
        top[c] = at


@njit(cache=True)
def _children_first(parent):  # type: ignore[no-untyped-def]
    waiting = np.zeros(len(parent), np.int64)
    for n in range(len(parent)):
        if parent[n] >= 0:
            waiting[parent[n]] += 1
    order = np.empty(len(parent), np.int32)
    done = 0
    for n in range(len(parent)):
        if waiting[n] == 0:
            order[done] = n
            done += 1
    at = 0
    while at < done:
        above = parent[order[at]]
        at += 1
        if above >= 0:
            waiting[above] -= 1
            if waiting[above] == 0:
                order[done] = above
                done += 1
    return order[:done]


@njit(cache=True)
def _expect(meters, x, u, top, supplied, expected, own):  # type: ignore[no-untyped-def]
    for c in range(len(meters)):
        n = meters[c]
        if n == 0:
            continue
        expected[x[c]] += n
        own[x[c]] += n
        if u[c] >= 0:
            expected[u[c]] += n
            if top[c] >= 0:
                expected[top[c]] -= 2 * n
            if not supplied[c]:
                own[u[c]] += n


@njit(cache=True)
def _keep_emission(meters, top, supplied, kept):  # type: ignore[no-untyped-def]
    for c in range(len(meters)):
        if supplied[c] and top[c] >= 0:
            kept[top[c]] += meters[c]


@njit(cache=True)
def _climb_counts(counts, parent, order):  # type: ignore[no-untyped-def]
    for n in order:
        if parent[n] >= 0:
            counts[parent[n]] += counts[n]


@njit(nogil=True, cache=True)
def found_by_line(live, bits, x, u, top, stays, parent, found):  # type: ignore[no-untyped-def]
    """What the classes that count at a line found of factors (region, date, market basis), OR-ed."""
    for c in range(len(live)):
        if not live[c]:
            continue
        end = np.int32(-1) if stays[c] else top[c]
        for start in (x[c], u[c]):
            at = start
            while at >= 0 and at != end:
                found[at] |= bits[c]
                at = parent[at]
