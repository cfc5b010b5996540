"""The journal: what came is what comes back, and a kill at any byte takes it back to the mark."""

import hashlib
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.errors import SinkError
from sinks.journal import Journal, Mark, entries
from sinks.journal_check import check
from sinks.segments import header, list_segments

DAY = 86_400_000_000
T = 1_700_000_000_000_000


def payloads(folder: Path, mark: Mark | None = None) -> list[bytes | None]:
    return [e.payload for e in entries(folder, mark)]


def test_what_came_comes_back_in_order_with_its_place_and_receipt(tmp_path):
    journal = Journal.open(tmp_path, Mark())
    journal.append("a.csv", 0, 3, T, 1, b"\x00\xff\n")
    journal.append("厂.jsonl", 7, 7, T + 1, 4, b"")
    mark = journal.flush()
    first, second = entries(tmp_path, mark)
    assert (first.source, first.position, first.end, first.line) == ("a.csv", 0, 3, 1)
    assert (first.received_us, first.payload, first.path) == (T, b"\x00\xff\n", None)
    assert (second.source, second.received_us, second.payload) == ("厂.jsonl", T + 1, b"")
    assert check(tmp_path, mark) == []


def test_any_arrow_tool_reads_a_segment(tmp_path):
    journal = Journal.open(tmp_path, Mark())
    journal.append("a.csv", 0, 3, T, 1, b"abc")
    journal.seal()
    table = pa.ipc.open_stream(list_segments(tmp_path)[0].path.read_bytes()).read_all()
    assert table.column("payload").to_pylist() == [b"abc"]
    assert table.schema.metadata[b"format"] == b"everygram-journal-1"


def test_a_sealed_segment_is_named_by_its_sha256_and_names_the_one_before(tmp_path):
    journal = Journal.open(tmp_path, Mark())
    for n in range(3):
        journal.append("a", n, n + 1, T + n * DAY, 1, b"x")
    journal.seal()
    found = list_segments(tmp_path)
    assert [s.day for s in found] == ["2023-11-14", "2023-11-15", "2023-11-16"]
    before = ""
    for segment in found:
        data = segment.path.read_bytes()
        assert hashlib.sha256(data).hexdigest() == segment.digest
        assert pa.ipc.open_stream(data).schema.metadata[b"previous"].decode() == before
        before = segment.path.name


def test_an_older_receipt_is_kept_behind_a_newer_one(tmp_path):
    journal = Journal.open(tmp_path, Mark())
    for source, received in (("a", T), ("b", T + DAY), ("a", T), ("b", T + DAY)):
        journal.append(source, 0, 1, received, 1, source.encode())
    journal.seal()
    assert [s.day for s in list_segments(tmp_path)] == ["2023-11-14", "2023-11-15"]
    assert payloads(tmp_path) == [b"a", b"b", b"a", b"b"]


def test_killed_at_every_byte_behind_the_mark_it_opens_at_the_mark(tmp_path):
    journal = Journal.open(tmp_path / "j", Mark())
    journal.append("a", 0, 1, T, 1, b"committed")
    mark = journal.flush()
    journal.append("a", 1, 2, T, 1, b"tail")
    journal.flush()
    journal.close()
    whole = (tmp_path / "j" / f"{mark.segment}.open").read_bytes()
    for length in range(mark.length, len(whole) + 1):
        cut = tmp_path / "cut"
        shutil.rmtree(cut, ignore_errors=True)
        cut.mkdir()
        (cut / f"{mark.segment}.open").write_bytes(whole[:length])
        again = Journal.open(cut, mark)
        assert payloads(cut) == [b"committed"]
        if length % 40:
            again.close()
            continue
        again.append("a", 1, 2, T, 1, b"again")
        last = again.seal()
        assert payloads(cut) == [b"committed", b"again"]
        assert check(cut, last) == []


def test_segments_begun_or_sealed_behind_the_mark_are_taken_back(tmp_path):
    journal = Journal.open(tmp_path, Mark())
    journal.append("a", 0, 1, T, 1, b"committed")
    mark = journal.flush()
    for n in range(1, 4):
        journal.append("a", n, n + 1, T + n * DAY, 1, b"lost")
    journal.seal()
    assert len(list_segments(tmp_path)) == 4
    journal = Journal.open(tmp_path, mark)
    assert [s.path.name for s in list_segments(tmp_path)] == [f"{mark.segment}.open"]
    journal.append("a", 1, 2, T + DAY, 1, b"again")
    assert check(tmp_path, journal.seal()) == []
    assert payloads(tmp_path) == [b"committed", b"again"]


