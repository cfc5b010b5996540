"""A small registry, and frames of readings for it."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import numpy as np

from factors.units import ratio
from schemas.compiled import FOREVER, Compiled, MeterFacts
from schemas.factor import Flow
from schemas.reading import Frame
from streams.collect import Collector


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


SINCE = at("2000-01-02T00:00:00+08:00")
RECEIVED = at("2026-11-20T12:00:00Z") * 1_000_000

# id, flow, cell, interval, [(since, until, multiplier, unit)]
METERS = [
    ("M1/import", "grid_import", 900, 900, [(-(2**62), FOREVER, (1, 1), "kWh")]),
    ("M2", "grid_import", 900, 86400, [(-(2**62), FOREVER, (40, 1), "MWh")]),
    ("0012345", "natural_gas", 900, 3600, [(-(2**62), FOREVER, (1, 3), "Nm3")]),
    ("水-1", "purchased_heat", 300, 300, [(-(2**62), FOREVER, (1, 1), "kWh")]),
    (
        "moved",
        "grid_import",
        900,
        900,
        [
            (at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z"), (1, 1), "kWh"),
            (at("2026-02-01T00:00:00Z"), at("2026-03-01T00:00:00Z"), (2, 1), "kWh"),
            (at("2026-04-01T00:00:00Z"), FOREVER, (1, 1), "kWh"),
        ],
    ),
    ("hourly", "grid_import", 900, 3600, [(-(2**62), FOREVER, (1, 1), "kWh")]),
]
UNITS = {"grid_import": "kWh", "natural_gas": "Nm3", "purchased_heat": "GJ"}


def registry(meters: list = METERS) -> Compiled:
    flows = list(UNITS)
    rows = [(slot, *row) for slot, meter in enumerate(meters) for row in meter[4]]
    none = np.zeros(0, np.int64)
    facts = MeterFacts(
        slot=np.array([row[0] for row in rows], np.int32),
        since=np.array([row[1] for row in rows], np.int64),
        until=np.array([row[2] for row in rows], np.int64),
        multiplier_num=[row[3][0] for row in rows],
        multiplier_den=[row[3][1] for row in rows],
        unit=[row[4] for row in rows],
    )
    return Compiled(
        meters=[meter[0] for meter in meters],
        meter_flow=np.array([flows.index(meter[1]) for meter in meters], np.int32),
        meter_cell_s=np.array([meter[2] for meter in meters], np.int32),
        meter_interval_s=np.array([meter[3] for meter in meters], np.int32),
        facts=facts,
        entities=[], levels=[], flows=flows,
        tree_entity=none, tree_parent=none, tree_since=none, tree_until=none,
        class_entity=none, class_upper=none, class_supplied=none, class_flow=none,
        class_region=[], class_contract=none,
        member_slot=none, member_class=none, member_weight=none, member_since=none, member_until=none,
    )  # fmt: skip


FLOWS = {name: Flow(name, name, "2", unit, 1, 1) for name, unit in UNITS.items()}


def collector(compiled: Compiled | None = None) -> Collector:
    return Collector(compiled or registry(), FLOWS, ratio, SINCE, 3600)


def frame(payload, source: str = "data/a.jsonl", line: int = 1, **more) -> Frame:
    size = len(payload) if isinstance(payload, bytes) else payload.num_rows
    return Frame(source, 0, size, RECEIVED, payload, line, **more)


def exact(text: str) -> int:
    return round(Fraction(text) * 1_000_000)
