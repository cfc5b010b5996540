"""Decimal text to an exact number: the text is checked before anything is computed (R2)."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

PLAIN = re.compile(
    r"(?P<sign>-?)(?P<whole>0|[1-9][0-9]*)(?:\.(?P<part>[0-9]+))?(?:[eE](?P<exp>[+-]?[0-9]+))?"
)
"""The grammar of a JSON number: no `1_000`, no full-width digits, no NaN, no Infinity."""

LOOSE = re.compile(
    r"(?P<sign>[+-]?)(?=\.?[0-9])(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?"
    r"(?:[eE](?P<exp>[+-]?[0-9]+))?"
)
"""What spreadsheets and portals write besides: `+3`, `007`, `.5`, `5.`."""

COMMA = re.compile(
    r"(?P<sign>[+-]?)(?=,?[0-9])(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]*)(?:,(?P<part>[0-9]*))?"
    r"(?:[eE](?P<exp>[+-]?[0-9]+))?"
)
"""The same with a decimal comma; dots may group thousands, and only so: `3.17` is no number here."""

SPACES = " \u00a0\u2009\u202f"
"""Blanks that group thousands; a number is broken at none of them."""


@lru_cache
def grouped(decimal: str, thousands: str) -> re.Pattern[str]:
    """The loose grammar with a decimal mark, and a mark between groups of three digits."""
    mark = f"[{SPACES}]" if thousands == " " else re.escape(thousands)
    plain = re.escape(decimal)
    return re.compile(
        rf"(?P<sign>[+-]?)(?={plain}?[0-9])(?P<whole>[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|[0-9]*)"
        rf"(?:{plain}(?P<part>[0-9]*))?(?:[eE](?P<exp>[+-]?[0-9]+))?"
    )


MOST_CHARACTERS = 400
_GROUPS = re.compile("[^0-9]")
MOST_PLACES = 60
"""A number longer or farther from 1 than this is no reading of a meter: never computed with."""


class Amount(NamedTuple):
    """A decimal number as `digits * 10**exponent`; `beyond` marks one that is not worth computing."""

    negative: bool
    digits: int
    exponent: int
    beyond: bool = False

    def exact(self) -> Fraction:
        """The number itself."""
        value = Fraction(self.digits) * Fraction(10) ** self.exponent
        return -value if self.negative else value


def read_amount(text: str, grammar: re.Pattern[str] = PLAIN) -> Amount | None:
    """The number that `text` writes, or None where it writes none.

    `1e999999999` is an Amount marked `beyond`; its power is not taken.
    """
    found = grammar.fullmatch(text)
    if found is None:
        return None
    negative = found["sign"] == "-"
    if len(text) > MOST_CHARACTERS:
        return Amount(negative, 1, 0, beyond=True)
    part = found["part"] or ""
    digits = int((_GROUPS.sub("", found["whole"]) + part) or "0")
    if digits == 0:
        return Amount(False, 0, 0)
    exponent = int(found["exp"] or 0) - len(part)
    magnitude = len(str(digits)) + exponent
    beyond = magnitude > MOST_PLACES or exponent < -MOST_CHARACTERS
    return Amount(negative, digits, 0 if beyond else exponent, beyond)
