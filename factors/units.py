"""Units (R2): a unit name means one exact ratio, or is refused with the question it leaves open."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import yaml

from factors.exact import evaluate
from schemas.mistakes import did_you_mean

UNITS_FILE = Path(__file__).with_name("units.yaml")


class UnitError(ValueError):
    """The name means no one exact ratio here; the message asks what is left open."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its name here, its dimension, and how many base units of the dimension it is."""

    name: str
    dimension: str
    ratio: Fraction


@dataclass(frozen=True, slots=True)
class _Table:
    units: dict[str, Unit]
    questions: dict[str, str]
    by_dimension: dict[str, list[str]]


def normal(name: str) -> str:
    """The spelling that is compared: NFKC, no blanks, no degree signs (`m³ @ 20 °C` is m3@20C)."""
    return "".join(unicodedata.normalize("NFKC", name).split()).replace("°", "")


@lru_cache(maxsize=1)
def _table() -> _Table:
    page = yaml.load(
        UNITS_FILE.read_text("utf-8"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    )
    table = _Table({}, {}, {})
    for dimension, kind in page["dimensions"].items():
        table.by_dimension[dimension] = list(kind["units"])
        for name, row in kind["units"].items():
            unit = Unit(name, dimension, evaluate(row["is"]))
            for spelling in (name, *row.get("also", ())):
                known = table.units.setdefault(normal(spelling), unit)
                if known is not unit:
                    raise ValueError(f"units.yaml: '{spelling}' is both {known.name} and {name}")
    for question in page["ambiguous"].values():
        for name in question["names"]:
            if normal(name) in table.units:
                raise ValueError(f"units.yaml: '{name}' is a unit and ambiguous")
            table.questions[normal(name)] = question["ask"]
    return table


@lru_cache(maxsize=4096)
def unit(name: str) -> Unit:
    """The unit of that name (any spelling listed); UnitError where it means none or several."""
    table = _table()
    key = normal(name)
    found = table.units.get(key)
    if found is None:
        if key in table.questions:
            raise UnitError(f"'{name}' means several things: {table.questions[key]}")
        raise UnitError(f"unknown unit '{name}'{did_you_mean(key, table.units)}")
    return found


@lru_cache(maxsize=4096)
def ratio(unit_name: str, native: str) -> Fraction:
    """How many `native` units one `unit_name` is, exactly; UnitError where no exact ratio exists.

    `ratio("万kWh", "kWh") == 10_000`. A gas volume keeps its reference condition: plain m3 does not
    become Nm3, nor m3@20C.
    """
    one, other = unit(unit_name), unit(native)
    if one.dimension == other.dimension:
        return one.ratio / other.ratio
    if one.dimension == "volume" and other.dimension.startswith("gas_at"):
        raise UnitError(
            f"'{unit_name}' of gas leaves open at which reference condition: write Nm3 (0 °C), "
            "m3@15C, m3@20C (each at 101.325 kPa) or scf (60 °F), and meter it as a flow of that "
            f"unit (here {native})"
        )
    raise UnitError(f"'{unit_name}' has no exact ratio to {native}: {_why(one, other)}")


def _why(one: Unit, other: Unit) -> str:
    kinds = {one.dimension, other.dimension}
    if all(kind.startswith("gas_at") or kind == "volume" for kind in kinds):
        return (
            "the reference conditions differ; the conversion as billed is part of a dated factor: "
            f"use a flow whose native unit is {_table().by_dimension[one.dimension][0]} or the like"
        )
    return (
        f"one is {_words(one.dimension)}, the other {_words(other.dimension)}; what links them "
        "(calorific value, density, enthalpy) is not a constant but a dated factor: use a flow of "
        "that kind of unit"
    )


def _words(dimension: str) -> str:
    return dimension.replace("_", " ")


def split_factor_unit(text: str) -> tuple[str, str]:
    """`kg/kWh` as (mass unit, unit it is per); `kgCO2/kWh` and `tCO2e/MWh` read the same."""
    over, slash, per = text.partition("/")
    over = (
        normal(over).removesuffix("e").removesuffix("CO2")
        if "CO2" in normal(over)
        else normal(over)
    )
    if not slash or not per or "/" in per:
        raise UnitError(
            f"'{text}' is no unit of a factor: write a mass per a unit, as kg/kWh or t/万Nm3"
        )
    return over, per


@lru_cache(maxsize=4096)
def factor_ratio(text: str, native: str, base: str = "g") -> Fraction:
    """What 1 `text` (kg/kWh, lb/MWh) is in `base` per `native` unit, exactly; UnitError."""
    over, per = split_factor_unit(text)
    return ratio(over, base) / ratio(per, native)
