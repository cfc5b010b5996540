"""The registry and the units as flat arrays that the hot loops look things up in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from schemas.compiled import Compiled
from schemas.factor import Flow
from schemas.reading import QUANTITY_SCALE

MOST_DECIMALS = 19
"""Decimals 0..18 of a quantity are converted in 64 bits; anything finer goes the exact path."""

SAFE = 2**62
MOST_DENOMINATOR = 10**12
"""Errors of rounding are added up in 64 bits per frame: their denominator stays below this."""

Ratio = Callable[[str, str], Fraction]
"""`ratio(unit, native)`; raises ValueError (factors.units.UnitError) where none exists."""


class Names(NamedTuple):
    """Texts by number, found by their bytes: open addressing over a table twice their number."""

    table: NDArray[np.int32]
    bytes: NDArray[np.uint8]
    at: NDArray[np.int64]


class Tables(NamedTuple):
    """What judging a reading looks up, as few flat arrays: a hot loop pays for each that it holds.

    meter[slot] = cell, interval, first row and row after the last of its facts. fact[row] = since,
    until, end of the run of touching rows (R4), conversion of the meter's own unit, of the flow's
    native unit, group. conv[group, unit] = conversion. A conversion is the first of 19 entries of
    rule, or -1 where the unit does not fit; entry +k turns digits with k decimals into 10**-6 native
    units: rule[entry] = mul, div, most: digits * mul / div, where digits <= most.
    """

    meters: Names
    units: Names
    meter: NDArray[np.int64]
    fact: NDArray[np.int64]
    conv: NDArray[np.int64]
    rule: NDArray[np.int64]


@njit(cache=True, nogil=True)
def hash_bytes(b: Any, lo: Any, hi: Any) -> Any:
    """FNV-1a over b[lo:hi], folded to spread into the low bits."""
    h = np.uint64(14695981039346656037)
    for i in range(lo, hi):
        h = (h ^ np.uint64(b[i])) * np.uint64(1099511628211)
    return h ^ (h >> np.uint64(29))


@njit(cache=True, nogil=True)
def find(table: Any, texts: Any, ends: Any, b: Any, lo: Any, hi: Any) -> Any:
    """Number of the text b[lo:hi] in Names(table, texts, ends), or -1."""
    mask = np.uint64(len(table) - 1)
    spot = hash_bytes(b, lo, hi) & mask
    while True:
        number = table[spot]
        if number < 0:
            return np.int64(-1)
        start = ends[number]
        if ends[number + 1] - start == hi - lo:
            k = 0
            while k < hi - lo and texts[start + k] == b[lo + k]:
                k += 1
            if k == hi - lo:
                return np.int64(number)
        spot = (spot + np.uint64(1)) & mask


@njit(cache=True, nogil=True)
def _fill(table: Any, b: Any, at: Any) -> None:
    mask = np.uint64(len(table) - 1)
    for number in range(len(at) - 1):
        spot = hash_bytes(b, at[number], at[number + 1]) & mask
        while table[spot] >= 0:
            spot = (spot + np.uint64(1)) & mask
        table[spot] = number


def name_table(texts: Sequence[str]) -> Names:
    """The lookup of distinct texts by their UTF-8 bytes."""
    column = pa.array(texts, pa.large_string())
    _, offsets, data = column.buffers()
    at = np.frombuffer(offsets, np.int64)[: len(texts) + 1] if offsets else np.zeros(1, np.int64)
    blob = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    table = np.full(1 << (2 * len(texts) + 1).bit_length(), -1, np.int32)
    blob = np.concatenate([blob, np.zeros(1, np.uint8)])
    _fill(table, blob, np.ascontiguousarray(at))
    return Names(table, blob, np.ascontiguousarray(at))


def _spans(slot: NDArray[Any], since: NDArray[Any], until: NDArray[Any]) -> NDArray[np.int64]:
    """Per row the end of its run of rows of the same meter that touch."""
    rows = len(slot)
    if rows == 0:
        return np.zeros(0, np.int64)
    breaks = np.ones(rows, np.bool_)
    breaks[:-1] = (slot[1:] != slot[:-1]) | (since[1:] != until[:-1])
    ends = np.flatnonzero(breaks)
    return until[ends[np.searchsorted(ends, np.arange(rows))]]


class Conversions:
    """Exact conversions by (flow, multiplier) group and unit, as Fractions and as 64-bit rules.

    The units are those of the registry and `units`; any other goes the exact path.
    """

    def __init__(
        self,
        compiled: Compiled,
        flows: Mapping[str, Flow],
        ratio: Ratio,
        units: Iterable[str] = (),
    ) -> None:
        facts = compiled.facts
        self._ratio = ratio
        self.native = [flows[name].unit for name in compiled.flows]
        flow = compiled.meter_flow[facts.slot].tolist()
        keys = list(zip(flow, facts.multiplier_num, facts.multiplier_den, strict=True))
        self.groups = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        self.fact_group = np.array([self.groups[key] for key in keys], np.int32)
        self.units = list(dict.fromkeys([*facts.unit, *self.native, *units]))
        self.flow_of: list[int] = []
        self.factor: list[Fraction] = []
        self.div = np.ones(0, np.int64)

    def ratio(self, unit: str, flow: int) -> Fraction | ValueError:
        """Native units in one `unit`, or the error that says why there is no exact ratio.

        '' is the native unit: a meter that names none reports in it.
        """
        try:
            return self._ratio(unit or self.native[flow], self.native[flow])
        except ValueError as error:
            return error.with_traceback(None)  # its frames hold the whole batch

    def table(self) -> NDArray[np.int64]:
        """conv[group, unit]: first entry of the conversion, -1 where the unit does not fit the flow.

        The last column stands for a unit that is not known here.
        """
        known: dict[tuple[int, Fraction], int] = {}
        conv = np.full((len(self.groups), len(self.units) + 1), -1, np.int64)
        for (flow, num, den), group in self.groups.items():
            for place, unit in enumerate(self.units):
                ratio = self.ratio(unit, flow)
                if isinstance(ratio, Fraction):
                    factor = ratio * Fraction(num, den)
                    conv[group, place] = (
                        known.setdefault((flow, factor), len(known)) * MOST_DECIMALS
                    )
        self.flow_of = [flow for flow, _ in known]
        self.factor = [factor for _, factor in known]
        return conv

    def rules(self) -> NDArray[np.int64]:
        """mul, div, most per entry; most = -1 where 64 bits do not do."""
        rule = np.full((len(self.factor) * MOST_DECIMALS, 3), (0, 1, -1), np.int64)
        for number, factor in enumerate(self.factor):
            for decimals in range(MOST_DECIMALS):
                exact = factor * QUANTITY_SCALE / 10**decimals
                if 0 < exact.numerator < SAFE and exact.denominator <= MOST_DENOMINATOR:
                    rule[number * MOST_DECIMALS + decimals] = (
                        exact.numerator,
                        exact.denominator,
                        SAFE // exact.numerator,
                    )
        self.div = rule[:, 1]
        return rule


def build_tables(compiled: Compiled, conversions: Conversions) -> Tables:
    """All look-ups of a registry; a million meters take about two seconds."""
    facts = compiled.facts
    place = {name: number for number, name in enumerate(conversions.units)}
    conv = conversions.table()
    group = conversions.fact_group
    own = np.array([place[unit] for unit in facts.unit], np.int64)
    native = np.array([place[unit] for unit in conversions.native], np.int64)
    at = np.searchsorted(facts.slot, np.arange(len(compiled.meters) + 1))
    meter = (compiled.meter_cell_s, compiled.meter_interval_s, at[:-1], at[1:])
    fact = (
        facts.since,
        facts.until,
        _spans(facts.slot, facts.since, facts.until),
        conv[group, own],
        conv[group, native[compiled.meter_flow[facts.slot]]],
        group,
    )
    return Tables(
        meters=name_table(compiled.meters),
        units=name_table(conversions.units),
        meter=np.ascontiguousarray(np.stack(meter, axis=1), np.int64),
        fact=np.ascontiguousarray(np.stack(fact, axis=1), np.int64),
        conv=conv,
        rule=conversions.rules(),
    )
