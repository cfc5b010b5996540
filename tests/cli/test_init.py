"""`everygram init`: a workspace that runs at once, right to the digit, and overwrites nothing."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import yaml

from tests.cli.command import everygram, ok


def _lines(folder: Path, path: str) -> list[str]:
    return (folder / path).read_text("utf-8").splitlines()


def test_it_runs_at_once_and_its_figures_are_the_sums_of_its_files(mill: Path) -> None:
    sums: dict[str, Decimal] = {}
    for row in csv.DictReader(_lines(mill, "data/week.csv")):
        sums[row["meter"]] = sums.get(row["meter"], Decimal(0)) + Decimal(row["quantity"])
    gas = csv.DictReader(_lines(mill, "data/utility/gas.csv"), delimiter=";")
    sums["gas"] = sum(
        (Decimal(row["volume"].replace(",", ".")) for row in gas if row["volume"] != "-"),
        Decimal(0),
    )
    sql = (
        "SELECT entity, flow, quantity, co2e_location_g FROM rollups_current WHERE grain = 'month'"
    )
    rows = json.loads(ok("query", mill, sql, "-o", "json").out)
    found = {(r["entity"], r["flow"]): Decimal(r["quantity"]) for r in rows}
    for entity in ("mill", "wuxi"):
        assert found[entity, "grid_import"] == sums["M1/import"]
        assert found[entity, "grid_export"] == sums["M1/export"]
        assert found[entity, "onsite_solar"] == sums["PV1"]
        assert found[entity, "natural_gas"] == sums["gas"]
    assert found["rolling", "grid_import"] == sums["L1"]
    assert all(r["co2e_location_g"] is not None for r in rows)


def test_nothing_is_rejected_and_nothing_found(mill: Path) -> None:
    result = json.loads(ok("run", mill, "--until-end", "-o", "json").out)
    assert result["received"] == result["accepted"] > 2500
    assert result["rejected"] == {}
    assert result["findings"] == {}


def test_editors_find_the_schemas_and_the_files_fit_them(mill: Path) -> None:
    checked = 0
    for path in mill.rglob("*.yaml"):
        first = path.read_text("utf-8").splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema="), path
        schema = path.parent / first.partition("=")[2]
        value = yaml.safe_load(path.read_text("utf-8"))
        if value is not None:
            jsonschema.validate(value, json.loads(schema.read_text("utf-8")))
            checked += 1
    assert checked == 3


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    mine = tmp_path / "registry" / "meters.csv"
    mine.write_text("meter,entity,flow\n")
    ended = everygram("init", tmp_path)
    assert ended.code == 2
    assert "registry/meters.csv" in ended.err
    assert mine.read_text() == "meter,entity,flow\n"
    assert not (tmp_path / "everygram.yaml").exists()


def test_here_is_the_default_and_a_folder_of_any_name_does(tmp_path: Path) -> None:
    for name in ("钢厂 1: a", "yes", "0012"):
        folder = tmp_path / name
        folder.mkdir()
        assert everygram("init", cwd=folder).code == 0
        assert yaml.safe_load((folder / "everygram.yaml").read_text("utf-8"))["name"] == name
    assert everygram("check", tmp_path / "yes").code == 0
