"""Arrow and Parquet columns of every type that the contract takes, and those that it refuses."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reading import Decoded, Rank, Reason
from streams.collect import SourceRules
from streams.collect.columnar import row_entries
from streams.collect.exact import Case
from streams.collect.gather import Gathering
from tests.collect.test_agreement import plain
from tests.collect.world import collector, frame

COLLECTOR = collector()
START = datetime(2026, 11, 1, tzinfo=UTC)


def batch(**columns) -> pa.RecordBatch:
    rows = max((len(column) for column in columns.values() if column is not None), default=1)
    base = {
        "meter": pa.array(["M1/import"] * rows),
        "start": pa.array([START + timedelta(minutes=15 * k) for k in range(rows)]).cast(
            pa.timestamp("us", "UTC")
        ),
        "quantity": pa.array([1_500_000] * rows),
    } | columns
    return pa.record_batch({name: column for name, column in base.items() if column is not None})


def decode(one: pa.RecordBatch, source: str = "a.arrow", **rules) -> Decoded:
    return COLLECTOR.decode(frame(one, source), SourceRules(**rules))


@pytest.mark.parametrize(
    ("column", "micro"),
    [
        (pa.array([3_170_000]), 3_170_000),
        (pa.array([Decimal("3.17")]), 3_170_000),
        (pa.array([Decimal("3.17")], pa.decimal128(38, 18)), 3_170_000),
        (pa.array([Decimal("3.17")], pa.decimal128(38, 30)), 3_170_000),
        (pa.array([Decimal("300")], pa.decimal128(5, -2)), 300_000_000),
        (pa.array([Decimal("3.17")], pa.decimal256(50, 3)), 3_170_000),
        (pa.array([Decimal("3.17")], pa.decimal64(9, 3)), 3_170_000),
        (pa.array(["3.17"]), 3_170_000),
        (pa.array(["3.17e0"], pa.large_string()), 3_170_000),
        (pa.array(["3.17"]).dictionary_encode(), 3_170_000),
    ],
)
def test_quantities(column: pa.Array, micro: int) -> None:
    decoded = decode(batch(quantity=column))
    assert decoded.rejects == []
    assert decoded.readings.quantity.tolist() == [micro]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_of_every_unit(unit: str) -> None:
    start = pa.array(
        [int(START.timestamp()) * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]]
    )
    column = start.cast(pa.int64()).view(pa.timestamp(unit, "Asia/Shanghai"))
    decoded = decode(batch(start=column))
    assert decoded.readings.start.tolist() == [int(START.timestamp())]
    naive = start.view(pa.timestamp(unit))
    assert [one.reason for one in decode(batch(start=naive)).rejects] == [Reason.NAIVE_TIME]


def test_times_as_text_and_naive_times_with_a_zone() -> None:
    from zoneinfo import ZoneInfo

    text = pa.array(
        ["2026-11-01T00:00:00Z", "2026-11-01T08:15:00+08:00", "2026-11-01T08:30:00", "x", None]
    )
    got = decode(batch(start=text, end=pa.array([None, "2026-11-01T00:30:00Z", None, None, None])))
    assert got.readings.start.tolist() == [int(START.timestamp()), int(START.timestamp()) + 900]
    assert [one.reason for one in got.rejects] == [
        Reason.NAIVE_TIME,
        Reason.MALFORMED,
        Reason.MALFORMED,
    ]
    local = pa.array([datetime(2026, 11, 1, 8)]).cast(pa.timestamp("us"))  # noqa: DTZ001
    got = decode(batch(start=local), zone=ZoneInfo("Asia/Shanghai"))
    assert got.readings.start.tolist() == [int(START.timestamp())]


def test_without_a_unit_arrow_is_native_and_parquet_the_meters_own() -> None:
    one = batch(meter=pa.array(["水-1"]), quantity=pa.array([Decimal("7.2")]))
    assert decode(one, "a.arrow").readings.quantity.tolist() == [7_200_000]
    assert decode(one, "a.parquet").readings.quantity.tolist() == [round(7.2 * 3600)]
    one = batch(meter=pa.array(["水-1"]), quantity=pa.array([7_200_000]))
    assert decode(one, "a.parquet").readings.quantity.tolist() == [7_200_000]
    one = batch(quantity=pa.array([Decimal("1.5"), Decimal("2")]), unit=pa.array(["MWh", None]))
    assert decode(one, "a.parquet").readings.quantity.tolist() == [1_500_000_000, 2_000_000]


def test_qualities_and_revisions() -> None:
    words = ["estimated", "declared", "measured", None, "apportioned", "good"]
    got = decode(batch(quality=pa.array(words).dictionary_encode()))
    assert got.readings.rank.tolist() == [0, 1, 3, 3]
    assert [one.reason for one in got.rejects] == [Reason.NOT_ALLOWED, Reason.MALFORMED]
    got = decode(batch(quality=pa.array([0, 3, 2, 9], pa.uint8())))
    assert got.readings.rank.tolist() == [0, 3]
    got = decode(batch(revision=pa.array([0, None, 7, -1, 2**53])))
    assert got.readings.revision.tolist() == [0, 0, 7]
    assert [one.reason for one in got.rejects] == [Reason.MALFORMED] * 2


def test_edits_in_columns() -> None:
    one = batch(
        quality=pa.array(["edited"] * 4),
        quantity=pa.array([5, None, 5, 5]),
        author=pa.array(["li", "li", None, "li"]),
        reason=pa.array(["stuck", "stuck", "x", " "]),
    )
    got = decode(one, may=frozenset(Rank))
    assert sorted(got.readings.quantity.tolist()) == [-1, 5]
    assert [(one.reason, one.position) for one in got.rejects] == [
        (Reason.MALFORMED, "row 3"),
        (Reason.MALFORMED, "row 4"),
    ]
    assert {one.reason for one in decode(one).rejects} == {Reason.NOT_ALLOWED, Reason.MALFORMED}


@pytest.mark.parametrize(
    "columns",
    [
        {"quantity": pa.array([1.5])},
        {"quantity": pa.array([15], pa.int32())},
        {"quantity": None},
        {"meter": pa.array([7])},
        {"start": pa.array([1_790_000_000])},
        {"revision": pa.array(["0"])},
        {"unit": pa.array([1])},
    ],
)
def test_columns_of_a_wrong_type_are_one_reject(columns: dict) -> None:
    got = decode(batch(**columns))
    (reject,) = got.rejects
    assert reject.reason is Reason.MALFORMED
    assert next(iter(columns)) in reject.message


def test_an_ipc_stream_as_a_message_whole_cut_and_in_an_event() -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch(revision=pa.array([1])).schema) as w:
        for number in range(20):
            w.write_batch(batch(revision=pa.array([number])))
    data = sink.getvalue().to_pybytes()
    assert len(COLLECTOR.decode(frame(data, "gateway-7"), SourceRules()).readings) == 20
    cut = COLLECTOR.decode(frame(data[: len(data) * 2 // 3], "gateway-7"), SourceRules())
    assert 0 < len(cut.readings) < 20
    assert [one.reason for one in cut.rejects] == [Reason.MALFORMED]
    event = {"specversion": "1.0", "id": "1", "source": "g", "type": "t"}
    packed = json.dumps(event | {"data_base64": base64.b64encode(data).decode()}).encode()
    assert len(COLLECTOR.decode(frame(packed), SourceRules()).readings) == 20


def test_empty_batches_and_slices() -> None:
    assert len(decode(batch(revision=pa.array([1, 2, 3])).slice(0, 0)).readings) == 0
    part = batch(
        meter=pa.array(["M1/import", "M2", None, "M1/import"]).dictionary_encode(),
        quantity=pa.array([Decimal(1), Decimal(2), None, Decimal(4)]),
    ).slice(1)
    got = decode(part)
    assert sorted(got.readings.quantity.tolist()) == [4_000_000, 80_000_000]
    assert [one.reason for one in got.rejects] == [Reason.MALFORMED]


def test_columns_that_are_all_null_are_absent() -> None:
    nothing = pa.nulls(2)
    got = decode(
        batch(end=nothing, unit=nothing, quality=nothing, revision=nothing, author=nothing)
    )
    assert got.readings.quantity.tolist() == [1_500_000, 1_500_000]
    assert len(decode(batch(quantity=nothing)).rejects) == 2
    assert len(decode(batch(meter=nothing)).rejects) == 2


@st.composite
def batches(draw: st.DrawFn) -> pa.RecordBatch:
    rows = draw(st.integers(1, 6))

    def many(values: st.SearchStrategy) -> list:
        return draw(st.lists(values, min_size=rows, max_size=rows))

    meters = pa.array(
        many(st.sampled_from(["M1/import", "M2", "0012345", "水-1", "moved", "no", None])),
        pa.string(),
    )
    starts = many(
        st.one_of(st.integers(0, 400).map(lambda k: START + k * timedelta(minutes=5)), st.none())
    )
    ends = many(
        st.one_of(st.integers(0, 400).map(lambda k: START + k * timedelta(minutes=5)), st.none())
    )
    columns = {
        "meter": meters.dictionary_encode() if draw(st.booleans()) else meters,
        "start": pa.array(starts, pa.timestamp(draw(st.sampled_from(["s", "us", "ns"])), "UTC")),
        "quantity": pa.array(
            many(st.one_of(st.decimals(-5, 10**10, places=4), st.none())), pa.decimal128(38, 9)
        ),
    }
    if draw(st.booleans()):
        columns["end"] = pa.array(ends, pa.timestamp("us", "UTC"))
    if draw(st.booleans()):
        columns["unit"] = pa.array(
            many(st.sampled_from(["kWh", "MWh", "Nm3", "ton", None])), pa.string()
        )
    if draw(st.booleans()):
        columns["quality"] = pa.array(many(st.integers(0, 6)), pa.uint8())
    if draw(st.booleans()):
        columns["revision"] = pa.array(many(st.integers(-1, 2**53)), pa.int64())
    return pa.record_batch(columns)


@settings(max_examples=200)
@given(batches(), st.sampled_from(["a.arrow", "a.parquet"]))
def test_columns_and_rows_agree(one: pa.RecordBatch, source: str) -> None:
    fast = decode(one, source, may=frozenset(Rank))
    message = frame(one, source)
    into = Gathering(
        message, COLLECTOR._known[0], Case(message.received_us, frozenset(Rank), 0, None)
    )
    form = source.removeprefix("a.")
    entries = list(row_entries(one, np.arange(one.num_rows), form, lambda row: f"row {row + 1}"))
    into.judge_all(lambda: entries)
    assert plain(fast) == plain(into.decoded())
    assert len(fast.readings) + len(fast.rejects) == one.num_rows
