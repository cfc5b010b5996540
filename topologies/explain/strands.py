"""What contributes to an entity in a window: R6, written out for one entity and flow."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from schemas.compiled import Compiled
from topologies.contributions import Paths


@dataclass(frozen=True, slots=True)
class Strand:
    """A meter while it counts in one way: `[since, until)` inside the window, epoch seconds."""

    slot: int
    klass: int
    weight: int
    """Of its quantity: w * ([the entity is its own or above it] - [the entity is u or above it])."""
    emitted: int
    """Of its emission: the same, but what the standard does not deduct is not taken off."""
    apart: int
    """Of its emission, shown apart: what was not taken off."""
    own: int
    """Of the remainder: +w at its own entity, -w at u."""
    supplied: int
    """w where this entity is the one that supplies it."""
    concerns: bool
    """Does it stand at this very entity, or right below it by `sub_of` or `supplied_by`?"""
    since: int
    until: int


def strands(
    compiled: Compiled, entity: int, flow: int, window: tuple[int, int], *, deducts: bool
) -> list[Strand]:
    """Everything that counts at an entity for a flow in a window, in order of slot and time."""
    paths, (start, end) = Paths(compiled), window
    pieces = {}
    for klass in np.flatnonzero(compiled.class_flow == flow).tolist():
        some = _pieces(compiled, paths, entity, klass, window)
        if some:
            pieces[klass] = some
    members = np.flatnonzero(
        np.isin(compiled.member_class, list(pieces))
        & (compiled.member_weight != 0)
        & (compiled.member_since < end)
        & (compiled.member_until > start)
    )
    found: list[Strand] = []
    for n in members.tolist():
        for first, second, begins, ends in pieces[int(compiled.member_class[n])]:
            since = max(begins, int(compiled.member_since[n]))
            until = min(ends, int(compiled.member_until[n]))
            counted = _counted(compiled, entity, n, (first, second), deducts=deducts)
            if since < until and counted is not None:
                found.append(Strand(*counted, since, until))
    return sorted(found, key=lambda s: (s.slot, s.since))


def _pieces(
    compiled: Compiled, paths: Paths, entity: int, klass: int, window: tuple[int, int]
) -> list[tuple[int, int, int, int]]:
    """(1 if below the entity, 1 if u is, since, until) over the window, where either is."""
    upper = int(compiled.class_upper[klass])

    def stands(of: int) -> list[tuple[int, int]]:
        above = paths.above(of) if of >= 0 else []
        return [
            (max(s, window[0]), min(u, window[1]))
            for e, s, u in above
            if e == entity and s < window[1] and u > window[0]
        ]

    first, second = stands(int(compiled.class_entity[klass])), stands(upper)
    times = sorted({at for span in first + second for at in span})
    pieces = []
    for since, until in pairwise(times):
        in_first = int(any(s <= since < u for s, u in first))
        in_second = int(any(s <= since < u for s, u in second))
        if in_first or in_second:
            pieces.append((in_first, in_second, since, until))
    return pieces


def _counted(
    compiled: Compiled, entity: int, member: int, brackets: tuple[int, int], *, deducts: bool
) -> tuple[int, int, int, int, int, int, int, bool] | None:
    """A membership at the entity while it is below it or u is; None where it counts nothing."""
    klass, w = int(compiled.member_class[member]), int(compiled.member_weight[member])
    first, second = w * brackets[0], w * brackets[1]
    is_own = int(compiled.class_entity[klass]) == entity
    is_upper = int(compiled.class_upper[klass]) == entity
    supplied = bool(compiled.class_supplied[klass])
    kept = supplied and not deducts
    weight, emitted, apart = first - second, first - second, 0
    if kept:
        emitted, apart = first, second
    if not (weight or emitted or apart or is_own or is_upper):
        return None
    own = w * (is_own - is_upper)
    given = w if is_upper and supplied else 0
    slot = int(compiled.member_slot[member])
    return slot, klass, weight, emitted, apart, own, given, is_own or is_upper
