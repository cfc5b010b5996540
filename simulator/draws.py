"""Chance, the same on every machine: raw bits of PCG64 turned into integers, no float anywhere.

`Generator.integers` may change between numpy versions; a bit generator's raw stream never does.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
FULL = 1 << 32


class Draws:
    """A stream of chance named by integers (seed, purpose, day …): equal names, equal stream."""

    def __init__(self, *name: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(list(name)))

    def words(self, *shape: int) -> NDArray[np.uint32]:
        """Uniform 32-bit words."""
        n = prod(shape)
        raw = np.asarray(self._bits.random_raw((n + 1) // 2), dtype="<u8")
        return raw.view("<u4")[:n].reshape(shape)

    def halves(self, *shape: int) -> NDArray[np.uint16]:
        """Uniform 16-bit words: enough for noise, at half the price."""
        n = prod(shape)
        raw = np.asarray(self._bits.random_raw((n + 3) // 4), dtype="<u8")
        return raw.view("<u2")[:n].reshape(shape)

    def below(self, limit: int, *shape: int) -> Ints:
        """Integers of 0 <= x < limit."""
        return (self.words(*shape).astype(np.int64) * limit) >> 32

    def between(self, low: int, high: int, *shape: int) -> Ints:
        """Integers of low <= x <= high."""
        return low + self.below(high - low + 1, *shape)

    def permille(self, spread: int, *shape: int) -> Ints:
        """Noise around 1000: 1000 - spread <= x <= 1000 + spread."""
        wide = self.halves(*shape).astype(np.int64)
        return (1000 - spread) + ((wide * (2 * spread + 1)) >> 16)

    def hits(self, rate: float, *shape: int) -> NDArray[np.bool_]:
        """True at this rate."""
        return self.words(*shape).astype(np.int64) < threshold(rate)

    def count(self, rate: float, of: int) -> int:
        """How many of `of` happen at this rate: its whole part, and the rest by chance."""
        return (of * threshold(rate) + int(self.words(1)[0])) >> 32


def threshold(rate: float) -> int:
    """A rate as a count of 2**-32."""
    return round(rate * FULL)
