"""Every command of the READMEs runs, and prints what they show."""

from pathlib import Path

import pytest

from tests.docs.documents import ROOT, hold, run, steps

READMES = [ROOT / "README.md", ROOT / "README.zh.md"]


@pytest.mark.slow
@pytest.mark.parametrize("path", READMES, ids=lambda p: p.name)
def test_commands_of_a_readme(path: Path, tmp_path: Path) -> None:
    runnable = [step for step in steps(path) if not step.demo]
    assert len(runnable) >= 2
    assert sum(len(step.shown) for step in runnable) >= 2
    for step in runnable:
        printed = run(step.commands, tmp_path)
        for shown in step.shown:
            hold(shown, printed)


def test_the_readmes_begin_with_the_demo() -> None:
    assert all(steps(path)[0].demo for path in READMES)


@pytest.mark.slow
def test_the_demo_prints_what_the_readmes_show(tmp_path: Path) -> None:
    """`make demo` in a checkout that is installed is this command."""
    recipe = (ROOT / "Makefile").read_text("utf-8").partition("\ndemo: install")[2]
    assert recipe.splitlines()[1].strip() == "$(BIN)/everygram demo"
    printed = run("everygram demo", tmp_path)
    for path in READMES:
        for shown in steps(path)[0].shown:
            hold(shown, printed)
