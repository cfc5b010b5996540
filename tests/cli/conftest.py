"""Workspaces that several tests look at and none changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import ok


@pytest.fixture(scope="session")
def mill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter workspace, accounted."""
    folder = tmp_path_factory.mktemp("starter") / "mill"
    ok("init", folder)
    ok("run", folder, "--until-end")
    return folder


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated city with everything that goes wrong, accounted."""
    folder = tmp_path_factory.mktemp("simulated") / "city"
    ok("simulate", folder, "--meters", 300, "--days", 2, "--format", "csv", "--malformed", 0.002)
    ok("run", folder, "--until-end")
    return folder
