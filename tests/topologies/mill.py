"""A small workspace that tests write, run and change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from topologies.books import Books
from topologies.embedded import run_until_end

SETTINGS = """\
name: mill
timezone: Asia/Shanghai
base_interval: 15m
accounting: {standard: local, gwp: AR5}
sources:
  - files: {path: "data/*.csv"}
  - files: {path: "edits/*.jsonl", may: [measured, edited]}
"""
ENTITIES = """\
- {id: wuxi, name: {en: Wuxi, zh: 无锡}, level: city, region: CN-JS}
- {id: mill, name: {en: Mill, zh: 钢厂}, level: enterprise, parent: wuxi}
- {id: line, name: {en: Line, zh: 产线}, level: line, parent: mill}
"""
METERS = """\
meter,entity,flow,interval,unit,sub_of,valid_from
M1,mill,grid_import,15m,kWh,,
S1,line,grid_import,15m,kWh,M1,
"""
FACTORS = """\
- standard: local
  factor: grid_electricity
  region: CN
  unit: kg/kWh
  rows:
    - {valid_from: 2018-01-01, co2: "0.5", source: "test"}
"""
HEAD = "meter,start,end,quantity,unit,quality,revision\n"


def write(root: Path, **files: str) -> Path:
    """The workspace, with files replaced or added: `registry__meters_csv="…"`."""
    given = {
        "everygram.yaml": SETTINGS,
        "registry/entities.yaml": ENTITIES,
        "registry/meters.csv": METERS,
        "factors/local.yaml": FACTORS,
    }
    for name, text in files.items():
        path, _, suffix = name.replace("__", "/").rpartition("_")
        given[f"{path}.{suffix}"] = text
    for path, text in given.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def line(
    meter: str, hour: int, minute: int, quantity: object, revision: int = 0, day: int = 1
) -> str:
    """One reading of a quarter of an hour, as a CSV line."""
    start = f"2018-01-{day:02d}T{hour:02d}:{minute:02d}:00+08:00"
    total = hour * 60 + minute + 15
    end = f"2018-01-{day + total // 1440:02d}T{total // 60 % 24:02d}:{total % 60:02d}:00+08:00"
    return f"{meter},{start},{end},{quantity},kWh,measured,{revision}\n"


def run(root: Path, *, restate: bool = False) -> Any:
    """Run to the end; returns (counters, counts, rows of rollups_current without their versions)."""
    books = Books.open(root, restate=restate)
    try:
        run_until_end(books)
        return books.manifest.counters, query(books, FIGURES)
    finally:
        books.close()


FIGURES = (
    "SELECT * EXCEPT (updated_at, version, factor_set) FROM rollups_current "
    "ORDER BY grain, entity, flow, start"
)


def query(books: Books, sql: str) -> list[dict[str, Any]]:
    """The answer as dictionaries; decimals are text."""
    answer = books.tables.query(sql, "JSONEachRow")
    return [json.loads(row) for row in answer.decode().splitlines()]


def pick(rows: Iterable[dict[str, Any]], **where: str) -> list[dict[str, Any]]:
    """Rows whose columns have these values."""
    return [r for r in rows if all(r[k] == v for k, v in where.items())]
