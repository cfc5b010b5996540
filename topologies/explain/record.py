"""An explanation as records: what `explain -o json` prints, with every decimal as text."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec

Number = Decimal | int | None
Figures = dict[str, Number]


class UsedFactor(msgspec.Struct):
    """A factor while it held: its value per native unit, and the row it is (in `factor_rows`)."""

    value: Decimal | None
    row: int | None
    region_found: str = ""
    date_found: str = ""
    basis: str = ""


class Period(msgspec.Struct):
    """A part of the window in which no factor changed."""

    start: str
    end: str
    quantity: Decimal | None
    """What the meter said in it, not yet weighted."""
    location: UsedFactor
    market: UsedFactor
    kgce: UsedFactor
    kgce_primary: UsedFactor


class LongerReading(msgspec.Struct):
    """A reading longer than its meter's interval: it was cut, its parts stand where nothing better is."""

    start: str
    end: str
    quantity: Decimal | None
    quality: str
    revision: int


class InForce(msgspec.Struct):
    """The readings that stand: how many intervals inside the span, by how they came to be."""

    intervals: dict[str, int]
    missing: int
    voided: int
    conflicts: int
    revised: int
    longer: list[LongerReading]


class Contribution(msgspec.Struct):
    """A meter while it counts at the entity in one way, and what it gives."""

    meter: str
    entity: str
    why: str
    """own, sub_of or supplied_by: how it hangs in the registry."""
    under: str
    """The entity u whose energy it is part of, or that supplies it."""
    sub_of: list[str]
    weight: int
    """Of its quantity here; -1: it is taken off."""
    emission_weight: int
    remainder_weight: int
    """Of its quantity in the remainder of this very entity: -1 takes off what is inside its meters."""
    start: str
    end: str
    quantity: Decimal | None
    """The meter's own; the columns of `gives` are weighted and signed."""
    gives: Figures
    readings: InForce
    periods: list[Period]


class FactorRowUsed(msgspec.Struct):
    """A row of the catalogue: what was published, where, and what that rests on."""

    row: int
    standard: str
    factor: str
    variant: str
    region: str
    value: str
    unit: str
    valid_from: str
    valid_to: str
    data_year: int | None
    published: str
    document: str
    source: str
    method: str
    evidence: str
    file: str
    line: int


class Explanation(msgspec.Struct):
    """One figure (an entity's flow in a window), down to everything that it rests on."""

    entity: str
    name: dict[str, str]
    level: str
    path: list[str]
    flow: str
    carrier: str
    scope: str
    unit: str
    grain: str
    start: str
    end: str
    standard: str
    gwp: str
    deducts: bool
    figures: Figures
    """The sums of what follows."""
    table: Figures
    """What the table `rollups_current` says."""
    version: int
    differences: list[str]
    """Columns in which the two are not equal: always empty, or something is wrong."""
    contributions: list[Contribution]
    factor_rows: list[FactorRowUsed]
    findings: list[dict[str, Any]]
    notes: list[str]

    @property
    def agrees(self) -> bool:
        """Is every figure the sum of what it was explained by?"""
        return not self.differences


def to_json(explained: list[Explanation]) -> str:
    """The explanations as JSON, decimals as text."""
    whole = {"agrees": all(e.agrees for e in explained), "figures": explained}
    built = msgspec.to_builtins(whole, builtin_types=(Decimal,))
    return json.dumps(built, ensure_ascii=False, indent=2, default=lambda d: f"{d:f}") + "\n"
