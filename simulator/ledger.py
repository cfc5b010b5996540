"""The true totals, summed while the city is drawn: every pair of entity and flow, every window."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from schemas.reading import Rank
from simulator.draw import Block
from simulator.draws import Ints
from simulator.exact import product
from simulator.lists import Lists, Pair, lists
from simulator.plan import FLOWS, PHASES, Plan
from simulator.stories import NOTHING, Told
from simulator.truth_files import (
    EXPECTED,
    LOCATION,
    MARKET,
    OWN,
    RANKS,
    REMAINDER,
    REPORTED,
    SERIES,
    Grain,
    TruthFile,
)  # fmt: skip

LONG: dict[Grain, int] = {"month": 1, "quarter": 3, "year": 12}
"""Grains longer than a day, by months."""


class Ledger:
    """Takes what each block tells of each day and writes the truth of every grain asked for."""

    def __init__(
        self, folder: Path, plan: Plan, blocks: list[Block], grains: tuple[Grain, ...], start: date
    ) -> None:
        self.start = start
        self.lists = [[lists(plan, b, phase) for b in blocks] for phase in PHASES]
        pairs = sorted({p for phase in self.lists for block in phase for p in block.pairs})
        self.number: dict[Pair, int] = {p: i for i, p in enumerate(pairs)}
        self.shared = [self._shared(phase) for phase in PHASES]
        folder.mkdir(parents=True, exist_ok=True)
        names = [e.id for e in plan.entities]
        self.files = {g: TruthFile(folder / f"{g}.parquet", g, names, pairs) for g in grains}
        self.long = {g: np.zeros((SERIES, len(pairs)), np.int64) for g in LONG if g in grains}
        self._today: Ints | None = None

    def _shared(self, phase: int) -> set[Pair]:
        """Pairs that several blocks have a part in: complete at the end of the day only."""
        seen = Counter(p for block in self.lists[phase] for p in block.pairs)
        return {p for p, n in seen.items() if n > 1}

    def add(self, block: int, phase: int, day: int, told: Told) -> None:
        """Add a block's day."""
        own = self.lists[phase][block]
        sums = _sums(own, told)
        ids = np.array([self.number[p] for p in own.pairs], dtype=np.int64)
        joint = np.array([p in self.shared[phase] for p in own.pairs], dtype=bool)
        if self._today is None:
            self._joint = np.array(sorted(self.number[p] for p in self.shared[phase]))
            self._today = np.zeros((SERIES, len(self._joint), 96), dtype=np.int64)
        self._today[:, np.searchsorted(self._joint, ids[joint])] += sums[:, joint]
        self._write(ids[~joint], sums[:, ~joint], day)

    def end_of_day(self, day: int, last: bool) -> None:
        """Write what several blocks share, and the months, quarters and years that end."""
        if self._today is not None:
            self._write(self._joint, self._today, day)
            self._today = None
        after = self.start + timedelta(days=day + 1)
        for grain, sums in self.long.items():
            if last or (after.day == 1 and (after.month - 1) % LONG[grain] == 0):
                first, end = _period(after - timedelta(days=1), LONG[grain])
                self.files[grain].write(np.arange(sums.shape[1]), sums[:, :, None], [first, end])
                sums[:] = 0

    def close(self) -> None:
        """Finish the files."""
        for file in self.files.values():
            file.close()

    def _write(self, ids: Ints, sums: Ints, day: int) -> None:
        midnight = local_midnight(self.start + timedelta(days=day))
        for grain, step in (("base", 1), ("hour", 4), ("day", 96)):
            file = self.files.get(grain)  # type: ignore[call-overload]
            if file is None:
                continue
            parts = sums.reshape(SERIES, len(ids), 96 // step, step).sum(axis=3)
            edges = midnight + np.arange(96 // step + 1) * step * 900
            file.write(ids, parts, edges.tolist())
        for total in self.long.values():
            total[:, ids] += sums.sum(axis=2)


def _sums(own: Lists, told: Told) -> Ints:
    """[series, pair, quarter hour] of a block's day."""
    n = len(own.pairs)
    out = np.zeros((SERIES, n, 96), dtype=np.int64)
    rank = told.rank[own.order]
    quantity = told.quantity[own.order]
    total = np.zeros((len(own.at), 96), dtype=np.int64)
    for r in Rank:
        part = np.add.reduceat(np.where(rank == r, quantity, 0), own.at, axis=0)
        out[RANKS + r] = own.across.total(part, n)
        total += part
    there = np.add.reduceat((rank != NOTHING).astype(np.int64), own.at, axis=0)
    out[REMAINDER] = own.rest.total(total, n)
    out[REPORTED] = own.across.total(there, n, signed=False) * 15
    out[OWN] = own.rest.total(there, n, signed=False)
    live = np.broadcast_to(own.live[:, None], total.shape)
    out[EXPECTED] = own.across.total(live, n, signed=False) * 15
    sign = np.array([FLOWS[f].sign for f in own.flow], dtype=np.int64)[:, None]
    for at, factor in ((LOCATION, own.factors[0]), (MARKET, own.factors[1])):
        for limb, values in enumerate(product(total, factor[:, None])):
            out[at + limb] = own.across.total(values * sign, n)
    return out


def local_midnight(day: date) -> int:
    """Epoch second of 00:00 in Shanghai (UTC+8 all year)."""
    return (day - date(1970, 1, 1)).days * 86_400 - 8 * 3600


def _period(day: date, months: int) -> tuple[int, int]:
    """Start and end of the month, quarter or year that holds the day."""
    first = date(day.year, day.month - (day.month - 1) % months, 1)
    ahead = first.month - 1 + months
    end = date(first.year + ahead // 12, ahead % 12 + 1, 1)
    return local_midnight(first), local_midnight(end)
