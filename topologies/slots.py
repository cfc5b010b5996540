"""Slots: the place of each meter in the book, given once and kept for good."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from schemas.compiled import Compiled


@dataclass(frozen=True, slots=True)
class Slots:
    """Meter ids by slot, and the cell size that each was laid out with."""

    meters: list[str]
    cell_s: NDArray[np.int32]


def known_slots(path: Path) -> Slots:
    """The slots of the books at hand; none where there are no books yet."""
    if not path.exists():
        return Slots([], np.zeros(0, np.int32))
    table = pq.read_table(path)
    return Slots(table["meter"].to_pylist(), table["cell_s"].to_numpy().astype(np.int32))


def keep_slots(path: Path, compiled: Compiled, before: Slots) -> None:
    """Write the slots down where there are new ones, before any cell of theirs is.

    Beside each its place among the slots of its cell size, for who reads the book's files elsewhere.
    """
    if len(before.meters) == len(compiled.meters):
        return
    cell_s = compiled.meter_cell_s
    place = np.zeros(len(cell_s), np.uint32)
    for size in np.unique(cell_s):
        mine = cell_s == size
        place[mine] = np.arange(int(mine.sum()))
    table = pa.table({"meter": compiled.meters, "cell_s": cell_s, "place": place})
    fresh = path.with_suffix(".new")
    pq.write_table(table, fresh)
    fresh.rename(path)
