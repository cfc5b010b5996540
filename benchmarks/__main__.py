"""`python -m benchmarks`: measure, print a table, keep every figure in .bench/results.json."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import docs, results
from benchmarks.cities import City, drawn, warm
from benchmarks.plan import QUICK, Bench, Size, benches

ROOT = Path(__file__).parent.parent
WARM_METERS = 500
YEAR_BYTES_PER_CELL = 25
"""Disk of a city-year: 16 bytes of book for each cell, and its rollups twice."""


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for, or write the docs from what was measured."""
    asked = _parsed(arguments)
    told = asked.folder / "results.json"
    if asked.write_docs:
        docs.write(ROOT / "docs" / "benchmarks.md", results.load(told))
        return 0
    size = _size(asked)
    chosen = [b for b in benches(size) if not asked.names or _named(b, asked.names)]
    if not chosen:
        names = ", ".join(b.name for b in benches(size))
        print(f"no benchmark begins with {', '.join(asked.names)}: name some of {names}")
        return 2
    _measure(chosen, size, asked.rounds, asked.folder)
    print(results.text_table(results.load(told)))
    return 0


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="benchmarks whose names begin so; default all")
    parser.add_argument("--meters", type=int, help="meters of the city (20,000)")
    parser.add_argument("--days", type=int, help="days of readings (4; JSON lines 2)")
    parser.add_argument("--year-days", type=int, help="days of the city-year (365)")
    parser.add_argument("--larger", type=int, nargs="*", help="larger cities (100,000 1,000,000)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (3)")
    parser.add_argument("--quick", action="store_true", help="small cities: does it run?")
    parser.add_argument("--write-docs", action="store_true", help="docs/benchmarks.md from results")
    parser.add_argument("--folder", type=Path, default=ROOT / ".bench", help="cities and results")
    return parser.parse_args(arguments)


def _size(asked: argparse.Namespace) -> Size:
    """The sizes, with what is asked for in place of the usual."""
    given = {name: getattr(asked, name) for name in ("meters", "days", "year_days", "larger")}
    given |= {"larger": tuple(asked.larger or ()) or None, "text_days": asked.days}
    return replace(
        QUICK if asked.quick else Size(), **{k: v for k, v in given.items() if v is not None}
    )


def _named(bench: Bench, names: Sequence[str]) -> bool:
    return any(bench.name.startswith(name) for name in names)


def _measure(chosen: list[Bench], size: Size, rounds: int, folder: Path) -> None:
    """Draw, warm, then the rounds; the city-years by themselves, as their books fill the memory."""
    cities = folder / "cities"
    cities.mkdir(parents=True, exist_ok=True)
    roots = {bench.name: drawn(bench.city, cities) for bench in chosen}
    kept = results.Results(folder / "results.json", size)
    years = [b for b in chosen if b.run.startswith("year")]
    others = [b for b in chosen if b not in years]
    for form in sorted({b.city.form for b in chosen if b.city.meters > WARM_METERS}):
        small = drawn(City(WARM_METERS, WARM_METERS // 10, 1, form), cities)
        _child("ingest", small, 1)  # discarded: compiled loops are cached from here on
    for bench in others:
        warm(roots[bench.name])
    _rounds(others, rounds, roots, kept, size)
    if years and _enough_disk(years[0].city, size.year_days, folder):
        try:
            _rounds(years, rounds, roots, kept, size)
        finally:
            shutil.rmtree(roots[years[0].name] / "var", ignore_errors=True)


def _rounds(
    chosen: list[Bench], rounds: int, roots: dict[str, Path], kept: results.Results, size: Size
) -> None:
    for number in range(rounds):
        for bench in chosen:
            if number < (bench.rounds or rounds):
                figures = _child(bench.run, roots[bench.name], size.year_days)
                kept.add(bench, figures)
                figure = results.spanned({"rounds": [figures]}, _headline(bench, figures))
                print(f"round {number + 1}  {bench.name:20} {figure}", file=sys.stderr, flush=True)


def _headline(bench: Bench, figures: dict[str, Any]) -> str:
    known = (bench.figure, "all_s", "settle_s")
    return next(name for name in known if name in figures)


def _child(run: str, root: Path, days: int) -> dict[str, Any]:
    """One measurement in a process of its own. Raises CalledProcessError where it went wrong."""
    command = [sys.executable, "-m", "benchmarks.child", run, str(root), str(days)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _enough_disk(city: City, days: int, folder: Path) -> bool:
    need = city.meters * 96 * days * YEAR_BYTES_PER_CELL
    free = shutil.disk_usage(folder).free
    if free < need:
        print(f"city-year left out: it takes {need >> 30} GiB, {free >> 30} are free")
    return free >= need


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
