"""Rollup rows for tests: what is not said is an ordinary row."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from schemas import rollup

START = datetime(2023, 1, 9, 16, 0, tzinfo=UTC)
"""Midnight of 10 January 2023 in Shanghai."""

STEP = {"base": 15, "hour": 60, "day": 1440}

USUAL: dict[str, Any] = {
    "entity": "mill", "level": "enterprise", "flow": "grid_import", "carrier": "electricity",
    "scope": "2", "grain": "base", "start": START, "unit": "kWh",
    "minutes_expected": 15, "minutes_reported": 15, "status": "provisional",
    "region_found": "exact", "date_found": "valid", "market_basis": "location",
    "updated_at": START + timedelta(days=1), "factor_set": "2026.1", "version": 1, "gone": 0,
}  # fmt: skip


def row(**said: Any) -> dict[str, Any]:
    """A rollup as a dict; figures that are not said are null."""
    made = dict.fromkeys(rollup.ROLLUP.names) | USUAL | said
    made["end"] = said.get("end") or made["start"] + timedelta(minutes=STEP[made["grain"]])
    return {k: Decimal(v) if _is_figure(k) and v is not None else v for k, v in made.items()}


def _is_figure(name: str) -> bool:
    return pa.types.is_decimal(rollup.ROLLUP.field(name).type)


def table(*rows: dict[str, Any]) -> pa.Table:
    """Rows as the stage before the sinks makes them."""
    return pa.Table.from_pylist(list(rows), schema=rollup.ROLLUP)
