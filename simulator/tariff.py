"""The city's own factors (R8), in a standard that stands in no library: truth needs no library.

A factor here is an Int64 count of 10**-9 g per native unit, exact as written: nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from simulator.plan import EXPORT, GAS, HEAT, IMPORT, SOLAR, Contract, Plan

STANDARD = "sim-city"
NANO = 10**9


@dataclass(frozen=True, slots=True)
class Change:
    """A factor in a region: its value before and from the day of change; None = no row yet."""

    flows: tuple[int, ...]
    factor: str
    region: str
    unit: str
    values: tuple[str | None, str]

    def nano(self, phase: int) -> int | None:
        """10**-9 g per native unit, None where there is no row yet."""
        value = self.values[phase]
        if value is None:
            return None
        grams = Decimal(value) * (1000 if self.unit.startswith("kg/") else 1)
        exact = grams * NANO
        if exact != int(exact):
            raise ValueError(f"{self.factor} {value} {self.unit}: more than 9 decimals of g")
        return int(exact)


CHANGES = (
    Change((IMPORT, EXPORT), "grid_electricity", "CN", "kg/kWh", ("0.5366", "0.5366")),
    Change(
        (IMPORT, EXPORT), "grid_electricity", "CN-JS", "kg/kWh",
        ("0.597812345679", "0.581234567891"),
    ),
    Change((IMPORT, EXPORT), "grid_electricity", "CN-JS-WX3", "kg/kWh", (None, "0.412000000003")),
    Change((SOLAR,), "onsite_solar", "CN", "g/kWh", ("0", "0")),
    Change((GAS,), "natural_gas", "CN", "kg/Nm3", ("2.162211111117", "2.162211111117")),
    Change((HEAT,), "purchased_heat", "CN", "kg/GJ", ("110.000000000009", "98.765432100001")),
)  # fmt: skip
"""District 3 has a region of its own with rows from the change on only (before: its parent's);
district 2 has one without any row (always its parent's); fuels are national."""


def location(flow: int, region: str, phase: int) -> int:
    """The factor of a flow in the nearest region that has a row: the code, then shorter ones."""
    rows = {c.region: c.nano(phase) for c in CHANGES if flow in c.flows}
    while True:
        value = rows.get(region)
        if value is not None:
            return value
        region = region.rpartition("-")[0]


def market(plan: Plan, meter: int, phase: int) -> int:
    """The contract's rate of the meter, its entity or the nearest above; else the location's."""
    m = plan.meters[meter]
    if m.flow == IMPORT:
        running = [c for c in plan.contracts if c.phase <= phase]
        for c in running:
            if c.meter == meter:
                return rate(c)
        by_entity = {c.entity: c for c in running if c.entity >= 0}
        for entity in plan.above(m.entity, phase):
            if entity in by_entity:
                return rate(by_entity[entity])
    return location(m.flow, plan.region(m.entity, phase), phase)


def rate(contract: Contract) -> int:
    """A contract's rate in 10**-9 g per kWh."""
    exact = Decimal(contract.rate) * NANO
    return int(exact)
