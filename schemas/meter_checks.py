"""What must hold between the rows of the meters and with the tree (R4, R6), by whole columns."""

from __future__ import annotations

import numpy as np

from schemas.dated import I64, Spans, overlapping, rings
from schemas.entities import Entities
from schemas.meters import NOBODY, Meters
from schemas.mistakes import Mistake


def check_meters(meters: Meters, entities: Entities, mistakes: list[Mistake]) -> None:
    """Add what is wrong between rows to `mistakes`."""
    _order_of_times(meters, mistakes)
    _rows_of_one_meter(meters, mistakes)
    _inside_entity(meters, entities, mistakes)
    _uppers_last(meters, entities, mistakes)
    _one_way_up(meters, mistakes)
    _no_rings(meters, mistakes)


def _name(meters: Meters, number: int) -> str:
    return str(meters.ids[int(number)].as_py())


def _order_of_times(meters: Meters, mistakes: list[Mistake]) -> None:
    rows = np.flatnonzero(meters.since >= meters.until)
    meters.tables.tell(mistakes, rows, "valid_to must be after valid_from (valid_to is excluded)")


def _rows_of_one_meter(meters: Meters, mistakes: list[Mistake]) -> None:
    for row, other in overlapping(meters.meter, meters.since, meters.until):
        file, line = meters.place(other)
        meters.tables.tell(
            mistakes,
            [row],
            f"meter '{_name(meters, meters.meter[row])}' is there twice at one time (see "
            f"{file}:{line}); remove one row, or date them with valid_from and valid_to",
        )
    first = np.full(len(meters.ids), -1, np.int64)
    first[meters.meter[::-1]] = np.arange(len(meters))[::-1]
    elder = first[meters.meter]
    for name, column in (("flow", meters.flow), ("interval", meters.interval_s)):
        for row in np.flatnonzero(column != column[elder]).tolist():
            file, line = meters.place(int(elder[row]))
            meters.tables.tell(
                mistakes,
                [int(row)],
                f"{name} of meter '{_name(meters, meters.meter[row])}' differs from {file}:{line}; "
                "it is the same in all rows of a meter: give the new one another id",
            )


def _inside_entity(meters: Meters, entities: Entities, mistakes: list[Mistake]) -> None:
    inside = entities.spans.cover(meters.entity, meters.since, meters.until)
    meters.tables.tell(
        mistakes,
        np.flatnonzero(~inside),
        "the meter is valid when its entity is not; date the row inside the entity's validity",
    )


def edge_rows(meters: Meters) -> I64:
    """For each edge of `meters.upper` the row it belongs to."""
    return np.repeat(np.arange(len(meters)), np.diff(meters.upper_start))


def _uppers_last(meters: Meters, entities: Entities, mistakes: list[Mistake]) -> None:
    """An upper meter (and a supplier) is valid as long as the lower meter's row."""
    row = edge_rows(meters)
    spans = Spans(meters.meter, meters.since, meters.until)
    covered = spans.cover(meters.upper, meters.since[row], meters.until[row])
    for edge in np.flatnonzero(~covered):
        meters.tables.tell(
            mistakes,
            [int(row[edge])],
            f"upper meter '{_name(meters, meters.upper[edge])}' is not valid as long as this row; "
            "date the rows so that it is",
        )
    lasts = entities.spans.cover(meters.supplier, meters.since, meters.until)
    meters.tables.tell(
        mistakes,
        np.flatnonzero(~lasts),
        "supplied_by: the supplier is not valid as long as this row; date the row inside it",
    )


def _one_way_up(meters: Meters, mistakes: list[Mistake]) -> None:
    """sub_of or supplied_by, never both; nobody supplies himself; no upper meter twice."""
    supplied = meters.supplier != NOBODY
    both = np.flatnonzero(supplied & (np.diff(meters.upper_start) > 0))
    meters.tables.tell(mistakes, both, "the row has both sub_of and supplied_by; keep one")
    own = np.flatnonzero(supplied & (meters.supplier == meters.entity))
    meters.tables.tell(
        mistakes, own, "supplied_by names the meter's own entity; name the one that supplies it"
    )
    row = edge_rows(meters)
    order = np.lexsort((meters.upper, row))
    same = (np.diff(row[order]) == 0) & (np.diff(meters.upper[order]) == 0)
    twice = np.unique(row[order][1:][same])
    meters.tables.tell(mistakes, twice, "sub_of names a meter twice; keep one")


def _no_rings(meters: Meters, mistakes: list[Mistake]) -> None:
    row = edge_rows(meters)
    found = rings(meters.meter[row], meters.upper, meters.since[row], meters.until[row])
    for ring in found:
        rows = [int(row[edge]) for edge in ring]
        names = " > ".join(_name(meters, meters.meter[at]) for at in rows)
        meters.tables.tell(mistakes, [min(rows)], f"sub_of runs in a ring: {names}; correct one")
