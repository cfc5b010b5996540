"""In which order readings arrive: copies, latecomers, disorder; what is carried into tomorrow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schemas.reading import Rank
from simulator.draws import Draws
from simulator.rates import Rates
from simulator.stories import Sent

LATEST = 24
"""Quarter hours that a late reading may be behind: 6 hours."""


@dataclass(slots=True)
class Arrived:
    """One file's readings in order of arrival, the edits apart, and what comes tomorrow."""

    readings: Sent
    edits: Sent
    tomorrow: Sent
    copies: int


def arrive(sent: Sent, carried: Sent, until: int | None, chance: Draws, rates: Rates) -> Arrived:
    """Let readings arrive; those that arrive after `until` (a quarter hour) are for tomorrow."""
    copied = sent.take(chance.hits(rates.duplicates, len(sent)))
    copied.arrival = copied.arrival + chance.below(5, len(copied))
    both = Sent.join([sent, copied])
    late = chance.hits(rates.late, len(both))
    both.arrival[late] += chance.between(1, LATEST, int(late.sum()))
    place = both.row.copy()
    mixed = chance.hits(rates.disorder, len(both))
    n = int(mixed.sum())
    both.arrival[mixed] += chance.below(3, n)
    place[mixed] = chance.below(1 << 20, n)
    both.arrival = np.minimum(both.arrival, both.start + both.length + LATEST)
    edited = both.rank == Rank.EDITED
    edits, plain, place = both.take(edited), both.take(~edited), place[~edited]
    everything = Sent.join([carried, plain])
    place = np.concatenate([carried.row, place])
    now = everything.arrival <= until if until is not None else np.ones(len(everything), dtype=bool)
    today = everything.take(now)
    order = np.argsort((today.arrival << 21) + place[now], kind="stable")
    return Arrived(today.take(order), edits, everything.take(~now), len(copied))
