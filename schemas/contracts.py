"""factors/contracts*.csv: dated contract rates of the market view (R8)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from schemas.csv_table import CsvTable
from schemas.dated import overlapping
from schemas.entities import Entities, Grid, parse_validity
from schemas.mistakes import Mistake, did_you_mean

COLUMNS = ("entity", "meter", "flow", "rate", "unit", "valid_from", "valid_to", "source")
"""Columns of contracts*.csv; each row names an entity or a meter."""
REQUIRED = ("flow", "rate", "unit")


@dataclass(frozen=True, slots=True)
class Contract:
    """A rate that an entity (and all below it) or one meter has by contract."""

    entity: str
    """'' where it is one meter's."""
    meter: str
    flow: str
    rate: str
    """Exact decimal text, in `unit`."""
    unit: str
    """Mass per unit, like kg/kWh."""
    source: str
    since: int
    until: int
    file: str
    line: int


def read_contracts(
    tables: Sequence[CsvTable],
    entities: Entities,
    meter_ids: Sequence[str],
    grid: Grid,
    mistakes: list[Mistake],
) -> list[Contract]:
    """All rates in order; rows with a mistake are left out."""
    out = []
    meters = set(meter_ids)
    for table in tables:
        columns = {name: column.to_pylist() for name, column in table.columns.items()}
        for i in range(table.rows):
            row = {name: values[i] for name, values in columns.items()}
            (since, until), wrong = parse_validity(row["valid_from"], row["valid_to"], grid)
            wrong += _wrong(row, entities, meters)
            line = table.line(i)
            mistakes.extend(Mistake(table.file, line, message) for message in wrong)
            if not wrong:
                facts = {name: row[name] for name in COLUMNS if not name.startswith("valid")}
                out.append(Contract(**facts, since=since, until=until, file=table.file, line=line))
    _check_overlaps(out, mistakes)
    return out


def _wrong(row: dict[str, Any], entities: Entities, meters: set[str]) -> list[str]:
    out = []
    if bool(row["entity"]) == bool(row["meter"]):
        out.append("name either an entity or a meter, one of the two")
    if row["entity"] and row["entity"] not in entities.number:
        hint = did_you_mean(row["entity"], entities.ids) or "; correct the id"
        out.append(f"entity: '{row['entity']}' is no entity{hint}")
    if row["meter"] and row["meter"] not in meters:
        hint = did_you_mean(row["meter"], meters) or "; correct the id"
        out.append(f"meter: '{row['meter']}' is no meter{hint}")
    if not row["flow"]:
        out.append("the row names no flow; write one, like grid_import")
    if not re.fullmatch(r"\d{1,12}(\.\d{1,18})?", row["rate"]):
        out.append(f"rate: '{row['rate']}' is no number from 0; write a decimal like 0.0435")
    if "/" not in row["unit"]:
        out.append(f"unit: '{row['unit']}' is no mass per unit; write one like kg/kWh")
    return out


def _check_overlaps(contracts: list[Contract], mistakes: list[Mistake]) -> None:
    keys = [(row.entity, row.meter, row.flow) for row in contracts]
    number = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    group = np.array([number[key] for key in keys], dtype=np.int32)
    since = np.array([row.since for row in contracts], dtype=np.int64)
    until = np.array([row.until for row in contracts], dtype=np.int64)
    for at, other in overlapping(group, since, until):
        row, first = contracts[at], contracts[other]
        whose = row.entity or row.meter
        mistakes.append(
            Mistake(
                row.file,
                row.line,
                f"'{whose}' has two contract rates for {row.flow} at one time (see "
                f"{first.file}:{first.line}); remove one, or date them",
            )
        )
