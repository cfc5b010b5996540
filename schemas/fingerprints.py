"""What books were made with, as SHA-256 of normal forms: same facts, same fingerprint (R12).

The order of files, rows and keys, blanks, and how a number or a date is written change nothing.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.contracts import Contract
from schemas.entities import Entities
from schemas.meters import Meters
from schemas.settings import Settings


def fingerprints(
    settings: Settings, entities: Entities, meters: Meters, contracts: list[Contract]
) -> dict[str, str]:
    """SHA-256 by part: `settings`, `source LABEL` for each, `registry`, `contracts`."""
    tree = [
        [row.id, row.names, row.level, row.parent, row.region, row.tags, row.since, row.until]
        for row in entities.rows
    ]
    rates = [
        [row.entity, row.meter, row.flow, row.since, row.until, row.rate, row.unit]
        for row in contracts
    ]
    registry = hashlib.sha256(_json(sorted(_json(row) for row in tree)))
    for column in _meter_columns(entities, meters):
        registry.update(_bytes(column))
    return {
        **{name: _digest(facts) for name, facts in settings.figures_rest_on().items()},
        "registry": registry.hexdigest(),
        "contracts": _digest(sorted(_json(row) for row in rates)),
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(_json(value)).hexdigest()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=bytes.decode).encode()


def _meter_columns(entities: Entities, meters: Meters) -> list[pa.Array]:
    """The meter rows' facts as columns, in order of (meter id, since)."""
    names = pa.array([*entities.ids, ""], pa.string())  # number -1 is the last: nobody
    texts = [
        (meters.ids, meters.meter),
        (pa.array(meters.flow_names, pa.string()), meters.flow),
        (pa.array(meters.unit_names, pa.string()), meters.unit),
        (pa.array([str(one) for one in meters.multipliers], pa.string()), meters.multiplier),
        (names, np.where(meters.entity < 0, len(names) - 1, meters.entity)),
        (names, np.where(meters.supplier < 0, len(names) - 1, meters.supplier)),
    ]
    columns = [values.take(pa.array(code)) for values, code in texts]
    columns.append(meters.tables.column("sub_of").combine_chunks())
    numbers = (meters.interval_s, meters.weight, meters.since, meters.until)
    columns += [pa.array(column) for column in numbers]
    order = pc.sort_indices(
        pa.table({"meter": columns[0], "since": columns[-2]}),
        sort_keys=[("meter", "ascending"), ("since", "ascending")],
    )
    return [column.take(order) for column in columns]


def _bytes(column: pa.Array) -> bytes:
    """A column's content, without what its buffers hold beyond it."""
    buffers = column.buffers()
    if not pa.types.is_string(column.type):
        return bytes(buffers[1])[: len(column) * 8]
    offsets = bytes(buffers[1])[: (len(column) + 1) * 4] if len(column) else bytes(4)
    end = int.from_bytes(offsets[-4:], "little")
    return offsets + (bytes(buffers[2])[:end] if end else b"")
