"""The registry and the units as flat arrays that the hot loops look things up in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    """What judging a reading looks up; all arrays, so that compiled code can hold it.

    Facts of slot s are rows fact_at[s]:fact_at[s+1]; `fact_span` is the end of the run of touching
    rows (R4). A conversion is a number f = conv[group, unit]
    (`native[group]` for the flow's native unit); entry f*19+k turns digits with k
    decimals into 10**-6 native units: digits * mul / div, where digits <= most.
    """

    meters: Names
    units: Names
    cell: NDArray[np.int32]
    interval: NDArray[np.int32]
    fact_at: NDArray[np.int64]
    fact_since: NDArray[np.int64]
    fact_until: NDArray[np.int64]
    fact_span: NDArray[np.int64]
    fact_group: NDArray[np.int32]
    fact_unit: NDArray[np.int32]
    conv: NDArray[np.int32]
    native: NDArray[np.int32]
    mul: NDArray[np.int64]
    div: NDArray[np.int64]
    most: NDArray[np.int64]


@njit(cache=True, nogil=True)
def hash_bytes(b: Any, lo: int, hi: int) -> Any:
    """FNV-1a over b[lo:hi], folded to spread into the low bits."""
    h = np.uint64(14695981039346656037)
    for i in range(lo, hi):
        h = (h ^ np.uint64(b[i])) * np.uint64(1099511628211)
    return h ^ (h >> np.uint64(29))


@njit(cache=True, nogil=True)
def find(names: Any, b: Any, lo: int, hi: int) -> int:
    """Number of the text b[lo:hi] in `names`, or -1."""
    mask = np.uint64(len(names.table) - 1)
    spot = hash_bytes(b, lo, hi) & mask
    while True:
        number = names.table[spot]
        if number < 0:
            return -1
        start = names.at[number]
        if names.at[number + 1] - start == hi - lo:
            same = True
            for i in range(hi - lo):
                if names.bytes[start + i] != b[lo + i]:
                    same = False
                    break
            if same:
                return number
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
    """Exact conversions by (flow, multiplier) group and unit, as Fractions and as 64-bit rules."""

    def __init__(self, compiled: Compiled, flows: Mapping[str, Flow], ratio: Ratio) -> None:
        facts = compiled.facts
        self._ratio = ratio
        self.native = [flows[name].unit for name in compiled.flows]
        flow = compiled.meter_flow[facts.slot].tolist()
        keys = list(zip(flow, facts.multiplier_num, facts.multiplier_den, strict=True))
        self.groups = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        self.fact_group = np.array([self.groups[key] for key in keys], np.int32)
        self.units = list(dict.fromkeys([*facts.unit, *self.native]))
        self.flow_of: list[int] = []
        self.factor: list[Fraction] = []
        self.div = np.ones(0, np.int64)

    def ratio(self, unit: str, flow: int) -> Fraction | ValueError:
        """Native units in one `unit`, or the error that says why there is no exact ratio."""
        try:
            return self._ratio(unit, self.native[flow])
        except ValueError as error:
            return error

    def table(self) -> NDArray[np.int32]:
        """conv[group, unit]: number of the conversion, -1 where the unit does not fit the flow."""
        known: dict[tuple[int, Fraction], int] = {}
        conv = np.full((len(self.groups), len(self.units)), -1, np.int32)
        for (flow, num, den), group in self.groups.items():
            for place, unit in enumerate(self.units):
                ratio = self.ratio(unit, flow)
                if isinstance(ratio, Fraction):
                    factor = ratio * Fraction(num, den)
                    conv[group, place] = known.setdefault((flow, factor), len(known))
        self.flow_of = [flow for flow, _ in known]
        self.factor = [factor for _, factor in known]
        return conv

    def rules(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """mul, div, most of `Tables`; most = -1 where 64 bits do not do."""
        size = len(self.factor) * MOST_DECIMALS
        mul, div, most = np.zeros(size, np.int64), np.ones(size, np.int64), np.full(size, -1)
        for number, factor in enumerate(self.factor):
            for decimals in range(MOST_DECIMALS):
                exact = factor * QUANTITY_SCALE / 10**decimals
                if 0 < exact.numerator < SAFE and exact.denominator <= MOST_DENOMINATOR:
                    spot = number * MOST_DECIMALS + decimals
                    mul[spot], div[spot] = exact.numerator, exact.denominator
                    most[spot] = SAFE // exact.numerator
        self.div = div
        return mul, div, most.astype(np.int64)


def build_tables(compiled: Compiled, conversions: Conversions) -> Tables:
    """All look-ups of a registry; a million meters take about two seconds."""
    facts = compiled.facts
    slots = np.arange(len(compiled.meters) + 1)
    place = {name: number for number, name in enumerate(conversions.units)}
    conv = conversions.table()
    mul, div, most = conversions.rules()
    return Tables(
        meters=name_table(compiled.meters),
        units=name_table(conversions.units),
        cell=compiled.meter_cell_s.astype(np.int32),
        interval=compiled.meter_interval_s.astype(np.int32),
        fact_at=np.searchsorted(facts.slot, slots).astype(np.int64),
        fact_since=facts.since.astype(np.int64),
        fact_until=facts.until.astype(np.int64),
        fact_span=_spans(facts.slot, facts.since, facts.until),
        fact_group=conversions.fact_group,
        fact_unit=np.array([place[unit] for unit in facts.unit], np.int32),
        conv=conv,
        native=np.array(
            [
                conv[group, place[conversions.native[key[0]]]]
                for key, group in conversions.groups.items()
            ],
            np.int32,
        ),
        mul=mul,
        div=div,
        most=most,
    )
