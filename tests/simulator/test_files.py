"""Every format carries the same readings."""

import csv
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from schemas.reading import QUALITIES
from simulator import CLEAN
from simulator.column_files import FRAME
from tests.simulator.cities import city, json_lines, table

Read = set[tuple[str, datetime, datetime, Decimal | None, str, int]]


def lines() -> Read:
    return {
        (
            r["meter"], datetime.fromisoformat(r["start"]), datetime.fromisoformat(r["end"]),
            Decimal(r["quantity"]) * scale(r["unit"]), r["quality"], r["revision"],
        )
        for r in json_lines(city(rates=CLEAN))
        if r
    }  # fmt: skip


def scale(unit: str) -> Decimal:
    return {"MWh": Decimal(1000), "MJ": Decimal("0.001")}.get(unit, Decimal(1))


def row(r: dict[str, Any], quantity: Decimal, quality: str) -> tuple[Any, ...]:
    return (r["meter"], r["start"], r["end"], quantity, quality, int(r["revision"]))


def test_csv_says_what_json_says() -> None:
    read: Read = set()
    for path in city("csv", rates=CLEAN).files:
        with path.open(encoding="utf-8", newline="") as file:
            for r in csv.DictReader(file):
                times = {k: datetime.fromisoformat(r[k]) for k in ("start", "end")}
                read.add(row(r | times, Decimal(r["quantity"]) * scale(r["unit"]), r["quality"]))  # type: ignore[arg-type, operator]
    assert read == lines()


def test_parquet_says_what_json_says() -> None:
    read = set()
    for path in city("parquet", rates=CLEAN).files:
        for r in pq.read_table(path).to_pylist():
            read.add(row(r, r["quantity"] * scale(r["unit"]), r["quality"]))
    assert read == lines()


def test_arrow_says_it_in_native_units_in_frames() -> None:
    read = set()
    for path in city("arrow", rates=CLEAN).files:
        with pa.ipc.open_stream(path) as stream:
            for batch in stream:
                assert batch.num_rows <= FRAME
                for r in batch.to_pylist():
                    quantity = Decimal(r["quantity"]).scaleb(-6)
                    read.add(row(r, quantity, QUALITIES[r["quality"]]))
    assert read == lines()


def test_edits_name_author_and_reason_and_stand_apart() -> None:
    for r in json_lines(city()):
        assert r is None or (r["quality"] == "edited") <= (r.keys() >= {"author", "reason"})
    columns = pq.read_schema(city("parquet").files[1]).names
    assert columns[-2:] == ["author", "reason"]
    voids = [r for r in json_lines(city()) if r and "quantity" not in r]
    assert voids
    assert {r["quality"] for r in voids} == {"edited"}


def test_an_hourly_meter_reads_by_the_hour() -> None:
    hourly = {m["meter"] for m in table(city(), "registry/meters.csv") if m["interval"] == "1h"}
    spans = {
        (
            r["meter"] in hourly,
            datetime.fromisoformat(r["end"]) - datetime.fromisoformat(r["start"]),
        )
        for r in json_lines(city(rates=CLEAN))
        if r
    }
    assert {(long, span.total_seconds()) for long, span in spans} == {(True, 3600), (False, 900)}