def test_nothing_committed_is_nothing_kept(tmp_path):
    journal = Journal.open(tmp_path, Mark())
    assert journal.flush() == Mark()
    journal.append("a", 0, 1, T, 1, b"lost")
    journal.seal()
    assert Journal.open(tmp_path, Mark()).flush() == Mark()
    assert list_segments(tmp_path) == []


def test_a_sealed_mark_stays_sealed_and_the_next_segment_names_it(tmp_path):
    journal = Journal.open(tmp_path, Mark())
    journal.append("a", 0, 1, T, 1, b"1")
    mark = journal.seal()
    journal = Journal.open(tmp_path, mark)
    assert journal.flush() == mark
    journal.append("a", 1, 2, T, 1, b"2")
    assert check(tmp_path, journal.flush()) == []
    assert payloads(tmp_path) == [b"1", b"2"]


def test_a_missing_short_or_changed_committed_segment_is_told(tmp_path):
    journal = Journal.open(tmp_path, Mark())
    journal.append("a", 0, 1, T, 1, b"committed")
    mark = journal.flush()
    journal.close()
    path = list_segments(tmp_path)[0].path
    data = path.read_bytes()
    path.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    with pytest.raises(SinkError, match="not what they were"):
        Journal.open(tmp_path, mark)
    path.write_bytes(data[:-1])
    with pytest.raises(SinkError, match=f"{mark.length} were committed"):
        Journal.open(tmp_path, mark)
    path.unlink()
    with pytest.raises(SinkError, match="missing"):
        Journal.open(tmp_path, mark)


def test_an_open_segment_needs_its_mark(tmp_path):
    journal = Journal.open(tmp_path, Mark())
    journal.append("a", 0, 1, T, 1, b"x")
    journal.flush()
    with pytest.raises(SinkError, match="manifest's mark"):
        Journal(tmp_path).append("a", 1, 2, T, 1, b"y")


def test_segments_have_a_largest_size(tmp_path):
    begun = len(header("2023-11-14", 1, ""))
    journal = Journal.open(tmp_path, Mark(), segment_bytes=begun + 1)
    for n in range(3):
        journal.append("a", n, n + 1, T, 1, b"x")
    mark = journal.flush()
    assert len(list_segments(tmp_path)) == 1
    journal.append("a", 3, 4, T, 1, b"y")
    assert len(list_segments(tmp_path)) == 2
    assert check(tmp_path, journal.flush()) == []
    assert payloads(tmp_path, mark) == [b"x"] * 3


def test_reading_up_to_a_mark_sees_nothing_behind_it(tmp_path):
    journal = Journal.open(tmp_path, Mark())
    journal.append("a", 0, 1, T, 1, b"1")
    mark = journal.flush()
    journal.append("a", 1, 2, T, 1, b"2")
    journal.flush()
    assert payloads(tmp_path, mark) == [b"1"]


@pytest.mark.parametrize("size", [0, 1, (16 << 20) + 5])
def test_a_columnar_file_comes_back_byte_for_byte_with_its_name(tmp_path, size):
    source = tmp_path / "day.parquet"
    source.write_bytes(hashlib.shake_128(b"seed").digest(size))
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    journal = Journal.open(tmp_path / "j", Mark())
    journal.append("a.csv", 0, 1, T, 1, b"x")
    assert journal.keep_file("data/day.parquet", source, T) == digest
    journal.append("a.csv", 1, 2, T, 1, b"y")
    mark = journal.seal()
    got = list(entries(tmp_path / "j", mark))
    assert [e.source for e in got] == ["a.csv", *["data/day.parquet"] * (len(got) - 2), "a.csv"]
    assert b"".join(e.payload or b"" for e in got[1:-1]) == source.read_bytes()
    assert got[-2].sha256 == digest


@given(st.lists(st.tuples(st.binary(max_size=60), st.sampled_from("afs")), max_size=25))
def test_any_history_of_appends_flushes_and_seals_comes_back(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("j")
    journal, mark = Journal.open(folder, Mark()), Mark()
    want: list[bytes] = []
    for n, (payload, step) in enumerate(steps):
        journal.append("s", n, n + 1, T + n * DAY // 3, n, payload)
        want.append(payload)
        if step == "s":
            mark = journal.seal()
        elif step == "f":
            mark = journal.flush()
            journal.close()
            journal = Journal.open(folder, mark)
    mark = journal.flush()
    journal.close()
    assert payloads(folder, mark) == want
    assert check(folder, mark) == []
