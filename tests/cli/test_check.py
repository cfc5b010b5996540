"""`everygram check`: every mistake at once, by file and line, on stdout."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.cli.command import everygram, ok


def _spoil(folder: Path, path: str, old: str, new: str) -> None:
    text = (folder / path).read_text("utf-8")
    assert old in text
    (folder / path).write_text(text.replace(old, new), encoding="utf-8")


def test_a_whole_workspace_has_none(mill: Path) -> None:
    ended = ok("check", mill)
    assert ended.out == ""
    assert "no mistakes" in ended.err
    assert json.loads(ok("check", mill, "-o", "json").out) == []


def test_needs_no_data(tmp_path: Path) -> None:
    ok("init", tmp_path / "w")
    for path in (tmp_path / "w" / "data").rglob("*.csv"):
        path.unlink()
    assert everygram("check", tmp_path / "w").code == 0
    assert not (tmp_path / "w" / "var").exists()


def test_every_mistake_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    ok("init", folder)
    _spoil(folder, "everygram.yaml", "standard: GB/T 32151 ", "standard: GB/T 32152 ")
    _spoil(folder, "registry/entities.yaml", "parent: wuxi}", "parent: wuxii}")
    _spoil(folder, "registry/meters.csv", "L1,rolling", "L1,roling")
    _spoil(folder, "registry/meters.csv", "M1/import;PV1", "M1/import;PV2")
    _spoil(folder, "mappings/utility.yaml", "step: 1h", "stepp: 1h")
    ended = everygram("check", folder)
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert all(re.fullmatch(r"[\w/.]+:\d+: .+", line) for line in lines)
    told = {tuple(line.split(":", 2)[:2]) for line in lines}
    assert told >= {
        ("everygram.yaml", "9"),
        ("registry/entities.yaml", "5"),
        ("registry/meters.csv", "5"),
        ("mappings/utility.yaml", "12"),
    }
    assert "roling" in ended.out
    assert "PV2" in ended.out
    found = json.loads(everygram("check", folder, "-o", "json").out)
    assert [f"{m['file']}:{m['line']}: {m['message']}" for m in found] == lines


def test_unknown_flow_and_unit_are_told_once_a_line(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    ok("init", folder)
    _spoil(folder, "registry/meters.csv", "PV1,mill,onsite_solar", "PV1,mill,onsite_soler")
    _spoil(folder, "registry/meters.csv", "natural_gas,1h,Nm3", "natural_gas,1h,m3")
    ended = everygram("check", folder)
    assert ended.code == 1
    places = [line.split(":", 2)[1] for line in ended.out.splitlines()]
    assert places == ["4", "6"]
    assert "onsite_solar" in ended.out  # what was meant


def test_no_workspace_at_all(tmp_path: Path) -> None:
    ended = everygram("check", tmp_path / "nowhere")
    assert ended.code == 1
    assert ended.out.startswith("everygram.yaml:1: ")
    assert "everygram init" in ended.out


def test_what_is_worth_a_look_is_a_note_on_stderr(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    ok("init", folder)
    _spoil(folder, "registry/entities.yaml", ", region: CN-JS", "")
    ended = ok("check", folder)
    assert "note: registry/meters.csv:2: " in ended.err
    assert "no_factor" in ended.err
    assert ended.out == ""
