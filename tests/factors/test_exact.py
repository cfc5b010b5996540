from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factors.exact import InexactError, evaluate, half_even, scaled


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5827", Fraction(5827, 10_000)),
        ("0.1 + 0.2", Fraction(3, 10)),
        (
            "389.31 * 15.3e-3 * 0.99 * 44/12",
            Fraction("389.31") * Fraction("0.0153") * 99 / 100 * 11 / 3,
        ),
        ("-(2 - 3) / 4", Fraction(1, 4)),
        ("1000 * (2777 - 83.74) * 1e-3 * 0.11", Fraction("296.2586")),
        (" 1e-3 ", Fraction(1, 1000)),
        ("1 / 3", Fraction(1, 3)),
    ],
)
def test_formulas_are_exact(text: str, value: Fraction) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "1,5", "0x10", "1_000", "1e999999999", "2 ** 9", "1 // 2", "abs(1)", "nan", "inf",
        "1 if 1 else 2", "'1'", "True", "1; 2", "(1, 2)", "[1]", "a.b", "1 % 2", "1j", "1 < 2",
        "(" * 300 + "1" + ")" * 300, "1+" * 250 + "1", "\x00",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InexactError):
        evaluate(text)


def test_division_by_zero_is_told() -> None:
    with pytest.raises(InexactError, match="divides by zero"):
        evaluate("1 / (2 - 2)")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-9, max_value=9))
def test_nine_decimals_half_even_once(value: Decimal) -> None:
    rounded = value.quantize(Decimal("1e-9"), ROUND_HALF_EVEN)
    assert scaled(Fraction(value)) == int(rounded.scaleb(9))


@pytest.mark.parametrize(
    ("text", "count"),
    [("0.0000000005", 0), ("0.0000000015", 2), ("0.0000000025", 2), ("-0.0000000015", -2)],
)
def test_a_tie_goes_to_the_even_digit(text: str, count: int) -> None:
    assert scaled(evaluate(text)) == count


@given(st.integers(), st.integers(min_value=1))
def test_half_even_is_that_of_fractions(over: int, under: int) -> None:
    assert half_even(over, under) == round(Fraction(over, under))


def test_beyond_int64_overflows_instead_of_wrapping() -> None:
    assert scaled(Fraction(9_223_372_036)) < 2**63
    with pytest.raises(OverflowError):
        scaled(Fraction(9_223_372_037))
