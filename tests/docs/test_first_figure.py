"""The way from a CSV to its first figure: every command runs, and prints what the page shows."""

from pathlib import Path

from tests.docs.documents import ROOT, hold, run, steps

PAGE = ROOT / "docs" / "first-figure.md"


def test_commands_of_the_page(tmp_path: Path) -> None:
    first, *others = steps(PAGE)
    run(first.commands, tmp_path)
    assert sum(len(step.shown) for step in others) == 5
    for step in others:
        printed = run(step.commands, tmp_path / "works")
        for shown in step.shown:
            hold(shown, printed)


def test_the_sum_by_hand() -> None:
    """The page's own arithmetic, and what the line reported."""
    assert sum(1000 + hour for hour in range(1, 25)) + 24 / 2 == 24 * 1013 == 24312
    assert round(24312 * 5827 / 10**4, 4) == 14166.6024
    line = [400 + hour + 0.25 for hour in range(1, 25) if hour not in (3, 4)]
    assert sum(line) + 400 == 9498.5
    assert "9498.5" in PAGE.read_text("utf-8")
