"""The law of section 1 and R9, held against the oracle itself on random histories."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle import account, verify
from oracle.account import Accounts
from oracle.clock import window_of
from oracle.conserve import space_gaps, time_gaps
from oracle.records import Rollup
from tests.histories import Expected, History, Knobs, expected, histories, history

few = settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])


@few
@given(histories(), st.randoms(use_true_random=True))
def test_order_and_copies_change_nothing(history: History, rng: random.Random) -> None:
    once = expected(history)
    again = [*once.readings, *rng.choices(once.readings, k=5)] if once.readings else []
    rng.shuffle(again)
    books = account(again, history.given)
    assert books.rollups == once.books.rollups
    assert books.findings == once.books.findings
    assert books.counts[:2] == once.books.counts[:2]
    assert books.counts.duplicate == once.books.counts.duplicate + len(again) - len(once.readings)


@few
@given(histories())
def test_conservation(history: History) -> None:
    found = expected(history)
    rollups = found.books.rollups.values()
    assert space_gaps(rollups, history.given) == []
    assert time_gaps(rollups, history.given) == []
    assert sum(found.books.counts) + found.rejected.total() == lines(history)


def lines(history: History) -> int:
    """Lines, an empty file being one that is rejected."""
    return sum(len(lines) or 1 for lines in history.data.values())


@few
@given(histories())
def test_figures_of_a_rollup_agree_with_each_other(history: History) -> None:
    for rollup in expected(history).books.rollups.values():
        f = rollup.figures
        assert (f.quantity is None) == (f.minutes_reported == 0)
        assert f.quantity == (None if f.by_rank[0] is None else sum(p or 0 for p in f.by_rank))
        assert f.minutes_reported <= f.minutes_expected
        assert f.co2e_location is None or f.region_found
        assert (f.newest_reading is None) == (f.quantity is None)


@few
@given(histories())
def test_superseded_readings_count_nowhere(history: History) -> None:
    accounts = Accounts(expected(history).readings, history.given)
    begin, end = accounts.span or (0, 0)
    midnight = window_of(begin, "day", accounts.zone, accounts.base_s)[0]
    assert all(accounts.rollups(midnight, end))
    books = account(accounts.standing, history.given)
    assert books.rollups == expected(history).books.rollups
    assert books.counts == (len(accounts.standing), 0, 0)


@few
@given(histories(), st.data())
def test_a_period_is_verified_as_the_whole_is(history: History, data: st.DataObject) -> None:
    found = expected(history)
    if found.books.span is None:
        return
    zone, base = history.given.settings.zone, history.given.settings.base_s
    moments = st.integers(*found.books.span)
    begin, end = sorted(
        window_of(data.draw(moments), grain, zone, base)[0] for grain in ("day", "hour")
    )
    asked = verify(found.readings, history.given, (begin, end))
    told = {rollup.key: rollup for rollup in asked.rollups()}
    span = found.books.span
    whole = begin <= span[0] and span[1] <= end
    inside = [
        r for r in found.books.rollups.values() if whole or (begin <= r.start and r.end <= end)
    ]
    assert told == {rollup.key: rollup for rollup in inside}
    assert asked.gaps == []


@few
@given(histories())
def test_everything_is_verified_as_it_was_accounted(history: History) -> None:
    found = expected(history)
    asked = verify(iter(found.readings), history.given)
    assert {r.key: r for r in asked.rollups()} == found.books.rollups
    assert asked.findings == found.books.findings
    assert asked.counts == found.books.counts


@few
@given(histories())
def test_longer_windows_are_whole_calendars(history: History) -> None:
    given, books = history.given, expected(history).books
    for rollup in books.rollups.values():
        window = window_of(rollup.start, rollup.grain, given.settings.zone, given.settings.base_s)
        assert window == (rollup.start, rollup.end)


# The checks must be able to fail.


@pytest.fixture(scope="module")
def sample() -> tuple[History, Expected]:
    one = history(Knobs(seed=4, hours=3))
    return one, expected(one)


@pytest.mark.parametrize("name", ["quantity", "remainder"])
def test_a_loss_in_space_is_seen(sample: tuple[History, Expected], name: str) -> None:
    one, found = sample
    rollups = list(found.books.rollups.values())
    at = next(i for i, r in enumerate(rollups) if r.grain == "base" and getattr(r.figures, name))
    rollups[at] = off_by_one(rollups[at], name)
    assert space_gaps(rollups, one.given)


@pytest.mark.parametrize("grain", ["base", "hour", "day", "month", "quarter", "year"])
@pytest.mark.parametrize("name", ["quantity", "co2e_location", "kgce", "minutes_reported"])
def test_a_loss_in_time_is_seen(sample: tuple[History, Expected], grain: str, name: str) -> None:
    one, found = sample
    rollups = list(found.books.rollups.values())
    at = next(i for i, r in enumerate(rollups) if r.grain == grain and getattr(r.figures, name))
    rollups[at] = off_by_one(rollups[at], name)
    assert time_gaps(rollups, one.given)


def off_by_one(rollup: Rollup, name: str) -> Rollup:
    value = getattr(rollup.figures, name)
    return rollup._replace(figures=replace(rollup.figures, **{name: value + 1}))
