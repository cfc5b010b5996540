"""The chain: whatever is changed in a journal is found and named."""

import hashlib
import os

import pytest

from sinks.journal import Journal, Mark
from sinks.journal_check import check
from sinks.segments import list_segments

DAY = 86_400_000_000
T = 1_700_000_000_000_000


@pytest.fixture
def kept(tmp_path):
    """Two sealed segments, an open one, and a file kept by reference."""
    source = tmp_path / "in place.csv"
    source.write_bytes(b"meter,start\n")
    journal = Journal.open(tmp_path / "j", Mark())
    for n in range(3):
        journal.append("a", n, n + 1, T + n * DAY, 1, b"x" * 10)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    journal.refer("data/in place.csv", "in place.csv", 12, digest, T)
    mark = journal.flush()
    journal.close()
    return tmp_path, mark


def test_a_whole_journal_has_nothing_wrong(kept):
    root, mark = kept
    assert check(root / "j", mark, root=root) == []


def test_a_flipped_byte_anywhere_is_found(kept):
    root, mark = kept
    for segment in list_segments(root / "j"):
        data = segment.path.read_bytes()
        for at in range(0, len(data), 11):
            segment.path.write_bytes(data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :])
            assert any(segment.path.name in w for w in check(root / "j", mark, root=root)), at
        segment.path.write_bytes(data)
    assert check(root / "j", mark, root=root) == []


def test_a_segment_rewritten_under_a_name_that_fits_breaks_the_chain(kept):
    root, mark = kept
    first, second, _ = list_segments(root / "j")
    data = first.path.read_bytes().replace(b"2023-11-14", b"2023-11-13")
    first.path.unlink()
    name = f"{first.stem}-{hashlib.sha256(data).hexdigest()}.arrows"
    (root / "j" / name).write_bytes(data)
    wrong = "\n".join(check(root / "j", mark, root=root))
    assert f"{second.path}: names {first.path.name!r} before it" in wrong


def test_a_missing_a_renamed_and_a_foreign_segment_are_named(kept):
    root, mark = kept
    first, second, last = list_segments(root / "j")
    os.rename(first.path, root / "j" / "backup.arrows")
    wrong = "\n".join(check(root / "j", mark, root=root))
    assert "backup.arrows: is no segment" in wrong
    assert f"{second.path}: is segment 2, 1 was expected" in wrong
    last.path.unlink()
    assert f"the committed segment {mark.segment} is missing" in "\n".join(check(root / "j", mark))


def test_what_lies_behind_the_mark_is_named(kept):
    root, mark = kept
    journal = Journal.open(root / "j", mark)
    journal.append("a", 9, 10, T + 9 * DAY, 1, b"late")
    journal.flush()
    (wrong,) = check(root / "j", mark, root=root)
    assert "lies behind the last commit" in wrong


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"meter,Start\n", "has changed since"), (b"more", "4 bytes"), (None, "cannot be read")],
)  # fmt: skip
def test_a_file_kept_by_reference_must_be_what_it_was(kept, data, said):
    root, mark = kept
    path = root / "in place.csv"
    path.unlink() if data is None else path.write_bytes(data)
    (wrong,) = check(root / "j", mark, root=root)
    assert said in wrong
    assert "data/in place.csv" in wrong
