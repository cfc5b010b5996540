"""Meters that count alike: dated memberships of classes (R6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.dated import I32, I64, numbered
from schemas.registry_steps import Inherited, Step, over
from schemas.registry_uppers import Pieces
from schemas.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Classes:
    """What the meters of a class have in common, by class number."""

    entity: I32
    upper: I32
    supplied: NDArray[np.bool_]
    flow: I32
    region: I32
    """Into `Inherited.regions`."""
    contract: I32


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in which class when, in order of (slot, since)."""

    slot: I32
    number: I32
    """Class of the membership."""
    weight: I64
    since: I64
    until: I64


def memberships(
    workspace: Workspace, split: Pieces, slot: I32, flow: I32, inherited: Inherited
) -> tuple[Classes, Members]:
    """Pieces split further where region or contract changes, and numbered by class.

    slot: by meter row. flow: number in the standard of each of `meters.flow_names`.
    """
    meters = workspace.meters
    steps = _stepped(workspace, split, inherited)
    row = split.row[steps.piece]
    entity, flows = meters.entity[row], flow[meters.flow[row]]
    upper, supplied = split.upper[steps.piece], split.supplied[steps.piece]
    number, first = numbered([entity, upper, supplied, flows, steps.region, steps.contract])
    classes = Classes(
        entity=entity[first],
        upper=upper[first],
        supplied=supplied[first],
        flow=flows[first],
        region=steps.region[first],
        contract=steps.contract[first],
    )
    members = Members(slot[row], number, meters.weight[row], steps.since, steps.until)
    return classes, _joined(members)


def _joined(rows: Members) -> Members:
    """In order of (slot, since); rows that touch and say the same are one."""
    order = np.lexsort((rows.since, rows.slot))
    slot, number, weight = rows.slot[order], rows.number[order], rows.weight[order]
    since, until = rows.since[order], rows.until[order]
    same = np.zeros(len(slot), dtype=bool)
    same[1:] = (
        (slot[1:] == slot[:-1])
        & (number[1:] == number[:-1])
        & (weight[1:] == weight[:-1])
        & (since[1:] == until[:-1])
    )
    begin = np.flatnonzero(~same)
    end = np.append(begin[1:], len(slot)) - 1 if len(slot) else begin
    return Members(slot[begin], number[begin], weight[begin], since[begin], until[end])


@dataclass(frozen=True, slots=True)
class _Steps:
    """Pieces cut where region or contract changes."""

    piece: I64
    since: I64
    until: I64
    region: I32
    contract: I32


def _stepped(workspace: Workspace, split: Pieces, inherited: Inherited) -> _Steps:
    """Each piece by the steps of its (entity, flow), clipped to the piece."""
    line, lines = _lines(workspace, split, inherited)
    counts = np.array([len(one) for one in lines], dtype=np.int64)
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    table = np.array([step for one in lines for step in one], dtype=np.int64).reshape(-1, 4)
    times = counts[line] if len(line) else np.zeros(0, np.int64)
    piece = np.repeat(np.arange(len(split.row)), times)
    nth = np.arange(len(piece)) - np.repeat(np.cumsum(times) - times, times)
    step = table[start[line[piece]] + nth]
    since = np.maximum(split.since[piece], step[:, 0])
    until = np.minimum(split.until[piece], step[:, 1])
    keep = since < until
    return _Steps(
        piece=piece[keep],
        since=since[keep],
        until=until[keep],
        region=step[keep, 2].astype(np.int32),
        contract=step[keep, 3].astype(np.int32),
    )


Line = list[tuple[int, int, int, int]]
"""(since, until, region, contract) in order of time."""


def _lines(workspace: Workspace, split: Pieces, inherited: Inherited) -> tuple[I64, list[Line]]:
    """The number of each piece's line, and the lines: one per (entity, flow) in use.

    Meters with contract rates of their own have lines of their own.
    """
    meters = workspace.meters
    names = meters.flow_names
    pair = meters.entity[split.row].astype(np.int64) * max(len(names), 1) + meters.flow[split.row]
    pairs, line = np.unique(pair, return_inverse=True)
    lines = []
    for entity, flow in (divmod(one, len(names)) for one in pairs.tolist()):
        lines.append(_both(inherited.region(entity), inherited.rate(entity, names[flow])))
    for name in inherited.meters_with_rates():
        number = meters.ids.index(name).as_py()
        for piece in np.flatnonzero(meters.meter[split.row] == number).tolist():
            row = split.row[piece]
            entity, flow_name = int(meters.entity[row]), names[meters.flow[row]]
            rate = over(inherited.meter_rate(name, flow_name), inherited.rate(entity, flow_name))
            line[piece] = len(lines)
            lines.append(_both(inherited.region(entity), rate))
    return line, lines


def _both(region: list[Step], rate: list[Step]) -> Line:
    """Two step functions as one, over the time of the first; the second is there all that time."""
    return [
        (max(since, start), min(until, end), number, row)
        for since, until, number in region
        for start, end, row in rate
        if start < until and end > since
    ]
