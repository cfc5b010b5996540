"""The same sums in SQL: what is given (meters, contributions, factors), the statements, the truth.

R3's key is rank, then revision (readings of one meter and interval are of one length here); readings
that must be rejected are filtered out. Quantities are integers of 10**-6 native units, emissions of
10**-15 g in 128 bits. Meters are summed by class (meters that count alike) before they are joined
with the entities above them: the other way round takes several times as long.
"""

from __future__ import annotations

import io
import shutil
from dataclasses import dataclass
from datetime import date
from decimal import localcontext
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from factors.units import ratio
from schemas.compiled import FOREVER, Compiled
from schemas.workspace import Workspace, load
from simulator.ledger import local_midnight
from simulator.plan import FLOWS
from simulator.tariff import location

DAY_S = 86_400
ABOVE_MOST = 16


@dataclass(frozen=True, slots=True)
class Given:
    """What a batch engine is given beside the readings."""

    tables: dict[str, pa.Table]

    def write(self, folder: Path) -> dict[str, Path]:
        """The tables as Parquet files."""
        paths = {}
        for name, table in self.tables.items():
            paths[name] = folder / f"{name}.parquet"
            pq.write_table(table, paths[name])
        return paths


def fresh(folder: Path) -> Path:
    """An empty folder."""
    remove(folder)
    folder.mkdir()
    return folder


def remove(folder: Path) -> None:
    """No folder."""
    shutil.rmtree(folder, ignore_errors=True)


def arrow(data: bytes) -> pa.Table:
    """A table that came as an Arrow file."""
    with pa.ipc.open_file(io.BytesIO(data)) as reader:
        return reader.read_all()


def prepare(root: Path) -> Given:
    """Registry and factors of a simulated city as plain tables."""
    from topologies.opening import compile_workspace, open_catalogue

    workspace = load(root)
    folder = fresh(root / "var")
    compiled = compile_workspace(workspace, open_catalogue(workspace), folder)
    remove(folder)
    return Given(
        {
            "meters": _meters(compiled),
            "members": _members(compiled),
            "contributions": contributions(compiled, _change(workspace)),
        }
    )


def _meters(c: Compiled) -> pa.Table:
    """meter, since, until, unit, up and down: quantity in 10**-6 of `unit` * up / down is native."""
    native = {f.name: f.unit for f in FLOWS}
    up, down = [], []
    facts = c.facts
    for slot, unit, num, den in zip(
        facts.slot, facts.unit, facts.multiplier_num, facts.multiplier_den, strict=True
    ):
        value = ratio(unit, native[c.flows[c.meter_flow[slot]]]) * num / den
        up.append(value.numerator)
        down.append(value.denominator)
    return pa.table(
        {
            "meter": [c.meters[s] for s in facts.slot],
            "since": np.maximum(facts.since, 946_684_800),
            "until": facts.until,
            "unit": facts.unit,
            "up": up,
            "down": down,
            "cells": c.meter_interval_s[facts.slot] // 900,
        }
    )


def _members(c: Compiled) -> pa.Table:
    counts = c.member_weight != 0
    return pa.table(
        {
            "meter": [c.meters[s] for s in c.member_slot[counts]],
            "class": c.member_class[counts],
            "weight": c.member_weight[counts],
            "since": c.member_since[counts],
            "until": c.member_until[counts],
        }
    )


def contributions(c: Compiled, change: int) -> pa.Table:
    """class, entity, flow, sign, factor (10**-9 g, signed by the standard), since, until."""
    rows = []
    for phase, since, until in ((0, 0, change), (1, change, FOREVER)):
        parent = parents(c, since if phase else change - 1)
        for k in range(len(c.class_entity)):
            flow = next(f for f in FLOWS if f.name == c.flows[c.class_flow[k]])
            factor = location(FLOWS.index(flow), c.class_region[k], phase) * flow.sign
            up = set(above(parent, int(c.class_entity[k])))
            below = set(above(parent, int(c.class_upper[k])))
            for entities, sign in ((up - below, 1), (below - up, -1)):
                for e in entities:
                    rows.append((k, c.entities[e], flow.name, sign, factor, since, until))
    names = ("class", "entity", "flow", "sign", "factor", "since", "until")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def parents(c: Compiled, at: int) -> list[int]:
    """The parent of each entity at an instant, -1 where it has none."""
    out = [-1] * len(c.entities)
    valid = (c.tree_since <= at) & (at < c.tree_until)
    for e, p in zip(c.tree_entity[valid], c.tree_parent[valid], strict=True):
        out[e] = int(p)
    return out


def above(parent: list[int], entity: int) -> list[int]:
    """The entity and all above it."""
    out = []
    while entity >= 0 and len(out) < ABOVE_MOST:
        out.append(entity)
        entity = parent[entity]
    return out


def _change(workspace: Workspace) -> int:
    """The instant at which everything dated happens in a simulated city."""
    text = (workspace.root / "factors" / "sim-city.yaml").read_text("utf-8")
    return local_midnight(date.fromisoformat(text.partition("changes on ")[2][:10]))


def truth(root: Path) -> pa.Table:
    """Day totals as whole numbers in text: quantity and emission of what has readings."""
    table = pq.read_table(root / "truth" / "day.parquet")
    table = table.filter(table["quantity"].is_valid())
    columns = {n: table[n].cast(pa.string()) for n in ("entity", "flow")}
    columns["start"] = table["start"].cast(pa.timestamp("s", "UTC")).cast(pa.int64())
    with localcontext(prec=80):
        for name, places in (("quantity", 6), ("co2e_location_g", 15)):
            columns[name] = [str(int(x.scaleb(places))) for x in table[name].to_pylist()]
    return pa.table(columns)


