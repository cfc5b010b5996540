"""The real command, run as a user runs it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

COMMAND = (sys.executable, "-m", "everygram")
ROOT = Path(__file__).parents[2]

FIGURES = "SELECT * EXCEPT (version, updated_at) FROM rollups_current ORDER BY ALL"
FINDINGS = "SELECT * EXCEPT (version) FROM findings_current ORDER BY ALL"


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def environment() -> dict[str, str]:
    """Plain output of a fixed width, whatever the terminal of the tests."""
    ours = {"NO_COLOR": "1", "COLUMNS": "80", "TERM": "dumb", "PYTHONPATH": str(ROOT)}
    return {k: v for k, v in os.environ.items() if k != "FORCE_COLOR"} | ours


def everygram(
    *words: object, cwd: Path | None = None, prepare: Callable[[], None] | None = None
) -> Ended:
    """Run a command to its end. `prepare` runs in the new process before it."""
    done = subprocess.run(
        [*COMMAND, *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=environment(),
        preexec_fn=prepare,
        timeout=300,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def start(*words: object) -> subprocess.Popen[str]:
    """Begin a command and go on."""
    return subprocess.Popen(
        [*COMMAND, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment(),
    )


def wait_for(path: Path, process: subprocess.Popen[str], seconds: float = 120) -> None:
    """Until the file is there; fails where the process ends before."""
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.01)


def figures(workspace: Path) -> tuple[str, str]:
    """Every figure and finding of the books, as text."""
    return tuple(ok("query", workspace, sql, "-o", "csv").out for sql in (FIGURES, FINDINGS))  # type: ignore[return-value]


def ok(*words: object) -> Ended:
    """Run a command that must end well."""
    ended = everygram(*words)
    assert ended.code == 0, ended
    return ended
