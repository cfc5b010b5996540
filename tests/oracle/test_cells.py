"""R3 and R4 by hand: what is cut how, and which part stands."""

from __future__ import annotations

import pytest

from oracle.cells import cut, in_force, rivals
from oracle.records import Reading
from tests.oracle.tables import clock, ids, reading, rows, units

CELL = 900
FIRST = (clock("00:00"), clock("00:15"))

# Of two readings from 00:00 on: the quantity of the part that stands in the cell 00:00-00:15.
STANDS = """
end   quality   revision quantity | end2  quality2  revision2 quantity2 | stands
00:15 measured  0        5        | 00:15 estimated 9         7         | 5   # rank
00:15 measured  0        5        | 00:15 declared  9         7         | 5
00:15 estimated 0        5        | 00:15 declared  0         4         | 4
00:15 measured  7        5        | 00:15 edited    0         4         | 4
00:15 measured  1        5        | 00:15 measured  0         7         | 5   # revision
00:15 edited    1        5        | 00:15 edited    0         7         | 5
00:15 measured  0        5        | 01:00 measured  9         8         | 5   # a part is apportioned
00:15 declared  0        5        | 01:00 measured  0         8         | 2   # and above declared
00:15 declared  0        5        | 01:00 declared  9         8         | 5   # shorter before revision
00:15 edited    0        5        | 01:00 edited    1         8         | 2   # edits: revision first
00:30 measured  0        6        | 01:00 measured  9         8         | 3   # shorter
00:30 measured  0        6        | 00:30 measured  1         4         | 2   # then revision
00:15 measured  0        5        | 00:15 measured  0         7         | 7   # conflict: the larger
00:15 edited    0        -        | 00:15 measured  9         7         | -   # void
00:15 edited    0        -        | 00:15 edited    0         0         | 0   # a quantity stands
00:15 edited    1        -        | 00:15 edited    0         7         | -
00:15 measured  0        0        | 00:15 estimated 0         7         | 0   # zero is a quantity
"""


@pytest.mark.parametrize("row", rows(STANDS), ids=ids(STANDS))
@pytest.mark.parametrize("turned", [False, True])
def test_the_part_that_stands(row: dict[str, str], turned: bool) -> None:
    other = {name.removesuffix("2"): value for name, value in row.items() if name.endswith("2")}
    both = [reading({"start": "00:00", **row}), reading({"start": "00:00", **other})]
    cells = in_force(reversed(both) if turned else both, CELL, *FIRST)
    assert cells[FIRST[0]].quantity == units(row["stands"])


def test_of_equal_durations_the_later_start_stands() -> None:
    early = Reading("M", clock("00:00"), clock("00:30"), 10, 3)
    late = Reading("M", clock("00:15"), clock("00:45"), 20, 3)
    cells = in_force([late, early], CELL, clock("00:00"), clock("01:00"))
    assert [part.reading for part in cells.values()] == [late, late, early]


# A quantity in 10**-6 units over a time, cut to 15 minutes: floor(Q*2/4) - floor(Q*1/4) and so on.
PARTS = """
end    quantity | parts
01:00  8        | 2,2,2,2
01:00  7        | 1,2,2,2
01:00  5        | 1,1,1,2
01:00  1        | 0,0,0,1
01:00  0        | 0,0,0,0
00:45  7        | 2,2,3
00:15  7        | 7
"""


@pytest.mark.parametrize("row", rows(PARTS), ids=ids(PARTS))
def test_a_part_is_the_difference_of_two_shares(row: dict[str, str]) -> None:
    whole = Reading("M", clock("00:00"), clock(row["end"]), int(row["quantity"]), 3)
    parts = [part.quantity for _, part in cut(whole, CELL, whole.start, whole.end)]
    assert parts == [int(part) for part in row["parts"].split(",")]


RANKS = """
end   quality   | rank
00:15 measured  | 3
00:30 measured  | 2   # apportioned: measured in sum, estimated in shape
00:30 declared  | 1
00:30 estimated | 0
00:30 edited    | 4
"""


@pytest.mark.parametrize("row", rows(RANKS), ids=ids(RANKS))
def test_the_rank_of_a_part(row: dict[str, str]) -> None:
    whole = reading({"start": "00:00", "quantity": "4", **row})
    assert {part.rank for _, part in cut(whole, CELL, whole.start, whole.end)} == {int(row["rank"])}


def test_a_part_does_not_depend_on_the_window_asked_for() -> None:
    whole = Reading("M", clock("00:00"), clock("06:00"), 1_000_003, 1)
    everything = dict(cut(whole, CELL, whole.start, whole.end))
    for start in range(whole.start, whole.end, 4 * CELL):
        assert dict(cut(whole, CELL, start, start + 4 * CELL)).items() <= everything.items()
    assert sum(part.quantity or 0 for part in everything.values()) == 1_000_003


CONFLICTS = """
quantities  quality   | stands lost
5,7         measured  | 7      5
5,7,6       measured  | 7      6
5,5         measured  | 5      none   # copies
5,-         edited    | 5      none   # a void is no quantity
"""


@pytest.mark.parametrize("row", rows(CONFLICTS), ids=ids(CONFLICTS))
def test_conflict(row: dict[str, str]) -> None:
    said = [
        reading({"start": "00:00", "end": "00:15", "quantity": text, "quality": row["quality"]})
        for text in row["quantities"].split(",")
    ]
    cells = in_force(said, CELL, *FIRST)
    lost = {} if row["lost"] == "none" else {FIRST[0]: units(row["lost"])}
    assert cells[FIRST[0]].quantity == units(row["stands"])
    assert rivals(said, cells, CELL) == lost


def test_a_higher_reading_settles_a_conflict() -> None:
    said = [Reading("M", *FIRST, quantity, 3) for quantity in (5, 7)]
    said.append(Reading("M", *FIRST, 4, 3, revision=1))
    assert rivals(said, in_force(said, CELL, *FIRST), CELL) == {}
