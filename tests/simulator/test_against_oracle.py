"""The truth, drawn from the physical network, against the oracle, which knows the rules only."""

import time
from collections import Counter

from factors.catalogue import load_catalogue
from factors.check import check
from oracle.account import account
from oracle.given import given
from oracle.judge import Source, judge_line
from oracle.records import Key
from schemas import workspace
from simulator import truth
from simulator.truth_files import COLUMNS
from tests.simulator.cities import city

QUANTITIES = ("estimated", "declared", "apportioned", "measured", "edited")


def test_every_figure_counter_and_conflict_is_the_oracles() -> None:
    made = city()
    read = workspace.load(made.root)
    catalogue = load_catalogue(
        read.settings.accounting, read.factor_files, read.settings.timezone, read.root,
        contracts=read.contracts,
    )  # fmt: skip
    assert check(read, catalogue) == []
    known = given(read, catalogue)
    readings, rejected = [], Counter()
    now = int(time.time())
    for path in made.files:
        edits = "edits" in path.parts
        source = Source(frozenset({"edited"})) if edits else Source()
        for line in path.read_bytes().splitlines():
            verdict = judge_line(line, known, source, now)
            if verdict.reading is None:
                rejected[str(verdict.reason)] += 1
            else:
                assert verdict.rounding == 0
                readings.append(verdict.reading)
    books = account(readings, known)
    assert rejected == made.expected.rejected
    assert books.counts == (
        made.expected.accepted, made.expected.superseded, made.expected.duplicate,
    )  # fmt: skip
    conflicts = {
        (r["meter"], r["start"].timestamp(), r["value"].scaleb(6), r["other"].scaleb(6))
        for r in truth.conflicts(made.root).to_pylist()
    }
    found = {(f.subject, f.start, f.value, f.other) for f in books.findings if f.kind == "conflict"}
    assert conflicts == found
    told = 0
    for grain, table in truth.load(made.root).items():
        for row in table.to_pylist():
            start = int(row["start"].timestamp())
            rollup = books.rollups[Key(row["entity"], row["flow"], grain, start)]
            f = rollup.figures
            figures = (
                grain, rollup.end,
                f.quantity, *f.by_rank, f.remainder, f.co2e_location, f.co2e_market,
                f.minutes_expected, f.minutes_reported,
            )  # fmt: skip
            assert tuple(plain(name, row[name]) for name in COLUMNS if name not in KEY) == figures
            told += 1
    assert told == len(books.rollups) > 20_000


KEY = ("entity", "flow", "start")


def plain(name: str, value: object) -> object:
    """A column of the truth as the oracle counts it."""
    if value is None or name == "grain" or name.startswith("minutes"):
        return value
    if name == "end":
        return int(value.timestamp())  # type: ignore[attr-defined]
    return int(value.scaleb(15 if name.startswith("co2e") else 6))  # type: ignore[attr-defined]
