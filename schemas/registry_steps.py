"""R8: region and contract rate of an entity over time, its own or the nearest ancestor's."""

from __future__ import annotations

from collections.abc import Callable
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
        self._region_of: dict[int, list[Step]] = {}
        self._rate_of: dict[tuple[int, str], list[Step]] = {}

    def region(self, entity: int) -> list[Step]:
        """Region number over the entity's validity."""
        if entity not in self._region_of:
            steps: list[Step] = []
            for i in self._rows[entity]:
                row = self.tree.rows[i]
                if row.region:
                    steps.append((row.since, row.until, self._region_number[row.region]))
                else:
                    steps += self._from_parent(i, self.region, 0)
            self._region_of[entity] = joined(steps)
        return self._region_of[entity]

    def rate(self, entity: int, flow: str) -> list[Step]:
        """Contract row (NONE where there is none) over the entity's validity."""
        if flow not in self._flows:
            return [(ALWAYS, FOREVER, NONE)]
        key = (entity, flow)
        if key not in self._rate_of:
            steps: list[Step] = []
            for i in self._rows[entity]:
                steps += self._from_parent(i, lambda parent: self.rate(parent, flow), NONE)
            own = self._rates.get((self.tree.ids[entity], "", flow), [])
            self._rate_of[key] = over(own, joined(steps))
        return self._rate_of[key]

    def meter_rate(self, meter: str, flow: str) -> list[Step]:
        """Contract rows of a meter itself."""
        return self._rates.get(("", meter, flow), [])

    def meters_with_rates(self) -> set[str]:
        """Meters that have a contract rate of their own."""
        return {rate.meter for rate in self.contracts if rate.meter}

    def _from_parent(self, i: int, of: Callable[[int], list[Step]], none: int) -> list[Step]:
        row, parent = self.tree.rows[i], int(self.tree.parent[i])
        above = of(parent) if parent >= 0 else [(ALWAYS, FOREVER, none)]
        return clip(above, row.since, row.until)
