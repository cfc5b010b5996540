"""When to settle and when to commit: often enough to follow, seldom enough to be fast."""

from __future__ import annotations

import time
from typing import Protocol

COMMIT_EVERY_S = 10.0
SETTLE_EVERY_S = 5.0
SETTLE_READINGS = 1_000_000
"""Fewer are not worth it before the end."""
MANY_READINGS = 16_000_000
"""So many are settled at once, however fast they came: what late ones touch is folded once more."""


class _Books(Protocol):
    @property
    def unsettled(self) -> int:
        """Readings since settle last ran."""

    def dirty_cells(self) -> int:
        """How many cells a settle would fold."""


class Pace:
    """Settling costs the dirty days, whatever arrived; so it waits until enough arrived to be worth it.

    Files that hold one meter each make every day dirty with every file: then the days are folded
    once, at the end, and commits in between keep the position only.
    """

    def __init__(self) -> None:
        self._committed = self._settled = time.monotonic()

    def settle_now(self, books: _Books) -> bool:
        """Has enough arrived for what folding would cost?"""
        worth = books.unsettled >= max(SETTLE_READINGS, books.dirty_cells() // 2)
        long_ago = time.monotonic() - self._settled >= SETTLE_EVERY_S
        return worth and (long_ago or books.unsettled >= MANY_READINGS)

    def commit_now(self) -> bool:
        """Is it time to make the position durable?"""
        return time.monotonic() - self._committed > COMMIT_EVERY_S

    def committed(self, *, settled: bool) -> None:
        """A commit was just handed over."""
        self._committed = time.monotonic()
        if settled:
            self._settled = self._committed
