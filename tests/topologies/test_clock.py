"""A window is open while its time runs, provisional after it, also where no reading touched it since."""

from dataclasses import replace

import pytest

from schemas.compiled import FOREVER
from streams.settle import Settled, calendar
from tests.topologies import mill
from topologies.books import Books

SHANGHAI_NOON = 1_514_779_200  # 2018-01-01 12:00 in Shanghai
DAY = 86_400


@pytest.fixture
def books(tmp_path):
    root = mill.write(tmp_path, data__a_csv=mill.HEAD + mill.line("M1", 10, 0, "10"))
    mill.run(root)
    opened = Books.open(root)
    yield opened
    opened.close()


def statuses(books, before, now):
    """Status by grain of the rows that a settle at `now` gives out, after one at `before`."""
    rows = []

    def write(table, part, *, replaces=False):
        if table == "rollups":
            rows.extend(part.select(["grain", "entity", "status"]).to_pylist())

    books.settle.run(before, now, 99, write)
    return {row["grain"]: row["status"] for row in rows if row["entity"] == "mill"}


def test_what_ran_out_is_told_once(books):
    span = books.manifest.settled_span
    at_noon = replace(Settled(span), now=SHANGHAI_NOON)
    assert statuses(books, Settled(), SHANGHAI_NOON) == {
        "base": "provisional",
        "hour": "provisional",
        "day": "open",
        "month": "open",
        "quarter": "open",
        "year": "open",
    }
    assert statuses(books, at_noon, SHANGHAI_NOON + 60) == {}
    assert statuses(books, at_noon, SHANGHAI_NOON + DAY) == {"day": "provisional"}
    after_a_day = replace(Settled(span), now=SHANGHAI_NOON + DAY)
    later = SHANGHAI_NOON + 40 * DAY
    assert statuses(books, after_a_day, later) == {"month": "provisional"}
    much_later = statuses(books, replace(Settled(span), now=later), SHANGHAI_NOON + 400 * DAY)
    assert much_later == {"quarter": "provisional", "year": "provisional"}


def test_hours_that_the_clocks_repeat_are_two():
    from datetime import date
    from zoneinfo import ZoneInfo

    london = ZoneInfo("Europe/London")
    hours = calendar.hours(date(2022, 10, 30), london, 900)
    assert len(hours) == 25
    assert all(len(parts) == 4 for _, parts in hours)
    assert len(calendar.hours(date(2022, 3, 27), london, 900)) == 23
    assert calendar.day_window(date(2022, 10, 30), london).end < FOREVER
