"""The embedded engine, held to the oracle on random workspaces and histories: no digit may differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle import compare
from oracle.compare import compare_findings
from tests.histories import History, Knobs, expected, histories, history, write_workspace
from tests.properties.engine import MemoryTables, run


def hold(history: History, folder: Path, runs: int = 1) -> None:
    """Run the history, in so many runs, and compare everything that is a function of the sets."""
    wanted, tables = expected(history), MemoryTables(folder / "tables")
    names = sorted(history.data)
    with pytest.MonkeyPatch.context() as patch:
        for n in range(runs):
            there = names[: len(names) * (n + 1) // runs]
            part = replace(history, data={name: history.data[name] for name in there})
            counts = run(write_workspace(folder, part), tables, patch)
    assert tables.rejected() == wanted.rejected
    assert counts == {
        **wanted.books.counts._asdict(),
        "received": len(wanted.readings) + wanted.rejected.total(),
        "rounded": wanted.rounded,
    }
    assert compare(tables.table("rollups"), wanted.books.rollups, history.given) == []
    assert compare_findings(tables.table("findings"), wanted.books.findings) == []


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(history=histories(), runs=st.integers(1, 3))
def test_engine_equals_oracle(
    tmp_path_factory: pytest.TempPathFactory, history: History, runs: int
) -> None:
    hold(history, tmp_path_factory.mktemp("history"), runs)


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(history=histories(max_hours=20, months=True), runs=st.integers(1, 3))
def test_engine_equals_oracle_at_length(
    tmp_path_factory: pytest.TempPathFactory, history: History, runs: int
) -> None:
    hold(history, tmp_path_factory.mktemp("history"), runs)


@pytest.mark.parametrize("seed", range(2))
def test_a_month(tmp_path: Path, seed: int) -> None:
    hold(history(Knobs(seed, months=True, days=True, arrears=True, noise=0.6)), tmp_path, runs=2)
