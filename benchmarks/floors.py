"""Floors beside the books: decoding alone, and the same sums by other engines in one batch."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks import batch, checks
from benchmarks.watch import Memory

Figures = dict[str, Any]


def decode_only(root: Path) -> Figures:
    """Read and decode every frame with all rules, in one thread; nothing is kept."""
    from factors.units import ratio
    from schemas.workspace import load
    from streams.collect.collector import Collector
    from topologies.opening import compile_workspace, open_catalogue
    from topologies.sources import arrivals

    workspace = load(root)
    settings = workspace.settings
    catalogue = open_catalogue(workspace)
    folder = batch.fresh(root / "var")
    compiled = compile_workspace(workspace, catalogue, folder)
    collector = Collector(
        compiled, catalogue.flows, ratio, settings.since_s, settings.future_tolerance_s
    )
    received, rejected = 0, Counter[str]()
    with Memory() as memory:
        wall, cpu = time.perf_counter(), time.process_time()
        for arrival in arrivals(root, settings.sources, {}):
            if arrival.frame is not None:
                decoded = collector.decode(arrival.frame, arrival.rules)
                received += len(decoded.readings) + len(decoded.rejects)
                rejected.update(r.reason.value for r in decoded.rejects)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    batch.remove(folder)
    told = checks.expected(root)
    checks.same("received", received, told["received"])
    checks.same("rejected", dict(sorted(rejected.items())), told["rejected"])
    return _figures(received, wall, cpu, memory)


def duckdb_batch(root: Path) -> Figures:
    """DuckDB: deduplicate, join with the contributions, group by entity, flow and interval."""
    import duckdb

    given = batch.prepare(root)
    with duckdb.connect() as db:
        db.execute("SET threads = 2")
        for name, table in given.tables.items():
            db.register(f"{name}_", table)
            db.execute(f"CREATE TABLE {name} AS SELECT * FROM {name}_")
        return _measured(
            root,
            given,
            lambda: db.execute(f"CREATE TABLE sums AS {batch.duckdb_sql(root)}"),
            lambda: db.sql(batch.DAYS_DUCKDB).to_arrow_table(),
        )


def chdb_batch(root: Path) -> Figures:
    """chDB: the same, with its own functions."""
    from chdb import session

    given = batch.prepare(root)
    folder = batch.fresh(root / "var")
    db = session.Session(str(folder / "batch"))
    try:
        for name, path in given.write(folder).items():
            sql = f"CREATE TABLE {name} ENGINE = Memory AS SELECT * FROM file('{path}', Parquet)"
            db.query(sql)
        return _measured(
            root,
            given,
            lambda: db.query(f"CREATE TABLE sums ENGINE = Memory AS {batch.chdb_sql(root)}"),
            lambda: batch.arrow(bytes(db.query(batch.DAYS_CHDB, "Arrow").bytes())),
        )
    finally:
        db.close()
        batch.remove(folder)


def _measured(
    root: Path, given: batch.Given, run: Callable[[], object], days: Callable[[], pa.Table]
) -> Figures:
    with Memory() as memory:
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    checks.equal_tables("day totals", days(), batch.truth(root))
    return _figures(checks.expected(root)["received"], wall, cpu, memory)


def _figures(received: int, wall: float, cpu: float, memory: Memory) -> Figures:
    return {
        "readings": received, "wall_s": wall, "rate": received / wall,
        "cpu_s_per_million": cpu * 1e6 / received, "peak_anon_mb": memory.peak_mb,
    }  # fmt: skip
