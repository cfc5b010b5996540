"""Every reject is a row of its own: as many rows as the counters say, whatever the files look like."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.topologies import mill
from topologies import files
from topologies.books import Books
from topologies.embedded import run_until_end

SETTINGS = """\
name: mill
timezone: Asia/Shanghai
base_interval: 15m
accounting: {standard: local, gwp: AR5}
sources:
  - files: {path: "data/series.csv", decoder: mappings/series.yaml}
  - files: {path: "data/wide.csv", decoder: mappings/wide.yaml}
  - files: {path: "data/nested.json", decoder: mappings/nested.yaml}
  - files: {path: "data/*"}
"""
SERIES = """\
format: csv
zone: Asia/Shanghai
time: "{t}"
step: 15m
series:
  - {meter: M1, quantity: "{a}"}
  - {meter: S1, quantity: "{b}"}
  - {meter: NONE, quantity: "{c}"}
"""
WIDE = """\
format: csv
zone: Asia/Shanghai
meter: "{meter}"
time: "{day}"
wide: {first: h0, count: 24}
"""
NESTED = """\
format: json
records: devices.points
meter: "{id}"
time: "{t}"
quantity: "{v}"
zone: Asia/Shanghai
step: 15m
"""
T = "2018-01-01T08:00:00+08:00"


def event(data: object) -> dict[str, object]:
    """A CloudEvent around some data."""
    return {"specversion": "1.0", "id": "1", "source": "x", "type": "y", "data": data}


def nasty(root: Path) -> Path:
    """Every form, each with several rejects close together."""
    good = {"meter": "M1", "start": T, "quantity": "1"}
    bad = [good | {"quantity": "NaN"}, good | {"meter": "NONE"}, 7, [], good | {"quantity": "NaN"}]
    item = {"t": "2018-01-01 08:00", "v": "x"}
    hours = ",".join(["x"] * 24)
    mill.write(
        root,
        everygram_yaml=SETTINGS,
        mappings__series_yaml=SERIES,
        mappings__wide_yaml=WIDE,
        mappings__nested_yaml=NESTED,
        data__series_csv="t,a,b,c\n2018-01-01 08:00,x,y,1\n2018-01-01 08:00,x,y,1\nno time,1,2,3\n",
        data__wide_csv=f"meter,day,{','.join(f'h{n}' for n in range(24))}\n"
        f"M1,2018-01-01,{hours}\nM1,2018-01-01,{hours}\nM1,no day,{hours}\n",
        data__nested_json=json.dumps({"devices": [{"id": m, "points": [item] * 3} for m in "AB"]}),
        data__array_json=json.dumps([*bad, *bad, event(bad), event(bad)]),
        data__cut_json="[" + json.dumps(bad)[1:-1] + ', {"meter": ',
        data__lines_jsonl="".join(
            json.dumps(x) + "\n" for x in [*bad, bad, bad, event(bad), [event(bad), event(bad)]]
        )
        + "{\n{\n\xff\n",
        data__plain_csv=mill.HEAD + "x\n" * 9 + mill.line("NONE", 0, 0, 1) * 3 + '"open\n' * 2,
        data__headless_csv="when,what\n" + "1,2\n" * 900,
        data__empty_csv="",
        data__unknown_xyz="x" * 9000,
    )
    packed = gzip.compress((root / "data/plain.csv").read_bytes() * 40)
    (root / "data/packed.csv.gz").write_bytes(packed[: len(packed) * 2 // 3])
    rows = {"meter": ["NONE"] * 90, "start": [T] * 90, "quantity": ["x"] * 90}
    pq.write_table(pa.table(rows), root / "data/rows.parquet", row_group_size=7)
    pq.write_table(
        pa.table({"meter": ["M1"] * 90}), root / "data/lacking.parquet", row_group_size=7
    )
    whole = (root / "data/rows.parquet").read_bytes()
    (root / "data/half.parquet").write_bytes(whole[: len(whole) // 2])
    with pa.ipc.new_stream(root / "data/rows.arrow", pa.table(rows).schema) as out:
        out.write_table(pa.table(rows), max_chunksize=11)
    stream = (root / "data/rows.arrow").read_bytes()
    (root / "data/half.arrow").write_bytes(stream[: len(stream) // 2])
    return root


def held(root: Path) -> tuple[int, int, int]:
    """Rejects that were counted, rows of the table, distinct places."""
    books = Books.open(root)
    try:
        run_until_end(books)
        assert books.counters.balance() == 0
        (row,) = mill.query(
            books,
            "SELECT (SELECT count() FROM rejects FINAL) AS rows, "
            "(SELECT uniqExact(source, received_at, position) FROM rejects) AS places",
        )
        return sum(books.counters.rejected.values()), int(row["rows"]), int(row["places"])
    finally:
        books.close()


@pytest.mark.parametrize("small", [False, True])
def test_as_many_rows_as_rejects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: bool
) -> None:
    if small:
        monkeypatch.setattr(files.read_frames, "__defaults__", (0, 1_000, 10))
    counted, rows, places = held(nasty(tmp_path))
    assert counted > 400
    assert counted == rows == places


def test_a_line_that_went_on_later_is_two_rejects(tmp_path: Path) -> None:
    root = mill.write(tmp_path, data__a_csv=mill.HEAD + "garb")
    assert held(root) == (1, 1, 1)
    with (root / "data/a.csv").open("a") as file:
        file.write("age\n")
    assert held(root) == (2, 2, 1)
