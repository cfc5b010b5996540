"""What the oracle is given and what it gives: plain records, epoch seconds, exact integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

ALWAYS = -(2**62)
"""`since` of a row that was always valid."""
FOREVER = 2**62
"""`until` of a row without an end."""


class Reading(NamedTuple):
    """An interval reading, converted: `quantity` counts 10**-6 native units, None voids."""

    meter: str
    start: int
    end: int
    quantity: int | None
    rank: int
    revision: int = 0


@dataclass(frozen=True, slots=True)
class EntityRow:
    """A node of the accounting tree over `[since, until)`: its parent and the region it names."""

    entity: str
    parent: str | None = None
    region: str = ""
    level: str = ""
    since: int = ALWAYS
    until: int = FOREVER


@dataclass(frozen=True, slots=True)
class MeterRow:
    """What the registry says of a meter over `[since, until)`."""

    meter: str
    entity: str
    flow: str
    interval_s: int
    unit: str = ""
    multiplier: Fraction = Fraction(1)
    sub_of: tuple[str, ...] = ()
    supplied_by: str | None = None
    weight: int = 1
    since: int = ALWAYS
    until: int = FOREVER


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract rate of a meter, or of an entity and all below it: 10**-9 g per native unit."""

    flow: str
    rate: int
    meter: str | None = None
    entity: str | None = None
    since: int = ALWAYS
    until: int = FOREVER


@dataclass(frozen=True, slots=True)
class FactorRow:
    """A published factor: 10**-9 g CO2e per native unit, in force from `valid_from` (R8)."""

    standard: str
    factor: str
    variant: str
    region: str
    valid_from: int
    valid_to: int | None
    """Excluded; None: to the next row of its factor, variant and region, the last one onward."""
    value: int
    own: bool = False
    """The workspace's own row, which goes over the library's of the same region."""


@dataclass(frozen=True, slots=True)
class CoalRow:
    """Standard coal of a flow on one basis: 10**-9 kgce per native unit, dated as a factor is."""

    flow: str
    basis: str
    """`equivalent` or `primary`; a flow without rows of the second has one basis only."""
    value: int
    valid_from: int = ALWAYS
    valid_to: int | None = None
    arrears: bool = False


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A flow as the accounting standard sees it (R7), with the factor key and variants it takes."""

    name: str
    carrier: str
    unit: str
    consumption_sign: int = 1
    emission_sign: int = 1
    factor: str | None = None
    variant: str = ""
    residual: str | None = None
    """The variant of the market view where there is no contract, if the standard names one."""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that move a figure."""

    zone: str = "Asia/Shanghai"
    base_s: int = 900
    standard: str = "local"
    deducts: bool = False
    """Whether the standard deducts what is sold (R6, R7)."""
    arrears: bool = False
    """Whether the standard is published in arrears (R8)."""
    since: int = 946_742_400
    """Readings that start before it are out of validity; by default 2000-01-02, local."""
    ahead_s: int = 3600
    """A reading that ends more than this after its receipt is in the future (R1)."""


@dataclass(frozen=True, slots=True)
class Given:
    """Everything beside the readings that a figure is a function of."""

    settings: Settings
    entities: tuple[EntityRow, ...]
    meters: tuple[MeterRow, ...]
    flows: tuple[FlowRow, ...]
    factors: tuple[FactorRow, ...] = ()
    contracts: tuple[ContractRow, ...] = ()
    coal: tuple[CoalRow, ...] = ()
    region_parents: Mapping[str, str | None] = field(default_factory=dict)
    """Listed regions; an unlisted code's parent is the code without its last `-` part."""
    ratios: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)
    """(unit, native unit) -> native units in one unit, exact."""


@dataclass(slots=True)
class Figures:
    """All figures of a rollup. None is null: not known; a null counts as nothing in sums (R10).

    Quantities count 10**-6 native units, emissions 10**-15 g, standard coal 10**-15 kgce.
    """

    quantity: int | None = None
    by_rank: list[int | None] = field(default_factory=lambda: [None] * 5)
    """Parts that add up to the quantity: estimated, declared, apportioned, measured, edited."""
    remainder: int | None = None
    supplied: int | None = None
    co2e_location: int | None = None
    co2e_market: int | None = None
    co2e_apart: int | None = None
    kgce: int | None = None
    kgce_primary: int | None = None
    minutes_expected: int = 0
    minutes_reported: int = 0
    region_found: str | None = None
    date_found: str | None = None
    market_basis: str | None = None
    newest_reading: int | None = None
    """End of the latest base interval with a quantity."""
    contributes: bool = False
    """Whether any meter contributes here: else there is no rollup (R10)."""


class Key(NamedTuple):
    """What a rollup is about."""

    entity: str
    flow: str
    grain: str
    start: int


class Rollup(NamedTuple):
    """Energy, emissions and coverage of an entity and flow in one window `[start, end)`."""

    entity: str
    flow: str
    grain: str
    start: int
    end: int
    figures: Figures

    @property
    def key(self) -> Key:
        """Entity, flow, grain and start name a rollup."""
        return Key(self.entity, self.flow, self.grain, self.start)


class Finding(NamedTuple):
    """Something the books noticed (4.4): `value` and `other` are the two numbers at odds."""

    kind: str
    subject: str
    flow: str
    start: int
    end: int
    value: int | None = None
    other: int | None = None


class Counts(NamedTuple):
    """R9(c) on the set of readings: accepted + superseded + duplicate = readings received."""

    accepted: int
    superseded: int
    duplicate: int


@dataclass(frozen=True, slots=True)
class Books:
    """The result: rollups by key, findings, counts, and the span (None: no reading)."""

    rollups: dict[Key, Rollup]
    findings: set[Finding]
    counts: Counts
    span: tuple[int, int] | None
