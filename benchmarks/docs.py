"""docs/benchmarks.md from the results: figures, machine, what was asked for, what stands in the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.results import middle, number, spanned

Figures = dict[str, Any]
CORES = 2

STAGES = {
    "read": "read files into frames",
    "decode": "decode, convert, check (collect)",
    "journal": "journal: hash, compress, write",
    "book": "book: the reading in force per cell",
    "settle": "settle: fold, sum up the tree, multiply",
    "pack": "pack rows for the table",
    "insert": "insert, in the thread that asks for it",
    "engine": "insert and merge, in chDB's own threads",
    "commit": "manifest",
    "rest": "Arrow's threads (unpack Parquet), the loop itself",
}

HEAD = """\
# Benchmarks

Written by `python -m benchmarks --write-docs` from the figures of `make bench`; do not edit.

{machine}

**What is measured.** Files to rollups in chDB, all rules and the journal on, on two cores: a simulated
city of {meters:,} meters that report every quarter of an hour, for {days} days (JSON lines: {text_days}),
with 1 % duplicates, 3 % late by up to 6 hours, 0.5 % edits and 0.1 % that must be rejected. Edits lie in
files of their own that are read last, so they come to days that may have been settled already. Each
measurement is a process of its own, after a pass that is thrown away (compiled loops are cached, files
are in the page cache); rounds are interleaved; a figure is the median, with the least and the most.
Times run from the first file opened to the last row committed; opening the books is told apart. Before
a time counts, every counter must be the simulator's and every figure of every day equal to its true
total. Peak memory is anonymous memory, sampled every 10 ms: the book's mapped pages are the kernel's.
"""

SCALE = """\
The same entities for 1,000 meters and the same files, in cities of other sizes: what a reading costs.
The larger cities report for one day, so each of their days is folded and sent at once.
"""

FLOORS = """\
Decoding alone runs in one thread. The batch engines read the same Parquet files, filter what must be
rejected, deduplicate by R3's key, join with the contributions and group by entity, flow and interval:
quantity and location-based emission only, in exact integers, kept in memory. No ranks, coverage, market
view, standard coal, remainders, hours, findings or journal, nothing durable, and the next late reading
means doing it all again.
"""

YEAR = """\
{meters:,} meters × {intervals:,} intervals: {readings:,} cells written straight into the book, by a
formula that also gives the true totals. Then one factor (the province's electricity) or the weight of
one meter changes, and `--restate` accepts it. Times begin where the books are opened, so they include
reading the registry and comparing it with what the books were made with. *Visible* means that the rows
are in the tables.
"""


def write(path: Path, told: Figures) -> None:
    """Write the page."""
    path.write_text(page(told), encoding="utf-8")


def page(told: Figures) -> str:
    """The whole page."""
    benches: dict[str, Figures] = told["benches"]
    machine = "\n".join(f"- {name}: {text}" for name, text in told["machine"].items())
    ingests = [b for b in benches.values() if b["run"] == "ingest"]
    parts = [
        HEAD.format(machine=machine, **told["size"]),
        "## Files to rollups\n",
        _ingests(ingests),
    ]
    parts += [_way(ingests), "## Where the CPU time goes\n", _stages(ingests)]
    parts += ["## From few meters to many\n", SCALE, _scale(ingests)]
    floors = [b for b in benches.values() if b["title"].startswith("Floor")]
    if floors:
        parts += ["## Floors\n", FLOORS, _floors(floors)]
    years = [b for b in benches.values() if b["run"].startswith("year")]
    if years:
        parts += ["## A city-year restated\n", _years(years)]
    parts += ["## Opening a workspace\n", _openings(benches.values())]
    return "\n".join(parts)


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    out = ["| " + " | ".join(row) + " |" for row in (heads, *lines)]
    out.insert(1, "|" + "---|" * len(heads))
    return "\n".join(out) + "\n"


def _ingests(benches: Sequence[Figures]) -> str:
    heads = ("files", "readings", "readings/s, median (min to max)", "asked for",
             "CPU s per million", "rollup rows written per reading", "peak anonymous memory",
             "R9 over all cells")  # fmt: skip
    return _table(heads, [
        (b["title"], number(b, "readings", ",.0f"), spanned(b, "rate"), _asked(b),
         number(b, "cpu_s_per_million", ".3f"), number(b, "rows_per_reading", ".3f"),
         number(b, "peak_anon_mb", ",.0f") + " MB", spanned(b, "check_s"))
        for b in benches
    ])  # fmt: skip


def _asked(bench: Figures) -> str:
    verdict = {True: ": reached", False: ": **not reached**", None: ""}[results.reached(bench)]
    return results.target(bench) + verdict


def _way(benches: Sequence[Figures]) -> str:
    """What stands in the way where a target is not reached, from the profile."""
    lines = []
    for b in benches:
        if results.reached(b) is False:
            profile = _profile(b)
            most = sorted(profile, key=lambda s: -profile[s])[:3]
            cpu = middle(b, "cpu_s_per_million") or 1.0
            busy = cpu * (middle(b, "rate") or 0) / 1e6
            told = ", ".join(f"{STAGES[s]} {profile[s]:.3f}" for s in most)
            lines.append(
                f"- {b['title']}: {busy:.1f} of {CORES} cores are busy; at {cpu:.3f} CPU s per million "
                f"two cores give at most {CORES / cpu:.1f} M/s. Most of it: {told}."
            )
    return "What stands in the way:\n\n" + "\n".join(lines) + "\n" if lines else ""


def _profile(bench: Figures) -> dict[str, float]:
    rounds = bench["rounds"]
    parts = [{"rounds": [{s: r["stages"].get(s, 0.0)} for r in rounds]} for s in STAGES]
    return {s: middle(p, s) or 0.0 for s, p in zip(STAGES, parts, strict=True)}


def _stages(benches: Sequence[Figures]) -> str:
    profiles = [_profile(b) for b in benches]
    lines = [
        (text, *(f"{p[stage]:.3f}" for p in profiles)) for stage, text in STAGES.items()
    ]  # fmt: skip
    lines.append(("all", *(number(b, "cpu_s_per_million", ".3f") for b in benches)))
    return "CPU seconds per million readings.\n\n" + _table(
        ("stage", *(b["title"] for b in benches)), lines
    )


def _scale(benches: Sequence[Figures]) -> str:
    few = [b for b in benches if b["city"]["form"] == "parquet" and b["name"] != "parquet-many"]
    heads = ("meters", "readings", "readings/s, median (min to max)", "CPU s per million",
             "CPU against the first", "peak anonymous memory")  # fmt: skip
    first = middle(few[0], "cpu_s_per_million") or 1.0 if few else 1.0
    return _table(heads, [
        (f"{b['city']['meters']:,}", number(b, "readings", ",.0f"), spanned(b, "rate"),
         number(b, "cpu_s_per_million", ".3f"),
         f"{(middle(b, 'cpu_s_per_million') or 0) / first:.2f}",
         number(b, "peak_anon_mb", ",.0f") + " MB")
        for b in few
    ])  # fmt: skip


def _floors(benches: Sequence[Figures]) -> str:
    heads = (
        "floor",
        "readings/s, median (min to max)",
        "CPU s per million",
        "peak anonymous memory",
    )
    return _table(heads, [
        (b["title"].removeprefix("Floor: "), spanned(b, "rate"),
         number(b, "cpu_s_per_million", ".3f"), number(b, "peak_anon_mb", ",.0f") + " MB")
        for b in benches
    ])  # fmt: skip


def _years(benches: Sequence[Figures]) -> str:
    heads = ("what", "day and coarser visible", "asked for", "of it opening", "all rows", "rows",
             "peak anonymous memory")  # fmt: skip
    lines = [
        (b["title"].removeprefix("City-year: "), spanned(b, "visible_s"), _asked(b),
         spanned(b, "open_s"), spanned(b, "all_s"), number(b, "rows", ",.0f"),
         number(b, "peak_anon_mb", ",.0f") + " MB")
        for b in benches if b["run"] != "year_fill"
    ]  # fmt: skip
    fill = next((b for b in benches if b["run"] == "year_fill"), None)
    head = ""
    if fill:
        readings = int(middle(fill, "readings") or 0)
        meters = fill["city"]["meters"]
        intervals = readings // meters
        head = YEAR.format(meters=meters, intervals=round(intervals / 96) * 96, readings=readings)
        head += (
            f"Filling the book took {spanned(fill, 'fill_s')}; settling it for the first time, all "
            f"rows, {spanned(fill, 'settle_s')}.\n"
        )
    return head + "\n" + _table(heads, lines)


def _openings(benches: Sequence[Figures] | Any) -> str:
    heads = ("workspace", "registry read", "new books opened", "existing books opened")
    return _table(heads, [
        (b["title"], spanned(b, "load_s"), spanned(b, "open_s"), spanned(b, "reopen_s"))
        for b in benches if b["run"] in ("ingest", "start_up")
    ])  # fmt: skip
