"""What a compiled registry makes of readings: sums per entity, by its dated rows alone."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.compiled import Compiled

SIGN = {"grid_import": 1, "onsite_solar": 1, "grid_export": -1}
FLOWS = list(SIGN)
CARRIERS = dict.fromkeys(FLOWS, "electricity")


def path_up(compiled: Compiled, entity: int, instant: int) -> list[int]:
    """The entity and all above it at an instant."""
    above = {
        int(e): int(p)
        for e, p, s, u in zip(
            compiled.tree_entity,
            compiled.tree_parent,
            compiled.tree_since,
            compiled.tree_until,
            strict=True,
        )
        if s <= instant < u
    }
    out = []
    while entity >= 0:
        out.append(entity)
        entity = above[entity]
    return out


def weights(compiled: Compiled, instant: int) -> dict[tuple[str, str], int]:
    """weight[meter -> entity] at an instant, by the classes' two postings; zeros left out."""
    out: dict[tuple[str, str], int] = {}
    for i in range(len(compiled.member_slot)):
        if not compiled.member_since[i] <= instant < compiled.member_until[i]:
            continue
        number = compiled.member_class[i]
        for end, sign in ((compiled.class_entity[number], 1), (compiled.class_upper[number], -1)):
            for entity in path_up(compiled, int(end), instant):
                key = (compiled.meters[compiled.member_slot[i]], compiled.entities[entity])
                out[key] = out.get(key, 0) + sign * int(compiled.member_weight[i])
    return {key: weight for key, weight in out.items() if weight}


def consumption(compiled: Compiled, reading: Mapping[str, int], instant: int) -> dict[str, int]:
    """Signed sum over all flows by entity."""
    flow = dict(zip(compiled.meters, compiled.meter_flow.tolist(), strict=True))
    total = dict.fromkeys(compiled.entities, 0)
    for (meter, entity), weight in weights(compiled, instant).items():
        total[entity] += weight * reading[meter] * SIGN[compiled.flows[flow[meter]]]
    return total
