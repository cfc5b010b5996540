"""A rebuild gives the same digits, counters, findings and rejects, whatever was lost but the journal."""

from __future__ import annotations

import gzip
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from simulator import Rates, simulate
from sinks.errors import SinkError
from tests.rebuild.outcome import anew, run, same
from tests.topologies import mill
from topologies.books import Books
from topologies.manifest import ManifestError
from topologies.restate import RestatementError

FORMS = ("csv", "jsonl", "parquet", "arrow", "gz")
FAULTS = Rates(edits=0.02, conflicts=0.01, malformed=0.01, estimated=0.02)


def city(root: Path, keep: str) -> Path:
    """Five days of one city, each in another form."""
    for n, form in enumerate(FORMS):
        one, kind = root.with_name(f"{root.name}-{form}"), "csv" if form == "gz" else form
        start = date(2025, 3, 3) + timedelta(days=n)
        simulate(
            one, seed=4, meters=44, entities=25, days=1, start=start, formats=kind, rates=FAULTS,
            grains=("day",),
        )  # fmt: skip
        if form == "gz":
            for path in (one / "data").rglob("*.csv"):
                path.with_suffix(".csv.gz").write_bytes(gzip.compress(path.read_bytes()))
                path.unlink()
        shutil.copytree(one, root, dirs_exist_ok=True)
    settings = (root / "everygram.yaml").read_text().replace("*/*.csv", "*/*.*")
    (root / "everygram.yaml").write_text(settings.replace("decoder:", f"keep: {keep}, decoder:"))
    return root


@pytest.mark.parametrize("keep", ["copy", "reference"])
def test_a_city_in_every_form(tmp_path: Path, keep: str) -> None:
    root = city(tmp_path / "city", keep)
    before = run(root)
    assert before["counters"].received > 10_000
    assert before["rejects"]
    assert before["findings"]
    assert before["counters"].duplicate
    same(anew(root), before)
    (root / "var/manifest.json").unlink()
    shutil.rmtree(root / "var/book")
    same(anew(root), before)
    same(run(root), before)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A mill with a day of readings: a copy, a conflict, a reject."""
    text = "".join(mill.line("M1", h, m, h + m) for h in range(23) for m in (0, 15, 30, 45))
    text += mill.line("M1", 3, 15, 18) + mill.line("M1", 4, 0, 99) + mill.line("X", 4, 0, 1)
    return mill.write(tmp_path / "mill", data__a_csv=mill.HEAD + text)


def _garble(path: Path) -> None:
    path.write_text('{"format": 1, "ver')


def _of_another_format(path: Path) -> None:
    path.write_text(
        path.read_text().replace('"format":1', '"format":7').replace("{", '{"format":7,', 1)
    )


LOSSES = {
    "manifest gone": lambda var: (var / "manifest.json").unlink(),
    "manifest garbled": lambda var: _garble(var / "manifest.json"),
    "manifest of another format": lambda var: _of_another_format(var / "manifest.json"),
    "book gone": lambda var: shutil.rmtree(var / "book"),
    "settle gone": lambda var: shutil.rmtree(var / "settle"),
    "slots gone": lambda var: (var / "slots.parquet").unlink(),
    "tables gone": lambda var: shutil.rmtree(var / "books"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_what_was_lost_is_made_anew(root: Path, loss: str) -> None:
    before = run(root)
    LOSSES[loss](root / "var")
    with pytest.raises(ManifestError, match="everygram rebuild"):
        Books.open(root)
    same(anew(root), before)
    (root / "data/b.csv").write_text(mill.HEAD + mill.line("S1", 5, 0, 7))
    after = run(root)
    assert after["counters"].received == before["counters"].received + 1
    assert after["counters"].duplicate == before["counters"].duplicate


def test_everything_but_the_journal_was_lost(root: Path) -> None:
    before = run(root)
    for path in (root / "var").iterdir():
        if path.name != "journal":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    same(anew(root), before)
    same(run(root), before)


def test_tables_that_cannot_be_read_are_put_aside(root: Path) -> None:
    before = run(root)
    books = Books.open(root)
    books.tables._run("INSERT INTO format VALUES (99)", "pretending")
    books.close()
    books = Books.rebuild(root)
    assert any("put aside as books.aside-1" in note for note in books.notes)
    books.close()
    assert (root / "var/books.aside-1").is_dir()
    same(run(root), before)


def test_versions_go_on_above_those_in_the_tables(root: Path) -> None:
    run(root)
    books = Books.open(root)
    highest = books.manifest.version
    books.close()
    (root / "var/manifest.json").unlink()
    anew(root)
    books = Books.open(root)
    try:
        (row,) = mill.query(books, "SELECT min(version) AS v FROM rollups_current")
        assert int(row["v"]) > highest
        causes = mill.query(books, "SELECT DISTINCT cause FROM rollup_history ORDER BY cause")
        assert [c["cause"] for c in causes] == ["readings", "rebuild"]
    finally:
        books.close()


def _everything(var: Path) -> dict[str, bytes]:
    """Every byte of the books but the tables (which open and close) and the logs of no change."""
    files = [path for path in var.rglob("*") if path.is_file() and "books" not in path.parts]
    return {
        str(path): path.read_bytes()
        for path in files
        if path.name != "lock" and not path.name.startswith("undo.")
    }


@pytest.mark.parametrize("how", ["gone", "changed"])
def test_a_referenced_file_that_is_not_there_leaves_the_books_alone(root: Path, how: str) -> None:
    settings = mill.SETTINGS.replace('"data/*.csv"', '"data/*.csv", keep: reference')
    mill.write(root, everygram_yaml=settings)
    before = run(root)
    kept, data = _everything(root / "var"), (root / "data/a.csv").read_bytes()
    (root / "data/a.csv").unlink() if how == "gone" else (root / "data/a.csv").write_bytes(
        data[:-9]
    )
    with pytest.raises(SinkError, match=r"(?s)data/a\.csv.*bring these files back"):
        Books.rebuild(root)
    assert _everything(root / "var") == kept
    (root / "data/a.csv").write_bytes(data)
    same(anew(root), before)


def test_a_changed_registry_is_accepted_or_nothing_happens(root: Path) -> None:
    before = run(root)
    mill.write(root, factors__local_yaml=mill.FACTORS.replace("0.5", "0.6"))
    with pytest.raises(RestatementError, match="--restate"):
        Books.rebuild(root)
    mill.write(root, factors__local_yaml=mill.FACTORS)
    same(run(root), before)


def test_without_a_journal_there_is_nothing_to_rebuild(root: Path) -> None:
    with pytest.raises(SinkError, match="everygram run"):
        Books.rebuild(root)
