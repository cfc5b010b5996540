"""One base interval, from cells to lines: looks up what holds then and calls the compiled steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import Compiled
from streams.book import Book
from streams.book.days import DAY_S
from streams.settle import columns as col
from streams.settle import findings, fold
from streams.settle.calendar import Window
from streams.settle.lines import Era, Lines, found_by_line
from streams.settle.rates import Factors, Rates, RateTable


@dataclass(slots=True)
class Interval:
    """The lines of one base interval and what was noticed; arrays are reused by the next one."""

    lines: NDArray[np.int64]
    touched: NDArray[np.uint8]
    conflicts: list[findings.Finding]
    longer: list[int]
    """Rows of longer readings in conflict."""
    negatives: NDArray[np.int64]
    """Rows (entity, carrier, low, high)."""
    no_factor: NDArray[np.int64]
    """Classes that reported without a location factor."""


class IntervalFold:
    """Folds base intervals of a book for one registry and one set of factors."""

    def __init__(
        self, compiled: Compiled, lines: Lines, rates: RateTable, factors: Factors, book: Book
    ) -> None:
        self._c, self._lines, self._rates, self._book = compiled, lines, rates, book
        flows = [factors.flows[f] for f in compiled.flows]
        carriers = sorted({f.carrier for f in flows})
        self.carriers = carriers
        self._consumption = np.array([f.consumption_sign for f in flows], np.int64)
        emission = np.array([f.emission_sign for f in flows], np.int64)
        self._sign = emission[compiled.class_flow]
        self._kept = not factors.deducts
        self._stays = compiled.class_supplied & self._kept
        self._line_carrier = np.array(
            [carriers.index(flows[f].carrier) for f in lines.flow], np.int64
        )
        units = sorted({f.unit for f in flows})
        self._line_unit = np.array([units.index(flows[f].unit) for f in lines.flow], np.int64)
        self._line_sign = self._consumption[lines.flow]
        classes = len(compiled.class_entity)
        self._sums = np.zeros((classes, fold.CLASS_WIDTH), np.int64)
        self._dirty = np.zeros(classes, np.uint8)
        self._rows = np.zeros((len(lines), col.WIDTH), np.int64)
        self._touched = np.zeros(len(lines), np.uint8)
        self._negatives = np.zeros((len(lines), 4), np.int64)
        self._found: tuple[tuple[int, int], NDArray[np.int64]] | None = None
        self._flow_names = [compiled.flows[f] for f in compiled.meter_flow]

    def run(self, window: Window) -> Interval:
        """The figures of every line in one base interval, exactly."""
        era, rates = self._lines.era_at(window.start), self._rates.at(window.start)
        for array in (self._sums, self._dirty, self._rows, self._touched):
            array.fill(0)
        conflicts, longer = self._fold_cells(window, era)
        fold.post(
            self._sums, era.x_line, era.u_line, era.top_line, self._c.class_supplied, self._sign,
            self._kept, rates.location, rates.located, rates.market, rates.marketed, self._rows,
        )  # fmt: skip
        base_s = window.end - window.start
        count = findings.negatives(
            self._rows, self._lines.entity, self._line_carrier, self._line_unit, self._line_sign,
            era.own_expected, base_s, self._negatives,
        )  # fmt: skip
        fold.climb(self._rows, era.line_parent, era.order)
        fold.finish(
            self._rows, self._lines.flow, self._consumption, rates.coal, rates.coal_known,
            rates.primary, rates.primary_known, era.expected * base_s, era.present[self._kept] * base_s,
            self._found_by_line(era, rates), window.end,
        )  # fmt: skip
        fold.touch(
            self._dirty,
            era.x_line,
            era.u_line,
            era.top_line,
            self._stays,
            era.line_parent,
            self._touched,
        )
        lacking = np.flatnonzero((self._sums[:, 10] > 0) & ~rates.located)
        return Interval(
            self._rows, self._touched, conflicts, longer, self._negatives[:count], lacking
        )

    def _fold_cells(self, window: Window, era: Era) -> tuple[list[findings.Finding], list[int]]:
        book = self._book
        noticed: list[findings.Finding] = []
        longer: list[int] = []
        day = window.start // DAY_S
        for size, cell_s in enumerate(book.sizes.tolist()):
            file = book.days.get(day, cell_s)
            if file is None:
                continue
            klass, weight = era.klass[size], era.weight[size]
            for start in range(window.start, window.end, cell_s):
                interval = (start - day * DAY_S) // cell_s
                n = min(len(klass), file.stride)
                if fold.fold(
                    file.cells,
                    interval * file.stride,
                    klass[:n],
                    weight[:n],
                    cell_s,
                    self._sums,
                    self._dirty,
                ):
                    short, rows = findings.conflicts(
                        book, file, size, interval, self._c.meters, self._flow_names
                    )
                    noticed += short
                    longer += rows
        return noticed, longer

    def _found_by_line(self, era: Era, rates: Rates) -> NDArray[np.int64]:
        key = (era.since, rates.since)
        if self._found is None or self._found[0] != key:
            found = np.zeros(len(self._lines), np.int64)
            found_by_line(
                era.live, rates.bits, era.x_line, era.u_line, era.top_line, self._stays,
                era.line_parent, found,
            )  # fmt: skip
            self._found = (key, found)
        return self._found[1]
