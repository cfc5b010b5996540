"""Files to rollups in chDB, with all rules and the journal on."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from benchmarks import checks
from benchmarks.watch import Memory, Stages, engine_cpu

Figures = dict[str, Any]


def ingest(root: Path) -> Figures:
    """One run over a city from empty books, checked; the books are removed afterwards."""
    from topologies.books import Books
    from topologies.embedded import run_until_end

    var = root / "var"
    shutil.rmtree(var, ignore_errors=True)
    stages = Stages()
    written = [0]
    with Memory() as memory:
        started = time.perf_counter()
        books = Books.open(root)
        opened = time.perf_counter() - started
        watch(books, stages, written)
        engine = engine_cpu()
        wall, cpu = time.perf_counter(), time.process_time()
        run_until_end(books)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        stages.cpu["engine"] = engine_cpu() - engine
    received = checks.counters(root, books)
    compared = checks.day_totals(root, books.tables)
    started = time.perf_counter()
    cells = _sums(books)
    checked = time.perf_counter() - started
    rows = int(books.tables.query("SELECT count() FROM rollups_current", "TSV"))
    disk = {part: _bytes(var / part) for part in ("journal", "book", "books")}
    version = books.manifest.version
    books.close()
    reopened = _reopen(root, version)
    shutil.rmtree(var)
    per_million = 1e6 / received
    return {
        "readings": received, "open_s": opened, "reopen_s": reopened, "wall_s": wall,
        "rate": received / wall, "cpu_s_per_million": cpu * per_million,
        "peak_anon_mb": memory.peak_mb, "start_anon_mb": memory.start_mb,
        "rows_current": rows, "rows_per_reading": written[0] / received,
        "check_s": checked, "cells_checked": cells, "figures_compared": compared,
        "stages": _profile(stages, cpu, per_million), "disk": disk,
    }  # fmt: skip


def watch(books: Any, stages: Stages, written: list[int]) -> None:
    """Have every stage of a run timed where the pipeline calls it, and the rollup rows counted."""
    from sinks import chdb_tables
    from topologies import books as books_module
    from topologies import embedded

    write = books.tables.write

    def counted(table: str, rows: Any, **named: Any) -> None:
        written[0] += rows.num_rows if table == "rollups" else 0
        write(table, rows, **named)

    books.tables.write = counted
    embedded.arrivals = stages.iterated("read", embedded.arrivals)  # type: ignore[attr-defined]
    stages.wrap(books.collector, "decode", "decode")
    stages.wrap(books, "journal_frame", "journal")
    stages.wrap(books.journal, "flush", "journal")
    stages.wrap(books.book, "apply", "book")
    stages.wrap(books.settle, "run", "settle")
    stages.wrap(chdb_tables, "pack", "pack")
    stages.wrap(books.tables, "write", "insert")
    stages.wrap(books_module.manifests, "save", "commit")


def _profile(stages: Stages, cpu: float, per_million: float) -> dict[str, float]:
    known = {stage: seconds * per_million for stage, seconds in stages.cpu.items()}
    return known | {"rest": cpu * per_million - sum(known.values())}


def _sums(books: Any) -> int:
    """R9 asked of the tables, as every bounded run ends; gives how many cells were checked."""
    from topologies.conserve import conserve

    settings = books.settings
    found = conserve(
        lambda sql: books.tables.query(sql, "json"), settings.timezone, settings.base_interval_s
    )
    checks.same("cells that do not add up", (found.differing, found.first), (0, []))
    return found.cells


def _reopen(root: Path, version: int) -> float:
    """Seconds that opening existing books takes."""
    from topologies.books import Books

    started = time.perf_counter()
    books = Books.open(root)
    took = time.perf_counter() - started
    checks.same("version after opening", books.manifest.version, version)
    books.close()
    return took


def _bytes(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())


def start_up(root: Path) -> Figures:
    """Opening a workspace: the registry read and compiled, tables made, books mapped."""
    from schemas.workspace import load
    from topologies.books import Books

    var = root / "var"
    shutil.rmtree(var, ignore_errors=True)
    with Memory() as memory:
        wall = time.perf_counter()
        workspace = load(root)
        loaded = time.perf_counter() - wall
        del workspace
        wall, cpu = time.perf_counter(), time.process_time()
        books = Books.open(root)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    meters = len(books.compiled.meters)
    books.close()
    again = _reopen(root, 0)
    shutil.rmtree(var)
    return {
        "meters": meters, "load_s": loaded, "open_s": wall, "open_cpu_s": cpu, "reopen_s": again,
        "peak_anon_mb": memory.peak_mb,
    }  # fmt: skip
