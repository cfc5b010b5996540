"""Exact 128-bit integers for compiled loops: two's complement in two words, as Arrow's decimal128.

Quantities count 10**-6 native units and factors 10**-9 g, so one product already passes 64 bits at
16 kWh (R2). A number is (low: uint64, high: int64); arrays store both as int64, low word first.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@njit(inline="always")
def add(low: np.uint64, high: np.int64, low2: np.uint64, high2: np.int64):  # type: ignore[no-untyped-def]
    """(low, high) + (low2, high2)."""
    total = low + low2
    carry = np.int64(1) if total < low2 else np.int64(0)
    return total, high + high2 + carry


@njit(inline="always")
def multiply(low: np.uint64, high: np.int64, factor: np.int64):  # type: ignore[no-untyped-def]
    """(low, high) * factor, modulo 2**128: exact wherever the product has at most 38 digits."""
    f = np.uint64(factor)
    a_low, a_high = low & _LOW, low >> _HALF
    f_low, f_high = f & _LOW, f >> _HALF
    bottom = a_low * f_low
    middle = a_high * f_low + (bottom >> _HALF)
    cross = a_low * f_high + (middle & _LOW)
    product_low = (cross << _HALF) | (bottom & _LOW)
    top = a_high * f_high + (middle >> _HALF) + (cross >> _HALF)
    top += np.uint64(high) * f
    if factor < 0:
        top -= low
    return product_low, np.int64(top)


@njit(inline="always")
def add_into(row, at, low, high):  # type: ignore[no-untyped-def]
    """row[at], row[at + 1] += (low, high)."""
    total = np.uint64(row[at]) + low
    carry = np.int64(1) if total < low else np.int64(0)
    row[at] = np.int64(total)
    row[at + 1] += high + carry


def to_int(low: int, high: int) -> int:
    """The Python integer of two stored words."""
    return (int(high) << 64) | (int(low) & 0xFFFFFFFFFFFFFFFF)


def from_ints(values: list[int]) -> NDArray[np.int64]:
    """[n, 2] words of Python integers within 128 bits."""
    mask = 0xFFFFFFFFFFFFFFFF
    words = np.array([[v & mask, (v >> 64) & mask] for v in values], dtype=np.uint64)
    return words.reshape(-1, 2).view(np.int64)
