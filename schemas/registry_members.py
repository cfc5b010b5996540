"""Meters that count alike: dated memberships of classes (R6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import FOREVER
from schemas.dated import ALWAYS, I32, I64
from schemas.registry_steps import NONE, Inherited, over
from schemas.registry_uppers import Pieces
from schemas.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Members:
    """Classes (first six columns, by class) and who is in them when (the others, by membership)."""

    entity: I32
    upper: I32
    supplied: NDArray[np.bool_]
    flow: I32
    region: I32
    contract: I32

    slot: I32
    number: I32
    """Class of the membership."""
    weight: I64
    since: I64
    until: I64


def members(
    workspace: Workspace, split: Pieces, slot_of: I32, flow: I32, inherited: Inherited
) -> Members:
    """Pieces split further where region or contract changes, and numbered by class.

    flow: number in the standard of each of `meters.flow_names`.
    """
    at, since, until, region, contract = _stepped(workspace, split, inherited)
    row = split.row[at]
    meters = workspace.meters
    facts = [
        meters.entity[row],
        split.upper[at],
        split.supplied[at],
        flow[meters.flow[row]],
        region,
        contract,
    ]
    number, first = _numbered([np.asarray(fact, np.int64) for fact in facts])
    slot, weight = slot_of[meters.meter[row]], meters.weight[row]
    order = np.lexsort((since, slot))
    slot, weight, number = slot[order], weight[order], number[order]
    since, until = since[order], until[order]
    same = np.zeros(len(slot), dtype=bool)
    same[1:] = (
        (slot[1:] == slot[:-1])
        & (number[1:] == number[:-1])
        & (weight[1:] == weight[:-1])
        & (since[1:] == until[:-1])
    )
    begin = np.flatnonzero(~same)
    end = np.append(begin[1:], len(slot)) - 1 if len(slot) else begin
    return Members(
        *(fact[first] for fact in facts),
        slot=slot[begin],
        number=number[begin],
        weight=weight[begin],
        since=since[begin],
        until=until[end],
    )


def _numbered(facts: list[I64]) -> tuple[I32, I64]:
    """Number of each row's combination of facts (in their order), and a row of each number."""
    key = np.zeros(len(facts[0]), np.int64)
    for fact in facts:
        # densified after each column, so that the product of two never leaves 64 bits
        values, code = np.unique(fact, return_inverse=True)
        key = np.unique(key * max(len(values), 1) + code, return_inverse=True)[1].astype(np.int64)
    _, first, number = np.unique(key, return_index=True, return_inverse=True)
    return number.astype(np.int32), first


def _stepped(
    workspace: Workspace, split: Pieces, inherited: Inherited
) -> tuple[I64, I64, I64, I32, I32]:
    """For each piece its steps of (region, contract): piece, since, until, region, contract."""
    meters = workspace.meters
    pair = meters.entity[split.row].astype(np.int64) * max(len(meters.flow_names), 1)
    pair += meters.flow[split.row]
    pairs, line = np.unique(pair, return_inverse=True)
    lines = [
        _line(inherited, *divmod(one, max(len(meters.flow_names), 1)), meters.flow_names)
        for one in pairs.tolist()
    ]
    for name in inherited.meters_with_rates():
        _own_rates(workspace, split, inherited, name, line, lines)
    counts = np.array([len(one) for one in lines], dtype=np.int64)
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    steps = np.array([step for one in lines for step in one], dtype=np.int64).reshape(-1, 4)
    times = counts[line] if len(line) else np.zeros(0, np.int64)
    at = np.repeat(np.arange(len(split.row)), times)
    nth = np.arange(len(at)) - np.repeat(np.cumsum(times) - times, times)
    step = steps[start[line[at]] + nth]
    since = np.maximum(split.since[at], step[:, 0])
    until = np.minimum(split.until[at], step[:, 1])
    keep = since < until
    region, contract = step[keep, 2].astype(np.int32), step[keep, 3].astype(np.int32)
    return at[keep], since[keep], until[keep], region, contract


Line = list[tuple[int, int, int, int]]
"""(since, until, region, contract) in order of time."""


def _line(inherited: Inherited, entity: int, flow: int, flow_names: list[str]) -> Line:
    return _both(inherited.region(entity), inherited.rate(entity, flow_names[flow]))


def _both(region: list[tuple[int, int, int]], rate: list[tuple[int, int, int]]) -> Line:
    """Two step functions as one, where the first has steps."""
    out = []
    for since, until, value in region:
        covered = [step for step in rate if step[0] < until and step[1] > since]
        for start, end, row in covered or [(ALWAYS, FOREVER, NONE)]:
            out.append((max(since, start), min(until, end), value, row))
    return out


def _own_rates(
    workspace: Workspace,
    split: Pieces,
    inherited: Inherited,
    name: str,
    line: I64,
    lines: list[Line],
) -> None:
    """Give the pieces of a meter with contract rates of its own lines of their own."""
    meters = workspace.meters
    number = meters.ids.index(name).as_py()
    for piece in np.flatnonzero(meters.meter[split.row] == number).tolist():
        row = split.row[piece]
        entity, flow = int(meters.entity[row]), meters.flow_names[meters.flow[row]]
        own = inherited.meter_rate(name, flow)
        rate = over(own, inherited.rate(entity, flow))
        line[piece] = len(lines)
        lines.append(_both(inherited.region(entity), rate))