def duckdb_sql(root: Path) -> str:
    """The whole batch as one SELECT of DuckDB."""
    source = "read_parquet('{}/data/{}/*/*.parquet')"
    return f"""
    WITH sent AS (
        SELECT meter, start, "end", quantity, unit, quality, revision
        FROM {source.format(root, "readings")} WHERE quality <> 'edited'
        UNION ALL
        SELECT meter, start, "end", quantity, unit, quality, revision
        FROM {source.format(root, "edits")} WHERE quality = 'edited'
    ), good AS (
        SELECT m.meter, m.cells, epoch_ms(start) // 1000 AS s,
            coalesce((quantity * 1000000)::BIGINT * up // down, -1) AS q,
            CASE quality WHEN 'edited' THEN 4 WHEN 'measured' THEN 3 WHEN 'declared' THEN 1
                ELSE 0 END::BIGINT * (1::BIGINT << 53) + revision AS key
        FROM sent JOIN meters m ON sent.meter = m.meter
        WHERE sent.unit = m.unit AND s >= m.since AND epoch_ms("end") // 1000 <= m.until
            AND s % 900 = 0 AND epoch_ms("end") // 1000 - s = m.cells * 900
            AND coalesce(quantity BETWEEN 0 AND 1000000000, true) AND s < epoch(now())
    ), force AS (
        SELECT meter, s, any_value(cells) AS cells, arg_max(q, key) AS q
        FROM good GROUP BY meter, s
    ), cut AS (
        SELECT meter, s, q FROM force WHERE cells = 1 AND q >= 0
        UNION ALL
        SELECT meter, s + k * 900, q * (k + 1) // cells - q * k // cells
        FROM (SELECT *, unnest(range(cells)) AS k FROM force WHERE cells > 1 AND q >= 0)
    ), classes AS (
        SELECT b.class, s, sum(q * weight)::BIGINT AS q
        FROM cut JOIN members b ON cut.meter = b.meter WHERE s >= b.since AND s < b.until
        GROUP BY b.class, s
    )
    SELECT c.entity, c.flow, s, sum(q * sign) AS quantity,
        sum(q::HUGEINT * (sign * factor)) AS emission
    FROM classes JOIN contributions c ON classes.class = c.class
    WHERE s >= c.since AND s < c.until GROUP BY c.entity, c.flow, s"""


def chdb_sql(root: Path) -> str:
    """The whole batch as one SELECT of chDB."""
    source = "file('{}/data/{}/*/*.parquet', Parquet)"
    columns = "meter, toUnixTimestamp(start) AS s, toUnixTimestamp(end) AS e, "
    columns += "reinterpretAsInt64(quantity) AS micro, unit, quality, revision"
    return f"""
    WITH sent AS (
        SELECT {columns} FROM {source.format(root, "readings")} WHERE quality != 'edited'
        UNION ALL
        SELECT {columns} FROM {source.format(root, "edits")} WHERE quality = 'edited'
    ), good AS (
        SELECT m.meter AS meter, m.cells AS cells, s,
            ifNull(intDiv(micro * up, down), -1) AS q,
            transform(toString(quality), ['edited', 'measured', 'declared'], [4, 3, 1], 0)
                * bitShiftLeft(toInt64(1), 53) + revision AS key
        FROM sent INNER JOIN meters AS m ON sent.meter = m.meter
        WHERE sent.unit = m.unit AND s >= m.since AND e <= m.until AND s % 900 = 0
            AND e - s = m.cells * 900 AND ifNull(micro BETWEEN 0 AND 1000000000000000, 1)
            AND s < toUnixTimestamp(now())
    ), force AS (
        SELECT meter, s, any(cells) AS cells, argMax(q, key) AS q FROM good GROUP BY meter, s
    ), cut AS (
        SELECT meter, s + k * 900 AS s,
            if(cells = 1, q, intDiv(q * (k + 1), cells) - intDiv(q * k, cells)) AS q
        FROM force ARRAY JOIN range(toUInt64(cells)) AS k WHERE q >= 0
    ), classes AS (
        SELECT b.class AS class, s, sum(q * weight) AS q
        FROM cut INNER JOIN members AS b ON cut.meter = b.meter
        WHERE s >= b.since AND s < b.until GROUP BY b.class, s
    )
    SELECT c.entity AS entity, c.flow AS flow, s, sum(q * sign) AS quantity,
        sum(toInt128(q) * sign * factor) AS emission
    FROM classes INNER JOIN contributions AS c ON classes.class = c.class
    WHERE s >= c.since AND s < c.until GROUP BY c.entity, c.flow, s"""


DAYS_DUCKDB = """
    SELECT entity, flow, (s + 28800) // 86400 * 86400 - 28800 AS start,
        sum(quantity)::VARCHAR AS quantity, sum(emission)::VARCHAR AS co2e_location_g
    FROM sums GROUP BY ALL"""
DAYS_CHDB = """
    SELECT entity, flow, toInt64(intDiv(s + 28800, 86400) * 86400 - 28800) AS start,
        toString(sum(quantity)) AS quantity, toString(sum(emission)) AS co2e_location_g
    FROM sums GROUP BY entity, flow, start"""
