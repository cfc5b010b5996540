"""R8: region and contract rate of an entity over time, its own or the nearest ancestor's."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.compiled import FOREVER
from schemas.contracts import Contract
from schemas.dated import ALWAYS
from schemas.entities import Entities

Step = tuple[int, int, int]
"""(since, until, value); steps of one thing never overlap and are in order of time."""

NONE = -1


def clip(steps: list[Step], since: int, until: int) -> list[Step]:
    """The part of steps inside [since, until)."""
    return [(max(s, since), min(u, until), v) for s, u, v in steps if s < until and u > since]


def joined(steps: list[Step]) -> list[Step]:
    """Steps that touch and have one value as one."""
    out: list[Step] = []
    for since, until, value in steps:
        if out and out[-1][1] == since and out[-1][2] == value:
            out[-1] = (out[-1][0], until, value)
        else:
            out.append((since, until, value))
    return out


def over(top: list[Step], bottom: list[Step]) -> list[Step]:
    """`top` where it has a step, `bottom` elsewhere."""
    out: list[Step] = []
    at = ALWAYS
    for since, until, value in sorted(top):
        out += clip(bottom, at, since)
        out.append((since, until, value))
        at = until
    return joined(out + clip(bottom, at, FOREVER))


@dataclass
class Inherited:
    """Regions and contract rates over time, each worked out once per entity (and flow)."""

    tree: Entities
    contracts: list[Contract]
    regions: list[str] = field(init=False)
    """Region codes by number; number 0 is '' (none named)."""

    def __post_init__(self) -> None:
        named = sorted({row.region for row in self.tree.rows if row.region})
        self.regions = ["", *named]
        self._region_number = {name: i for i, name in enumerate(self.regions)}
        self._rows: list[list[int]] = [[] for _ in self.tree.ids]
        for row in sorted(range(len(self.tree.rows)), key=lambda i: self.tree.rows[i].since):
            self._rows[self.tree.entity[row]].append(row)
        self._rates: dict[tuple[str, str, str], list[Step]] = {}
        for i, rate in enumerate(self.contracts):
            key = (rate.entity, rate.meter, rate.flow)
            self._rates.setdefault(key, []).append((rate.since, rate.until, i))
        self._flows = {rate.flow for rate in self.contracts if rate.entity}
        self._known: dict[tuple[int, str | None, int, int], list[Step]] = {}

    def region(self, entity: int) -> list[Step]:
        """Region number over the entity's validity."""
        return self._steps(entity, None, ALWAYS, FOREVER)

    def rate(self, entity: int, flow: str) -> list[Step]:
        """Contract row (NONE where there is none) over the entity's validity."""
        if flow not in self._flows:
            return [(ALWAYS, FOREVER, NONE)]
        return self._steps(entity, flow, ALWAYS, FOREVER)

    def _steps(self, entity: int, flow: str | None, since: int, until: int) -> list[Step]:
        """Region (flow None) or rate inside a time: two entities may have changed places in it."""
        key = (entity, flow, since, until)
        if key not in self._known:
            steps: list[Step] = []
            for i in self._rows[entity]:
                start, end = (
                    max(since, self.tree.rows[i].since),
                    min(until, self.tree.rows[i].until),
                )
                if start < end:
                    steps += self._row_steps(i, flow, start, end)
            self._known[key] = joined(steps)
        return self._known[key]

    def _row_steps(self, i: int, flow: str | None, since: int, until: int) -> list[Step]:
        """What row i of the tree says from `since` to `until`, else what its parent has then."""
        row, parent = self.tree.rows[i], int(self.tree.parent[i])
        if flow is None and row.region:
            return [(since, until, self._region_number[row.region])]
        none = NONE if flow is not None else 0
        above = [(since, until, none)]
        if parent >= 0:
            above = self._steps(parent, flow, since, until)
        own = self._rates.get((row.id, "", flow), []) if flow is not None else []
        return over(clip(own, since, until), above)

    def meter_rate(self, meter: str, flow: str) -> list[Step]:
        """Contract rows of a meter itself."""
        return self._rates.get(("", meter, flow), [])

    def meters_with_rates(self) -> set[str]:
        """Meters that have a contract rate of their own."""
        return {rate.meter for rate in self.contracts if rate.meter}
