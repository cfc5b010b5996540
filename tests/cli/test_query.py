"""`everygram query` and `everygram rejects`: data on stdout, talk on stderr, reading only."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from decimal import Decimal
from pathlib import Path

from tests.cli.command import COMMAND, environment, everygram, ok

DAY = "SELECT entity, flow, quantity FROM rollups_current WHERE grain = 'day' ORDER BY ALL LIMIT 3"


def test_three_forms_of_one_answer(mill: Path) -> None:
    rows = json.loads(ok("query", mill, DAY, "-o", "json").out)
    read = list(csv.DictReader(io.StringIO(ok("query", mill, DAY, "-o", "csv").out)))
    assert len(rows) == 3
    assert [list(r.values()) for r in read] == [list(r.values()) for r in rows]
    assert Decimal(rows[0]["quantity"]) == Decimal(read[0]["quantity"])
    table = ok("query", mill, DAY).out
    assert "entity" in table.splitlines()[0]
    assert all(r["quantity"] in table for r in read)


def test_it_only_reads(mill: Path) -> None:
    before = ok("query", mill, "SELECT count() FROM rollups", "-o", "csv").out
    for sql in (
        "DROP TABLE rollups",
        "INSERT INTO rejects (source) VALUES ('x')",
        "SELECT 1; SELECT 2",
    ):
        ended = everygram("query", mill, sql)
        assert ended.code == 2, sql
        assert ended.out == ""
        assert "Traceback" not in ended.err
    assert ok("query", mill, "SELECT count() FROM rollups", "-o", "csv").out == before


def test_an_unknown_table_is_answered_with_those_there_are(mill: Path) -> None:
    ended = everygram("query", mill, "SELECT * FROM rollup")
    assert ended.code == 2
    for name in ("rollups_current", "findings_current", "by_scope", "coverage", "rejects"):
        assert name in ended.err


def test_no_books_yet(tmp_path: Path) -> None:
    ok("init", tmp_path / "w")
    ended = everygram("query", tmp_path / "w", "SELECT 1")
    assert ended.code == 2
    assert f"everygram run {tmp_path / 'w'} --until-end" in ended.err
    assert not (tmp_path / "w" / "var").exists()
    assert everygram("query", tmp_path, "SELECT 1").code == 2


def test_a_reader_that_has_seen_enough_is_no_error(mill: Path) -> None:
    words = [*COMMAND, "query", str(mill), "SELECT * FROM rollups_current", "-o", "csv"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read().decode()
        assert process.wait(60) == 0
    assert said == ""


def test_rejects_are_counted_and_shown(city: Path) -> None:
    counted = json.loads((city / "truth" / "expected.json").read_text())["rejected"]
    value = json.loads(ok("rejects", city, "-o", "json", "-n", "1000000").out)
    assert value["counts"] == counted
    assert len(value["latest"]) == sum(counted.values())
    assert {"source", "position", "message", "payload", "received_at"} <= value["latest"][0].keys()
    text = ok("rejects", city, "-n", "2").out
    assert f"2 of {sum(counted.values()):,} shown" in text
    assert "registry/meters.csv" in text  # the remedy of unknown_meter


def test_rejects_by_reason_and_source(city: Path) -> None:
    value = json.loads(ok("rejects", city, "--reason", "unknown_meter", "-o", "json").out)
    assert list(value["counts"]) == ["unknown_meter"]
    assert {r["reason"] for r in value["latest"]} == {"unknown_meter"}
    edits = ok("rejects", city, "--source", "data/edits", "-o", "csv").out
    sources = {row["source"] for row in csv.DictReader(io.StringIO(edits))}
    assert sources
    assert all(source.startswith("data/edits/") for source in sources)
    assert ok("rejects", city, "--source", "it's \\ not there").out == "No rejects.\n"


def test_rejects_wants_a_workspace(mill: Path) -> None:
    assert everygram("rejects").code == 2
    assert ok("rejects", mill).out == "No rejects.\n"
