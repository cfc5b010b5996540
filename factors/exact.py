"""Exact arithmetic of factors: decimals and small formulas as fractions, one rounding half-even."""

from __future__ import annotations

import ast
import re
from fractions import Fraction

from schemas.factor import FACTOR_DECIMALS

SCALE = 10**FACTOR_DECIMALS
INT64_MAX = 2**63 - 1
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?")
_LONGEST = 400


class InexactError(ValueError):
    """The text is no exact number or formula; the message says what is allowed."""


def evaluate(text: str) -> Fraction:
    """The exact value of a decimal (`0.5827`) or a formula (`389.31 * 15.3e-3 * 0.99 * 44/12`).

    Decimals, + - * /, signs and parentheses; nothing else. Raises InexactError.
    """
    if len(text) > _LONGEST:
        raise InexactError(f"a formula has at most {_LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise _not_allowed(text) from None
    return _value(tree.body, text.strip())


def _value(node: ast.expr, text: str) -> Fraction:
    if isinstance(node, ast.Constant):
        digits = ast.get_source_segment(text, node) or ""
        if not _NUMBER.fullmatch(digits):
            raise _not_allowed(digits or text)
        return Fraction(digits)  # from the text: a float never sees it
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _value(node.operand, text)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, text), _value(node.right, text)
        match node.op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                if not right:
                    raise InexactError(f"'{text}' divides by zero")
                return left / right
    raise _not_allowed(text)


def _not_allowed(text: str) -> InexactError:
    return InexactError(
        f"'{text[:60]}' is no exact number: write a decimal, or a formula of decimals "
        "with + - * / ( )"
    )


def half_even(over: int, under: int) -> int:
    """over / under (under > 0) as the nearest integer; a tie goes to the even one (R2)."""
    whole, rest = divmod(over, under)
    return whole + (2 * rest > under or (2 * rest == under and whole & 1))


def scaled(value: Fraction) -> int:
    """`value` as a count of 10**-9, rounded half-even once (R2); OverflowError beyond Int64."""
    count = half_even(value.numerator * SCALE, value.denominator)
    if abs(count) > INT64_MAX:
        raise OverflowError
    return count
