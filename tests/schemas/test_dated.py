"""Dated rows against the same questions asked day by day."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.dated import Spans, numbered, overlapping, rings

DAYS = 8
ROW = st.tuples(st.integers(0, 3), st.integers(0, DAYS - 1), st.integers(1, DAYS)).map(
    lambda row: (row[0], row[1], min(row[1] + row[2], DAYS))
)


def columns(rows: list[tuple[int, ...]], width: int) -> list[np.ndarray]:
    table = np.array(rows, dtype=np.int64).reshape(-1, width)
    return [table[:, i] for i in range(width)]


@given(st.lists(ROW, max_size=7))
def test_overlaps_are_found_where_a_day_has_two_rows(rows: list[tuple[int, int, int]]) -> None:
    group, since, until = columns(rows, 3)
    found = overlapping(group.astype(np.int32), since, until)
    # of the rows in order of time, each is told that begins while an earlier one of its group runs
    order = sorted(range(len(rows)), key=lambda i: (rows[i][0], rows[i][1], i))
    expected = {
        row
        for at, row in enumerate(order)
        if any(
            rows[other][0] == rows[row][0] and rows[other][2] > rows[row][1] for other in order[:at]
        )
    }
    assert {row for row, _ in found} == expected
    assert all(rows[a][0] == rows[b][0] for a, b in found)


@given(st.lists(ROW, max_size=6), st.lists(ROW, min_size=1, max_size=6))
def test_cover_is_every_day_inside(
    valid: list[tuple[int, int, int]], asked: list[tuple[int, int, int]]
) -> None:
    valid.sort()
    apart = [
        row
        for at, row in enumerate(valid)
        if not any(other[0] == row[0] and other[2] > row[1] for other in valid[:at])
    ]
    group, since, until = columns(apart, 3)
    spans = Spans(group.astype(np.int32), since, until)
    days = {(g, day) for g, start, end in apart for day in range(start, end)}
    g, s, u = columns(asked, 3)
    expected = [all((g, day) in days for day in range(s, u)) for g, s, u in asked]
    assert spans.cover(g.astype(np.int32), s, u).tolist() == expected
    assert spans.cover(np.full(len(g), -1, np.int32), s, u).all()


EDGE = st.tuples(st.integers(0, 4), st.integers(-1, 4), st.integers(0, DAYS - 1))


@given(st.lists(EDGE, max_size=8))
def test_a_ring_is_told_when_one_can_walk_back(edges: list[tuple[int, int, int]]) -> None:
    lower, upper, since = columns(edges, 3)
    until = since + 2
    found = rings(lower.astype(np.int32), upper.astype(np.int32), since, until)
    there = False
    for day in range(DAYS + 1):
        reach = {(a, b) for a, b, s in edges if s <= day < s + 2 and b >= 0}
        for _ in range(5):
            reach |= {(a, d) for a, b in reach for c, d in reach if b == c}
        there |= any(a == b for a, b in reach)
    assert bool(found) == there
    for ring in found:
        assert max(since[row] for row in ring) < min(until[row] for row in ring)
        nodes = [(int(lower[row]), int(upper[row])) for row in ring]
        onward = [*nodes[1:], nodes[0]]
        assert all(a[1] == b[0] for a, b in zip(nodes, onward, strict=True))


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), max_size=9))
def test_numbers_go_by_facts_in_order(rows: list[tuple[int, bool]]) -> None:
    first, second = columns([(a, int(b)) for a, b in rows], 2)
    number, sample = numbered([first, second.astype(bool)])
    distinct = sorted(set(rows))
    assert number.tolist() == [distinct.index(row) for row in rows]
    assert [rows[i] for i in sample] == distinct
