"""`everygram doctor`: one line each, ok or not with what to do."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.command import everygram, ok


def _by_name(out: str) -> dict[str, dict[str, object]]:
    return {c["name"]: c for c in json.loads(out)}


def test_a_machine_alone(tmp_path: Path) -> None:
    ended = everygram("doctor", cwd=tmp_path)
    lines = ended.out.splitlines()
    assert [line.split()[1] for line in lines][:3] == ["python", "libraries", "disk"]
    assert all(line.startswith(("ok ", "NOT OK ")) for line in lines)
    assert list(tmp_path.iterdir()) == []


def test_books_in_order(mill: Path) -> None:
    found = _by_name(ok("doctor", mill, "-o", "json").out)
    assert {"chdb", "workspace", "books", "lock", "undo", "journal"} <= found.keys()
    assert found["lock"]["text"] == "free"
    assert found["undo"]["text"] == "nothing to take back"
    assert all(c["ok"] and c["remedy"] == "" for c in found.values())


def test_books_before_the_first_run_and_a_spoilt_workspace(tmp_path: Path) -> None:
    ok("init", tmp_path / "w")
    assert "none yet" in str(_by_name(ok("doctor", tmp_path / "w", "-o", "json").out)["books"])
    (tmp_path / "w" / "everygram.yaml").write_text("name: w\n")
    ended = everygram("doctor", tmp_path / "w", "-o", "json")
    assert ended.code == 1
    assert "everygram check" in str(_by_name(ended.out)["workspace"]["remedy"])


def test_a_journal_that_lost_bytes(tmp_path: Path) -> None:
    ok("init", tmp_path / "w")
    ok("run", tmp_path / "w", "--until-end")
    for segment in (tmp_path / "w" / "var" / "journal").iterdir():
        segment.write_bytes(segment.read_bytes()[:-10])
    ended = everygram("doctor", tmp_path / "w", "-o", "json")
    assert ended.code == 1
    assert not _by_name(ended.out)["journal"]["ok"]
