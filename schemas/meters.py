"""registry/meters*.csv as columns of numbers: a million rows, and no object for any of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.columns import Coded, coded, parse_column, ragged
from schemas.compiled import FOREVER
from schemas.csv_table import CsvTables
from schemas.dated import ALWAYS, I32, I64
from schemas.entities import Entities, Grid
from schemas.mistakes import NAMES_SEARCHED, Mistake, did_you_mean
from schemas.scalars import parse_duration, parse_instant, parse_ratio

COLUMNS = (
    "meter", "entity", "flow", "interval", "kind", "unit", "multiplier", "sub_of", "supplied_by",
    "weight", "register_capacity", "dead_band", "rated_power", "accuracy", "every",
    "valid_from", "valid_to",
)  # fmt: skip
"""Columns of meters*.csv; an absent or empty one takes its default."""
REQUIRED = ("meter", "entity", "flow")

NOBODY = -1
"""Number of an entity that is not named (or not known)."""


@dataclass(frozen=True, slots=True)
class Meters:
    """Rows of the meter files in order, by column; a meter's number is its place in `ids`."""

    tables: CsvTables
    ids: pa.StringArray
    """Distinct meter ids, in order of their first row."""
    meter: I32
    entity: I32
    flow: I32
    """Into `flow_names`."""
    flow_names: list[str]
    interval_s: I64
    unit: I32
    """Into `unit_names`; '' is the flow's native unit."""
    unit_names: list[str]
    multiplier: I32
    """Into `multipliers`."""
    multipliers: list[Fraction]
    weight: I64
    since: I64
    until: I64
    upper_start: I64
    """Row i is sub_of the meters `upper[upper_start[i]:upper_start[i + 1]]`."""
    upper: I32
    sub_of: I32
    """Number of the row's list of upper meters: rows with one number have the same list."""
    supplier: I32
    """Entity that supplies it (`supplied_by`), NOBODY where none does."""

    def __len__(self) -> int:
        """Rows."""
        return len(self.meter)

    def place(self, row: int) -> tuple[str, int]:
        """File and line of a row."""
        return self.tables.place(row)


def read_meters(
    tables: CsvTables, entities: Entities, grid: Grid, mistakes: list[Mistake]
) -> Meters:
    """All rows as numbers. What can't be parsed is a mistake and stands as its default."""
    meter = coded(tables.column("meter"))
    _check_ids(tables, meter, mistakes)
    flow = parse_column(tables, "flow", _flow, mistakes)
    unit = coded(tables.column("unit"))
    interval = parse_column(tables, "interval", lambda text: _interval(text, grid), mistakes)
    multiplier = parse_column(tables, "multiplier", _multiplier, mistakes)
    weight = parse_column(tables, "weight", _weight, mistakes)
    since = parse_column(tables, "valid_from", lambda text: _time(text, grid, ALWAYS), mistakes)
    until = parse_column(tables, "valid_to", lambda text: _time(text, grid, FOREVER), mistakes)
    parse_column(tables, "kind", _kind, mistakes)
    parse_column(tables, "every", lambda text: parse_duration(text) if text else 0, mistakes)
    for name in ("register_capacity", "dead_band", "rated_power", "accuracy"):
        parse_column(tables, name, _number, mistakes)
    sub_of = coded(tables.column("sub_of"))
    upper_start, upper = _uppers(tables, sub_of, meter, mistakes)
    return Meters(
        tables=tables,
        ids=meter.values,
        meter=meter.code,
        entity=_entity_numbers(tables, "entity", entities, mistakes),
        flow=flow.code,
        flow_names=[value or "" for value in flow.values],
        interval_s=interval.numbers(grid.base_s),
        unit=unit.code,
        unit_names=unit.texts(),
        multiplier=multiplier.code,
        multipliers=[value or Fraction(1) for value in multiplier.values],
        weight=weight.numbers(1),
        since=since.numbers(ALWAYS),
        until=until.numbers(FOREVER),
        upper_start=upper_start,
        upper=upper,
        sub_of=sub_of.code,
        supplier=_entity_numbers(tables, "supplied_by", entities, mistakes),
    )


def _flow(text: str) -> str:
    if not text:
        raise ValueError("the row names no flow; write one, like grid_import")
    return text


