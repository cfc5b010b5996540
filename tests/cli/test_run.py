"""`everygram run`: the reconciliation, the exit codes, what changed since."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import everygram, figures, ok

HEADER = "meter,start,end,quantity,unit\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """One meter, one good reading, one of an unknown meter."""
    folder = tmp_path / "w"
    (folder / "registry").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "everygram.yaml").write_text(
        "name: w\naccounting: {standard: GB/T 32151, gwp: AR5}\n"
        "sources:\n  - files: {path: 'data/*.csv'}\n"
    )
    (folder / "registry" / "entities.yaml").write_text("- {id: e, level: line, region: CN-JS}\n")
    (folder / "registry" / "meters.csv").write_text("meter,entity,flow\nM1,e,grid_import\n")
    (folder / "data" / "a.csv").write_text(
        f"{HEADER}M1,2025-01-01T00:00+08:00,2025-01-01T00:15+08:00,1.0000005,kWh\n"
        "M9,2025-01-01T00:00+08:00,2025-01-01T00:15+08:00,1,kWh\n"
    )
    return folder


def test_the_reconciliation_in_words_and_for_programs(workspace: Path) -> None:
    ended = ok("run", workspace, "--until-end")
    words = " ".join(ended.out.split())
    assert words.startswith("received 2 readings, every copy = accepted 1 in force somewhere")
    assert "+ rejected 1 could not be taken unknown_meter 1 It adds up." in words
    assert "grid_import: -0.0000005 kWh" in ended.out
    assert f"everygram rejects {workspace}" in ended.err
    again = json.loads(ok("run", workspace, "--until-end", "-o", "json").out)
    assert again == {
        "received": 2, "accepted": 1, "superseded": 0, "duplicate": 0,
        "rejected": {"unknown_meter": 1}, "balance": 0,
        "rounded": 1, "rounded_sum": {"grid_import": "-1/2"}, "aligned": 0, "findings": {},
        "rollups": {"base": 1, "hour": 1, "day": 1, "month": 1, "quarter": 1, "year": 1},
        "checked": 0, "differing": 0, "restated": [], "holds": True,
    }  # fmt: skip


def test_strict_and_max_rejects_end_with_1(workspace: Path) -> None:
    assert everygram("run", workspace, "--until-end").code == 0
    strict = everygram("run", workspace, "--until-end", "--strict")
    assert (strict.code, "--strict: 1 rejects, 0 conflicts" in strict.err) == (1, True)
    with (workspace / "everygram.yaml").open("a") as file:
        file.write("max_rejects: 0\n")
    most = everygram("run", workspace, "--until-end")
    assert (most.code, "max_rejects is 0" in most.err) == (1, True)
    assert "It adds up." in most.out


def test_a_conflict_is_strictly_one_too_many(workspace: Path) -> None:
    (workspace / "data" / "a.csv").write_text(
        f"{HEADER}M1,2025-01-01T00:00+08:00,2025-01-01T00:15+08:00,1,kWh\n"
        "M1,2025-01-01T00:00+08:00,2025-01-01T00:15+08:00,2,kWh\n"
    )
    ended = everygram("run", workspace, "--until-end", "--strict", "-o", "json")
    assert ended.code == 1
    assert json.loads(ended.out)["findings"] == {"conflict": 1}
    assert everygram("run", workspace, "--until-end").code == 0


def test_what_was_read_is_not_read_twice_and_new_files_are_added(workspace: Path) -> None:
    ok("run", workspace, "--until-end")
    before = figures(workspace)
    ok("run", workspace, "--until-end")
    assert figures(workspace) == before
    (workspace / "data" / "b.csv").write_text(
        f"{HEADER}M1,2025-01-01T00:15+08:00,2025-01-01T00:30+08:00,2,kWh\n"
    )
    result = json.loads(ok("run", workspace, "--until-end", "-o", "json").out)
    assert (result["received"], result["accepted"]) == (3, 2)
    assert result["checked"] > 0
    assert figures(workspace) != before


def test_without_until_end_it_teaches(workspace: Path) -> None:
    ended = everygram("run", workspace)
    assert ended.code == 2
    assert f"everygram run {workspace} --until-end" in ended.err
    assert not (workspace / "var").exists()


def test_mistakes_end_with_2_and_are_all_told(workspace: Path) -> None:
    (workspace / "registry" / "meters.csv").write_text(
        "meter,entity,flow\nM1,x,grid_import\nM2,y,f\n"
    )
    ended = everygram("run", workspace, "--until-end")
    assert ended.code == 2
    assert "registry/meters.csv:2: " in ended.err
    assert "registry/meters.csv:3: " in ended.err
    assert "Traceback" not in ended.err


def test_books_of_another_form_end_with_2(workspace: Path) -> None:
    ok("run", workspace, "--until-end")
    path = workspace / "var" / "manifest.json"
    path.write_text(path.read_text().replace('"format":1', '"format":99'))
    if '"format"' not in path.read_text():
        value = json.loads(path.read_text())
        path.write_text(json.dumps({"format": 99, **value}))
    ended = everygram("run", workspace, "--until-end")
    assert ended.code == 2
    assert "form 99" in ended.err
    assert "Traceback" not in ended.err


def test_a_change_that_moves_figures_stops_until_it_is_accepted(workspace: Path) -> None:
    ok("run", workspace, "--until-end")
    before = figures(workspace)
    with (workspace / "registry" / "entities.yaml").open("w") as file:
        file.write("- {id: e, level: line, region: CN-SD}\n")
    stopped = everygram("run", workspace, "--until-end")
    assert stopped.code == 2
    assert "--restate" in stopped.err
    assert figures(workspace) == before
    restated = ok("run", workspace, "--until-end", "--restate")
    assert restated.out.startswith("restated:\n")
    assert figures(workspace) != before
    assert ok("run", workspace, "--until-end").out.startswith("received")


def test_debug_shows_the_traceback(workspace: Path) -> None:
    (workspace / "everygram.yaml").write_text("name: w\n")
    assert "Traceback" not in everygram("run", workspace, "--until-end").err
    assert "Traceback" in everygram("run", workspace, "--until-end", "--debug").err
