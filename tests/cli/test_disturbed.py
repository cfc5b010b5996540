"""Runs that are interrupted, asked while they work, or meet a full disk end as undisturbed ones."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sinks.asking import SOCKET
from tests.cli.command import Ended, everygram, figures, ok, start, wait_for

SETTLED = ("received", "accepted", "superseded", "duplicate", "rejected", "rounded", "findings")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nearly two million readings, not accounted."""
    folder = tmp_path_factory.mktemp("large") / "city"
    ok("simulate", folder, "--meters", 2000, "--days", 10, "--format", "csv", "--seed", 5)
    return folder


@pytest.fixture(scope="module")
def undisturbed(large: Path) -> tuple[dict[str, object], tuple[str, str]]:
    """Counters and figures of a run that nothing disturbed."""
    folder = _copy(large, large.parent / "undisturbed")
    result = json.loads(ok("run", folder, "--until-end", "-o", "json").out)
    return {name: result[name] for name in SETTLED}, figures(folder)


def _copy(workspace: Path, target: Path) -> Path:
    return Path(shutil.copytree(workspace, target, copy_function=os.link))


def _counted(ended: Ended) -> dict[str, object]:
    assert ended.code == 0, ended
    result = json.loads(ended.out)
    return {name: result[name] for name in SETTLED}


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_is_continued(
    large: Path,
    undisturbed: tuple[dict[str, object], tuple[str, str]],
    tmp_path: Path,
    number: signal.Signals,
    code: int,
) -> None:
    folder = _copy(large, tmp_path / "w")
    received = []
    for delay in (0.0, 0.5):
        process = start("run", folder, "--until-end", "-o", "json")
        wait_for(folder / "var" / SOCKET, process)
        time.sleep(delay)
        process.send_signal(number)
        out, said = process.communicate(timeout=120)
        assert process.returncode == code, said
        assert f"everygram run {folder} --until-end" in said
        received.append(json.loads(out)["received"])
    assert 0 < received[0] <= received[1]
    assert received[0] < undisturbed[0]["received"]  # type: ignore[operator]
    assert _counted(everygram("run", folder, "--until-end", "-o", "json")) == undisturbed[0]
    assert figures(folder) == undisturbed[1]


@pytest.mark.slow
def test_a_second_interrupt_aborts_and_nothing_is_lost(
    large: Path, undisturbed: tuple[dict[str, object], tuple[str, str]], tmp_path: Path
) -> None:
    folder = _copy(large, tmp_path / "w")
    process = start("run", folder, "--until-end")
    wait_for(folder / "var" / SOCKET, process)
    time.sleep(0.3)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    while process.poll() is None and time.monotonic() - begun < 30:
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert _counted(everygram("run", folder, "--until-end", "-o", "json")) == undisturbed[0]
    assert figures(folder) == undisturbed[1]


@pytest.mark.slow
def test_questions_are_answered_while_it_runs(
    large: Path, undisturbed: tuple[dict[str, object], tuple[str, str]], tmp_path: Path
) -> None:
    folder = _copy(large, tmp_path / "w")
    process = start("run", folder, "--until-end", "-o", "json")
    wait_for(folder / "var" / SOCKET, process)
    answered = 0
    while process.poll() is None:
        ended = everygram("query", folder, "SELECT count() AS n FROM rollups_current", "-o", "json")
        assert ended.code == 0, ended
        assert int(json.loads(ended.out)[0]["n"]) >= 0
        answered += process.poll() is None
    assert answered > 0
    assert _counted(Ended(process.returncode, process.communicate()[0], "")) == undisturbed[0]


@pytest.mark.slow
def test_one_run_at_a_time(large: Path, tmp_path: Path) -> None:
    folder = _copy(large, tmp_path / "w")
    process = start("run", folder, "--until-end")
    wait_for(folder / "var" / SOCKET, process)
    process.send_signal(signal.SIGSTOP)
    try:
        ended = everygram("run", folder, "--until-end")
    finally:
        process.send_signal(signal.SIGCONT)
    assert ended.code == 2
    assert str(process.pid) in ended.err
    assert "Traceback" not in ended.err
    process.communicate(timeout=120)
    assert process.returncode == 0


def _limit(size: int) -> Callable[[], None]:
    """No file may become larger: what a full disk does, without filling one."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.slow
def test_a_full_disk_ends_with_2_and_the_next_run_is_whole(
    large: Path, undisturbed: tuple[dict[str, object], tuple[str, str]], tmp_path: Path
) -> None:
    folder = _copy(large, tmp_path / "w")
    for size in (100_000, 4_000_000, 8_000_000):
        ended = everygram("run", folder, "--until-end", prepare=_limit(size))
        assert ended.code == 2, (size, ended)
        assert "ulimit -f" in ended.err or "free some space" in ended.err
        assert "Traceback" not in ended.err
    assert _counted(everygram("run", folder, "--until-end", "-o", "json")) == undisturbed[0]
    assert figures(folder) == undisturbed[1]


def test_a_small_full_disk(tmp_path: Path, mill: Path) -> None:
    ok("init", tmp_path / "w")
    ended = everygram("run", tmp_path / "w", "--until-end", prepare=_limit(100_000))
    assert ended.code == 2
    assert "file size limit" in ended.err
    ok("run", tmp_path / "w", "--until-end")
    assert figures(tmp_path / "w") == figures(mill)
