"""A reading as written, before it is judged; and the refusal of one."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from schemas.reading import Reason
from streams.collect.numbers import PLAIN


class Number(str):
    """The text of a number that stood without quotes (in JSON a number is not a text)."""

    __slots__ = ()


@dataclass(slots=True)
class Raw:
    """A reading as written. None or '' is absent; anything but text is of the wrong type.

    Times are text, a `Stamp`, or whole seconds (already an instant); `digits` of a quantity are read
    by `grammar`; `scale` is a mapping's exact factor.
    """

    meter: Any = None
    start: Any = None
    end: Any = None
    quantity: Any = None
    unit: Any = None
    quality: Any = None
    revision: Any = None
    author: Any = None
    reason: Any = None
    grammar: Any = PLAIN
    scale: Fraction = Fraction(1)
    interval_s: int | None = None
    by_end: bool = False
    """`start` is the label of the interval's end."""
    native: bool = False
    """Without a unit the quantity is in the flow's native unit, not in the meter's own."""


class Refused(Exception):  # noqa: N818
    """The reading is not taken."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
