from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from factors.units import UNITS_FILE, UnitError, factor_ratio, normal, ratio, unit

PAGE = yaml.load(UNITS_FILE.read_text("utf-8"), Loader=yaml.BaseLoader)
BY_DIMENSION = {name: list(kind["units"]) for name, kind in PAGE["dimensions"].items()}
NAMES = [name for names in BY_DIMENSION.values() for name in names]
REFUSED = [
    (name, question["ask"]) for question in PAGE["ambiguous"].values() for name in question["names"]
]


@pytest.mark.parametrize(
    ("one", "native", "expected"),
    [
        ("万kWh", "kWh", 10_000),
        ("万千瓦时", "kWh", 10_000),
        ("万 千瓦时", "MWh", 10),
        ("亿千瓦时", "GWh", 100),
        ("MWh", "kWh", 1000),
        ("GJ", "kWh", Fraction(2500, 9)),
        ("kWh", "GJ", Fraction(36, 10_000)),
        ("MJ", "GJ", Fraction(1, 1000)),
        ("Gcal_IT", "GJ", Fraction("4.1868")),
        ("mmBtu", "MJ", Fraction("1055.05585262")),
        ("therm_EC", "mmBtu", Fraction(1, 10)),
        ("lb", "kg", Fraction("0.45359237")),
        ("short_ton", "lb", 2000),
        ("long_ton", "lb", 2240),
        ("吨", "kg", 1000),
        ("斤", "kg", Fraction(1, 2)),
        ("gal_US", "L", Fraction("3.785411784")),
        ("bbl_oil", "gal_US", 42),
        ("m³", "L", 1000),
        ("㎥", "m3", 1),
        ("Ｎ㎥", "Nm3", 1),
        ("万Nm3", "Nm3", 10_000),
        ("m3 @ 20 °C", "Sm3_20", 1),
        ("ft3", "m3", Fraction("0.028316846592")),
        ("mile", "km", Fraction("1.609344")),
        ("吨标准煤", "kgce", 1000),
    ],
)
def test_ratio_is_exact(one: str, native: str, expected: Fraction | int) -> None:
    assert ratio(one, native) == expected


@pytest.mark.parametrize(("name", "question"), REFUSED)
def test_a_name_of_several_meanings_asks_its_question(name: str, question: str) -> None:
    with pytest.raises(UnitError) as told:
        unit(name)
    assert question in str(told.value)
    assert "?" in str(told.value)


@pytest.mark.parametrize("name", ["ton", "therm", "cal", "kcal", "gal", "Sm3", "标方", "度"])
def test_the_names_that_the_rules_refuse_are_refused(name: str) -> None:
    with pytest.raises(UnitError, match=r"means several things: .*\?"):
        ratio(name, "kWh")


@pytest.mark.parametrize("native", ["Nm3", "m3@20C", "m3@15C", "scf"])
def test_gas_in_plain_cubic_metres_asks_for_its_condition(native: str) -> None:
    with pytest.raises(UnitError, match="at which reference condition"):
        ratio("m3", native)


@pytest.mark.parametrize(
    ("one", "native", "told"),
    [
        ("m3@20C", "Nm3", "reference conditions differ"),
        ("scf", "Nm3", "reference conditions differ"),
        ("t", "kWh", "one is mass, the other energy"),
        ("tce", "GJ", "dated factor"),
        ("L", "kg", "density"),
        ("kwhs", "kWh", "unknown unit 'kwhs'; did you mean"),
        ("", "kWh", "unknown unit ''"),
        ("kW", "kWh", "power or energy"),
        ("mWh", "kWh", "milli, mega or giga"),
    ],
)
def test_no_exact_ratio_is_an_error_that_teaches(one: str, native: str, told: str) -> None:
    with pytest.raises(UnitError, match=told):
        ratio(one, native)


@given(
    st.sampled_from(sorted(BY_DIMENSION)).flatmap(
        lambda kind: st.tuples(*[st.sampled_from(BY_DIMENSION[kind])] * 3)
    )
)
def test_ratios_multiply_and_invert(three: tuple[str, str, str]) -> None:
    a, b, c = three
    assert ratio(a, b) * ratio(b, c) == ratio(a, c)
    assert ratio(a, b) * ratio(b, a) == 1
    assert ratio(a, b) > 0


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_dimensions_never_mix(one: str, other: str) -> None:
    if unit(one).dimension == unit(other).dimension:
        assert ratio(one, other) * ratio(other, one) == 1
    else:
        with pytest.raises(UnitError):
            ratio(one, other)


@given(st.text(max_size=12))
def test_any_text_is_a_unit_or_a_unit_error(text: str) -> None:
    with suppress(UnitError):  # any other exception fails the test
        assert unit(text).ratio > 0
        assert normal(text)


@pytest.mark.parametrize(
    ("text", "native", "expected"),
    [
        ("kg/kWh", "kWh", 1000),
        ("kgCO2/kWh", "kWh", 1000),
        ("tCO2e/MWh", "kWh", 1000),
        ("t/万Nm3", "Nm3", 100),
        ("t/t", "t", 1_000_000),
        ("lb/MWh", "kWh", Fraction("0.45359237")),
        ("kg/GJ", "kWh", Fraction(36, 10)),
        ("g/kWh", "MWh", 1000),
    ],
)
def test_factor_units(text: str, native: str, expected: Fraction | int) -> None:
    assert factor_ratio(text, native) == expected


def test_standard_coal_units() -> None:
    assert factor_ratio("kgce/kWh", "万kWh", "kgce") == 10_000
    assert factor_ratio("tce/t", "t", "kgce") == 1000


@pytest.mark.parametrize(
    "text", ["kg", "kg/", "/kWh", "kg/kWh/h", "kWh/kg", "ton/MWh", "kg/m3 gas"]
)
def test_what_is_no_factor_unit(text: str) -> None:
    with pytest.raises(UnitError):
        factor_ratio(text, "kWh")
