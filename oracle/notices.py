"""The findings of R3, R4, R6 and R8."""

from __future__ import annotations

from collections.abc import Iterable

from oracle.cells import MEASURED, Cells, Part, preference, rivals
from oracle.records import Finding, FlowRow, Reading
from oracle.resolve import Prices
from oracle.settle import Reported
from oracle.tree import Contribution

DECLARED = 1


def conflicts(
    meter: str, flow: str, readings: Iterable[Reading], standing: Cells, cell_s: int
) -> set[Finding]:
    """R3: per start and end, the quantity that stands somewhere and the largest that does not."""
    return {
        Finding("conflict", meter, flow, stands.start, stands.end, stands.quantity, other)
        for stands, other in (
            (standing[cell].reading, other)
            for cell, other in rivals(readings, standing, cell_s).items()
        )
    }


def preferred(readings: Iterable[Reading], cell_s: int) -> dict[tuple[int, int], Reading]:
    """R4: of the readings longer than a cell, for each start and end the one that R3 prefers."""
    best: dict[tuple[int, int], Reading] = {}
    for reading in readings:
        span = (reading.start, reading.end)
        if reading.end - reading.start <= cell_s:
            continue
        # Of one start and end, so their own ranks order them as those of their parts do.
        if span not in best or preference(Part(None, reading.rank, reading)) > preference(
            Part(None, best[span].rank, best[span])
        ):
            best[span] = reading
    return best


class Mismatches:
    """R4: longer readings against the sum of the cells in force, summed day by day."""

    def __init__(self, cell_s: dict[str, int]) -> None:
        self._cell_s = cell_s
        self._sums: dict[Reading, int] = {}

    def see(self, meter: str, readings: list[Reading], standing: Cells) -> None:
        """Take a day's cells of a meter into the sums of the longer readings that touch the day.

        All readings of one start and end touch the same days, so a day knows which is preferred.
        """
        cell_s = self._cell_s[meter]
        for reading in preferred(readings, cell_s).values():
            if reading.rank not in (DECLARED, MEASURED):
                continue
            inside = (
                part.quantity
                for cell, part in standing.items()
                if reading.start <= cell < reading.end and part.quantity is not None
            )
            self._sums[reading] = self._sums.get(reading, 0) + sum(inside)

    def findings(self, flow_of: dict[str, str]) -> set[Finding]:
        """Every longer reading whose cells sum to something else."""
        return {
            Finding("sum_mismatch", r.meter, flow_of[r.meter], r.start, r.end, total, r.quantity)
            for r, total in self._sums.items()
            if total != r.quantity
        }


def negative_remainders(
    contributions: list[Contribution],
    flows: dict[str, FlowRow],
    said: dict[str, Reported],
    base_s: int,
) -> dict[tuple[str, str], int]:
    """R6: by entity and carrier, the remainder of one base interval where it is negative.

    Over all flows of the carrier with their signs in consumption; what `supplied_by` meters take
    off is left out; only where all meters concerned reported in full, in one native unit.
    """
    sums: dict[tuple[str, str], int] = {}
    units: dict[tuple[str, str], set[str]] = {}
    unknown: set[tuple[str, str]] = set()
    for c in contributions:
        flow = flows[c.flow]
        concerned = [(c.entity, 1)]
        if c.upper and not c.supplied:
            concerned.append((c.upper, -1))
        for entity, bracket in concerned:
            key = (entity, flow.carrier)
            units.setdefault(key, set()).add(flow.unit)
            report = said.get(c.meter)
            if report is None or report.seconds < base_s:
                unknown.add(key)
            else:
                value = bracket * flow.consumption_sign * c.weight * report.quantity
                sums[key] = sums.get(key, 0) + value
    return {
        key: total
        for key, total in sums.items()
        if total < 0 and key not in unknown and len(units[key]) == 1
    }


def merged(found: list[tuple[int, dict[tuple[str, str], int]]], base_s: int) -> set[Finding]:
    """The negative remainders of one local day, adjacent base intervals told as one."""
    runs: dict[tuple[str, str], list[list[int]]] = {}
    for start, values in found:
        for key, value in values.items():
            of_key = runs.setdefault(key, [])
            if of_key and of_key[-1][1] == start:
                of_key[-1][1] = start + base_s
                of_key[-1][2] += value
            else:
                of_key.append([start, start + base_s, value])
    return {
        Finding("negative_remainder", entity, carrier, start, end, value)
        for (entity, carrier), of_key in runs.items()
        for start, end, value in of_key
    }


def unpriced(
    contributions: list[Contribution],
    prices: dict[str, Prices],
    said: dict[str, Reported],
) -> set[tuple[str, str]]:
    """R8: entities and flows of meters that reported where no location factor was found."""
    return {
        (c.entity, c.flow)
        for c in contributions
        if c.meter in said and prices[c.meter].location is None
    }
