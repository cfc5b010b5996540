"""What is measured: each benchmark with its city, the process it runs in, and what was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.cities import City
from benchmarks.city_year import EVE

CITY_METERS, YEAR_DAYS = 20_000, 365
FEW, MANY = 60, 300
"""Entities for 1,000 meters: 1,200 and 6,000 for 20,000."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One line of the results. `run` names a function of `benchmarks.child`."""

    name: str
    title: str
    run: str
    city: City
    target: float | None = None
    """Readings a second that were asked for (seconds, where `figure` is a time)."""
    figure: str = "rate"
    rounds: int | None = None
    """At most so many rounds, where one takes minutes."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large everything is: as asked for, or small for a quick look."""

    meters: int = CITY_METERS
    days: int = 4
    text_days: int = 2
    year_days: int = YEAR_DAYS
    larger: tuple[int, ...] = (100_000, 1_000_000)


QUICK = Size(2_000, 2, 1, 10, (4_000, 10_000))


def benches(size: Size) -> list[Bench]:
    """Everything, in the order in which it is run and told."""
    few, many = (City(size.meters, size.meters * e // 1000, size.days) for e in (FEW, MANY))
    lines = replace(few, days=size.text_days, form="jsonl")
    arrow = [replace(c, form="arrow") for c in (few, many)]
    year = replace(few, days=1, start=EVE)
    told = "{c.meters:,} meters, {c.entities:,} entities".format
    found = [
        Bench("parquet-few", f"Parquet, {told(c=few)}", "ingest", few, 5e6),
        Bench("parquet-many", f"Parquet, {told(c=many)}", "ingest", many, 3e6),
        Bench("arrow-few", f"Arrow in frames of 1,000, {told(c=few)}", "ingest", arrow[0], 2.5e6),
        Bench("arrow-many", f"Arrow in frames of 1,000, {told(c=many)}", "ingest", arrow[1], 1.5e6),
        Bench("json", f"JSON lines, {told(c=lines)}", "ingest", lines, 5e5),
        Bench("decode-parquet", "Floor: decode Parquet, one thread", "decode_only", few),
        Bench("decode-arrow", "Floor: decode Arrow, one thread", "decode_only", arrow[0]),
        Bench("decode-json", "Floor: decode JSON lines, one thread", "decode_only", lines),
        Bench("duckdb", "Floor: the same sums by DuckDB, one batch", "duckdb_batch", few),
        Bench("chdb", "Floor: the same sums by chDB, one batch", "chdb_batch", few),
        Bench("year-fill", "City-year: book filled, first settled", "year_fill", year, rounds=1),
        Bench("year-factor", "City-year: one changed factor", "year_factor", year, 15, "visible_s"),
        Bench(
            "year-contribution", "City-year: one changed contribution", "year_contribution", year,
            15, "visible_s",
        ),
        Bench("year-whole", "City-year: one changed factor, all rows", "year_whole", year, rounds=1),
    ]  # fmt: skip
    for meters in size.larger:
        city = City(meters, meters * FEW // 1000, 1)
        found.append(
            Bench(f"parquet-{meters}", f"Parquet, {told(c=city)}", "ingest", city, rounds=1)
        )
    last = City(size.larger[-1], size.larger[-1] * FEW // 1000, 1)
    title = f"Start-up: opening {last.meters:,} meters"
    found.append(Bench("start-up", title, "start_up", last, 20, "load_s"))
    return found
