"""Files as frames: cut at lines, resumed anywhere, broken in every way."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from schemas.reading import Decoded, Frame, Reason
from streams.collect import SourceRules
from tests.collect.world import RECEIVED, collector
from topologies.files import File, discover, read_frames

COLLECTOR = collector()
LINES = [
    json.dumps(
        {"meter": "M1/import", "start": f"2026-11-{d:02}T{h:02}:00:00Z", "quantity": f"{d}.{h:03}"}
    )
    for d in range(1, 11)
    for h in range(24)
]
CSV = ["meter,start,quantity", *(",".join(json.loads(line).values()) for line in LINES)]
TABLE = pa.table(
    {
        "meter": pa.array(["M1/import"] * len(LINES)),
        "start": pa.array(
            [datetime(2026, 11, d, h, tzinfo=UTC) for d in range(1, 11) for h in range(24)],
            pa.timestamp("us", "UTC"),
        ),
        "quantity": pa.array([Decimal(f"{d}.{h:03}") for d in range(1, 11) for h in range(24)]),
    }
)


def write(path: Path, form: str) -> Path:
    text = "\n".join(CSV if form.startswith("csv") else LINES) + "\n"
    data = text.encode()
    if form.endswith(".gz"):
        data = gzip.compress(data)
    elif form.endswith(".zst"):
        data = zstandard.compress(data)
    path = path / f"a.{form}"
    if form == "json":
        data = ("[" + ",".join(LINES) + "]").encode()
    if form == "parquet":
        pq.write_table(TABLE, path, row_group_size=50)
    elif form == "arrow":
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, TABLE.schema) as writer:
            writer.write_table(TABLE, max_chunksize=10)
    elif form == "arrows":
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, TABLE.schema) as writer:
            writer.write_table(TABLE, max_chunksize=10)
    else:
        path.write_bytes(data)
    return path


def frames(path: Path, position: int = 0, block: int = 1000) -> list[Frame]:
    file = File(path, path.name, RECEIVED)
    return list(read_frames(file, position, block_bytes=block, block_rows=max(1, block // 20)))


def decode(found: list[Frame]) -> list[Decoded]:
    return [COLLECTOR.decode(frame, SourceRules()) for frame in found]


def quantities(found: list[Frame]) -> list[int]:
    return sorted(q for one in decode(found) for q in one.readings.quantity.tolist())


def rejects(found: list[Frame]) -> list:
    return [reject for one in decode(found) for reject in one.rejects]


WHOLE = sorted(round(Decimal(json.loads(line)["quantity"]) * 10**6) for line in LINES)
FORMS = [
    "jsonl",
    "jsonl.gz",
    "jsonl.zst",
    "csv",
    "csv.gz",
    "csv.zst",
    "json",
    "parquet",
    "arrow",
    "arrows",
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_readings(tmp_path: Path, form: str) -> None:
    found = frames(write(tmp_path, form))
    assert quantities(found) == WHOLE
    assert rejects(found) == []
    assert [a.end for a in found[:-1]] == [b.position for b in found[1:]]


@pytest.mark.parametrize("form", FORMS)
def test_resumed_at_any_frame_the_readings_are_the_same(tmp_path: Path, form: str) -> None:
    path = write(tmp_path, form)
    found = frames(path)
    for count in range(len(found) + 1):
        position = found[count - 1].end if count else 0
        rest = frames(path, position, block=777)
        assert quantities(found[:count] + rest) == WHOLE
        assert rejects(rest) == []


def test_lines_are_numbered_through_blocks_and_after_a_resumption(tmp_path: Path) -> None:
    for form, first in (("jsonl", 1), ("csv", 2)):
        path = write(tmp_path, form)
        lines = path.read_text().splitlines()
        lines[99] = "M1/import,broken,1"
        path.write_text("\n".join(lines))
        found = frames(path)
        assert [reject.position for reject in rejects(found)] == ["line 100"]
        assert found[0].line == first
        half = found[len(found) // 4].end
        assert [reject.position for reject in rejects(frames(path, half, 333))] == ["line 100"]


@pytest.mark.parametrize("form", ["jsonl.gz", "jsonl.zst", "csv.gz"])
def test_a_cut_archive_gives_its_whole_lines_and_one_reject(tmp_path: Path, form: str) -> None:
    path = write(tmp_path, form)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    found = frames(path, block=500)
    got = quantities(found)
    (reject,) = rejects(found)
    assert reject.reason is Reason.MALFORMED
    assert "ends in the middle" in reject.message
    assert set(got) <= set(WHOLE)
    assert frames(path, found[-1].end) == []
    if form != "jsonl.zst":  # one small zstd block comes whole or not at all
        assert 0 < len(got) < len(WHOLE)


def test_a_corrupt_archive_and_several_archives_in_one(tmp_path: Path) -> None:
    good = gzip.compress(("\n".join(LINES) + "\n").encode())
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(good + good + bytes(512))
    assert len(quantities(frames(path))) == 2 * len(WHOLE)
    path.write_bytes(good + b"rubbish behind it")
    found = frames(path)
    assert quantities(found) == WHOLE
    assert [reject.reason for reject in rejects(found)] == [Reason.MALFORMED]


@pytest.mark.parametrize("form", ["parquet", "arrow", "arrows"])
def test_a_columnar_file_cut_in_half(tmp_path: Path, form: str) -> None:
    path = write(tmp_path, form)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    found = frames(path)
    (reject,) = rejects(found)
    assert reject.reason is Reason.MALFORMED
    got = quantities(found)
    assert got == WHOLE[: len(got)]
    assert (len(got) > 0) == (form != "parquet")
    assert rejects(frames(path, found[-1].end)) == []


@pytest.mark.parametrize("form", [*FORMS, "json.gz"])
def test_an_empty_file_is_one_reject(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"a.{form}"
    path.write_bytes(b"")
    found = frames(path)
    (reject,) = rejects(found)
    assert reject.reason is Reason.MALFORMED
    assert quantities(found) == []
    assert frames(path, found[-1].end) == []


def test_a_header_alone_is_no_reading_and_no_reject(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for text in (CSV[0], CSV[0] + "\n", CSV[0] + "\r\n"):
        path.write_bytes(text.encode())
        found = frames(path)
        assert quantities(found) == []
        assert rejects(found) == []


@pytest.mark.parametrize(
    ("header", "word"),
    [("meter;start;quantity", "meter, start, quantity"), ("meter,start,value", "quantity"),
     ("meter,start,quantity,quantity", "twice"), ("\x00\x01", "meter")],
)  # fmt: skip
def test_a_wrong_header_is_one_reject_that_names_what_is_missing(
    tmp_path: Path, header: str, word: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join([header, *CSV[1:5]]))
    (reject,) = rejects(frames(path))
    assert reject.reason is Reason.MALFORMED
    assert reject.position == "line 1"
    assert word in reject.message


def test_a_form_that_nobody_reads(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK" * 5000)
    (reject,) = rejects(frames(path))
    assert reject.reason is Reason.UNKNOWN_DECODER
    assert frames(path, path.stat().st_size) == []


def test_text_named_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_text("\n".join(LINES))
    (reject,) = rejects(frames(path))
    assert reject.reason is Reason.MALFORMED


def test_marks_carriage_returns_and_a_last_line_without_end(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(CSV).encode())
    assert quantities(frames(path)) == WHOLE
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(LINES).encode())
    assert quantities(frames(path)) == WHOLE


def test_files_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "c/d.csv"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text("x")
    names = [path.relative_to(tmp_path).as_posix() for path in discover(tmp_path, "data/**/*.csv")]
    assert names == ["data/a.csv", "data/b.csv", "data/c/d.csv"]
    assert discover(tmp_path, "none/*.csv") == []
