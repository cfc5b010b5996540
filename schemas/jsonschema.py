"""JSON Schemas of the workspace's files and of what passes between rooms, made from the records.

`python -m schemas.jsonschema` says which files in schemas/json/ are out of date, `--write` writes them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter

from schemas.entities import Entity
from schemas.factor_files import CoalEntry, FactorEntry, FlowEntry
from schemas.mapping import Mapping
from schemas.rollup import FINDING, REJECT, ROLLUP
from schemas.settings import Settings
from schemas.wire import WireReading

FOLDER = Path(__file__).parent / "json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_RECORDS: dict[str, tuple[str, Any]] = {
    "settings": ("everygram.yaml", Settings),
    "mapping": ("A mapping of CSV or JSON that isn't ours", Mapping),
    "entities": ("registry/entities*.yaml", list[Entity]),
    "factors": ("factors/*.yaml", list[FactorEntry | CoalEntry | FlowEntry]),
    "reading": ("A reading in JSON", WireReading),
}
_TABLES = {
    "rollup": ("A rollup", ROLLUP),
    "finding": ("A finding", FINDING),
    "reject": ("A reject", REJECT),
}


def json_schemas() -> dict[str, dict[str, Any]]:
    """All schemas by name; what they mean is said by the records they are made from."""
    out = {
        name: _titled(title, TypeAdapter(record).json_schema(by_alias=True))
        for name, (title, record) in _RECORDS.items()
    }
    for name, (title, table) in _TABLES.items():
        out[name] = _titled(title, _of_table(table))
    return out


def _titled(title: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, **schema, "title": title}


def _of_table(table: pa.Schema) -> dict[str, Any]:
    """An Arrow table's row as JSON: decimals as text (exact), instants as RFC 3339."""
    properties = {}
    for column in table:
        kind = _of_type(column.type)
        properties[column.name] = {"anyOf": [kind, {"type": "null"}]} if column.nullable else kind
    return {
        "type": "object",
        "properties": properties,
        "required": list(table.names),
        "additionalProperties": False,
    }


def _of_type(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_decimal(kind):
        digits = rf"^-?\d{{1,{kind.precision - kind.scale}}}(\.\d{{1,{kind.scale}}})?$"
        return {"type": "string", "pattern": digits}
    if pa.types.is_timestamp(kind):
        return {"type": "string", "format": "date-time"}
    if pa.types.is_integer(kind):
        return {"type": "integer"}
    return {"type": "string"}


def rendered() -> dict[Path, str]:
    """Text of every file in schemas/json/."""
    return {
        FOLDER / f"{name}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in json_schemas().items()
    }


def main(arguments: list[str]) -> int:
    """Write the files with `--write`; else exit 1 where one is out of date."""
    stale = [
        path
        for path, text in rendered().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        if "--write" in arguments:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(rendered()[path], encoding="utf-8")
        else:
            sys.stderr.write(
                f"{path.name} is out of date; run python -m schemas.jsonschema --write\n"
            )
    return 0 if "--write" in arguments or not stale else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
