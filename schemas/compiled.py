"""The registry as the streams use it: slots, classes and dated rows of integers (R6).

A *class* is the set of meters that count alike: same entity, same upper entity u, same flow, region
and contract. With u, R6's `weight[m->e] = w * ([e above x] - [e above u])` is two postings: +w*q at x
and -w*q at u, summed up the tree. So the book is folded once per meter, and all the rest costs
classes and entities only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FOREVER = 2**62
"""`until` of a row without an end; epoch seconds."""


@dataclass(frozen=True, slots=True)
class MeterFacts:
    """What `collect` and the book need of each meter row; columns of equal length, sorted by slot, since.

    A reading of quantity x in unit U with ratio r(U -> flow's native unit) is worth
    x * r * multiplier native units, rounded once (R2); the row valid at its start gives the multiplier.
    """

    slot: NDArray[np.int32]
    since: NDArray[np.int64]
    until: NDArray[np.int64]
    multiplier_num: list[int]
    multiplier_den: list[int]
    unit: list[str]
    """The meter's default unit name (already known to convert to the flow's native unit)."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Everything that a registry (with the contracts) says, dated and numbered."""

    meters: list[str]
    """Meter id by slot. Slots are append-only: first laid out by entity, later meters at the end."""
    meter_flow: NDArray[np.int32]
    """By slot: index into `flows`. A meter's flow and interval never change (R4)."""
    meter_cell_s: NDArray[np.int32]
    """By slot: seconds of a cell, the finer of the meter's and the base interval (R4)."""
    meter_interval_s: NDArray[np.int32]
    """By slot: seconds of the meter's own interval."""
    facts: MeterFacts

    entities: list[str]
    levels: list[str]
    flows: list[str]

    tree_entity: NDArray[np.int32]
    tree_parent: NDArray[np.int32]
    tree_since: NDArray[np.int64]
    tree_until: NDArray[np.int64]
    """Dated parents: rows (entity, parent or -1, since, until)."""

    class_entity: NDArray[np.int32]
    class_upper: NDArray[np.int32]
    """The entity u of R6, -1 where there is none."""
    class_supplied: NDArray[np.bool_]
    """True where u comes from `supplied_by`."""
    class_flow: NDArray[np.int32]
    class_region: list[str]
    """Region code of R8 (own entity's or nearest ancestor's that names one), '' where none does."""
    class_contract: NDArray[np.int32]
    """Row of the workspace's contract rates that is in force for the market view (R8), or -1."""

    member_slot: NDArray[np.int32]
    member_class: NDArray[np.int32]
    member_weight: NDArray[np.int64]
    member_since: NDArray[np.int64]
    member_until: NDArray[np.int64]
    """Dated membership, sorted by slot then since; within a slot the rows never overlap. Rows of
    weight 0 are kept (their readings are accepted) and count nowhere."""
