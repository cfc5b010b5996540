"""Dimensions: entities, meters, memberships and factors as the analyst joins them (design 4.4).

They say nothing that the registry and the factors do not say; so they are written anew as a whole
where one of these changed, and not otherwise.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from factors.catalogue import Catalogue
from schemas.compiled import FOREVER, Compiled
from schemas.dated import ALWAYS
from schemas.entities import EntityRow
from schemas.registry_steps import Inherited
from schemas.workspace import Workspace
from sinks.chdb_tables import Tables
from topologies.contributions import contributions
from topologies.factor_table import factor_table, since, until

FINGERPRINT = "dimensions.sha256"
"""File in the tables' folder (it goes where they go): what the dimensions there were made of."""


def dimension_jobs(
    workspace: Workspace, compiled: Compiled, catalogue: Catalogue, tables: Tables
) -> Iterator[Callable[[], None]]:
    """What has to be done, in order, for the dimensions to be those of the workspace; none if they
    are. Each table is replaced at one stroke; after a kill in between all are written again."""
    now = int(time.time())
    fingerprint = dimensions_fingerprint(workspace, catalogue, now)
    kept = tables.folder / FINGERPRINT
    if kept.exists() and kept.read_text() == fingerprint:
        return
    for name, rows in dimension_tables(workspace, compiled, catalogue, now):
        yield partial(tables.replace, name, rows)
    yield partial(_keep, kept, fingerprint)


