"""The registry compiled: from rows of files to dated rows of integers (R6, R8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from schemas.compiled import Compiled, MeterFacts
from schemas.dated import I32, I64
from schemas.mistakes import Mistake, Mistakes, did_you_mean
from schemas.registry_members import memberships
from schemas.registry_steps import Inherited
from schemas.registry_uppers import pieces
from schemas.workspace import Workspace


def compile_registry(
    workspace: Workspace,
    flow_names: Sequence[str],
    previous_slots: Sequence[str] = (),
    *,
    flow_carriers: Mapping[str, str] | None = None,
) -> Compiled:
    """Everything that the registry and the contracts say, dated and numbered.

    flow_names: the flows of the standard, in the order that `Compiled.flows` takes.
    previous_slots: meters by slot of the books at hand; they keep their slots, also those that the
    registry no longer has (flow -1, interval 0, no rows). flow_carriers: carrier by flow; without
    it it is not checked that upper meters are of the lower's carrier. Raises `Mistakes`.
    """
    mistakes = flow_mistakes(workspace, flow_names)
    split = pieces(workspace.meters, flow_carriers, mistakes)
    if mistakes:
        raise Mistakes(mistakes)
    meters, tree = workspace.meters, workspace.entities
    names, slot_of = _slots(workspace, previous_slots)
    slot = slot_of[meters.meter]
    number = {name: i for i, name in enumerate(flow_names)}
    flow = np.array([number[name] for name in meters.flow_names], dtype=np.int32)
    inherited = Inherited(tree, workspace.contracts)
    flow_of = _by_slot(slot, flow[meters.flow], len(names), -1)
    interval = _by_slot(slot, meters.interval_s, len(names), 0)
    classes, rows = memberships(workspace, split, slot, flow, inherited)
    order = np.lexsort((tree.since, tree.entity))
    level = {row.id: row.level for row in tree.rows}
    return Compiled(
        meters=names,
        meter_flow=flow_of,
        meter_cell_s=np.minimum(interval, np.int32(workspace.settings.base_interval_s)),
        meter_interval_s=interval,
        facts=_facts(workspace, slot),
        entities=list(tree.ids),
        levels=[level[name] for name in tree.ids],
        flows=list(flow_names),
        tree_entity=tree.entity[order],
        tree_parent=tree.parent[order],
        tree_since=tree.since[order],
        tree_until=tree.until[order],
        class_entity=classes.entity,
        class_upper=classes.upper,
        class_supplied=classes.supplied,
        class_flow=classes.flow,
        class_region=[inherited.regions[i] for i in classes.region.tolist()],
        class_contract=classes.contract,
        member_slot=rows.slot,
        member_class=rows.number,
        member_weight=rows.weight,
        member_since=rows.since,
        member_until=rows.until,
    )


def flow_mistakes(workspace: Workspace, flow_names: Sequence[str]) -> list[Mistake]:
    """Flows that meters and contracts name and the standard doesn't have."""
    out: list[Mistake] = []
    known = set(flow_names)
    meters = workspace.meters
    for code, name in enumerate(meters.flow_names):
        if name and name not in known:
            hint = did_you_mean(name, flow_names) or "; see the flows of the factor library"
            rows = np.flatnonzero(meters.flow == code)
            meters.tables.tell(out, rows, f"flow: '{name}' is unknown{hint}")
    for rate in workspace.contracts:
        if rate.flow not in known:
            hint = did_you_mean(rate.flow, flow_names) or "; see the flows of the factor library"
            out.append(Mistake(rate.file, rate.line, f"flow: '{rate.flow}' is unknown{hint}"))
        elif rate.meter and not _measures(workspace, rate.meter, rate.flow):
            message = f"meter '{rate.meter}' does not measure {rate.flow}; name its own flow"
            out.append(Mistake(rate.file, rate.line, message))
    return out


def _measures(workspace: Workspace, meter: str, flow: str) -> bool:
    meters = workspace.meters
    number = meters.ids.index(meter).as_py()
    row = int(np.argmax(meters.meter == number))
    return meters.flow_names[meters.flow[row]] == flow


def _slots(workspace: Workspace, previous: Sequence[str]) -> tuple[list[str], I32]:
    """Meter ids by slot, and the slot of each meter number: old ones first, new ones by entity."""
    meters = workspace.meters
    ids: list[str] = meters.ids.to_pylist()
    place = {name: slot for slot, name in enumerate(previous)}
    first = np.zeros(len(ids), np.int64)
    first[meters.meter[::-1]] = np.arange(len(meters))[::-1]
    slot_of = np.full(len(ids), -1, np.int32)
    if place:
        slot_of[:] = [place.get(name, -1) for name in ids]
    new = np.flatnonzero(slot_of < 0)
    new = new[np.lexsort((new, meters.flow[first[new]], meters.entity[first[new]]))]
    slot_of[new] = np.arange(len(previous), len(previous) + len(new))
    return [*previous, *(ids[i] for i in new.tolist())], slot_of


def _by_slot(slot: I32, values: I32 | I64, slots: int, none: int) -> I32:
    """A fact that is the same in all rows of a meter, by slot; `none` where a slot has no row."""
    out = np.full(slots, none, np.int32)
    out[slot] = values
    return out


def _facts(workspace: Workspace, slot: I32) -> MeterFacts:
    meters = workspace.meters
    order = np.lexsort((meters.since, slot))
    above = [ratio.numerator for ratio in meters.multipliers]
    below = [ratio.denominator for ratio in meters.multipliers]
    multiplier = meters.multiplier[order].tolist()
    return MeterFacts(
        slot=slot[order],
        since=meters.since[order],
        until=meters.until[order],
        multiplier_num=[above[i] for i in multiplier],
        multiplier_den=[below[i] for i in multiplier],
        unit=[meters.unit_names[i] for i in meters.unit[order].tolist()],
    )
