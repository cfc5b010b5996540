"""What the meters said: sums of the readings in force, by rank and by factor, exact to the digit.

Nothing here is shared with settle: arrays of 32-bit halves are summed, the rest is Python's integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from schemas.dated import I64
from streams.book.days import DAY_S
from streams.book.keys import CONFLICT, PAYLOAD_MASK, PAYLOAD_SHIFT, RANK_SHIFT, SHORT
from topologies.explain.cells import BookFiles
from topologies.explain.factors import Segment, starts
from topologies.explain.strands import Strand

MEASURES = ("location", "market", "kgce", "kgce_primary")
"""What a quantity is multiplied by."""

STRANDS_AT_ONCE = 4_096
HALF = np.int64(0xFFFFFFFF)


@dataclass(slots=True)
class Tally:
    """What one strand's meter said while the strand lasts; counts of 10**-6 native units."""

    segments: list[Segment]
    by_rank: list[int] = field(default_factory=lambda: [0] * 5)
    cells: list[int] = field(default_factory=lambda: [0] * 5)
    """How many intervals have a reading in force, by its rank."""
    voided: int = 0
    """Intervals that an edit declares missing."""
    conflicts: int = 0
    revised: int = 0
    """Intervals whose reading has a revision above 0."""
    longer: set[int] = field(default_factory=set)
    """Longer readings that stand in some interval, by row."""
    reported_s: int = 0
    quantity: list[int | None] = field(default_factory=list)
    """By segment: None where nothing was reported."""

    @property
    def total(self) -> int:
        """The meter's own quantity over the strand."""
        return sum(self.by_rank)

    @property
    def reported(self) -> bool:
        """Did it give any quantity?"""
        return self.reported_s > 0

    def times(self, measure: int) -> int | None:
        """Sum of quantity times factor, a count of 10**-15; None where no factor was known."""
        products = [
            quantity * factor
            for quantity, segment in zip(self.quantity, self.segments, strict=True)
            if quantity is not None and (factor := segment.all[measure].value) is not None
        ]
        return sum(products) if products else None


def tally(
    files: BookFiles,
    found: list[Strand],
    of_class: dict[int, list[Segment]],
    window: tuple[int, int],
    base_s: int,
) -> list[Tally]:
    """What each strand's meter said. `of_class`: the segments of each class's factors."""
    out = [Tally(of_class[s.klass], quantity=[None] * len(of_class[s.klass])) for s in found]
    alike: dict[tuple[int, int], list[int]] = {}
    for n, strand in enumerate(found):
        cell_s = int(files.cell_s[strand.slot])
        alike.setdefault((cell_s, id(of_class[strand.klass])), []).append(n)
    for (cell_s, _), numbers in alike.items():
        cut = starts(out[numbers[0]].segments)
        for first in range(0, len(numbers), STRANDS_AT_ONCE):
            some = numbers[first : first + STRANDS_AT_ONCE]
            part = _Part([found[n] for n in some], [out[n] for n in some], cut, cell_s, base_s)
            for day in range(window[0] // DAY_S, -(-window[1] // DAY_S)):
                part.day(files, day, window)
    return out


class _Part:
    """Strands of one cell size whose factors change at the same times."""

    def __init__(
        self, some: list[Strand], into: list[Tally], cut: I64, cell_s: int, base_s: int
    ) -> None:
        self._into, self._cut, self._cell_s, self._base_s = into, cut, cell_s, base_s
        self._slot = np.array([s.slot for s in some], np.int64)
        self._since = np.array([s.since for s in some], np.int64)
        self._until = np.array([s.until for s in some], np.int64)

    def day(self, files: BookFiles, day: int, window: tuple[int, int]) -> None:
        """Add what was said on a UTC day inside the window."""
        midnight = day * DAY_S
        first = max(0, window[0] - midnight) // self._cell_s
        last = (min(DAY_S, window[1] - midnight)) // self._cell_s
        cells = files.cells(day, self._slot, slice(first, last))
        if cells is None:
            return
        at = midnight + np.arange(first, last) * self._cell_s
        key, quantity = cells[:, :, 0].view(np.uint64), cells[:, :, 1]
        inside = (at[:, None] >= self._since) & (at[:, None] < self._until) & (key != 0)
        said = inside & (quantity >= 0)
        rank = (key >> RANK_SHIFT).astype(np.int64) - 1
        for r in np.unique(rank[said]).tolist():
            mine = said & (rank == r)
            counts = mine.sum(axis=0)
            for n, total in enumerate(_exact(quantity, mine)):
                self._into[n].by_rank[r] += total
                self._into[n].cells[r] += int(counts[n])
                self._into[n].reported_s += int(counts[n]) * self._cell_s
        self._by_segment(at, quantity, said)
        self._notes(key, inside, inside & (quantity < 0))

    def _by_segment(self, at: I64, quantity: NDArray[np.int64], said: NDArray[np.bool_]) -> None:
        """A base interval takes the factor that holds when it begins."""
        base = at // self._base_s * self._base_s
        segment = np.maximum(np.searchsorted(self._cut, base, side="right") - 1, 0)
        for s in np.unique(segment).tolist():
            rows = segment == s
            some = said[rows].any(axis=0)
            for n, total in enumerate(_exact(quantity[rows], said[rows])):
                if some[n]:
                    before = self._into[n].quantity[s]
                    self._into[n].quantity[s] = total + (before or 0)

    def _notes(
        self, key: NDArray[np.uint64], inside: NDArray[np.bool_], void: NDArray[np.bool_]
    ) -> None:
        short = (key & SHORT) != 0
        payload = ((key >> PAYLOAD_SHIFT) & PAYLOAD_MASK).astype(np.int64)
        for name, mask in (
            ("voided", void),
            ("conflicts", inside & ((key & CONFLICT) != 0)),
            ("revised", inside & short & (payload > 0)),
        ):
            counts = mask.sum(axis=0)
            for n in np.flatnonzero(counts).tolist():
                held = self._into[n]
                setattr(held, name, getattr(held, name) + int(counts[n]))
        part = inside & ~short
        for n in np.flatnonzero(part.any(axis=0)).tolist():
            self._into[n].longer |= set(payload[part[:, n], n].tolist())


def _exact(quantity: NDArray[np.int64], mask: NDArray[np.bool_]) -> list[int]:
    """Column sums where the mask holds; halves cannot overflow, Python's integers join them."""
    high = np.where(mask, quantity >> 32, 0).sum(axis=0)
    low = np.where(mask, quantity & HALF, 0).sum(axis=0)
    return [(upper << 32) + lower for upper, lower in zip(high.tolist(), low.tolist(), strict=True)]
