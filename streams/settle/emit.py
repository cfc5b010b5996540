"""Lines in windows become rollups: the Arrow rows that analysts query (schemas.rollup.ROLLUP)."""

from __future__ import annotations

from collections.abc import Iterator

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
ROWS_AT_ONCE = 250_000
"""Rows of one Arrow table: large enough for the sink, small enough for memory."""


@njit(nogil=True, cache=True)
def _totals(rows, sign, quantity, consumption):  # type: ignore[no-untyped-def]
    """The quantity (its five parts add up to it) and the quantity signed by the flow."""
    for n in range(len(rows)):
        low, high = np.uint64(0), np.int64(0)
        for at in range(0, 10, 2):
            low, high = add(low, high, np.uint64(rows[n, at]), rows[n, at + 1])
        quantity[n, 0], quantity[n, 1] = np.int64(low), high
        low, high = multiply(low, high, sign[n])
        consumption[n, 0], consumption[n, 1] = np.int64(low), high


@njit(nogil=True, cache=True)
def _transpose(rows, out):  # type: ignore[no-untyped-def]
    """[rows, WIDTH] to [WIDTH, rows], in blocks that stay in the cache."""
    count, width = rows.shape
    for first in range(0, count, 32):
        last = min(first + 32, count)
        for at in range(width):
            for n in range(first, last):
                out[at, n] = rows[n, at]


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
        self._factor_set = factors.factor_set
        self._parts: list[tuple[int, Window, int, NDArray[np.int64], NDArray[np.int64]]] = []
        self._count = 0

    def add(
        self,
        grain: int,
        window: Window,
        status: int,
        line: NDArray[np.int64],
        rows: NDArray[np.int64],
    ) -> None:
        """Take the rows [n, WIDTH] of the lines `line` in a window (a copy is kept)."""
        if len(line):
            self._parts.append((grain, window, status, line, rows[line]))
            self._count += len(line)

    def ready(self) -> bool:
        """Is it worth a table?"""
        return self._count >= ROWS_AT_ONCE

    def tables(self, version: int, now: int) -> Iterator[pa.Table]:
        """What was taken so far, as tables of the ROLLUP schema with this version."""
        if self._parts:
            parts, self._parts, self._count = self._parts, [], 0
            yield self._table(parts, version, now)

    def _table(self, parts, version: int, now: int) -> pa.Table:  # type: ignore[no-untyped-def]
        line = np.concatenate([p[3] for p in parts])
        rows = np.concatenate([p[4] for p in parts])
        sizes = np.array([len(p[3]) for p in parts])

        def each(values: list[int], kind: type) -> NDArray[np.int64]:
            return np.repeat(np.array(values, kind), sizes)

        data: dict[str, pa.Array] = {
            name: _dictionary(codes[line], words_) for name, (words_, codes) in self._names.items()
        }
        data["grain"] = _dictionary(each([p[0] for p in parts], np.int32), list(GRAINS))
        data["status"] = _dictionary(each([p[2] for p in parts], np.int32), list(STATUSES))
        data["start"] = _instants(each([p[1].start for p in parts], np.int64))
        data["end"] = _instants(each([p[1].end for p in parts], np.int64))
        data |= self._figures(line, rows)
        for name, first, names in (
            ("region_found", REGION_BIT, REGION_FOUND),
            ("date_found", DATE_BIT, DATE_FOUND),
            ("market_basis", BASIS_BIT, MARKET_BASIS),
        ):
            codes = words(rows[:, col.FOUND], first, names)
            data[name] = _dictionary(codes, [*names, "mixed"])
        count = len(line)
        data["updated_at"] = _instants(np.full(count, now))
        data["factor_set"] = _dictionary(np.zeros(count, np.int32), [self._factor_set])
        data["version"] = pa.array(np.full(count, version, np.uint64))
        data["gone"] = pa.array(np.zeros(count, np.uint8))
        return pa.Table.from_arrays([data[f.name] for f in ROLLUP], schema=ROLLUP)

    def _figures(self, line: NDArray[np.int64], rows: NDArray[np.int64]) -> dict[str, pa.Array]:
        count = len(rows)
        by = np.empty((col.WIDTH, count), np.int64)
        _transpose(rows, by)
        quantity, consumption = np.empty((count, 2), np.int64), np.empty((count, 2), np.int64)
        _totals(rows, self._sign[self._lines.flow[line]], quantity, consumption)
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
            "newest_reading": _instants(by[col.NEWEST], by[col.NEWEST] != 0),
        }
        parts = ("estimated", "declared", "apportioned", "measured", "edited")
        for rank, name in enumerate(parts):
            data[f"quantity_{name}"] = _decimal(pair(2 * rank), reported, 6)
        return data


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
