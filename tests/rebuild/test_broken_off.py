"""Broken off, torn, half read, grown: the journal still gives the same books."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.rebuild.outcome import anew, run, same
from tests.topologies import mill
from topologies import files

CHILD, ROOT = Path(__file__).parent / "child.py", Path(__file__).parents[2]
LINES = [
    mill.line("M1", h, m, h + m, day=d) for d in (1, 2) for h in range(23) for m in (0, 15, 30)
]
BAD = mill.line("X", 4, 0, 1) + mill.line("M1", 3, 15, 18) + mill.line("M1", 4, 0, 99)


def parquet(path: Path, lines: list[str]) -> None:
    """The same lines as a columnar file."""
    rows = list(csv.DictReader([mill.HEAD, *lines]))
    table = pa.table({name: [row[name] for row in rows] for name in rows[0]})
    number = pa.array([int(row["revision"]) for row in rows])
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.set_column(6, "revision", number), path)


def workspace(root: Path, keep: str) -> Path:
    settings = mill.SETTINGS.replace('"data/*.csv"', f'"data/*.*", keep: {keep}')
    mill.write(root, everygram_yaml=settings, data__a_csv=mill.HEAD + "".join(LINES[:70]) + BAD)
    parquet(root / "data/b.parquet", LINES[50:])
    return root


def child(what: str, root: Path, seed: int) -> bool:
    """True if it was killed."""
    command = [sys.executable, str(CHILD), what, str(root), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode in (0, -9), done.stderr[-3000:]
    return done.returncode == -9


def small_frames(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(files.read_frames, "__defaults__", (0, 2_000, 20))


def after(calls: int) -> Callable[[], bool]:
    """Says stop at its n-th call."""
    said = iter([False] * (calls - 1))
    return lambda: next(said, True)


@pytest.mark.parametrize("seed", [2, 4, 8])
def test_a_rebuild_that_was_killed_is_begun_again_by_a_run(tmp_path: Path, seed: int) -> None:
    root = workspace(tmp_path / "mill", "copy")
    before = run(root)
    assert child("rebuild", root, seed), "choose a seed that kills"
    same(run(root), before)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(9, 15))
def test_killed_anywhere_a_rebuild_is_begun_again(tmp_path: Path, seed: int) -> None:
    root = workspace(tmp_path / "mill", "copy" if seed % 2 else "reference")
    before = run(root)
    if seed % 3 == 0:
        (root / "var/manifest.json").unlink()
    child("rebuild", root, seed)
    same(anew(root) if seed % 2 else run(root), before)


@pytest.mark.parametrize("seed", [0, 3])
def test_a_run_was_killed_and_its_manifest_lost(tmp_path: Path, seed: int) -> None:
    wanted = run(workspace(tmp_path / "whole", "copy"))
    root = workspace(tmp_path / "mill", "copy")
    assert child("run", root, seed), "choose a seed that kills"
    for open_ in (root / "var/journal").glob("*.open"):  # torn in the middle of a batch
        open_.write_bytes(open_.read_bytes() + b"\xff\xff\xff\xff\x10\x02\x00\x00torn")
    (root / "var/manifest.json").unlink()
    anew(root)
    same(run(root), wanted)


@pytest.mark.parametrize("keep", ["copy", "reference"])
@pytest.mark.parametrize("frames", [2, 8])
def test_a_run_ended_inside_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: str, frames: int
) -> None:
    small_frames(monkeypatch)
    wanted = run(workspace(tmp_path / "whole", keep))
    root = workspace(tmp_path / "mill", keep)
    half = run(root, after(frames))
    assert 0 < half["counters"].received < wanted["counters"].received
    same(anew(root), half)
    same(run(root), wanted)


@pytest.mark.parametrize("lost", [False, True])
def test_a_file_that_grew(tmp_path: Path, lost: bool) -> None:
    root = workspace(tmp_path / "mill", "copy")
    run(root)
    with (root / "data/a.csv").open("a") as file:
        file.write("".join(mill.line("S1", 5, m, 1) for m in (0, 15, 30)) + BAD)
    wanted = run(root)
    assert wanted["counters"].received == 70 + 3 + len(LINES[50:]) + 6
    if lost:
        (root / "var/manifest.json").unlink()
    same(anew(root), wanted)
    with (root / "data/a.csv").open("a") as file:
        file.write(mill.line("S1", 6, 0, 1))
    assert run(root)["counters"].received == wanted["counters"].received + 1


def test_another_file_under_an_old_name_is_read_after_a_rebuild(tmp_path: Path) -> None:
    root = workspace(tmp_path / "mill", "copy")
    wanted = run(root)
    shutil.rmtree(root / "var/book")
    (root / "var/manifest.json").unlink()
    (root / "data/a.csv").write_text(mill.HEAD + mill.line("S1", 6, 0, 1))
    same(anew(root), wanted)
    assert run(root)["counters"].received == wanted["counters"].received + 1
