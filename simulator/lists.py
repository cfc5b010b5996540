"""Who is whose: for each entity and flow the meters on its boundary, as the pipes and wires run.

Energy of a meter comes from a place (outside the city, or the entity that feeds it) and goes to an
entity. It enters every entity that holds the goal but not the origin, and leaves every one that
holds the origin but not the goal. What an entity used is what entered less what left.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from simulator.draw import Block
from simulator.draws import Ints
from simulator.plan import Plan
from simulator.tariff import location, market

Pair = tuple[int, int]
"""(entity, flow)."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A sparse matrix [pair, account] by rows, none empty: account and sign of each entry."""

    pair: Ints
    """Which pair each row is: index into `Lists.pairs`."""
    account: Ints
    sign: Ints
    at: Ints
    """First entry of each row."""

    def total(self, values: Ints, pairs: int, *, signed: bool = True) -> Ints:
        """[pair, …] sums of the accounts' values."""
        out = np.zeros((pairs, *values.shape[1:]), dtype=np.int64)
        if len(self.pair):
            entries = values[self.account]
            if signed:
                entries = entries * self.sign[:, None]
            out[self.pair] = np.add.reduceat(entries, self.at, axis=0)
        return out


@dataclass(frozen=True, slots=True)
class Lists:
    """A block in a phase. Meters that count alike are one *account*.

    `order` sorts meters by account and `at` is each account's first; `live` counts its meters;
    `factors` are [account] 10**-9 g per unit, location and market. `across` is the boundary of each
    pair; `rest` its own meters less those it feeds.
    """

    order: Ints
    at: Ints
    live: Ints
    flow: Ints
    factors: tuple[Ints, Ints]
    pairs: list[Pair]
    across: Rows
    rest: Rows


def lists(plan: Plan, block: Block, phase: int) -> Lists:
    """Sort the block's meters into accounts and list each pair's accounts."""
    keys = [_account(plan, block, i, phase) for i in range(len(block.meters))]
    names = sorted(set(keys) - {None}, key=lambda k: k or ())
    number = {k: i for i, k in enumerate(names)}
    code = np.array([number.get(k, -1) for k in keys], dtype=np.int64)
    order = np.argsort(code, kind="stable")[np.count_nonzero(code < 0) :]
    at = np.searchsorted(code[order], np.arange(len(names)))
    some = [block.first + int(order[i]) for i in at]
    where = [(plan.meters[i], i) for i in some]
    places = [
        np.array([location(m.flow, plan.region(m.entity, phase), phase) for m, _ in where]),
        np.array([market(plan, i, phase) for i in some]),
    ]
    edges = [(m.entity, m.uppers[phase], m.flow) for m, _ in where]
    across, rest = _edges(plan, edges, phase)
    pairs = sorted(across.keys() | rest.keys())
    return Lists(
        order, at, np.bincount(code[order], minlength=len(names)),
        np.array([m.flow for m, _ in where], dtype=np.int64),
        (places[0].astype(np.int64), places[1].astype(np.int64)),
        pairs, *(_rows(x, pairs) for x in (across, rest)),
    )  # fmt: skip


def _account(plan: Plan, block: Block, i: int, phase: int) -> tuple[int, ...] | None:
    """What decides how a meter counts; None where it does not."""
    m = block.meters[i]
    if not m.lives[phase] or m.weight == 0:
        return None
    own = any(c.meter == block.first + i for c in plan.contracts)
    return (m.entity, m.flow, m.uppers[phase], own * (i + 1))


Entries = dict[Pair, dict[int, int]]


def _edges(plan: Plan, edges: list[tuple[int, int, int]], phase: int) -> tuple[Entries, Entries]:
    """Boundary and own entries of every pair: {account: sign}."""
    across: Entries = defaultdict(dict)
    rest: Entries = defaultdict(dict)
    for account, (goal, origin, flow) in enumerate(edges):
        into = plan.above(goal, phase)
        out = plan.above(origin, phase) if origin >= 0 else []
        crossed = [(e, 1) for e in into if e not in out] + [(e, -1) for e in out if e not in into]
        for entity, sign in crossed:
            across[entity, flow][account] = sign
        rest[goal, flow][account] = 1
        if origin >= 0:
            rest[origin, flow][account] = -1 if origin != goal else 0
    return across, rest


def _rows(entries: Entries, pairs: list[Pair]) -> Rows:
    number = {p: i for i, p in enumerate(pairs)}
    kept = [(number[p], e) for p, e in sorted(entries.items()) if p in number]
    sizes = np.array([len(e) for _, e in kept], dtype=np.int64)
    accounts = [a for _, e in kept for a in e]
    signs = [s for _, e in kept for s in e.values()]
    return Rows(
        np.array([i for i, _ in kept], dtype=np.int64),
        np.array(accounts, dtype=np.int64),
        np.array(signs, dtype=np.int64),
        np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64),
    )
