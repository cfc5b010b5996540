"""Rejects as rows of their table."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from schemas.reading import Reject
from schemas.rollup import REJECT


def reject_table(rejects: list[Reject], version: int) -> pa.Table:
    """Rejects as rows of the REJECT schema."""
    columns: dict[str, Any] = {
        "source": [r.source for r in rejects],
        "position": [r.position for r in rejects],
        "reason": pa.array([r.reason.value for r in rejects]).dictionary_encode(),
        "meter": [r.meter for r in rejects],
        "message": [r.message for r in rejects],
        "payload": [r.payload for r in rejects],
        "received_at": pa.array([r.received_us for r in rejects], pa.timestamp("us", "UTC")),
        "version": pa.array([version] * len(rejects), pa.uint64()),
    }
    arrays = [pa.array(columns[f.name]) for f in REJECT]
    return pa.Table.from_arrays(arrays, schema=REJECT)
