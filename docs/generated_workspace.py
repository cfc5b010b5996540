"""Keys and columns of a workspace's files, from their JSON Schemas and the columns that are read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from generated_code import as_table

from schemas import activity, contracts, meters
from schemas.jsonschema import json_schemas

COLUMNS = {
    "meters": (meters.COLUMNS, meters.REQUIRED),
    "contracts": (contracts.COLUMNS, contracts.REQUIRED),
    "activity": (activity.ACTIVITY_COLUMNS, activity.ACTIVITY_REQUIRED),
    "budgets": (activity.BUDGET_COLUMNS, activity.BUDGET_REQUIRED),
}
MEANINGS = {
    "meters": {
        "meter": "Id of one measuring register, as text: `M1/import`. One device that counts import and "
        "export is two meters.",
        "entity": "The entity it belongs to.",
        "flow": "What it measures: `grid_import`, `natural_gas` … (factors/library, or a flow of yours).",
        "interval": "Length of its readings: `15m`, `1h`, `1d`. Default the base interval.",
        "kind": "`interval`; the default.",
        "unit": "Unit of its readings where they name none. Default the flow's native unit.",
        "multiplier": "CT × PT, or any exact number or fraction: `40`, `1/3`. Default 1.",
        "sub_of": "Meters behind which it lies (ids, separated by `;`): its energy is inside their sum "
        "already, so it counts for its own entity and cancels above theirs.",
        "supplied_by": "The entity that supplies it: a neighbour's steam, the park's solar. Counts for the "
        "buyer and is taken off the supplier.",
        "weight": "How often it counts, a whole number; 0: nowhere (a check meter). Default 1.",
        "register_capacity": "Where a register wraps, in register units; for the record.",
        "dead_band": "In register units; for the record.",
        "rated_power": "Native units per hour; for the record.",
        "accuracy": "Accuracy class, for the record.",
        "every": "How often it reports, for the record.",
        "valid_from": "A date (local midnight) or an instant. Default: always.",
        "valid_to": "Excluded. Default: for ever.",
    },
    "contracts": {
        "entity": "Whose contract it is, with all below it; or `meter`, one of the two.",
        "meter": "One meter's contract.",
        "flow": "The flow that is bought.",
        "rate": "The contract's emission factor, an exact decimal: `0.0435`.",
        "unit": "A mass per unit: `kg/kWh`.",
        "valid_from": "Default: always.",
        "valid_to": "Excluded. Default: for ever.",
        "source": "The contract or certificate.",
    },
    "activity": {
        "entity": "Whose it is.",
        "name": "`output:yarn`, `floor_area`, `value_added` …",
        "start": "A date or an instant.",
        "end": "Excluded.",
        "value": "An exact decimal.",
        "unit": "Its unit.",
        "source": "Where it was read.",
    },
    "budgets": {
        "entity": "Whose it is.",
        "metric": "What is limited.",
        "start": "A date or an instant.",
        "end": "Excluded.",
        "value": "An exact decimal.",
        "unit": "Its unit.",
        "profile": "How it spreads over the time, for the record.",
        "source": "Who set it.",
    },
}


def csv_columns(kind: str) -> str:
    """The columns of one kind of CSV. KeyError where a column is not described above."""
    columns, required = COLUMNS[kind]
    if set(columns) != set(MEANINGS[kind]):
        raise ValueError(f"{kind}: {set(columns) ^ set(MEANINGS[kind])} is not described, or gone")
    rows = [(f"`{c}`" + (" *" if c in required else ""), MEANINGS[kind][c]) for c in columns]
    return as_table(("column", "meaning"), rows)


def keys(name: str, leave_out: Sequence[str] = ()) -> str:
    """The keys of one kind of YAML or JSON file; a `*` marks what must be there."""
    schema = json_schemas()[name]
    parts = []
    for record, body in _records(schema):
        if record in leave_out:
            continue
        properties = body["properties"]
        rows = [
            (
                f"`{key}`" + (" *" if key in body.get("required", ()) else ""),
                _kind(one),
                one.get("description", "") or _said_elsewhere(one, schema),
                _default(one),
            )
            for key, one in properties.items()
        ]
        head = f"\n**{record}**: {body['description'].splitlines()[0]}\n\n" if record else "\n"
        parts.append(head + as_table(("key", "form", "meaning", "default"), rows))
    return "".join([*parts, "\n"])


def _records(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "properties" in schema:
        yield "", schema
    for name, body in schema.get("$defs", {}).items():
        if "properties" in body:
            yield name, body


def _kind(one: dict[str, Any]) -> str:
    """What may stand there, in few words."""
    options = [o for o in one.get("anyOf", one.get("oneOf", [one])) if o.get("type") != "null"]
    return " or ".join(dict.fromkeys(_one_kind(option) for option in options))


def _one_kind(one: dict[str, Any]) -> str:
    if "$ref" in one:
        return one["$ref"].rpartition("/")[2]
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"])
    if "const" in one:
        return f"`{one['const']}`"
    if "A constant" in str(one.get("description")):
        return "template"
    if "examples" in one:
        return "like " + ", ".join(f"`{example}`" for example in one["examples"])
    if "anyOf" in one:
        return _kind(one)
    kind = one.get("type", "text")
    if kind == "array":
        return f"list of {_kind(one['items'])}"
    names = {
        "string": "text",
        "integer": "whole number",
        "object": "mapping",
        "boolean": "true, false",
    }
    return " or ".join(names.get(k, k) for k in ([kind] if isinstance(kind, str) else kind))


def _said_elsewhere(one: dict[str, Any], schema: dict[str, Any]) -> str:
    """The description of the record that is meant, where the key has none of its own."""
    text = json.dumps(one)
    for name, body in schema.get("$defs", {}).items():
        if f'"#/$defs/{name}"' in text:
            return str(body.get("description", "")).splitlines()[0]
    options = one.get("anyOf", [])
    return next((str(o["description"]) for o in options if "description" in o), "")


def _default(one: dict[str, Any]) -> str:
    if one.get("default") in (None, [], {}, ""):
        return ""
    if "15m" in one.get("examples", ()):
        return f"`{one['default'] // 60}m`"
    return f"`{json.dumps(one['default'], ensure_ascii=False)}`"
