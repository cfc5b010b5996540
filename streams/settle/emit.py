"""Lines in windows become rollups: the Arrow rows that analysts query (schemas.rollup.ROLLUP).

Rows come interval by interval and leave in the order of their table (grain, entity, flow, start), which
spares the sink a sort: it costs 0.04 to 0.07 us a row and saves 0.15 to 0.25 us of inserting
(docs/decisions/0003).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from schemas.compiled import Compiled
from schemas.factor import DATE_FOUND, MARKET_BASIS, REGION_FOUND
from schemas.rollup import GRAINS, ROLLUP
from streams.settle import columns as col
from streams.settle.calendar import Window
from streams.settle.lines import Lines
from streams.settle.rates import BASIS_BIT, DATE_BIT, REGION_BIT, Factors, words
from streams.wide import add, multiply

STATUSES = ("open", "provisional")
ROWS_AT_ONCE = 131_072
"""Rows of one Arrow table: large enough for the sink, small enough for memory."""


@njit(nogil=True, cache=True)
def _take(rows, line, by, at):  # type: ignore[no-untyped-def]
    """Rows of these lines as columns: by[:, at:] is filled, in blocks that stay in the cache."""
    for first in range(0, len(line), 32):
        last = min(first + 32, len(line))
        for c in range(rows.shape[1]):
            for n in range(first, last):
                by[c, at + n] = rows[line[n], c]


@njit(nogil=True, cache=True)
def _order(grain, line, rank, order):  # type: ignore[no-untyped-def]
    """Rows by grain and rank of their line, each line's as they came: by time (a counting sort)."""
    place = np.zeros(len(GRAINS) * len(rank) + 1, np.int32)
    for n in range(len(line)):
        place[grain[n] * len(rank) + rank[line[n]] + 1] += 1
    for k in range(1, len(place)):
        place[k] += place[k - 1]
    for n in range(len(line)):
        k = grain[n] * len(rank) + rank[line[n]]
        order[place[k]] = n
        place[k] += 1


@njit(nogil=True, cache=True)
def _arrange(by, order):  # type: ignore[no-untyped-def]
    """Bring the first entries of each column into this order, in their place."""
    count = len(order)
    held = np.empty(count, np.int64)
    for c in range(len(by)):
        column, same = by[c], 0
        while same < count and column[same] == column[0]:
            same += 1
        if same == count:  # a third of the columns: high words, ranks that nobody reported
            continue
        for n in range(count):
            held[n] = column[order[n]]
        column[:count] = held


@njit(nogil=True, cache=True)
def _totals(by, count, sign, quantity, consumption):  # type: ignore[no-untyped-def]
    """The quantity (its five parts add up to it) and the quantity signed by the flow."""
    for n in range(count):
        low, high = np.uint64(0), np.int64(0)
        for at in range(0, 10, 2):
            low, high = add(low, high, np.uint64(by[at, n]), by[at + 1, n])
        quantity[n, 0], quantity[n, 1] = np.int64(low), high
        low, high = multiply(low, high, sign[n])
        consumption[n, 0], consumption[n, 1] = np.int64(low), high


@njit(nogil=True, cache=True)
def _pair(low, high, out):  # type: ignore[no-untyped-def]
    for n in range(len(low)):
        out[n, 0], out[n, 1] = low[n], high[n]


