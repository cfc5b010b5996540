"""Things go wrong as often as asked, and the counters add up."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from schemas.reading import Reason
from simulator import CLEAN, Rates, simulate
from simulator.arrivals import arrive
from simulator.broken import REASONS
from simulator.build import build
from simulator.calendar import day
from simulator.draw import Block
from simulator.draws import Draws
from simulator.stories import Sent, tell
from simulator.truth import conflicts, expected
from tests.simulator.cities import OFTEN, city, json_lines

CELLS = 3 * 96 * 50
"""Fewer intervals than the small city has: bounds how far chance may stray."""


def near(count: int, rate: float, of: int) -> bool:
    """Within five standard deviations of the rate."""
    return abs(count - rate * of) <= 5 * (rate * of) ** 0.5 + 2


def test_received_is_accepted_superseded_duplicate_and_rejected() -> None:
    e = city().expected
    assert e.received == e.accepted + e.superseded + e.duplicate + sum(e.rejected.values())
    assert e.received == sum(1 for _ in json_lines(city()))
    assert expected(city().root) == e


def test_a_clean_city_is_clean() -> None:
    where = city(rates=CLEAN)
    e = where.expected
    assert (e.superseded, e.duplicate, e.rejected, e.conflicts) == (0, 0, {}, 0)
    assert e.received == e.accepted == sum(1 for _ in json_lines(where))
    arrivals = [r["end"] for r in json_lines(where) if r]
    files = [len(p.read_text("utf-8").splitlines()) for p in where.files]
    at = 0
    for n in files:
        assert arrivals[at : at + n] == sorted(arrivals[at : at + n])
        at += n
    assert not list(where.root.glob("data/edits/*"))


def test_rates_are_as_set() -> None:
    rows = [r for r in json_lines(city()) if r]
    e = city().expected
    sent = e.accepted + e.superseded
    cells = e.accepted / (1 - OFTEN.missing)
    assert near(e.duplicate, OFTEN.duplicates, sent)
    assert near(conflicts(city().root).num_rows, OFTEN.conflicts, int(cells) + 60)
    edits = {(r["meter"], r["start"]) for r in rows if r["quality"] == "edited"}
    assert near(len(edits), OFTEN.edits, int(cells))
    guesses = {(r["meter"], r["start"]) for r in rows if r["quality"] in ("estimated", "declared")}
    assert near(len(guesses), OFTEN.estimated, int(cells))
    malformed = sum(e.rejected.values()) - e.rejected[Reason.NOT_ALLOWED]
    assert near(malformed, OFTEN.malformed, sent)


def test_copies_are_equal_and_late_readings_stand_behind() -> None:
    where = city(rates=replace(CLEAN, duplicates=0.1, late=0.2))
    rows = [json.dumps(r) for r in json_lines(where)]
    assert sum(n - 1 for n in Counter(rows).values()) == where.expected.duplicate > 1000
    newest = ""
    behind = 0
    for r in json_lines(where):
        assert r is not None
        behind += r["end"] < newest
        newest = max(newest, r["end"])
    assert behind / len(rows) > 0.15


def test_late_readings_reach_the_next_day_and_none_is_lost() -> None:
    clean, late = city(rates=CLEAN), city(rates=replace(CLEAN, late=0.2))
    assert sorted(map(str, json_lines(clean))) == sorted(map(str, json_lines(late)))
    second_day = [p for p in late.files if "2026-03-03" in str(p)]
    carried = [
        line for p in second_day for line in p.read_text("utf-8").splitlines()
        if '"start": "2026-03-02' in line
    ]  # fmt: skip
    assert carried


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv", "arrow"])
def test_every_reason_is_told(kind: str) -> None:
    told = {Reason(r) for r in city(kind).expected.rejected}
    assert told == {*REASONS[kind], Reason.NOT_ALLOWED}


def test_rates_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match=r"late=1\.5"):
        Rates(late=1.5)
    with pytest.raises(ValueError, match="more than all"):
        Rates(edits=0.4, missing=0.4, estimated=0.4)


def test_sizes_and_targets_that_cannot_be_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least"):
        simulate(tmp_path / "a", seed=1, meters=10)
    with pytest.raises(ValueError, match="at least 23"):
        simulate(tmp_path / "a", seed=1, entities=5)
    with pytest.raises(ValueError, match="parquet"):
        simulate(tmp_path / "a", seed=1, formats="xml")
    with pytest.raises(ValueError, match="1 to 366"):
        simulate(tmp_path / "a", seed=1, days=0)
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(FileExistsError, match="not empty"):
        simulate(tmp_path, seed=1, meters=50, days=1)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_nothing_is_later_than_six_hours() -> None:
    block = Block(build(7, 60, None), 0)
    told = tell(block, block.draw(day(7, date(2026, 3, 2), 0), 0), 0, 0, OFTEN)
    often = replace(OFTEN, late=0.5, duplicates=0.5, disorder=0.5)
    nothing = told.sent.take(np.arange(0))
    arrived = arrive(told.sent, nothing, 96, Draws(1), often)
    late = Sent.join([arrived.readings, arrived.tomorrow])
    behind = late.arrival - late.start - late.length
    assert (behind.min(), behind.max()) == (0, 24)
    assert (np.diff(arrived.readings.arrival) >= 0).all()
    assert (arrived.readings.arrival <= 96).all()
    assert (arrived.tomorrow.arrival > 96).all()
    assert len(late) + len(arrived.edits) == len(told.sent) + arrived.copies
