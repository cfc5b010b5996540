"""Random cities as physics: busbars, feeders, and what each meter truly measures.

Every entity has a busbar. Energy comes to it from outside (incomers, roof solar) or from another
entity's busbar through feeders; it leaves by own use, export, or feeders to others. A meter's
reading is the energy through it, and an entity's true use is the own use of it and of all below
it: nothing here knows how meters are weighed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import strategies as st

MONTH = date(2026, 3, 1)
ENERGY = st.integers(0, 10**6)


@dataclass
class Epoch:
    """A stretch of days during which the city stands still."""

    start: date
    end: date
    parent: dict[str, str | None]
    rows: list[dict[str, object]] = field(default_factory=list)
    reading: dict[str, int] = field(default_factory=dict)
    """Energy through each meter in every interval of the epoch."""
    own: dict[str, int] = field(default_factory=dict)
    """True own use of each entity in every interval."""


@dataclass
class City:
    """Entities and meters over epochs that follow one another."""

    entities: list[str]
    epochs: list[Epoch]

    def entity_rows(self) -> list[dict[str, object]]:
        """The tree as a registry has it: a row per entity and epoch."""
        return [
            {"id": name, "parent": epoch.parent[name], "from": epoch.start, "to": epoch.end}
            for epoch in self.epochs
            for name in self.entities
        ]

    def true_use(self, epoch: Epoch) -> dict[str, int]:
        """What each entity used in an interval of the epoch: its own use and that of all below."""
        total = dict.fromkeys(self.entities, 0)
        for name, used in epoch.own.items():
            above: str | None = name
            while above is not None:
                total[above] += used
                above = epoch.parent[above]
        return total


@st.composite
def cities(draw: st.DrawFn) -> City:
    """Two to seven entities over one to three epochs; meters move between entities."""
    entities = [f"e{i}" for i in range(draw(st.integers(2, 7)))]
    days = sorted(draw(st.sets(st.integers(1, 40), max_size=2)))
    edges = [MONTH + timedelta(days=day) for day in [0, *days, 45]]
    epochs = [_epoch(draw, entities, start, end) for start, end in pairwise(edges)]
    return City(entities, epochs)


def _epoch(draw: st.DrawFn, entities: list[str], start: date, end: date) -> Epoch:
    order = draw(st.permutations(entities))
    parent: dict[str, str | None] = {order[0]: None}
    for i, name in enumerate(order[1:], 1):
        parent[name] = order[draw(st.integers(0, i - 1))]
    epoch = Epoch(start, end, parent)
    pool = list(draw(st.permutations([f"m{i}" for i in range(4 * len(entities))])))
    # who feeds whom has nothing to do with the tree: a feeder may serve a neighbour or a parent
    feeding = draw(st.permutations(entities))
    group: dict[str, list[str]] = {}
    demand: dict[str, int] = {}
    for i, name in enumerate(feeding):
        feeder = feeding[draw(st.integers(0, i - 1))] if i and draw(st.booleans()) else None
        _wire(draw, epoch, name, feeder, (group, pool))
    for name in reversed(feeding):
        _flow(draw, epoch, name, demand)
    return epoch


def _wire(
    draw: st.DrawFn,
    epoch: Epoch,
    name: str,
    feeder: str | None,
    state: tuple[dict[str, list[str]], list[str]],
) -> None:
    """Meters at a busbar: incomers or feeders, sometimes behind one that counts nowhere."""
    group, pool = state
    above: dict[str, object] = {"flow": "grid_import", "feeder": feeder, "feeds": name}
    if feeder is not None:
        # supplied by its neighbour, or behind the meters whose sum all of its energy is inside
        if draw(st.booleans()):
            above["supplied_by"] = feeder
        else:
            above["sub_of"] = ";".join(group[feeder])
    if draw(st.integers(0, 3)) == 0:
        others = [one for one in epoch.parent if one != feeder]
        check = {"meter": pool.pop(), "entity": draw(st.sampled_from(others)), "weight": 0}
        epoch.rows.append({**above, **check})
        above = {**above, "sub_of": check["meter"], "supplied_by": ""}
    meters = [pool.pop() for _ in range(draw(st.integers(1, 2)))]
    epoch.rows.extend({**above, "meter": meter, "entity": name} for meter in meters)
    if feeder is None and draw(st.booleans()):
        meters.append(f"{name}/solar")
        solar = {"meter": meters[-1], "entity": name, "flow": "onsite_solar"}
        epoch.rows.append({**solar, "feeds": name})
    if draw(st.integers(0, 3)) == 0:
        epoch.rows.append({"meter": f"{name}/out", "entity": name, "flow": "grid_export"})
    group[name] = meters


def _flow(draw: st.DrawFn, epoch: Epoch, name: str, demand: dict[str, int]) -> None:
    """Draw own use and export, and let what the busbar needs come through its meters."""
    epoch.own[name] = draw(ENERGY)
    need = epoch.own[name] + demand.get(name, 0)
    for row in epoch.rows:
        if row["entity"] == name and row["flow"] == "grid_export":
            epoch.reading[str(row["meter"])] = draw(ENERGY)
            need += epoch.reading[str(row["meter"])]
    supply = [row for row in epoch.rows if row.get("feeds") == name]
    feeder = supply[0]["feeder"]
    if feeder is not None:
        demand[str(feeder)] = demand.get(str(feeder), 0) + need
    for row in supply:
        if row.get("weight") == 0:
            epoch.reading[str(row["meter"])] = need
    first, *more = (str(row["meter"]) for row in supply if "weight" not in row)
    for meter in more:
        epoch.reading[meter] = draw(st.integers(0, need))
        need -= epoch.reading[meter]
    epoch.reading[first] = need
