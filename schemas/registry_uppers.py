"""R6: under which entity u a meter's energy is already counted, and when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.columns import ragged
from schemas.dated import I32, I64, numbered
from schemas.meter_checks import edge_rows
from schemas.meters import NOBODY, Meters
from schemas.mistakes import Mistake


@dataclass(frozen=True, slots=True)
class Pieces:
    """Meter rows, split wherever their upper entity changes; columns of equal length."""

    row: I64
    upper: I32
    """The entity u, NOBODY where there is none."""
    supplied: NDArray[np.bool_]
    since: I64
    until: I64


class Piece(NamedTuple):
    """A time during which a row has one upper entity."""

    upper: int
    supplied: bool
    since: int
    until: int


class Upper(NamedTuple):
    """One upper meter that remains: its entity, whether by `supplied_by`, and its carrier."""

    entity: int
    supplied: bool
    carrier: str


def pieces(meters: Meters, carriers: Mapping[str, str] | None, mistakes: list[Mistake]) -> Pieces:
    """All meter rows as pieces. `carriers`: carrier of each flow, None where it isn't checked."""
    above = _Above(meters, carriers)
    count = np.diff(meters.upper_start)
    plain = _plain_rows(above)
    whole = np.flatnonzero(plain | (count == 0))
    upper = np.where(meters.supplier != NOBODY, meters.supplier, NOBODY).astype(np.int32)
    first_edge = meters.upper_start[:-1][plain]
    upper[plain] = meters.entity[above.first_row[meters.upper[first_edge]]]
    changing = np.flatnonzero(~plain & (count > 0))
    row, case, parts = _cases(above, changing, mistakes)
    supplied = meters.supplier[whole] != NOBODY
    return Pieces(
        row=np.append(whole, row),
        upper=np.append(upper[whole], np.array([one.upper for one in parts], np.int32)[case]),
        supplied=np.append(supplied, np.array([one.supplied for one in parts], np.bool_)[case]),
        since=np.append(
            meters.since[whole], np.array([one.since for one in parts], np.int64)[case]
        ),
        until=np.append(
            meters.until[whole], np.array([one.until for one in parts], np.int64)[case]
        ),
    )


def _cases(above: _Above, rows: I64, mistakes: list[Mistake]) -> tuple[I64, I64, list[Piece]]:
    """Rows behind the same meters at the same time are one case: each is worked out once.

    Gives the pieces of all cases and, for each row and piece of its case, the row and the piece.
    """
    meters = above.meters
    facts = (meters.sub_of, meters.since, meters.until, meters.flow)
    number, first = numbered([fact[rows] for fact in facts])
    parts: list[Piece] = []
    start = [0]
    for case, row in enumerate(rows[first].tolist()):
        found, wrong = above.split(row)
        if wrong:
            meters.tables.tell(mistakes, rows[number == case], wrong)
        parts.extend(found)
        start.append(len(parts))
    offset, piece = ragged(np.array(start, np.int64), np.arange(len(parts), dtype=np.int32), number)
    return np.repeat(rows, np.diff(offset)), piece.astype(np.int64), parts


class _Above:
    """Looks up what is above a meter at an instant."""

    def __init__(self, meters: Meters, carriers: Mapping[str, str] | None) -> None:
        self.meters = meters
        self.carrier = [(carriers or {}).get(name, name) for name in meters.flow_names]
        if carriers is None:
            self.carrier = [""] * len(self.carrier)
        self.first_row = np.full(len(meters.ids), -1, np.int64)
        self.first_row[meters.meter[::-1]] = np.arange(len(meters))[::-1]

    @cached_property
    def by_meter(self) -> tuple[I64, I64]:
        """Rows in order of (meter, since), and where each meter's begin."""
        order = np.lexsort((self.meters.since, self.meters.meter))
        counts = np.bincount(self.meters.meter, minlength=len(self.meters.ids))
        return order, np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])

    def rows_of(self, meter: int) -> list[int]:
        """A meter's rows in order of time."""
        order, start = self.by_meter
        return [int(row) for row in order[start[meter] : start[meter + 1]]]

    def uppers(self, row: int) -> list[int]:
        """Upper meters of a row."""
        start = self.meters.upper_start
        return [int(meter) for meter in self.meters.upper[start[row] : start[row + 1]]]

    def remaining(self, row: int, instant: int) -> set[Upper]:
        """The upper meters of a row that remain at an instant: those of weight 0 are replaced."""
        if self.meters.supplier[row] != NOBODY:
            return {Upper(int(self.meters.supplier[row]), True, "")}
        out: set[Upper] = set()
        for meter in self.uppers(row):
            rows = self.rows_of(meter)
            at = bisect_right(rows, instant, key=lambda one: int(self.meters.since[one])) - 1
            upper = rows[max(at, 0)]
            if self.meters.weight[upper] != 0:
                carrier = self.carrier[self.meters.flow[upper]]
                out.add(Upper(int(self.meters.entity[upper]), False, carrier))
            else:
                out |= self.remaining(upper, instant)
        return out

    def cuts(self, row: int, seen: set[int]) -> set[int]:
        """Instants at which something above a row changes."""
        out: set[int] = set()
        for meter in self.uppers(row):
            if meter not in seen:
                seen.add(meter)
                for upper in self.rows_of(meter):
                    out.add(int(self.meters.since[upper]))
                    out |= self.cuts(upper, seen)
        return out

    def split(self, row: int) -> tuple[list[Piece], str]:
        """A row cut where its upper entity may change; or what is wrong with its upper meters."""
        since, until = int(self.meters.since[row]), int(self.meters.until[row])
        cuts = sorted(cut for cut in self.cuts(row, set()) if since < cut < until)
        out: list[Piece] = []
        for start, end in zip([since, *cuts], [*cuts, until], strict=True):
            remaining = self.remaining(row, start)
            wrong = _wrong(remaining, self.carrier[self.meters.flow[row]])
            if wrong:
                return [], wrong
            upper = next(iter(remaining), Upper(NOBODY, False, ""))
            out.append(Piece(upper.entity, upper.supplied, start, end))
        return out, ""


def _plain_rows(above: _Above) -> NDArray[np.bool_]:
    """Rows with upper meters that never change, count, and are of one entity and carrier."""
    meters = above.meters
    plain = np.diff(meters.upper_start) > 0
    rows_of = np.bincount(meters.meter, minlength=len(meters.ids))
    upper = above.first_row[meters.upper]
    row = edge_rows(meters)
    first = upper[meters.upper_start[:-1][row]] if len(row) else upper
    carrier = np.unique(np.array(above.carrier, dtype=object), return_inverse=True)[1]
    simple = (
        (rows_of[meters.upper] == 1)
        & (meters.weight[upper] != 0)
        & (meters.entity[upper] == meters.entity[first])
        & (carrier[meters.flow[upper]] == carrier[meters.flow[row]])
    )
    plain[row[~simple]] = False
    return plain


def _wrong(remaining: set[Upper], carrier: str) -> str:
    if len({(upper.entity, upper.supplied) for upper in remaining}) > 1:
        return (
            "the upper meters that count belong to several entities; name those of one entity, "
            "whose sum this meter's energy is inside"
        )
    if {upper.carrier for upper in remaining if not upper.supplied} - {carrier}:
        return (
            "an upper meter measures another carrier; name upper meters whose sum this meter's "
            "energy is inside"
        )
    return ""
