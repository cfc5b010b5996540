"""The whole resolved table is a golden file: an edit of the library shows what it moves."""

from __future__ import annotations

import difflib
import shutil
from pathlib import Path

import pytest

from factors.golden import GOLDEN, main, render
from factors.library import LIBRARY, releases


@pytest.mark.parametrize("release", releases())
def test_the_resolved_table_is_the_golden_one(release: str) -> None:
    path = GOLDEN / f"factors.{release}.txt"
    golden = path.read_text("utf-8").splitlines() if path.exists() else []
    moved = list(difflib.unified_diff(golden, render(release).splitlines(), n=0, lineterm=""))
    assert not moved, (
        f"{len(moved)} lines of {path.name} move; if they are meant to, write them anew with "
        f"`python -m factors.golden --write` and commit them:\n" + "\n".join(moved[:40])
    )


def copied(tmp_path: Path, release: str) -> Path:
    shutil.copytree(LIBRARY / release, tmp_path / "library" / release)
    return tmp_path / "library"


def test_an_edit_shows_its_blast_radius(tmp_path: Path) -> None:
    """Jiangsu's 0.5827 of 2023 moves its own lines (the year, and after it) and nothing else."""
    release = releases()[-1]
    library = copied(tmp_path, release)
    before = render(release).splitlines()
    file = library / release / "cn" / "grid-mee-2023.yaml"
    text = file.read_text("utf-8")
    assert text.count('"0.5827"') == 1
    file.write_text(text.replace('"0.5827"', '"0.5828"'), "utf-8")
    after = render(release, library).splitlines()
    moved = [
        (one, other)
        for one, other in zip(before, after, strict=True)
        if one != other and not one.startswith("==")
    ]
    assert moved
    assert all("582.700000000" in one and "0.5827" in one for one, _ in moved)
    assert all("582.800000000" in other and "0.5828" in other for _, other in moved)
    sets = [(one, other) for one, other in zip(before, after, strict=True) if one.startswith("==")]
    assert sum(one != other for one, other in sets) < len(sets)  # others keep their factor set


def test_the_table_is_printed_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release = releases()[0]
    main([release])
    assert capsys.readouterr().out == render(release)
    monkeypatch.setattr("factors.golden.GOLDEN", tmp_path)
    main(["--write", release])
    assert (tmp_path / f"factors.{release}.txt").read_text("utf-8") == render(release)