def _interval(text: str, grid: Grid) -> int:
    seconds = parse_duration(text) if text else grid.base_s
    if 3600 % seconds and seconds % 3600:
        raise ValueError(f"'{text}' neither divides 60 minutes nor is a whole number of hours")
    if grid.base_s % seconds and seconds % grid.base_s:
        raise ValueError(
            f"'{text}' neither divides the base interval ({grid.base_s // 60} minutes) "
            "nor is a multiple of it"
        )
    if seconds > 366 * 86400:
        raise ValueError(f"'{text}' is longer than a year")
    return seconds


def _multiplier(text: str) -> Fraction:
    """A number, or the product of transformer ratios as their plates say: `6/0.1 * 500/5`."""
    factors = re.split("[*×]", text) if text else []
    return prod(map(parse_ratio, factors), start=Fraction(1))


def _weight(text: str) -> int:
    if not text:
        return 1
    if not re.fullmatch(r"[+-]?\d{1,6}", text):
        raise ValueError(f"'{text}' is no whole number; write 1, 0 or leave it empty")
    return int(text)


def _time(text: str, grid: Grid, default: int) -> int:
    if not text:
        return default
    seconds = parse_instant(text, grid.zone)
    if seconds % grid.base_s:
        raise ValueError(f"'{text}' must lie on a base interval ({grid.base_s // 60} minutes)")
    return seconds


def _kind(text: str) -> str:
    if text not in {"", "interval"}:
        raise ValueError(
            f"'{text}' meters are not taken; give interval readings and write interval"
        )
    return text


def _number(text: str) -> str:
    if text and not re.fullmatch(r"\d{1,18}(\.\d{1,18})?", text):
        raise ValueError(f"'{text}' is no number; write one, or leave it empty")
    return text


def _check_ids(tables: CsvTables, meter: Coded, mistakes: list[Mistake]) -> None:
    empty = pc.index(meter.values, pa.scalar("", pa.string())).as_py()
    if empty >= 0:
        rows = np.flatnonzero(meter.code == empty)
        tables.tell(mistakes, rows, "the row has no meter id; write one")
    odd = pc.match_substring_regex(meter.values, r"[;\x00-\x1f]").to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(odd[meter.code]) if len(odd) else np.zeros(0, np.int64)
    tables.tell(mistakes, rows, "a meter id can't hold ';' or control characters; correct the id")


def _entity_numbers(
    tables: CsvTables, name: str, entities: Entities, mistakes: list[Mistake]
) -> I32:
    """Entities by number; an empty `entity` is a mistake, an empty `supplied_by` is NOBODY."""

    def number(text: str) -> int:
        if text in entities.number:
            return entities.number[text]
        if not text and name == "supplied_by":
            return NOBODY
        hint = did_you_mean(text, entities.ids) or "; add it to registry/entities.yaml"
        raise ValueError(f"'{text}' is no entity{hint}")

    return parse_column(tables, name, number, mistakes).numbers(NOBODY).astype(np.int32)


def _uppers(
    tables: CsvTables, column: Coded, meter: Coded, mistakes: list[Mistake]
) -> tuple[I64, I32]:
    """`sub_of` by row as a ragged table of meter numbers; unknown ids are mistakes, left out."""
    if len(column.values) == 0:
        return np.zeros(len(column.code) + 1, np.int64), np.zeros(0, np.int32)
    lists = pc.split_pattern(column.values, ";")
    names = pc.utf8_trim_whitespace(lists.flatten())
    whose = pc.list_parent_indices(lists).to_numpy()
    named = pc.not_equal(names, "").to_numpy(zero_copy_only=False)
    found = pc.fill_null(pc.index_in(names, value_set=meter.values), -1).to_numpy()
    unknown = np.flatnonzero(named & (found < 0))
    known = meter.texts() if len(unknown) and len(meter.values) <= NAMES_SEARCHED else []
    for at in unknown:
        name = names[int(at)].as_py()
        hint = did_you_mean(name, known) or "; add it, or correct the id"
        rows = np.flatnonzero(column.code == whose[at])
        tables.tell(mistakes, rows, f"sub_of: '{name}' is no meter{hint}")
    keep = named & (found >= 0)
    counts = np.bincount(whose[keep], minlength=len(column.values))
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]).astype(np.int64)
    return ragged(offsets, found[keep].astype(np.int32), column.code)
