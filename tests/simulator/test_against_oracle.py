"""The truth, drawn from the physical network, against the oracle, which knows the rules only."""

import time
from collections import Counter
from datetime import datetime
from decimal import Decimal

from factors.catalogue import load_catalogue
from factors.check import check
from oracle.account import account
from oracle.given import given
from oracle.judge import Source, judge_line
from oracle.records import Books, Given, Key, Reading, Rollup
from schemas import workspace
from simulator import Simulated, truth
from simulator.truth_files import COLUMNS
from tests.simulator.cities import city

KEY = ("entity", "flow", "start")


def known(made: Simulated) -> Given:
    read = workspace.load(made.root)
    catalogue = load_catalogue(
        read.settings.accounting, read.factor_files, read.settings.timezone, read.root,
        contracts=read.contracts,
    )  # fmt: skip
    assert check(read, catalogue) == []
    return given(read, catalogue)


def judged(made: Simulated, facts: Given) -> tuple[list[Reading], Counter[str]]:
    readings, rejected = [], Counter[str]()
    now = int(time.time())
    for path in made.files:
        source = Source(frozenset({"edited"})) if "edits" in path.parts else Source()
        for line in path.read_bytes().splitlines():
            verdict = judge_line(line, facts, source, now)
            if verdict.reading is None:
                rejected[str(verdict.reason)] += 1
            else:
                assert verdict.rounding == 0
                readings.append(verdict.reading)
    return readings, rejected


def findings(made: Simulated, books: Books) -> None:
    conflicts = {
        (r["meter"], r["start"].timestamp(), r["value"].scaleb(6), r["other"].scaleb(6))
        for r in truth.conflicts(made.root).to_pylist()
    }
    told = {(f.subject, f.start, f.value, f.other) for f in books.findings if f.kind == "conflict"}
    assert conflicts == told
    mismatches = [f for f in books.findings if f.kind == "sum_mismatch"]
    assert len(mismatches) == made.expected.mismatches > 0


def test_every_figure_counter_and_finding_is_the_oracles() -> None:
    made = city()
    facts = known(made)
    readings, rejected = judged(made, facts)
    assert rejected == made.expected.rejected
    books = account(readings, facts)
    e = made.expected
    assert books.counts == (e.accepted, e.superseded, e.duplicate)
    findings(made, books)
    told = 0
    for grain, table in truth.load(made.root).items():
        for row in table.to_pylist():
            key = Key(row["entity"], row["flow"], grain, int(row["start"].timestamp()))
            figures = tuple(plain(name, row[name]) for name in COLUMNS if name not in KEY)
            assert figures == columns(books.rollups[key])
            told += 1
    assert told == len(books.rollups) > 20_000


def columns(rollup: Rollup) -> tuple[object, ...]:
    f = rollup.figures
    return (
        rollup.grain, rollup.end, f.quantity, *f.by_rank, f.remainder, f.co2e_location,
        f.co2e_market, f.minutes_expected, f.minutes_reported,
    )  # fmt: skip


def plain(name: str, value: object) -> object:
    """A column of the truth as the oracle counts it."""
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, Decimal):
        return int(value.scaleb(15 if name.startswith("co2e") else 6))
    return value
