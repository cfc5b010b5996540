"""R3 and R4: readings are cut into cells, and in each cell one part stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from oracle.records import Reading

APPORTIONED = 2
MEASURED = 3
EDITED = 4


class Part(NamedTuple):
    """What a reading says of one cell."""

    quantity: int | None
    rank: int
    reading: Reading


Cells = dict[int, Part]
"""The parts in force of one meter, by start of the cell."""


def cut(reading: Reading, cell_s: int, begin: int, end: int) -> Iterator[tuple[int, Part]]:
    """R4: the parts of a reading in the cells inside `[begin, end)`, each with its cell's start.

    The share of the quantity Q up to an instant is floor(Q * elapsed fraction); a part is the
    difference of two shares. A part of a longer measured reading is apportioned.
    """
    duration = reading.end - reading.start
    rank = APPORTIONED if reading.rank == MEASURED and duration > cell_s else reading.rank

    def share(instant: int) -> int:
        assert reading.quantity is not None
        return reading.quantity * (instant - reading.start) // duration

    first = max(begin, reading.start)
    for cell in range(first, min(end, reading.end), cell_s):
        if reading.quantity is None:
            yield cell, Part(None, rank, reading)
        else:
            yield cell, Part(share(cell + cell_s) - share(cell), rank, reading)


def preference(part: Part) -> tuple[int, ...]:
    """R3: of the parts in a cell, the one with the greatest preference stands."""
    reading = part.reading
    return (
        part.rank,
        reading.revision if part.rank == EDITED else 0,
        -(reading.end - reading.start),
        reading.revision,
        reading.start,
        -1 if reading.quantity is None else reading.quantity,
    )


def in_force(readings: Iterable[Reading], cell_s: int, begin: int, end: int) -> Cells:
    """R3: what stands in each cell of one meter inside `[begin, end)`."""
    standing: Cells = {}
    for reading in readings:
        for cell, part in cut(reading, cell_s, begin, end):
            other = standing.get(cell)
            if other is None or preference(part) > preference(other):
                standing[cell] = part
    return standing


def rivals(readings: Iterable[Reading], standing: Cells, cell_s: int) -> dict[int, int]:
    """R3: the cells in conflict, each with the largest quantity that does not stand.

    In conflict are different quantities of the same start and end at the winning rank and revision.
    """
    lost: dict[int, int] = {}
    spans: dict[tuple[int, int, int, int], set[int]] = {}
    for r in readings:
        if r.quantity is not None:
            spans.setdefault((r.start, r.end, r.rank, r.revision), set()).add(r.quantity)
    for cell, part in standing.items():
        r = part.reading
        quantities = spans.get((r.start, r.end, r.rank, r.revision), set()) - {r.quantity}
        if r.quantity is not None and quantities:
            lost[cell] = max(q for q in quantities if q is not None)
    return lost
