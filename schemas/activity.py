"""registry/activity*.csv and budgets*.csv: output, floor area, limits; checked for their form."""

from __future__ import annotations

import re
from typing import Any

from schemas.csv_table import CsvTable
from schemas.entities import Entities, Grid
from schemas.mistakes import Mistake, did_you_mean
from schemas.scalars import parse_instant

ACTIVITY_COLUMNS = ("entity", "name", "start", "end", "value", "unit", "source")
ACTIVITY_REQUIRED = ("entity", "name", "start", "end", "value", "unit")
BUDGET_COLUMNS = ("entity", "metric", "start", "end", "value", "unit", "profile", "source")
BUDGET_REQUIRED = ("entity", "metric", "start", "end", "value", "unit")


def check_amounts(
    table: CsvTable, what: str, entities: Entities, grid: Grid, mistakes: list[Mistake]
) -> None:
    """Amounts of an entity over a time: `what` is the column that says of what they are."""
    columns = {name: column.to_pylist() for name, column in table.columns.items()}
    for i in range(table.rows):
        row = {name: values[i] for name, values in columns.items()}
        wrong = _wrong(row, what, entities, grid)
        mistakes.extend(Mistake(table.file, table.line(i), message) for message in wrong)


def _wrong(row: dict[str, Any], what: str, entities: Entities, grid: Grid) -> list[str]:
    out = []
    if row["entity"] not in entities.number:
        hint = did_you_mean(row["entity"], entities.ids) or "; correct the id"
        out.append(f"entity: '{row['entity']}' is no entity{hint}")
    out += [f"{name}: is empty; write it" for name in (what, "unit") if not row[name]]
    if not re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", row["value"]):
        out.append(f"value: '{row['value']}' is no number; write a decimal like 12.5")
    times = []
    for name in ("start", "end"):
        try:
            times.append(parse_instant(row[name], grid.zone))
        except ValueError as error:
            out.append(f"{name}: {error}")
    if len(times) == 2 and times[0] >= times[1]:
        out.append("end must be after start (end is excluded)")
    return out
