"""Integers as exact decimals of Arrow, and products too wide for 64 bits."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from simulator.draws import Ints

LIMB = 10**12


def decimals(
    counts: Ints, kind: pa.Decimal128Type, null: NDArray[np.bool_] | None = None
) -> pa.Decimal128Array:
    """Counts of the type's last place as decimals; null where told."""
    wide = np.empty((len(counts), 2), dtype=np.int64)
    wide[:, 0] = counts
    wide[:, 1] = counts >> 63
    valid = None if null is None else pa.array(~null).buffers()[1]
    return pa.Array.from_buffers(kind, len(counts), [valid, pa.py_buffer(wide)])


def product(quantity: Ints, factor: Ints) -> tuple[Ints, Ints]:
    """quantity * factor (both >= 0) as two limbs: value = high * 10**12 + low, 0 <= low < 10**12.

    quantity < 10**15 and factor < 10**15 (10**9 units, 1 t per unit): no step leaves 63 bits.
    """
    q_high, q_low = np.divmod(quantity, 10**6)
    f_high, f_low = np.divmod(factor, 10**6)
    carry, low = np.divmod(q_low * f_low, 10**6)
    middle = q_high * f_low + q_low * f_high + carry
    return q_high * f_high + middle // 10**6, (middle % 10**6) * 10**6 + low


def limbs(
    high: Ints, low: Ints, kind: pa.Decimal128Type, null: NDArray[np.bool_]
) -> pa.Decimal128Array:
    """high * 10**12 + low as decimals of this type; limbs of either sign, not normalised."""
    parts = [decimals(x, pa.decimal128(19, 0)) for x in (high, low)]
    limb = pa.scalar(Decimal(LIMB), pa.decimal128(13, 0))
    total = pc.add(pc.multiply(parts[0], limb), parts[1]).cast(pa.decimal128(38, 0))
    valid = pa.array(~null).buffers()[1]
    return pa.Array.from_buffers(kind, len(total), [valid, total.buffers()[1]], -1, total.offset)
