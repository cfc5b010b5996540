"""Two releases side by side: a pinned workspace stays where it is when a newer one is installed."""

from __future__ import annotations

import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from factors.catalogue import Catalogue, load_catalogue
from factors.library import LIBRARY, load_library, releases
from schemas.factor import Steps
from schemas.settings import Accounting

ZONE = ZoneInfo("Asia/Shanghai")
OLD, NEW = "2026.1", "2026.2"
REGIONS = ("CN-JS", "CN-JS-02", "CN-XZ", "CN", "GB", "US-CAMX", "")


def catalogue(standard: str, release: str | None, where: Path = LIBRARY) -> Catalogue:
    accounting = Accounting(standard=standard, gwp="AR5", library=release)
    return load_catalogue(accounting, [], ZONE, Path(), library_path=where)


def figures(made: Catalogue) -> dict[tuple[str, ...], list[list[object]]]:
    """Everything that settle may multiply by, with how it was found."""

    def plain(steps: Steps) -> list[list[object]]:
        columns = ("start", "value", "known", "region_found", "date_found", "basis")
        return [getattr(steps, name).tolist() for name in columns]

    found = {}
    for flow in made.flows:
        found["coal", flow] = plain(made.coal(flow))
        found["primary", flow] = plain(made.coal_primary(flow))
        for region in REGIONS:
            found["location", flow, region] = plain(made.location(flow, region))
            found["market", flow, region] = plain(made.market(flow, region))
    return found


@pytest.fixture
def old_alone(tmp_path: Path) -> Path:
    shutil.copytree(LIBRARY / OLD, tmp_path / "library" / OLD)
    return tmp_path / "library"


@pytest.mark.parametrize("standard", ["GB/T 32151", "CETS", "UK DESNZ", "US EPA"])
def test_a_pinned_workspace_keeps_every_digit(standard: str, old_alone: Path) -> None:
    before = catalogue(standard, None, old_alone)
    assert before.release == OLD
    shutil.copytree(LIBRARY / NEW, old_alone / NEW)
    after = catalogue(standard, OLD, old_alone)
    assert after.release == OLD
    assert figures(after) == figures(before)
    assert after.fingerprints() == before.fingerprints()
    assert after.factor_set == before.factor_set


def test_without_a_pin_the_newest_is_taken_and_tells_what_differs(old_alone: Path) -> None:
    before = catalogue("GB/T 32151", None, old_alone)
    shutil.copytree(LIBRARY / NEW, old_alone / NEW)
    after = catalogue("GB/T 32151", None, old_alone)
    assert after.release == NEW == releases()[-1]
    assert after.factor_set != before.factor_set
    old, new = before.fingerprints(), after.fingerprints()
    differs = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    assert "factor grid_electricity CN-JS" in differs
    assert all(name.startswith("factor grid_electricity") for name in differs)


def test_a_release_that_changes_no_figure_has_the_same_factor_set(old_alone: Path) -> None:
    """Sources, names and comments move nothing: only values, dates, units and signs do."""
    before = catalogue("GB/T 32151", None, old_alone)
    shutil.copytree(old_alone / OLD, old_alone / "2026.9")
    file = old_alone / "2026.9" / "cn" / "grid-mee-2022.yaml"
    text = file.read_text("utf-8")
    changed = "# a comment\n" + text.replace("MEE/NBS announcement", "Announcement")
    assert changed.count("Announcement") > 10
    file.write_text(changed, "utf-8")
    after = catalogue("GB/T 32151", "2026.9", old_alone)
    assert after.fingerprints() == before.fingerprints()
    assert after.factor_set == before.factor_set


def test_releases_are_in_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("2026.10", "2026.9", "2027.1", "2026.2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "release.yaml").write_text("{}", "utf-8")
    assert releases(tmp_path) == ["2026.2", "2026.9", "2026.10", "2027.1"]


def test_every_file_of_a_release_is_read(old_alone: Path) -> None:
    (old_alone / OLD / "cn" / "more.yaml").write_text(yaml.safe_dump("not a list"), "utf-8")
    library = load_library(OLD, ZONE, old_alone)
    assert [str(one) for one in library.mistakes] == [
        f"library/{OLD}/cn/more.yaml:1: must be a list: start each entry with `- `"
    ]
