"""The factor rows that a workspace's standard can use, as the table `factors` (design 4.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa

from factors.catalogue import Catalogue
from factors.exact import scaled
from factors.rows import CO2E, KGCE, STANDARD_COAL, FactorRow
from factors.tables import CONTRACT
from factors.units import factor_ratio
from schemas.compiled import FOREVER
from schemas.dated import I64
from schemas.factor import FACTOR_DECIMALS

MEASURES = {"equivalent": "kgce", "primary": "kgce_primary"}
"""Standard coal by its two bases, which are never one figure."""


@dataclass(frozen=True, slots=True)
class Values:
    """One measure of a row (or of each hour of a series): 10**-9 g or kgce per native unit."""

    row: FactorRow
    measure: str
    unit: str
    value: I64
    start: I64
    end: I64


def factor_values(catalogue: Catalogue) -> Iterator[Values]:
    """Every row that has a say, once for each native unit of the flows that take it."""
    ends = _ends(catalogue)
    for place, row in enumerate(catalogue.rows):
        if catalogue.unused(row):
            continue
        coal = row.standard == STANDARD_COAL
        for unit in _units(catalogue, row):
            piece = catalogue.piece(place, unit, "kgce" if coal else "g")
            end = np.append(piece.start[1:], ends[place])
            total = MEASURES[row.variant] if coal else CO2E
            yield Values(row, total, unit, piece.value, piece.start, end)
            ratio = factor_ratio(row.unit, unit, "kgce" if coal else "g")
            for gas, amount in row.gases.items():
                if gas not in (CO2E, KGCE):
                    value = np.array([scaled(amount * ratio)], np.int64)
                    yield Values(row, gas, unit, value, piece.start, end)


def _units(catalogue: Catalogue, row: FactorRow) -> list[str]:
    """Native units of the flows that a row stands for."""
    units = {}
    for name, flow in catalogue.flows.items():
        key = catalogue.factor_key(name)
        if row.standard == CONTRACT:
            key = name
        elif row.standard == STANDARD_COAL:
            key = catalogue.coal_key(name)
        if key == row.factor:
            units[flow.unit] = True
    return list(units)


def _ends(catalogue: Catalogue) -> list[int]:
    """Where each row ends: at its `valid_to` or where the next of its kind begins."""
    alike: dict[tuple[object, ...], list[int]] = {}
    for place, row in enumerate(catalogue.rows):
        if row.standard != CONTRACT:
            key = (row.standard, row.factor, row.variant, row.region, row.own)
            alike.setdefault(key, []).append(place)
    ends = [row.valid_to for row in catalogue.rows]
    for places in alike.values():
        places.sort(key=lambda place: catalogue.rows[place].valid_from)
        for place, after in pairwise(places):
            ends[place] = min(ends[place], catalogue.rows[after].valid_from)
    return ends


def factor_table(catalogue: Catalogue) -> pa.Table:
    """All rows in the columns of the table `factors`."""
    found = list(factor_values(catalogue))
    lengths = np.array([len(one.start) for one in found], np.int64)
    of = np.repeat(np.arange(len(found)), lengths)

    def text(words: list[str]) -> pa.Array:
        return pa.array(words, pa.string()).dictionary_encode().take(pa.array(of))

    def joined(name: str) -> I64:
        return np.concatenate([getattr(one, name) for one in found] or [np.zeros(0, np.int64)])

    rows = [one.row for one in found]
    columns = {
        name: text([getattr(row, name) for row in rows])
        for name in ("standard", "factor", "variant", "region")
    }
    columns["measure"] = text([one.measure for one in found])
    columns["value"] = decimals(joined("value"))
    columns["unit"] = text([one.unit for one in found])
    columns["valid_from"], columns["valid_to"] = since(joined("start")), until(joined("end"))
    columns["data_year"] = pa.array([row.data_year for row in rows], pa.uint16()).take(of)
    columns["published"] = pa.array([_date(row.published) for row in rows], pa.date32()).take(of)
    for name in ("document", "source", "method", "evidence"):
        columns[name] = text([getattr(row, name) for row in rows])
    columns["library"] = text(["workspace" if row.own else catalogue.release for row in rows])
    return pa.table(columns)


def decimals(count: I64) -> pa.Array:
    """Counts of 10**-9 as exact decimals."""
    words = np.stack([count, count >> 63], axis=1)
    kind = pa.decimal128(38, FACTOR_DECIMALS)
    return pa.Array.from_buffers(kind, len(count), [None, pa.py_buffer(words)])


END_OF_TIME = 2**32
"""The tables' instants are 32 bits: 1970 to 2106."""


def since(start: I64) -> pa.Array:
    """Epoch seconds as the tables' instants; what was always so begins in 1970."""
    return pa.array(np.clip(start, 0, END_OF_TIME - 1), pa.timestamp("s", tz="UTC"))


def until(end: I64) -> pa.Array:
    """Epoch seconds as the tables' instants, null where there is no end."""
    open_ = end >= min(END_OF_TIME, FOREVER)
    kind = pa.timestamp("s", tz="UTC")
    return pa.array(np.clip(end, 0, END_OF_TIME - 1), pa.int64(), mask=open_).cast(kind)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
