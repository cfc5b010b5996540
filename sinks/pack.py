"""Rollups as the table keeps them: plain columns, with marks for nulls and for repeated figures.

Half of a rollup's figures repeat another in most rows: consumption is the quantity, the market view
is the location view, a leaf's remainder is its quantity, one rank holds all of it. Written once,
they cost nothing; the table's columns without `raw_` put them back (docs/decisions/0003).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

FIGURES: dict[str, str | None] = {
    "quantity": None,
    "consumption": "quantity",
    "co2e_location_g": None,
    "co2e_market_g": "co2e_location_g",
    "kgce": None,
    "kgce_primary": "kgce",
    "co2e_apart_g": None,
    "quantity_estimated": "quantity",
    "quantity_declared": "quantity",
    "quantity_apportioned": "quantity",
    "quantity_measured": "quantity",
    "quantity_edited": "quantity",
    "remainder": "quantity",
    "supplied": None,
}
"""Each figure, in the order of its bit, with the figure that it may repeat."""

NEWEST = "newest_reading"
NEWEST_BIT = len(FIGURES)
NEGATED_BIT = NEWEST_BIT + 1
"""In `same`: consumption is the quantity with the other sign."""


def pack(rows: pa.Table) -> pa.Table:
    """Rows of `schemas.rollup.ROLLUP` as the stored columns of the table `rollups`, in order."""
    batches = [_pack_batch(b) for b in rows.unify_dictionaries().to_batches() if b.num_rows]
    return pa.Table.from_batches(batches) if batches else pa.table({})


def _pack_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    n = batch.num_rows
    nulls, same = np.zeros(n, np.uint32), np.zeros(n, np.uint32)
    columns = {
        name: column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
        if name not in FIGURES and name != NEWEST
    }
    limbs = {name: _limbs(batch.column(name)) for name in FIGURES}
    zeros = pa.py_buffer(np.zeros(2 * n, np.int64))
    for bit, (name, origin) in enumerate(FIGURES.items()):
        column = batch.column(name)
        _mark(nulls, _null(column), bit)
        data = limbs[name] if origin is None else _repeats(limbs, name, origin, same, bit)
        buffer = zeros if data is None else pa.py_buffer(data)
        columns["raw_" + name] = pa.Array.from_buffers(column.type, n, [None, buffer])
    newest = batch.column(NEWEST)
    _mark(nulls, _null(newest), NEWEST_BIT)
    columns["raw_" + NEWEST] = newest.fill_null(0)
    columns["nulls"], columns["same"] = pa.array(nulls), pa.array(same)
    return pa.RecordBatch.from_pydict(columns)


def _limbs(column: pa.Array) -> NDArray[np.int64]:
    """A decimal column's 128-bit integers as (n, 2) limbs, low first; a view. Under a null: any."""
    data = np.frombuffer(column.buffers()[1], np.int64, 2 * len(column), 16 * column.offset)
    return data.reshape(-1, 2)


def _null(column: pa.Array) -> NDArray[np.bool_] | None:
    """Which values are null; None where none is."""
    return np.asarray(column.is_null()) if column.null_count else None


def _mark(bits: NDArray[np.uint32], rows: NDArray[np.bool_] | None, bit: int) -> None:
    if rows is not None:
        bits |= rows.astype(np.uint32) << np.uint32(bit)


def _repeats(
    limbs: dict[str, NDArray[np.int64]],
    name: str,
    origin: str,
    same: NDArray[np.uint32],
    bit: int,
) -> NDArray[np.int64] | None:
    """Mark the rows of figure `name` that repeat `origin`; what is left to keep, None for nothing.

    Zero is kept as zero: a column of zeros costs nothing either.
    """
    own, other = limbs[name], limbs[origin]
    if np.array_equal(own, other):
        same |= np.uint32(1 << bit)
        return None
    if not own.any():
        return None
    repeated = (own[:, 0] == other[:, 0]) & (own[:, 1] == other[:, 1])
    _mark(same, repeated, bit)
    if name == "consumption":
        opposite = (own[:, 0] == -other[:, 0]) & (own[:, 1] == ~other[:, 1] + (other[:, 0] == 0))
        opposite &= ~repeated
        _mark(same, opposite, NEGATED_BIT)
        repeated |= opposite
    return np.where(repeated[:, None], np.int64(0), own)
