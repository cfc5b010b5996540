"""Lines as scanned to readings: names to numbers, then the judgement; and which lines remain."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streams.collect.kernel import METERS_UNIT, Columns, columns, take_all
from streams.collect.scan import (
    DECIMALS_AT,
    DIGITS_AT,
    END_AT,
    LINE_FROM,
    METER_FROM,
    METER_TO,
    RANK_AT,
    REVISION_AT,
    START_AT,
    UNIT_FROM,
    UNIT_TO,
)
from streams.collect.tables import Tables, find

Array = NDArray[np.int64]


@njit(cache=True, nogil=True)
def find_each(names: Any, b: Any, lo: Any, hi: Any, absent: Any, unknown: Any, out: Any) -> None:
    """Numbers of the texts b[lo:hi]; `absent` where lo is negative, `unknown` where it has none."""
    table, texts, ends = names
    for i in range(len(out)):
        number = absent
        if lo[i] >= 0:
            number = find(table, texts, ends, b, lo[i], hi[i])
            if number < 0:
                number = unknown
        out[i] = number


def judge_scanned(
    b: NDArray[np.uint8], rows: Array, left: Array, t: Tables, lim: Array
) -> tuple[Columns, Array]:
    """The readings taken, and (from, to, line) of every line for the exact path, in order."""
    n = rows.shape[1]
    slot, unit = np.empty(n, np.int64), np.empty(n, np.int64)
    find_each(t.meters, b, rows[METER_FROM], rows[METER_TO], -1, -1, slot)
    find_each(
        t.units, b, rows[UNIT_FROM], rows[UNIT_TO], METERS_UNIT, t.conv.shape[1] - 1, unit
    )  # fmt: skip
    out, refused = columns(n), np.empty(n, np.int64)
    count = take_all(
        (t.meter, t.fact, t.conv, t.rule), lim, out, refused,
        (slot, rows[START_AT], rows[END_AT], rows[DIGITS_AT], rows[DECIMALS_AT], unit,
         rows[RANK_AT], rows[REVISION_AT]),
    )  # fmt: skip
    lines = np.concatenate([left, rows[LINE_FROM : LINE_FROM + 3, refused[:count]].T])
    return out, lines[np.argsort(lines[:, 2], kind="stable")]
