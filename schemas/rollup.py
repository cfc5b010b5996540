"""What the books give out: rollups, findings and rejects as Arrow tables (design 4.4)."""

from __future__ import annotations

import pyarrow as pa

GRAINS = ("base", "hour", "day", "month", "quarter", "year")
"""Window sizes, finest first; hours and longer are cut in the workspace's time zone (R1)."""

QUANTITY = pa.decimal128(38, 6)
"""Native units."""
EMISSION = pa.decimal128(38, 15)
"""Grams of CO2e; kgce for standard coal (R2: products of 6 and 9 decimals are never rounded)."""
INSTANT = pa.timestamp("s", tz="UTC")
TEXT = pa.dictionary(pa.int32(), pa.string())
"""Names repeat: they travel as dictionary indices."""

ROLLUP = pa.schema(
    [
        pa.field("entity", TEXT, nullable=False),
        pa.field("level", TEXT, nullable=False),
        pa.field("flow", TEXT, nullable=False),
        pa.field("carrier", TEXT, nullable=False),
        pa.field("scope", TEXT, nullable=False),
        pa.field("grain", TEXT, nullable=False),
        pa.field("start", INSTANT, nullable=False),
        pa.field("end", INSTANT, nullable=False),
        pa.field("quantity", QUANTITY),
        pa.field("consumption", QUANTITY),
        pa.field("unit", TEXT, nullable=False),
        pa.field("co2e_location_g", EMISSION),
        pa.field("co2e_market_g", EMISSION),
        pa.field("kgce", EMISSION),
        pa.field("kgce_primary", EMISSION),
        pa.field("co2e_apart_g", EMISSION),
        pa.field("quantity_estimated", QUANTITY),
        pa.field("quantity_declared", QUANTITY),
        pa.field("quantity_apportioned", QUANTITY),
        pa.field("quantity_measured", QUANTITY),
        pa.field("quantity_edited", QUANTITY),
        pa.field("remainder", QUANTITY),
        pa.field("supplied", QUANTITY),
        pa.field("minutes_expected", pa.int64(), nullable=False),
        pa.field("minutes_reported", pa.int64(), nullable=False),
        pa.field("status", TEXT, nullable=False),
        pa.field("region_found", TEXT, nullable=False),
        pa.field("date_found", TEXT, nullable=False),
        pa.field("market_basis", TEXT, nullable=False),
        pa.field("newest_reading", INSTANT),
        pa.field("updated_at", INSTANT, nullable=False),
        pa.field("factor_set", TEXT, nullable=False),
        pa.field("version", pa.uint64(), nullable=False),
        pa.field("gone", pa.uint8(), nullable=False),
    ]
)
"""One row per entity, flow and window. `quantity` as metered, `consumption` signed by the flow; the
co2e columns are signed by the standard; `co2e_apart_g` is what the standard shows apart (exports and
supplied energy that are not deducted); `remainder` is the entity less its children; `supplied` what
`supplied_by` meters took off here; `newest_reading` the end of the latest interval with a quantity;
`gone` marks the last row of a rollup that ceased to exist (R12)."""

FINDING = pa.schema(
    [
        pa.field("kind", TEXT, nullable=False),
        pa.field("subject", pa.string(), nullable=False),
        pa.field("flow", pa.string(), nullable=False),
        pa.field("start", INSTANT, nullable=False),
        pa.field("end", INSTANT, nullable=False),
        pa.field("value", QUANTITY),
        pa.field("other", QUANTITY),
        pa.field("text", pa.string(), nullable=False),
        pa.field("version", pa.uint64(), nullable=False),
        pa.field("gone", pa.uint8(), nullable=False),
    ]
)
"""Something the books noticed. `subject` is the meter (`conflict`, `sum_mismatch`) or the entity
(`negative_remainder`, `no_factor`); `value` and `other` are the two numbers at odds. Key: kind,
subject, flow, start, end. `gone` marks one that no longer holds."""

REJECT = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("position", pa.string(), nullable=False),
        pa.field("reason", TEXT, nullable=False),
        pa.field("meter", pa.string(), nullable=False),
        pa.field("message", pa.string(), nullable=False),
        pa.field("payload", pa.string(), nullable=False),
        pa.field("received_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("version", pa.uint64(), nullable=False),
    ]
)
"""Key: source, position, received_at. `meter` is the id as far as one was read.
Each copy is a row: nothing that arrived is lost."""
