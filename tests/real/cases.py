"""Worked examples as a workspace: from a case's own inputs, whatever they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from factors.units import UnitError, unit

MASS = {"1": "t", "0.001": "kg", "0.000001": "g", "0.00045359237": "lb"}
"""What the factor's mass is, by what makes tonnes of it."""

LIBRARY = {
    ("electricity", "kWh"): ("grid_import", "grid_electricity", "kWh", Fraction(1)),
    ("electricity", "MWh"): ("grid_import", "grid_electricity", "kWh", Fraction(1000)),
    ("electricity", "GWh"): ("grid_import", "grid_electricity", "kWh", Fraction(10**6)),
    ("electricity", "万kWh"): ("grid_import", "grid_electricity", "kWh", Fraction(10**4)),
    ("natural_gas", "kWh (gross CV)"): ("natural_gas_gross_kwh", "", "kWh", Fraction(1)),
    ("purchased_heat", "kWh"): ("purchased_heat", "", "GJ", Fraction(36, 10**4)),
    ("purchased_heat", "GJ"): ("purchased_heat", "", "GJ", Fraction(1)),
}
"""Flow, factor key, native unit and its count for inputs that the library has a flow for."""

MEANT = {"therm": "therm_US", "1000 m3 (25C, 1 bar)": "1000m3@25C_1bar"}
"""Units that the cases name loosely, as their sources mean them."""

MOST = 10**9
"""More native units than this is no one reading (R2)."""

SETTINGS = """\
name: cases
timezone: UTC
base_interval: 1h
accounting: {standard: cases, gwp: AR5}
sources:
  - files: {path: "data/*.csv"}
"""


class Input:
    """One input of a case: a quantity of a flow, and its factor."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.quantity = Fraction(given["quantity"])
        self.factor, self.mass = given["factor"], MASS[given["to_tonnes"]]
        carrier, text = given["carrier"], given["unit"]
        self.own = (carrier, text) not in LIBRARY
        if self.own:
            self.times, self.unit = _unit(text)
            self.flow = re.sub(r"\W+", "_", f"{carrier}_{self.unit}").lower()
            self.key, self.native, ratio = self.flow, self.unit, Fraction(1)
        else:
            self.flow, key, self.native, ratio = LIBRARY[carrier, text]
            self.key, self.times = key or self.flow, 1
            self.unit = text.partition(" (")[0]
        self.carrier = carrier
        self.most = MOST / ratio
        self.natives = self.quantity * self.times * ratio
        """The quantity in native units."""

    def parts(self) -> Iterator[Fraction]:
        """The quantity in parts that are readings."""
        left = self.quantity * self.times
        while left > self.most:
            yield self.most
            left -= self.most
        yield left


def _unit(text: str) -> tuple[int, str]:
    """A unit as the cases write it, as so many of a unit that has a name: 1000 m3 is (1000, m3)."""
    text = MEANT.get(text, text)
    try:
        return 1, unit(text).name
    except UnitError:
        number, _, rest = text.partition(" ")
        if not number.isdigit():
            raise
        return int(number), unit(rest).name


def workspace(cases: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The files of a workspace with an entity per case; readings are declared in its data year.

    The factor stands in a region of the case's own, for that year alone: the rows of the years
    beside it have other values, which must not be taken. Meters are valid for the day of their
    readings: nothing is expected of them in the decades between.
    """
    entities = "- {id: all, name: {en: All cases}, level: city}\n"
    meters = "meter,entity,flow,interval,unit,valid_from,valid_to\n"
    readings = "meter,start,end,quantity,unit,quality\n"
    flows: dict[str, str] = {}
    factors = ""
    for case in cases:
        name, year = case["id"], int(case["data_year"])
        entities += f"- {{id: {name}, name: {{en: {name}}}, level: enterprise, parent: all, "
        entities += f"region: WE-{name}}}\n"
        gas = case["gas_basis"].lower()
        for n, one in enumerate(map(Input, case["inputs"])):
            meters += f"{name}/{n},{name},{one.flow},1h,{one.unit},{year}-07-01,{year}-07-02\n"
            if one.own:
                flows[one.flow] = f"- {{flow: {one.flow}, carrier: {one.carrier}, "
                flows[one.flow] += f"unit: '{one.native}', scope: '1'}}\n"
            factors += f"- standard: cases\n  factor: {one.key}\n  region: WE-{name}\n"
            factors += f"  unit: '{one.mass}/{one.unit}'\n  rows:\n"
            for valid, value in ((year - 1, "7"), (year, one.factor), (year + 1, "9")):
                calc = f"{value} / {one.times}" if one.times > 1 else value
                amount = f"calc: '{calc}'" if gas == "co2" else f"co2e: '{calc}'"
                factors += f"    - {{valid_from: {valid}-01-01, {amount}, source: the case}}\n"
            for hour, part in enumerate(one.parts()):
                start = datetime(year, 7, 1, tzinfo=UTC) + timedelta(hours=hour)
                end = start + timedelta(hours=1)
                readings += f"{name}/{n},{start.isoformat()},{end.isoformat()},"
                readings += f"{_decimal(part)},{one.unit},declared\n"
    return {
        "everygram.yaml": SETTINGS,
        "registry/entities.yaml": entities,
        "registry/meters.csv": meters,
        "factors/cases.yaml": "".join(flows.values()) + factors,
        "data/declared.csv": readings,
    }


def _decimal(value: Fraction) -> str:
    micro = value * 10**6
    assert micro.denominator == 1, f"{value} has more than six decimals"
    whole, part = divmod(int(micro), 10**6)
    return f"{whole}.{part:06d}"


def bound(case: dict[str, Any]) -> Fraction:
    """By how many tonnes the books may differ from the case: the one rounding of R2.

    Quantities have at most six decimals in the flow's unit, so none is rounded. Each factor is, once,
    to 9 decimals of g per native unit: by at most half of 10**-9 g for every native unit.
    """
    grams = sum((one.natives for one in map(Input, case["inputs"])), Fraction())
    return grams * Fraction(1, 2 * 10**9) / 10**6
