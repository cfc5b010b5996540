"""Killed with SIGKILL at any point, the next run ends with the same digits, counters and findings."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.topologies import mill
from topologies import manifest
from topologies.books import Books

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

METERS = mill.METERS + "G1,mill,natural_gas,1h,Nm3,,\n"
FACTORS = (
    mill.FACTORS
    + """\
- standard: local
  factor: natural_gas
  region: CN
  unit: kg/Nm3
  rows:
    - {valid_from: 2018-01-01, co2: "2.1622", source: "test"}
"""
)
KILLS = 6
"""At most so many kills a seed; then a run is left alone."""


def history(seed: int) -> str:
    """Readings of two days: copies, late ones, revisions, conflicts, hours cut to quarters, bad lines."""
    draw = random.Random(seed)
    lines = []
    for day in (1, 2):
        for hour in range(24):
            for minute in (0, 15, 30, 45):
                for meter in ("M1", "S1"):
                    lines.append(mill.line(meter, hour, minute, draw.randrange(1000) / 8, 0, day))
            start, end = f"2018-01-{day:02d}T{hour:02d}:00:00+08:00", f"{day:02d}T{hour + 1:02d}"
            if hour == 23:
                end = f"{day + 1:02d}T00"
            lines.append(
                f"G1,{start},2018-01-{end}:00:00+08:00,{draw.randrange(99)},Nm3,measured,0\n"
            )
    more = draw.choices(lines, k=60)
    more += [
        x.replace(",measured,0", f",measured,{draw.randrange(3)}")
        for x in draw.choices(lines, k=40)
    ]
    more += [mill.line("M1", draw.randrange(24), 15, draw.randrange(50), 1) for _ in range(30)]
    more += [f"M1,nonsense {n},,,,,\n" for n in range(5)] + [mill.line("NONE", 0, 0, 1)]
    lines += more
    late = draw.sample(range(len(lines)), k=len(lines) // 10)
    kept = [x for n, x in enumerate(lines) if n not in set(late)]
    return mill.HEAD + "".join(kept + [lines[n] for n in late])


def workspace(root: Path, seed: int) -> Path:
    text = history(seed)
    half = text.index("\n", len(text) // 2) + 1
    edits = json.dumps(
        {
            "meter": "M1",
            "start": "2018-01-01T05:00:00+08:00",
            "end": "2018-01-01T06:00:00+08:00",
            "quantity": "7",
            "quality": "edited",
            "author": "Li",
            "reason": "test",
        }
    )
    return mill.write(
        root,
        registry__meters_csv=METERS,
        factors__local_yaml=FACTORS,
        data__a_csv=text[:half],
        data__b_csv=mill.HEAD + text[half:],
        edits__e_jsonl=edits + "\n",
    )


def child(root: Path, seed: int | str) -> int:
    command = [sys.executable, str(HERE / "child.py"), str(root), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode not in (0, -9):
        pytest.fail(f"seed {seed}: exit {done.returncode}\n{done.stderr[-3000:]}")
    return done.returncode


def outcome(root: Path) -> tuple:
    """Everything that must not depend on a kill: figures, findings, rejects, counters."""
    books = Books.open(root)
    try:
        figures = mill.query(books, mill.FIGURES)
        findings = mill.query(
            books,
            "SELECT kind, subject, flow, start, end, value, other FROM findings_current ORDER BY ALL",
        )
        rejects = mill.query(
            books, "SELECT source, position, reason, payload FROM rejects FINAL ORDER BY ALL"
        )
        return figures, findings, rejects, books.manifest.counters, books.manifest.span
    finally:
        books.close()


def kill_until_done(root: Path, kills: Iterable[int | str]) -> int:
    """Runs that are killed, the last one is not; returns how many were."""
    count = 0
    for kill in kills:
        if child(root, kill) == 0:
            return count
        count += 1
    assert child(root, "none") == 0
    return count


def check(tmp_path: Path, seed: int, kills: Iterable[int | str], again: str) -> int:
    whole, broken = workspace(tmp_path / "whole", seed), workspace(tmp_path / "broken", seed)
    assert child(whole, "none") == 0
    count = kill_until_done(broken, kills)
    expected, found = outcome(whole), outcome(broken)
    for name, a, b in zip(
        ("figures", "findings", "rejects", "counters", "span"), expected, found, strict=True
    ):
        assert a == b, f"{name} differ after kills; again: {again}"
    assert expected[3].balance() == 0
    assert manifest.load(broken / "var" / "manifest.json").dirty == {}
    return count


COMMIT = [
    "Book._mark:20:after",  # the book is ahead of the manifest
    "Tables.write:2:after",  # rows sent, not committed
    "Book.forget:0:before",  # committed, the undo log is still there
]


def test_killed_around_a_commit(tmp_path):
    assert check(tmp_path, 0, COMMIT, "this test") == len(COMMIT)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_killed_anywhere(tmp_path, seed):
    kills = [seed * 1000 + n for n in range(KILLS)]
    check(tmp_path, seed, kills, f"pytest {__file__} -k 'test_killed_anywhere[{seed}]'")
