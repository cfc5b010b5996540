"""`everygram simulate`: a city whose books come out as its truth says."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from simulator.truth import load
from tests.cli.command import everygram, ok


def test_counters_are_those_of_the_truth(city: Path) -> None:
    expected = json.loads((city / "truth" / "expected.json").read_text())
    result = json.loads(ok("run", city, "--until-end", "-o", "json").out)
    for name in ("received", "accepted", "superseded", "duplicate", "rejected"):
        assert result[name] == expected[name], name
    assert result["findings"]["conflict"] == expected["conflicts"]
    assert result["holds"]


def test_day_figures_are_those_of_the_truth(city: Path) -> None:
    truth = load(city)["day"].select(["entity", "flow", "start", "quantity", "co2e_location_g"])
    wanted = {
        (r["entity"], r["flow"], int(r["start"].timestamp())): (r["quantity"], r["co2e_location_g"])
        for r in truth.to_pylist()
    }
    sql = (
        "SELECT entity, flow, toUnixTimestamp(start) AS at, quantity, co2e_location_g "
        "FROM rollups_current WHERE grain = 'day'"
    )
    rows = json.loads(ok("query", city, sql, "-o", "json").out)
    found = {
        (r["entity"], r["flow"], int(r["at"])): tuple(
            None if x is None else Decimal(x) for x in (r["quantity"], r["co2e_location_g"])
        )
        for r in rows
    }
    assert len(found) > 100
    assert found == wanted


def test_a_folder_in_use_and_sizes_that_make_no_city_are_refused(
    city: Path, tmp_path: Path
) -> None:
    for words in ((city,), (tmp_path / "x", "--meters", 3), (tmp_path / "x", "--late", 2)):
        ended = everygram("simulate", *words)
        assert ended.code == 2, words
        assert "Traceback" not in ended.err
    assert not (tmp_path / "x").exists()
