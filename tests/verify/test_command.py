"""`everygram verify`: right books are right, and every way of touching them is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.accounted import account, make_city, tables_of, tamper
from tests.cli.command import everygram, ok


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_city(tmp_path_factory.mktemp("w") / "city", meters=60, days=2)


@pytest.fixture
def city(right: Path, tmp_path: Path) -> Path:
    shutil.copytree(right, tmp_path / "city", symlinks=True)
    return tmp_path / "city"


def verify(root: Path, *words: str, code: int = 1) -> dict[str, Any]:
    ended = everygram("verify", root, *words, "-o", "json")
    assert ended.code == code, ended
    found: dict[str, Any] = json.loads(ended.out)
    assert found["holds"] is (code == 0)
    return found


def test_right_books(right: Path) -> None:
    found = verify(right, code=0)
    assert found["whole"] is found["recomputed"] is True
    assert found["cells"] > 100_000
    assert found["findings"] > 0
    assert found["received"] > 5_000
    assert found["conservation"]["space"] > 3_000
    said = ok("verify", right, "--from", "2026-03-03").out
    assert "rollups recomputed, 2026-03-03; 0 differ" in said
    assert said.endswith("It is as it should be.\n")


def test_a_table_row_that_was_changed(city: Path) -> None:
    with tables_of(city) as tables:
        where = (
            "WHERE grain = 'base' AND entity = 'WX-0001-L1' AND quantity > 0 ORDER BY start LIMIT 1"
        )
        tamper(tables, where, "raw_quantity_edited + 0.000001 AS raw_quantity_edited, 0 AS same")
    found = verify(city)
    assert found["journal"] == []
    assert found["differing"] >= 1
    assert any("WX-0001-L1" in line and "quantity_edited" in line for line in found["first"])
    assert found["conservation"]["differing"] >= 1


def test_a_finding_that_was_taken_away(city: Path) -> None:
    with tables_of(city) as tables:
        gone = "SELECT * REPLACE (version + 1000 AS version, 1 AS gone) FROM findings FINAL"
        tables._run(f"INSERT INTO findings {gone} LIMIT 1", "tampering")
    found = verify(city)
    assert found["differing"] == 0
    assert len(found["findings_wrong"]) == 1
    assert "is missing" in found["findings_wrong"][0]


def test_a_byte_of_the_journal_that_was_changed(city: Path) -> None:
    segment = max((city / "var" / "journal").iterdir(), key=lambda p: p.stat().st_size)
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    found = verify(city)
    assert any(segment.name in line and "SHA-256" in line for line in found["journal"])


def test_a_file_kept_by_reference_that_is_gone(tmp_path: Path, right: Path) -> None:
    root = tmp_path / "city"
    shutil.copytree(right, root, ignore=shutil.ignore_patterns("var"))
    settings = (root / "everygram.yaml").read_text()
    settings = settings.replace("decoder: everygram", "decoder: everygram, keep: reference")
    (root / "everygram.yaml").write_text(settings)
    account(root)
    assert verify(root, code=0)["whole"] is True
    lost = next((root / "data" / "readings").rglob("*.jsonl"))
    lost.rename(lost.with_suffix(".bak"))
    found = verify(root)
    assert found["recomputed"] is False
    assert any(lost.name in line for line in found["journal"])
    assert "not recomputed" in everygram("verify", root).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "2027-01-01"], "the books hold nothing from 2027-01-01"),
        (["--from", "2026-03-03", "--to", "2026-03-02"], "is before --from"),
    ],
)
def test_a_period_that_is_none(right: Path, words: list[str], said: str) -> None:
    ended = everygram("verify", right, *words)
    assert ended.code == 2
    assert said in ended.err


def test_a_changed_registry_is_told_first(city: Path) -> None:
    path = city / "factors" / "sim-city.yaml"
    path.write_text(path.read_text().replace('co2: "', 'co2: "1', 1))
    ended = everygram("verify", city)
    assert ended.code == 2
    assert "factors changed since the books were made" in ended.err
