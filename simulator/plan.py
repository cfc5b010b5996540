"""The city as drawn: entities, meters and who feeds whom, before and after the day of change.

Halfway through the period, at a local midnight, everything that is dated happens at once: a line is
sold but still fed by its seller, another is re-fed by its new owner, a device is exchanged, factors
change. So there are two *phases*, 0 before and 1 from that day on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

CITY = "wuxi"
PHASES = (0, 1)


class Role(IntEnum):
    """What a meter sits on."""

    MACHINE = 0
    GAS_BURNER = 1
    PARK = 2
    MAIN = 3
    MAIN_2 = 4
    EXPORT = 5
    SOLAR = 6
    CHECK = 7
    GAS = 8
    HEAT = 9
    STATION = 10
    STEAM = 11
    FEEDER = 12


@dataclass(frozen=True, slots=True)
class FlowKind:
    """A flow: its native unit, the smallest step of its meters (10**-6), its sign in emission."""

    name: str
    unit: str
    step: int
    sign: int


FLOWS = (
    FlowKind("grid_import", "kWh", 1000, 1),
    FlowKind("grid_export", "kWh", 1000, -1),
    FlowKind("onsite_solar", "kWh", 1000, 1),
    FlowKind("natural_gas", "Nm3", 1000, 1),
    FlowKind("purchased_heat", "GJ", 1, 1),
)
IMPORT, EXPORT, SOLAR, GAS, HEAT = range(5)
FLOW_OF_ROLE = (
    IMPORT, GAS, IMPORT, IMPORT, IMPORT, EXPORT, SOLAR, IMPORT, GAS, HEAT, HEAT, HEAT, IMPORT,
)  # fmt: skip


@dataclass(slots=True)
class Entity:
    """A node of the tree; `parents` by phase, an index or -1."""

    id: str
    en: str
    zh: str
    level: str
    parents: tuple[int, int]
    region: str = ""


@dataclass(slots=True)
class Meter:
    """A meter: where it stands, what it shows, and from which entity its energy comes.

    `feeds` are the meters it is `sub_of`, by phase (text, by `;`); `feeders` the enterprise that
    feeds it, `uppers` the entity whose energy it is part of (R6's u), -1 where none. A shown number
    is native quantity * `shown[0]` / `shown[1]`. It lives in the phases `lives`.
    """

    id: str
    entity: int
    role: Role
    base: int
    sector: int = 0
    firm: int = -1
    feeders: tuple[int, int] = (-1, -1)
    uppers: tuple[int, int] = (-1, -1)
    feeds: tuple[str, str] = ("", "")
    supplied_by: int = -1
    interval: int = 15
    unit: str = ""
    multiplier: int = 1
    shown: tuple[int, int] = (1, 1)
    weight: int = 1
    lives: tuple[bool, bool] = (True, True)

    @property
    def flow(self) -> int:
        """Index into FLOWS."""
        return FLOW_OF_ROLE[self.role]

    @property
    def shown_unit(self) -> str:
        """The unit its readings are in."""
        return self.unit or FLOWS[self.flow].unit


@dataclass(slots=True)
class Firm:
    """An enterprise: its range of meters, trade, and what is not a meter's own draw.

    `rest` is its rated unmetered use per quarter hour, `panels` what its roof gives in full sun,
    `second` the per mille that the second incomer carries, `gas_rest` gas outside the lines.
    """

    entity: int
    district: int
    first: int
    sector: int
    incomers: str
    rest: int
    panels: int = 0
    second: int = 0
    gas_rest: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Contract:
    """A green-power rate (text, g/kWh) of an entity or one meter, from this phase on."""

    rate: str
    entity: int = -1
    meter: int = -1
    phase: int = 0


@dataclass(slots=True)
class Plan:
    """The whole city. `blocks` are ranges of meters drawn together, of whole enterprises."""

    seed: int
    entities: list[Entity] = field(default_factory=list)
    meters: list[Meter] = field(default_factory=list)
    firms: list[Firm] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)
    blocks: list[tuple[str, int, int]] = field(default_factory=list)
    """(name, first meter, one past the last)."""

    def above(self, entity: int, phase: int) -> list[int]:
        """The entity and all above it, from itself to the city."""
        out = []
        while entity >= 0:
            out.append(entity)
            entity = self.entities[entity].parents[phase]
        return out

    def region(self, entity: int, phase: int) -> str:
        """The region of the entity or the nearest above that names one (R8)."""
        return next(r for e in self.above(entity, phase) if (r := self.entities[e].region))
