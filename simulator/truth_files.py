"""The truth as Parquet: one file for each grain, one row for each pair and window."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.reading import QUALITIES
from schemas.rollup import EMISSION, QUANTITY, ROLLUP
from simulator.draws import Ints
from simulator.exact import decimals, limbs
from simulator.plan import FLOWS

Grain = Literal["base", "hour", "day", "month", "quarter", "year"]

RANKS, REMAINDER, LOCATION, MARKET, REPORTED, EXPECTED, OWN = 0, 5, 6, 8, 10, 11, 12
"""Where each series stands: five ranks, remainder, two limbs of each emission, minutes reported and
expected, and readings of the meters that make the remainder (without one it is null)."""
SERIES = 13

COLUMNS = (
    "entity", "flow", "grain", "start", "end", "quantity",
    *(f"quantity_{q}" for q in QUALITIES), "remainder", "co2e_location_g", "co2e_market_g",
    "minutes_expected", "minutes_reported",
)  # fmt: skip
SCHEMA = pa.schema([ROLLUP.field(name) for name in COLUMNS])
"""The columns of a rollup that the truth knows, in their types."""


class TruthFile:
    """One grain's file, written window by window."""

    def __init__(
        self, path: Path, grain: Grain, entities: list[str], pairs: list[tuple[int, int]]
    ) -> None:
        self.grain = grain
        self.entities = pa.array(entities, pa.string())
        self.flows = pa.array([f.name for f in FLOWS], pa.string())
        self.entity = np.array([e for e, _ in pairs], dtype=np.int32)
        self.flow = np.array([f for _, f in pairs], dtype=np.int32)
        self.writer = pq.ParquetWriter(path, SCHEMA, compression="zstd", compression_level=1)

    def write(self, ids: Ints, sums: Ints, edges: list[int]) -> None:
        """Write sums [series, pair, window] of windows between these edges (epoch seconds).

        Where no meter is expected there is no contribution and so no row; where none reported the
        figures are null (R10).
        """
        n, windows = len(ids), len(edges) - 1
        keep = (sums[EXPECTED] > 0).ravel()
        flat = sums.reshape(SERIES, n * windows)[:, keep]
        pair = np.repeat(ids, windows)[keep]
        window = np.tile(np.arange(windows), n)[keep]
        if len(pair) == 0:
            return
        null, unknown = flat[REPORTED] == 0, flat[OWN] == 0
        quantity = flat[RANKS : RANKS + len(QUALITIES)]
        at = np.array(edges, dtype=np.int64)
        columns: list[Any] = [
            pa.DictionaryArray.from_arrays(pa.array(self.entity[pair]), self.entities),
            pa.DictionaryArray.from_arrays(pa.array(self.flow[pair]), self.flows),
            pa.DictionaryArray.from_arrays(
                pa.array(np.zeros(len(pair), np.int32)), pa.array([self.grain])
            ),
            pa.array(at[window]).view(ROLLUP.field("start").type),
            pa.array(at[window + 1]).view(ROLLUP.field("start").type),
            decimals(quantity.sum(axis=0), QUANTITY, null),
            *(decimals(q, QUANTITY, null) for q in quantity),
            decimals(flat[REMAINDER], QUANTITY, unknown),
            limbs(flat[LOCATION], flat[LOCATION + 1], EMISSION, null),
            limbs(flat[MARKET], flat[MARKET + 1], EMISSION, null),
            flat[EXPECTED],
            flat[REPORTED],
        ]
        self.writer.write_table(pa.table(columns, schema=SCHEMA))

    def close(self) -> None:
        """Finish the file."""
        self.writer.close()
