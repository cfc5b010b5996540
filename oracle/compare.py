"""Hold a rollup table to the oracle: every cell that differs, told in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from oracle.records import Figures, Finding, FlowRow, Given, Key, Rollup
from schemas.reading import QUALITIES

_QUANTITY = 6
_EMISSION = 15
_FINDING_KEY = ("kind", "subject", "flow", "start", "end")


def _exact(count: int | None, decimals: int) -> Decimal | None:
    return None if count is None else Decimal(count).scaleb(-decimals)


def columns(rollup: Rollup, flow: FlowRow) -> dict[str, object]:
    """A rollup as the columns of the table `rollups` (4.4) that are a function of the sets."""
    f: Figures = rollup.figures
    consumed = None if f.quantity is None else flow.consumption_sign * f.quantity
    told: dict[str, object] = {
        "carrier": flow.carrier,
        "scope": flow.scope,
        "unit": flow.unit,
        "end": rollup.end,
        "quantity": _exact(f.quantity, _QUANTITY),
        "consumption": _exact(consumed, _QUANTITY),
        "co2e_location_g": _exact(f.co2e_location, _EMISSION),
        "co2e_market_g": _exact(f.co2e_market, _EMISSION),
        "co2e_apart_g": _exact(f.co2e_apart, _EMISSION),
        "kgce": _exact(f.kgce, _EMISSION),
        "kgce_primary": _exact(f.kgce_primary, _EMISSION),
        "remainder": _exact(f.remainder, _QUANTITY),
        "supplied": _exact(f.supplied, _QUANTITY),
        "minutes_expected": f.minutes_expected,
        "minutes_reported": f.minutes_reported,
        "region_found": f.region_found or "",
        "date_found": f.date_found or "",
        "market_basis": f.market_basis or "",
        "newest_reading": f.newest_reading,
    }
    for quality, part in zip(QUALITIES, f.by_rank, strict=True):
        told[f"quantity_{quality}"] = _exact(part, _QUANTITY)
    return told


def _plain(value: object) -> object:
    return int(value.timestamp()) if isinstance(value, datetime) else value


def compare(
    table: pa.Table, rollups: Iterable[Rollup] | Mapping[Key, Rollup], given: Given
) -> list[str]:
    """Every difference between a table of rollups and the oracle's; empty: equal to the digit.

    Rows marked gone are no rollups. Of several rows of one key the highest version holds.
    """
    expected = rollups.values() if isinstance(rollups, Mapping) else rollups
    flows = {flow.name: flow for flow in given.flows}
    rows: dict[Key, dict[str, object]] = {}
    for row in sorted(table.to_pylist(), key=lambda row: row["version"]):
        start = _plain(row["start"])
        assert isinstance(start, int)
        rows[Key(row["entity"], row["flow"], row["grain"], start)] = row
    rows = {key: row for key, row in rows.items() if not row["gone"]}
    differences = []
    for rollup in expected:
        found = rows.pop(rollup.key, None)
        if found is None:
            differences.append(f"{rollup.key}: is missing")
            continue
        for name, value in columns(rollup, flows[rollup.flow]).items():
            if _plain(found[name]) != value:
                differences.append(
                    f"{rollup.key}: {name} is {_plain(found[name])}, the oracle says {value}"
                )
    differences += [f"{key}: is a rollup that the oracle does not know" for key in rows]
    return differences


def compare_findings(table: pa.Table, findings: Iterable[Finding]) -> list[str]:
    """Every difference between a table of findings and the oracle's; texts are left aside."""
    current: dict[tuple[object, ...], dict[str, object]] = {}
    for row in sorted(table.to_pylist(), key=lambda row: row["version"]):
        current[tuple(_plain(row[name]) for name in _FINDING_KEY)] = row
    found = {(*key, row["value"], row["other"]) for key, row in current.items() if not row["gone"]}
    wanted = {(*f[:5], _exact(f.value, _QUANTITY), _exact(f.other, _QUANTITY)) for f in findings}
    return [
        *(f"{row}: the oracle does not find this" for row in sorted(found - wanted, key=str)),
        *(f"{row}: is missing" for row in sorted(wanted - found, key=str)),
    ]