class Emitter:
    """Collects lines of windows and gives them out as Arrow tables of some size."""

    def __init__(self, compiled: Compiled, lines: Lines, factors: Factors) -> None:
        flows = [factors.flows[f] for f in compiled.flows]
        self._lines = lines
        self._sign = np.array([f.consumption_sign for f in flows], np.int64)
        self._names = {
            "entity": (compiled.entities, lines.entity),
            "level": _coded([compiled.levels[e] for e in lines.entity]),
            "flow": (compiled.flows, lines.flow),
            "carrier": _coded([flows[f].carrier for f in lines.flow]),
            "scope": _coded([flows[f].scope for f in lines.flow]),
            "unit": _coded([flows[f].unit for f in lines.flow]),
        }
        self._rank = _ranks(compiled, lines)
        self._factor_set = factors.factor_set
        self._by = np.empty((col.WIDTH, ROWS_AT_ONCE), np.int64)
        self._line = np.empty(ROWS_AT_ONCE, np.int32)
        self._of_window = np.empty((4, ROWS_AT_ONCE), np.int64)
        """Grain, status, start and end of each row."""
        self._count = 0

    def add(
        self,
        grain: int,
        window: Window,
        status: int,
        line: NDArray[np.int64],
        rows: NDArray[np.int64],
    ) -> int:
        """Take the rows [lines, WIDTH] of the lines `line` in a window; returns how many had room."""
        at = self._count
        room = min(len(line), ROWS_AT_ONCE - at)
        if room:
            _take(rows, line[:room], self._by, at)
            self._line[at : at + room] = line[:room]
            for n, value in enumerate((grain, status, window.start, window.end)):
                self._of_window[n, at : at + room] = value
            self._count += room
        return room

    def table(self, version: int, now: int) -> pa.Table:
        """What was taken so far, as rows of the ROLLUP schema with this version."""
        count, self._count = self._count, 0
        order = np.empty(count, np.int32)
        _order(self._of_window[0], self._line[:count], self._rank, order)
        _arrange(self._by, order)
        line = self._line[order]
        grain, status, start, end = self._of_window[:, order]
        data: dict[str, pa.Array] = {
            name: _dictionary(codes[line], words_) for name, (words_, codes) in self._names.items()
        }
        data["grain"] = _dictionary(grain.astype(np.int32), list(GRAINS))
        data["status"] = _dictionary(status.astype(np.int32), list(STATUSES))
        data["start"], data["end"] = _instants(start), _instants(end)
        data |= self._figures(line, self._by[:, :count])
        for name, first, names in (
            ("region_found", REGION_BIT, REGION_FOUND),
            ("date_found", DATE_BIT, DATE_FOUND),
            ("market_basis", BASIS_BIT, MARKET_BASIS),
        ):
            codes = words(self._by[col.FOUND, :count], first, names)
            data[name] = _dictionary(codes, [*names, "mixed"])
        data["updated_at"] = _instants(np.full(count, now))
        data["factor_set"] = _dictionary(np.zeros(count, np.int32), [self._factor_set])
        data["version"] = pa.array(np.full(count, version, np.uint64))
        data["gone"] = pa.array(np.zeros(count, np.uint8))
        return pa.Table.from_arrays([data[f.name] for f in ROLLUP], schema=ROLLUP)

    def _figures(self, line: NDArray[np.int32], by: NDArray[np.int64]) -> dict[str, pa.Array]:
        count = len(line)
        quantity, consumption = np.empty((count, 2), np.int64), np.empty((count, 2), np.int64)
        _totals(by, count, self._sign[self._lines.flow[line]], quantity, consumption)
        reported = by[col.REPORTED] > 0
        own = (by[col.OWN_REPORTED] > 0) | (by[col.SUPPLIED_REPORTED] > 0)

        def pair(at: int) -> NDArray[np.int64]:
            out = np.empty((count, 2), np.int64)
            _pair(by[at], by[at + 1], out)
            return out

        data = {
            "quantity": _decimal(quantity, reported, 6),
            "consumption": _decimal(consumption, reported, 6),
            "co2e_location_g": _decimal(pair(col.LOCATION), by[col.LOCATED] > 0, 15),
            "co2e_market_g": _decimal(pair(col.MARKET), by[col.MARKETED] > 0, 15),
            "kgce": _decimal(pair(col.KGCE), by[col.KGCE_KNOWN] > 0, 15),
            "kgce_primary": _decimal(pair(col.KGCE_PRIMARY), by[col.KGCE_PRIMARY_KNOWN] > 0, 15),
            "co2e_apart_g": _decimal(pair(col.APART), by[col.LOCATED] > 0, 15),
            "remainder": _decimal(pair(col.OWN), own, 6),
            "supplied": _decimal(pair(col.SUPPLIED), by[col.SUPPLIED_REPORTED] > 0, 6),
            "minutes_expected": pa.array(by[col.EXPECTED] // 60),
            "minutes_reported": pa.array(by[col.REPORTED] // 60),
            "newest_reading": _instants(by[col.NEWEST].copy(), by[col.NEWEST] != 0),
        }
        parts = ("estimated", "declared", "apportioned", "measured", "edited")
        for rank, name in enumerate(parts):
            data[f"quantity_{name}"] = _decimal(pair(2 * rank), reported, 6)
        return data


def _ranks(compiled: Compiled, lines: Lines) -> NDArray[np.int32]:
    """Place of each line among all by the texts of entity and flow, as the table compares them."""
    entities, flows = ([name.encode() for name in x] for x in (compiled.entities, compiled.flows))
    texts = [(entities[e], flows[f]) for e, f in zip(lines.entity, lines.flow, strict=True)]
    rank = np.empty(len(texts), np.int32)
    rank[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
    return rank


def _coded(names: list[str]) -> tuple[list[str], NDArray[np.int32]]:
    known: dict[str, int] = {}
    codes = np.array([known.setdefault(n, len(known)) for n in names], np.int32)
    return list(known), codes


def _dictionary(codes: NDArray[np.int32], names: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(names, pa.string()))


def _bitmap(valid: NDArray[np.bool_]) -> pa.Buffer | None:
    return None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))


def _decimal(words_: NDArray[np.int64], valid: NDArray[np.bool_], scale: int) -> pa.Array:
    kind = pa.decimal128(38, scale)
    return pa.Array.from_buffers(kind, len(words_), [_bitmap(valid), pa.py_buffer(words_)])


def _instants(seconds: NDArray[np.int64], valid: NDArray[np.bool_] | None = None) -> pa.Array:
    bitmap = None if valid is None else _bitmap(valid)
    data = pa.py_buffer(np.ascontiguousarray(seconds, np.int64))
    return pa.Array.from_buffers(pa.timestamp("s", tz="UTC"), len(seconds), [bitmap, data])
