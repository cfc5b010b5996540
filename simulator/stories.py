"""What is told about each interval: one reading, several that contradict, or none.

An interval's story says which readings are sent and which quantity must stand in the end: the
simulator knows it because it wrote the story, not because it applied the rules of R3 to readings.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from schemas.reading import VOID, Rank
from simulator.draw import Block
from simulator.draws import FULL, Draws, Ints, threshold
from simulator.rates import Rates

NOTHING = 255
"""Rank of an interval without a quantity."""

MISSING, GUESSED, REPLACED, REVISED, CONFLICT, EDITED, REEDITED, VOIDED, PLAIN, OUTAGE = range(10)
LONGEST = 8
"""Quarter hours that an outage may last."""


@dataclass(slots=True)
class Sent:
    """Readings as columns: meter (row of the block), start (quarter hour since the first day's
    midnight), length (quarter hours), quantity (10**-6 native, VOID = none), rank, revision,
    arrival (quarter hour in which it arrives).
    """

    row: Ints
    start: Ints
    length: Ints
    quantity: Ints
    rank: Ints
    revision: Ints
    arrival: Ints

    def __len__(self) -> int:
        return len(self.row)

    def columns(self) -> list[Ints]:
        """All columns, in order."""
        return [getattr(self, name) for name in self.__slots__]

    def take(self, which: NDArray[np.bool_] | Ints) -> Sent:
        """Some of the readings."""
        return Sent(*(c[which] for c in self.columns()))

    @staticmethod
    def join(parts: list[Sent]) -> Sent:
        """All of them, one after the other."""
        return Sent(*map(np.concatenate, zip(*(p.columns() for p in parts), strict=True)))


@dataclass(slots=True)
class Told:
    """A block's day: readings sent, and what must stand per quarter hour [meter, 96].

    `rank` is NOTHING where no quantity stands; `accepted` counts intervals with a reading in force
    (a voiding edit is one); `conflicts` are rows (meter, first quarter hour, larger, smaller, quarter
    hours), one per reading. `mismatches` counts longer readings
    whose cells sum to something else.
    """

    sent: Sent
    quantity: Ints
    rank: NDArray[np.uint8]
    accepted: int
    conflicts: Ints
    mismatches: int


def tell(block: Block, truth: Ints, day: int, phase: int, rates: Rates) -> Told:
    """Tell the stories of one day's true quantities."""
    chance = Draws(block.seed, 41, day, block.number)
    lives = block.lives[phase]
    quantity = np.zeros_like(truth)
    rank = np.full(truth.shape, NOTHING, dtype=np.uint8)
    sent: list[Sent] = []
    conflicts: list[Ints] = []
    accepted = mismatches = 0
    for length, kind in ((1, ~block.hourly), (4, block.hourly)):
        rows = np.flatnonzero(kind & lives)
        whole = truth[rows].reshape(len(rows), 96 // length, length).sum(axis=2)
        group = _Group(block, rows, whole, day, chance)
        group.tell(rates)
        sent += group.sent
        conflicts += group.conflicts
        accepted += group.accepted
        mismatches += group.mismatches
        quantity[rows] = _cut(group.final, length)
        rank[rows] = _rank_of_parts(group.rank, length)
    return Told(Sent.join(sent), quantity, rank, accepted, np.concatenate(conflicts), mismatches)


class _Group:
    """Meters of one interval length, one day."""

    def __init__(self, block: Block, rows: Ints, whole: Ints, day: int, chance: Draws) -> None:
        self.rows, self.whole, self.day, self.chance = rows, whole, day, chance
        self.length = 96 // whole.shape[1]
        self.always = block.number == 0 and self.length == 1
        """Whether the first meter never misses midnight: so the span is known to be whole days."""
        self.step = block.step[rows]
        self.final = whole.copy()
        self.rank = np.full(whole.shape, Rank.MEASURED, dtype=np.uint8)
        self.sent: list[Sent] = []
        self.conflicts: list[Ints] = []
        self.accepted = self.mismatches = 0

    def tell(self, rates: Rates) -> None:
        self.story = _stories(self.chance, self.whole.shape, rates)
        if self.length == 1:
            self._outages(rates.outages)
        if self.always:
            self.story[0, [0, -1]] = PLAIN
        silent = np.isin(self.story, (MISSING, OUTAGE))
        self.accepted += int(np.count_nonzero(~silent))
        self._send(~silent & (self.story != GUESSED), self.whole, Rank.MEASURED, 0)
        self.final[self.story == MISSING] = 0
        self.rank[self.story == MISSING] = NOTHING
        self._guess(GUESSED)
        self._guess(REPLACED)
        self._supersede(REVISED, Rank.MEASURED, 1)
        self._supersede(EDITED, Rank.EDITED, 0)
        self._supersede(REEDITED, Rank.EDITED, 1)
        self._supersede(REEDITED, Rank.EDITED, 2)
        self._contradict()
        self._void()

    def _outages(self, rate: float) -> None:
        """The gateway was away: one longer reading for all, cut by R4; sometimes a first one too.

        That first quarter hour stands as measured; where it is not what its part would have been,
        the cells no longer sum to the longer reading.
        """
        # An outage in one of twelve parts of the day takes 5 of its 8 quarter hours on average.
        some = self.chance.hits(rate * 8 / 5, len(self.rows), 96 // LONGEST)
        meter, bucket = np.nonzero(some)
        if self.always:
            meter, bucket = meter[meter > 0], bucket[meter > 0]
        lengths = self.chance.between(2, LONGEST, len(meter))
        firsts = self.chance.hits(0.3, len(meter))
        sent = []
        for m, at, n, first in zip(meter, bucket * LONGEST, lengths, firsts, strict=True):
            cells = slice(at, at + n)
            total = int(self.whole[m, cells].sum())
            parts = _cut(np.array([[total]]), int(n))[0]
            self.story[m, cells] = OUTAGE
            self.final[m, cells] = parts
            self.rank[m, cells] = Rank.APPORTIONED
            sent.append((m, at, n, total))
            if first:
                one = int(self.whole[m, at])
                self.final[m, at], self.rank[m, at] = one, Rank.MEASURED
                self.mismatches += int(one != parts[0])
                sent.append((m, at, 1, one))
        self.accepted += len(sent)
        rows, start, length, quantity = np.array(sent, dtype=np.int64).reshape(-1, 4).T
        begin = self.day * 96 + start
        rank = np.full(len(sent), int(Rank.MEASURED))
        arrival = begin + length
        none = np.zeros(len(sent), dtype=np.int64)
        self.sent.append(Sent(self.rows[rows], begin, length, quantity, rank, none, arrival))

    def _send(self, where: NDArray[np.bool_], values: Ints, rank: int, revision: int) -> None:
        meter, slot = np.nonzero(where)
        n = len(meter)
        start = self.day * 96 + slot * self.length
        self.sent.append(
            Sent(
                self.rows[meter], start, np.full(n, self.length), values[where],
                np.full(n, rank), np.full(n, revision), start + self.length,
            )
        )  # fmt: skip

    def _altered(self, where: NDArray[np.bool_]) -> Ints:
        """Other quantities at these cells: 70 to 130 % of the true one, never the same."""
        true = self.whole[where]
        step = np.broadcast_to(self.step[:, None], where.shape)[where]
        other = true * self.chance.between(700, 1300, len(true)) // 1000 // step * step
        values = self.whole.copy()
        values[where] = np.where(other == true, true + step, other)
        return values

    def _guess(self, story: int) -> None:
        """An estimate (even meters) or a declaration (odd); it stands where nothing is measured."""
        odd = np.broadcast_to((self.rows % 2 == 1)[:, None], self.story.shape)
        for rank, kind in ((Rank.ESTIMATED, ~odd), (Rank.DECLARED, odd)):
            where = (self.story == story) & kind
            values = self._altered(where)
            self._send(where, values, rank, 0)
            if story == GUESSED:
                self.final[where] = values[where]
                self.rank[where] = rank

    def _supersede(self, story: int, rank: int, revision: int) -> None:
        where = self.story == story
        values = self._altered(where)
        self._send(where, values, rank, revision)
        self.final[where] = values[where]
        self.rank[where] = rank

    def _contradict(self) -> None:
        where = self.story == CONFLICT
        values = self._altered(where)
        self._send(where, values, Rank.MEASURED, 0)
        self.final[where] = np.maximum(values, self.whole)[where]
        meter, slot = np.nonzero(where)
        start = self.day * 96 + slot * self.length
        smaller = np.minimum(values, self.whole)[where]
        lengths = np.full(len(start), self.length)
        found = np.stack([self.rows[meter], start, self.final[where], smaller, lengths], axis=1)
        self.conflicts.append(found)

    def _void(self) -> None:
        where = self.story == VOIDED
        self._send(where, np.full_like(self.whole, VOID), Rank.EDITED, 0)
        self.final[where] = 0
        self.rank[where] = NOTHING


def _stories(chance: Draws, shape: tuple[int, ...], rates: Rates) -> NDArray[np.uint8]:
    """A story per interval, by the rates."""
    shares = {
        MISSING: rates.missing,
        GUESSED: rates.estimated / 2,
        REPLACED: rates.estimated / 2,
        REVISED: rates.revisions,
        CONFLICT: rates.conflicts,
        EDITED: rates.edits * 0.7,
        REEDITED: rates.edits * 0.2,
        VOIDED: rates.edits * 0.1,
    }
    ends = np.cumsum([0, *(threshold(s) for s in shares.values())])
    words = chance.words(*shape).astype(np.int64)
    story = np.full(shape, PLAIN, dtype=np.uint8)
    some = words < min(int(ends[-1]), FULL)
    picked = words[some]
    told = np.full(len(picked), PLAIN, dtype=np.uint8)
    for name, (low, high) in zip(shares, pairwise(ends), strict=True):
        told[(picked >= low) & (picked < high)] = name
    story[some] = told
    return story


def _cut(values: Ints, length: int) -> Ints:
    """Whole readings cut into quarter hours: a part is the difference of two floored shares."""
    shares = [values * k // length for k in range(length + 1)]
    parts = [after - before for before, after in pairwise(shares)]
    return np.stack(parts, axis=2).reshape(len(values), -1)


def _rank_of_parts(rank: NDArray[np.uint8], length: int) -> NDArray[np.uint8]:
    """Parts of a measured reading are apportioned, any other part keeps its rank (R4)."""
    if length == 1:
        return rank
    parts = np.where(rank == Rank.MEASURED, np.uint8(Rank.APPORTIONED), rank)
    return np.repeat(parts, length, axis=1)