def _keep(path: Path, fingerprint: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(fingerprint)
    fresh.rename(path)


def dimension_tables(
    workspace: Workspace, compiled: Compiled, catalogue: Catalogue, now: int
) -> Iterator[tuple[str, pa.Table]]:
    """(table, rows) of every dimension. `now` (epoch s) says which rows of the tree are current."""
    inherited = Inherited(workspace.entities, [])
    yield "entities", _entities(workspace, inherited, now)
    yield "entity_history", _history(workspace, inherited)
    yield "memberships", _memberships(compiled)
    yield "meters", _meters(workspace, catalogue)
    yield "factors", factor_table(catalogue)


def dimensions_fingerprint(workspace: Workspace, catalogue: Catalogue, now: int) -> str:
    """SHA-256 of what the dimensions show, sources and names too; another one: write them anew."""
    current = sorted((row.file, row.line) for row in current_rows(workspace, now).values())
    said = [workspace.fingerprints, current, catalogue.release, catalogue.factor_set]
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for row in catalogue.rows:
        digest.update(repr(row).encode())
    return digest.hexdigest()


def current_rows(workspace: Workspace, now: int) -> dict[str, EntityRow]:
    """By entity: the row in force now, else the next one, else the last there was."""
    rows: dict[str, EntityRow] = {}

    def rank(row: EntityRow) -> tuple[bool, bool, int]:
        return row.since <= now < row.until, row.since > now, -abs(row.since - now)

    for row in workspace.entities.rows:
        held = rows.get(row.id)
        if held is None or rank(row) > rank(held):
            rows[row.id] = row
    return rows


def _entities(workspace: Workspace, inherited: Inherited, now: int) -> pa.Table:
    rows = current_rows(workspace, now)
    regions = _regions_now(workspace, inherited, rows, now)
    kinds = {"path": pa.list_(pa.string()), "tags": pa.map_(pa.string(), pa.string())}
    columns: dict[str, list[Any]] = {
        "entity": list(rows),
        "name_en": [name_of(row, "en") for row in rows.values()],
        "name_zh": [name_of(row, "zh") for row in rows.values()],
        "level": [row.level for row in rows.values()],
        "parent": [row.parent or "" for row in rows.values()],
        "path": [path_of(row, rows) for row in rows.values()],
        "region": [regions[name] for name in rows],
        "tags": [[_tag(word) for word in dict.fromkeys(row.tags)] for row in rows.values()],
    }
    return pa.table({k: pa.array(v, kinds.get(k, pa.string())) for k, v in columns.items()})


def name_of(row: EntityRow, language: str) -> str:
    """The entity's name in a language, else in any, else its id."""
    names = row.names
    return names.get(language) or names.get("") or next(iter(names.values()), row.id)


def path_of(row: EntityRow, rows: dict[str, EntityRow]) -> list[str]:
    """Ids from the top down to the entity itself."""
    path = [row.id]
    while row.parent and row.parent in rows and row.parent not in path:
        row = rows[row.parent]
        path.append(row.id)
    return path[::-1]


def _tag(word: str) -> tuple[str, str]:
    """`sector:steel` is a key and a value; a plain word is true."""
    key, colon, value = word.partition(":")
    return (key.strip(), value.strip()) if colon else (word, "true")


def _regions_now(
    workspace: Workspace, inherited: Inherited, rows: dict[str, EntityRow], now: int
) -> dict[str, str]:
    found = {}
    for name, row in rows.items():
        at = min(max(now, row.since), row.until - 1)
        steps = inherited.region(workspace.entities.number[name])
        found[name] = next((inherited.regions[n] for s, u, n in steps if s <= at < u), "")
    return found


def _history(workspace: Workspace, inherited: Inherited) -> pa.Table:
    """Rows of the tree, split where the region that an entity inherits changes."""
    tree = workspace.entities
    out: dict[str, list[Any]] = {k: [] for k in ("entity", "parent", "level", "region", "s", "u")}
    for row in tree.rows:
        steps = inherited.region(tree.number[row.id]) or [(ALWAYS, FOREVER, 0)]
        for begin, end, number in steps:
            first, last = max(begin, row.since), min(end, row.until)
            if first < last:
                values = (row.id, row.parent or "", row.level, inherited.regions[number])
                for column, value in zip(out.values(), (*values, first, last), strict=True):
                    column.append(value)
    texts = {k: pa.array(out[k], pa.string()) for k in ("entity", "parent", "level", "region")}
    return pa.table(
        texts
        | {
            "valid_from": since(np.array(out["s"], np.int64)),
            "valid_to": until(np.array(out["u"], np.int64)),
        }
    )


def _memberships(compiled: Compiled) -> pa.Table:
    rows = contributions(compiled)
    names, entities = pa.array(compiled.meters, pa.string()), pa.array(compiled.entities)
    return pa.table(
        {
            "meter": pa.DictionaryArray.from_arrays(pa.array(rows.slot), names),
            "entity": pa.DictionaryArray.from_arrays(pa.array(rows.entity), entities),
            "weight": pa.array(rows.weight),
            "valid_from": since(rows.since),
            "valid_to": until(rows.until),
        }
    )


def _meters(workspace: Workspace, catalogue: Catalogue) -> pa.Table:
    m = workspace.meters
    entities = pa.array([*workspace.entities.ids, ""], pa.string())
    units = [catalogue.flows[name].unit for name in m.flow_names]
    nobody = len(entities) - 1

    def named(code: Any, names: list[str] | pa.Array) -> pa.Array:
        values = names if isinstance(names, pa.Array) else pa.array(names, pa.string())
        return values.take(pa.array(code))

    upper = m.ids.take(pa.array(m.upper))
    return pa.table(
        {
            "meter": m.ids.take(pa.array(m.meter)),
            "entity": named(m.entity, entities),
            "flow": named(m.flow, m.flow_names),
            "unit": named(m.flow, units),
            "interval_s": pa.array(m.interval_s.astype(np.uint32)),
            "multiplier": named(m.multiplier, [str(ratio) for ratio in m.multipliers]),
            "sub_of": pa.ListArray.from_arrays(pa.array(m.upper_start, pa.int32()), upper),
            "supplied_by": named(np.where(m.supplier < 0, nobody, m.supplier), entities),
            "weight": pa.array(m.weight),
            "valid_from": since(m.since),
            "valid_to": until(m.until),
        }
    )
