"""Readings that must be rejected: real ones, each broken in one way whose reason is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from schemas.reading import QUALITIES, Reason
from simulator.draw import Block
from simulator.draws import Draws, Ints
from simulator.stories import Sent

TYPED = (
    Reason.MALFORMED, Reason.UNKNOWN_METER, Reason.BAD_INTERVAL, Reason.OUT_OF_VALIDITY,
    Reason.IN_THE_FUTURE, Reason.NEGATIVE_QUANTITY, Reason.IMPLAUSIBLE,
)  # fmt: skip
"""What can go wrong where columns have types."""
WITH_UNIT = (*TYPED, Reason.UNIT_MISMATCH)
WRITTEN = (*WITH_UNIT, Reason.NOT_A_NUMBER, Reason.NAIVE_TIME)
"""What can go wrong in text."""
REASONS = {"parquet": WITH_UNIT, "arrow": TYPED, "csv": WRITTEN, "jsonl": WRITTEN}

LONG_AGO = 928_195_200
"""1999-06-01, before a workspace takes readings."""
FAR_AHEAD = 4_070_908_800
"""2099-01-01."""
TOO_MUCH = 2 * 10**15
"""2·10⁹ units, as a count of 10⁻⁶."""


@dataclass(frozen=True, slots=True)
class Line:
    """One reading as it is written: instants in epoch seconds, number in 10**-6 of its unit.

    `meter` None: left out; `number` None: no quantity; `text` stands for the number where it is
    none; `naive`: times without an offset; `cut`: the line breaks off.
    """

    meter: str | None
    start: int
    end: int
    number: int | None
    unit: str
    quality: str
    revision: int
    text: str = ""
    naive: bool = False
    cut: bool = False


def lines(block: Block, sent: Sent, which: list[int], zero: int) -> list[Line]:
    """These readings one by one; `zero` is the epoch second of the first day's midnight."""
    out = []
    for i in which:
        m = block.meters[sent.row[i]]
        start = zero + int(sent.start[i]) * 900
        q = int(sent.quantity[i])
        number = None if q < 0 else q * m.shown[0] // m.shown[1]
        end = start + int(sent.length[i]) * 900
        quality = QUALITIES[sent.rank[i]]
        out.append(Line(m.id, start, end, number, m.shown_unit, quality, int(sent.revision[i])))
    return out


@dataclass(frozen=True, slots=True)
class Page:
    """What a file of readings is to hold: good ones in order, bad ones put in before places `at`.

    `zero` is the epoch second of the first day's midnight.
    """

    block: Block
    sent: Sent
    zero: int
    bad: list[Line]
    at: Ints

    def order(self) -> Ints:
        """The order to write in, where the bad ones are numbered on after the good ones."""
        good, bad = len(self.sent), len(self.bad)
        return np.insert(np.arange(good), self.at, good + np.arange(bad))

    def shown(self) -> Ints:
        """What the meters of the good ones show: 10**-6 of the unit that they show it in."""
        up = np.array([m.shown[0] for m in self.block.meters], dtype=np.int64)
        down = np.array([m.shown[1] for m in self.block.meters], dtype=np.int64)
        return self.sent.quantity * up[self.sent.row] // down[self.sent.row]


def page(
    block: Block, sent: Sent, zero: int, chance: Draws, broken: tuple[str, float]
) -> tuple[Page, list[Reason]]:
    """A file of these readings, with `broken` (kind of file, rate) ones in it; their reasons."""
    kind, rate = broken
    plain = np.array([m.shown == (1, 1) and all(m.lives) for m in block.meters])
    pool = np.flatnonzero(plain[sent.row])
    n = chance.count(rate, len(sent)) if len(pool) else 0
    victims = pool[chance.below(len(pool), n)].tolist()
    reasons = [REASONS[kind][i] for i in chance.below(len(REASONS[kind]), n)]
    whole = lines(block, sent, victims, zero)
    bad = [_broken(x, why) for x, why in zip(whole, reasons, strict=True)]
    return Page(block, sent, zero, bad, np.sort(chance.below(len(sent) + 1, n))), reasons


def _broken(x: Line, why: Reason) -> Line:
    """The reading, broken in just this way."""
    number, span = x.number or 0, x.end - x.start
    match why:
        case Reason.MALFORMED:
            return replace(x, meter=None, cut=True)
        case Reason.NOT_A_NUMBER:
            return replace(x, text="NaN" if number % 2000 else "12.5kWh")
        case Reason.UNKNOWN_METER:
            return replace(x, meter=f"{x.meter}-unknown")
        case Reason.UNIT_MISMATCH:
            return replace(x, unit="kg")
        case Reason.NAIVE_TIME:
            return replace(x, naive=True)
        case Reason.BAD_INTERVAL:
            return replace(x, start=x.start + 60, end=x.end + 60)
        case Reason.OUT_OF_VALIDITY:
            return replace(x, start=LONG_AGO, end=LONG_AGO + span)
        case Reason.IN_THE_FUTURE:
            return replace(x, start=FAR_AHEAD, end=FAR_AHEAD + span)
        case Reason.NEGATIVE_QUANTITY:
            return replace(x, number=-number - 1000)
        case _:
            return replace(x, number=TOO_MUCH + number)
