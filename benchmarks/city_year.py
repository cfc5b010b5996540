"""A city-year restated: one changed factor, one changed contribution; day and coarser rows first.

The year is not ingested: its cells go straight into the book, as `streams.book` writes them, with
quantities from a formula, so that every figure of every day is known without the program.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import checks
from benchmarks.batch import above, parents
from benchmarks.watch import Memory

Figures = dict[str, Any]
DAY_S, CELLS = 86_400, 96
NEW_YEAR = 1_735_660_800
"""00:00 on 1 January 2025 in Shanghai."""
EVE = "2024-12-31"
"""A city drawn for this one day has everything that is dated happen at midnight: the year is whole."""
FACTOR = "0.58123456789"
"""The province's factor from then on, kg/kWh, less its last digit: that one is changed."""
MOST_WEIGHT = 5
LARGER = 20_000
"""A meter shows so many times what one below it shows."""
COARSE_GRAINS = "('day', 'month', 'quarter', 'year')"


def quantities(slots: NDArray[np.int64], scale: NDArray[np.int64], start: int) -> NDArray[np.int64]:
    """What meters show in the 96 quarter hours from `start` on, [interval, meter], 10**-6 native."""
    interval = (start // 900 + np.arange(CELLS))[:, None]
    return ((slots[None, :] * 7_919 + interval * 104_729) % 50_003 + 25_000) * scale[slots]


def scales(c: Any) -> NDArray[np.int64]:
    """By slot: how much more a meter shows than those below it, so that no remainder is negative."""
    below: dict[int, list[int]] = {}
    for klass, upper in enumerate(c.class_upper.tolist()):
        below.setdefault(upper, []).append(klass)

    def height(klass: int) -> int:
        entity = int(c.class_entity[klass])
        if entity == c.class_upper[klass] or c.flows[c.class_flow[klass]] == "grid_export":
            return 0
        return 1 + max(map(height, below.get(entity, [])), default=-1)

    heights = np.array([height(klass) for klass in range(len(c.class_entity))])
    out = np.ones(len(c.meters), np.int64)
    out[c.member_slot] = LARGER ** heights[c.member_class]
    return out


def metered(c: Any) -> NDArray[np.int64]:
    """Slots of the meters that are there all year."""
    return np.unique(
        c.facts.slot[(c.facts.since <= NEW_YEAR) & (c.facts.until > NEW_YEAR + 400 * DAY_S)]
    )


def fill(root: Path, days: int) -> Figures:
    """Write a year of cells into the book of a fresh city, and commit it as a run would."""
    from schemas.reading import Rank, Readings
    from topologies.books import Books
    from topologies.manifest import FileState

    shutil.rmtree(root / "var", ignore_errors=True)
    books = Books.open(root)
    compiled = books.compiled
    slots, scale = metered(compiled), scales(compiled)
    wall = time.perf_counter()
    for day in range(days):
        start = NEW_YEAR + day * DAY_S
        values = quantities(slots, scale, start)
        n = values.size
        at = np.repeat(start + np.arange(CELLS) * 900, len(slots))
        books.book.apply(
            Readings(
                np.tile(slots.astype(np.int32), CELLS), at, at + 900, values.ravel(),
                np.full(n, Rank.MEASURED, np.uint8), np.zeros(n, np.int64),
            )
        )  # fmt: skip
        books.counters.received += n
        books.book.begin(books.manifest.epoch + 1)  # no way back: a fill that is killed starts anew
    filled = time.perf_counter() - wall
    received_us = time.time_ns() // 1000
    books.positions["data/readings/2025/year.parquet"] = FileState(received_us, done=True)
    wall = time.perf_counter()
    books.checkpoint(settle=True)
    books.drain()
    settled = time.perf_counter() - wall
    compared = totals(books, days)
    books.close()
    return {
        "readings": books.counters.received, "fill_s": filled, "settle_s": settled,
        "figures_compared": compared,
    }  # fmt: skip


def totals(books: Any, days: int) -> int:
    """Holds the quantity of every entity and flow to the formula, on three days of the year."""
    compared = 0
    for day in sorted({0, days // 2, days - 1}):
        start = NEW_YEAR + day * DAY_S
        wanted = expected(books.compiled, start)
        sql = (
            "SELECT entity, flow, toString(quantity * 1000000) AS q FROM rollups_current "
            f"WHERE grain = 'day' AND start = toDateTime({start}) AND quantity IS NOT NULL"
        )
        rows = json.loads(books.tables.query(sql, "json"))
        got = {(r["entity"], r["flow"]): int(r["q"].partition(".")[0]) for r in rows}
        checks.same(f"quantities of day {day}", got, wanted)
        compared += len(got)
    return compared


def expected(c: Any, start: int) -> dict[tuple[str, str], int]:
    """R6 read literally: each meter's day at its entity and all above, less at u and all above."""
    parent = parents(c, start)
    live = (c.member_since <= start) & (start < c.member_until) & (c.member_weight != 0)
    live &= np.isin(c.member_slot, metered(c))
    slots = c.member_slot[live].astype(np.int64)
    day = quantities(slots, scales(c), start).sum(axis=0) * c.member_weight[live]
    out: dict[tuple[str, str], int] = {}
    for klass, q in zip(c.member_class[live], day.tolist(), strict=True):
        up = set(above(parent, int(c.class_entity[klass])))
        below = set(above(parent, int(c.class_upper[klass])))
        flow = c.flows[c.class_flow[klass]]
        for entities, sign in ((up - below, 1), (below - up, -1)):
            for e in entities:
                key = (c.entities[e], flow)
                out[key] = out.get(key, 0) + sign * q
    return out


def change_factor(root: Path) -> str:
    """Another value for the electricity factor of the province; gives the value."""
    path = root / "factors" / "sim-city.yaml"
    old = factor(root)
    new = FACTOR + str((int(old[-1]) + 1) % 10)
    path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")
    return new


def factor(root: Path) -> str:
    """The province's electricity factor as the workspace has it."""
    text = (root / "factors" / "sim-city.yaml").read_text("utf-8")
    return FACTOR + text.partition(FACTOR)[2][0]


def change_contribution(root: Path) -> str:
    """Another weight for one meter of a line: the line has more of it, nobody above; gives its id."""
    path = root / "registry" / "meters.csv"
    rows = [line.split(",") for line in path.read_text("utf-8").splitlines()]
    weight, sub_of = rows[0].index("weight"), rows[0].index("sub_of")
    row = next(r for r in reversed(rows) if r[2:5] == ["grid_import", "15m", "kWh"] and r[sub_of])
    row[weight] = str(int(row[weight] or 1) % MOST_WEIGHT + 1)
    path.write_text("".join(",".join(r) + "\n" for r in rows), encoding="utf-8")
    return row[0]


CHANGES = {"factor": change_factor, "contribution": change_contribution}


def restate(root: Path, days: int, change: str, *, whole: bool) -> Figures:
    """Change one thing, open the books accepting it, restate. Without `whole` the process ends as
    if killed once day and coarser rows are visible: the next one begins the restatement again."""
    from topologies import embedded
    from topologies.books import Books

    CHANGES[change](root)
    with Memory() as memory:
        started, cpu = time.perf_counter(), time.process_time()
        books = Books.open(root, restate=True)
        opened = time.perf_counter() - started
        seen: Figures = {}

        def visible() -> None:
            seen["visible_s"] = time.perf_counter() - started
            seen["visible_cpu_s"] = time.process_time() - cpu
            seen["coarse_rows"] = _rows(books, f"grain IN {COARSE_GRAINS}")
            if not whole:
                _check(books, days)
                _leave(seen | {"open_s": opened, "peak_anon_mb": memory.peak_mb})

        _after_first_pass(books, visible)
        embedded.restate(books)
        all_s, all_cpu = time.perf_counter() - started, time.process_time() - cpu
    rows = _rows(books, "1")
    _check(books, days)
    books.close()
    return seen | {
        "open_s": opened, "all_s": all_s, "all_cpu_s": all_cpu, "rows": rows,
        "rows_per_s": (rows - seen["coarse_rows"]) / (all_s - seen["visible_s"]),
        "peak_anon_mb": memory.peak_mb,
    }  # fmt: skip


def _after_first_pass(books: Any, visible: Callable[[], None]) -> None:
    """Call `visible` behind the rows of the first pass, the one of days and longer windows."""
    run = books.settle.run
    passes = []

    def followed(*args: Any, **named: Any) -> Any:
        settled = run(*args, **named)
        passes.append(named["grains"])
        if len(passes) == 1:
            checks.same("first grains of a restatement", set(named["grains"]), {2, 3, 4, 5})
            books.writer.put(visible)
        return settled

    books.settle.run = followed


def _rows(books: Any, where: str) -> int:
    sql = f"SELECT count() FROM rollups WHERE version = {books.manifest.version} AND {where}"
    return int(books.tables.query(sql, "TSV"))


def _check(books: Any, days: int) -> None:
    """Quantities as the weights now are, emissions of the province's lines as its factor now is."""
    totals(books, days)
    sql = (
        f"SELECT count() AS n, countIf(co2e_location_g != quantity * toDecimal128('{factor(books.root)}'"
        ", 12) * 1000) AS wrong FROM rollups_current WHERE grain = 'day' AND flow = 'grid_import' "
        f"AND level = 'line' AND entity IN ({_lines_of(books, 'CN-JS')})"
    )
    found = json.loads(books.tables.query(sql, "json"))[0]
    checks.same("lines with another emission", int(found["wrong"]), 0)
    if int(found["n"]) < days:
        raise checks.WrongError("too few lines to check the factor on")


def _lines_of(books: Any, region: str) -> str:
    """Entities whose meters are all of this region and feed no other, as a list for SQL."""
    c = books.compiled
    regions: dict[int, set[str]] = {}
    for klass, entity in enumerate(c.class_entity):
        regions.setdefault(int(entity), set()).add(c.class_region[klass])
    own = {e for e, of in regions.items() if of == {region}}
    feeders = {int(u) for u in c.class_upper}
    return ", ".join(f"'{c.entities[e]}'" for e in sorted(own - feeders))


def _leave(figures: Figures) -> None:
    """End the process at once, as a kill would, with its figures told."""
    print(json.dumps(figures), flush=True)
    os._exit(0)
