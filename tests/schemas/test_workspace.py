"""Workspaces as read: defaults, many files, fingerprints, and the registry compiled from them."""

from __future__ import annotations

import time
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schemas.compiled import FOREVER
from schemas.mapping import Mapping
from schemas.registry import compile_registry
from schemas.workspace import load
from tests.schemas.small import ENTITIES, METERS, SETTINGS, write
from tests.schemas.weigh import CARRIERS, FLOWS

DESIGN = {
    "everygram.yaml": """
name: mill
timezone: Asia/Shanghai
base_interval: 15m
accounting: {standard: local, gwp: AR5}
sources:
  - files: {path: "data/*.csv", decoder: everygram}        # csv, jsonl, parquet, arrow by suffix
  # - kafka: {brokers: "localhost:9092", topics: [meter.raw]}
sinks:
  - clickhouse: "chdb:var/books"                             # a path in the workspace
""",
    "registry/entities.yaml": """
- {id: wuxi, name: {en: Wuxi, zh: 无锡}, level: city, region: CN-JS}
- {id: mill, name: {en: Mill, zh: 钢厂}, level: enterprise, parent: wuxi}
""",
    "registry/meters.csv": "meter,entity,flow,interval,unit\nM1/import,mill,grid_import,15m,kWh\n",
    "factors/local.yaml": "- standard: local\n",
}


def local(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())


def test_the_design_s_workspace(tmp_path: Path) -> None:
    workspace = load(write(tmp_path, DESIGN))
    settings = workspace.settings
    assert (settings.name, settings.base_interval_s) == ("mill", 900)
    assert settings.timezone == ZoneInfo("Asia/Shanghai")
    assert settings.since_s == local("2000-01-02")
    assert settings.future_tolerance_s == 3600
    assert settings.sinks[0].path == "var/books"
    (source,) = settings.sources
    assert (source.path, source.decoder, source.keep) == ("data/*.csv", "everygram", "copy")
    assert source.may == ["estimated", "declared", "measured"]
    assert workspace.factor_files == [tmp_path / "factors/local.yaml"]
    assert workspace.entities.rows[1].names == {"en": "Mill", "zh": "钢厂"}
    compiled = compile_registry(workspace, FLOWS, flow_carriers=CARRIERS)
    assert compiled.meters == ["M1/import"]
    assert compiled.meter_cell_s.tolist() == [900]
    assert compiled.facts.unit == ["kWh"]
    assert compiled.class_region == ["CN-JS"]
    assert compiled.class_upper.tolist() == compiled.class_contract.tolist() == [-1]
    assert compiled.member_until.tolist() == [FOREVER]


def test_it_may_be_named_by_its_settings_file(tmp_path: Path) -> None:
    write(tmp_path, DESIGN)
    assert load(tmp_path / "everygram.yaml").root == tmp_path


def test_a_workspace_without_meters(tmp_path: Path) -> None:
    root = write(tmp_path)
    (root / "registry/meters.csv").unlink()
    compiled = compile_registry(load(root), FLOWS)
    assert compiled.meters == []
    assert len(compiled.class_entity) == len(compiled.member_slot) == 0
    assert compiled.entities == ["wuxi", "mill", "line"]


def test_registry_in_many_files(tmp_path: Path) -> None:
    files = {
        "registry/north/entities-north.yaml": "- {id: north, level: park, parent: wuxi}\n",
        "registry/north/meters-1.csv": "flow,entity,meter\ngrid_import,north,N1\n",
        "registry/.hidden.csv": "anything",
    }
    workspace = load(write(tmp_path, files))
    ids = workspace.meters.ids.to_pylist()
    assert sorted(ids) == ["M1", "N1"]
    row = ids.index("N1")
    assert workspace.meters.place(row) == ("registry/north/meters-1.csv", 2)


def test_mapping_from_its_file(tmp_path: Path) -> None:
    files = {
        "everygram.yaml": SETTINGS.replace("everygram}", "mappings/utility.yaml}"),
        "mappings/utility.yaml": "meter: '{id}'\ntime: '{t}'\nquantity: '{kWh}'\nscale: 0.001\n",
    }
    (source,) = load(write(tmp_path, files)).settings.sources
    assert isinstance(source.decoder, Mapping)
    assert source.decoder.columns() == ["t", "id", "kWh"]
    assert source.decoder.scale == Fraction(1, 1000)


def test_fingerprints_are_of_facts_not_of_form(tmp_path: Path) -> None:
    rows = "M1,mill,grid_import,15m,40\nM2,line,grid_import,,\n"
    text = "meter,entity,flow,interval,multiplier\n"
    one = {"registry/meters.csv": text + rows}
    other = {
        "everygram.yaml": "# a comment\nmax_rejects: 5\n" + SETTINGS.replace("mill", "other"),
        "registry/entities.yaml": "".join(reversed(ENTITIES.splitlines(keepends=True))),
        "registry/meters.csv": "meter,flow,entity,multiplier\nM2,grid_import,line,1\n",
        "registry/meters-2.csv": "flow,meter,entity,multiplier\ngrid_import, M1,mill,40.0\n",
    }
    first = load(write(tmp_path / "one", one)).fingerprints
    assert load(write(tmp_path / "other", other)).fingerprints == first


@pytest.mark.parametrize(
    ("part", "file", "old", "new"),
    [
        ("settings", "everygram.yaml", "AR5", "AR6"),
        ("settings", "everygram.yaml", "name: mill", "name: mill\nsince: 2001-01-01"),
        ("source data/*.csv", "everygram.yaml", "everygram}", "everygram, zone: UTC}"),
        ("registry", "registry/entities.yaml", "CN-JS", "CN-ZJ"),
        ("registry", "registry/meters.csv", "mill", "line"),
        ("registry", "registry/meters.csv", "M1", "M2"),
        ("contracts", "factors/contracts.csv", "0.1", "0.2"),
    ],
)
def test_a_changed_fact_changes_its_fingerprint(
    tmp_path: Path, part: str, file: str, old: str, new: str
) -> None:
    rates = "entity,flow,rate,unit\nmill,grid_import,0.1,kg/kWh\n"
    root = write(tmp_path, {"factors/contracts.csv": rates})
    before = load(root).fingerprints
    (root / file).write_text((root / file).read_text(encoding="utf-8").replace(old, new))
    after = load(root).fingerprints
    assert {name for name in before if before[name] != after[name]} == {part}


def test_slots_are_kept_and_new_ones_appended_by_entity(tmp_path: Path) -> None:
    text = METERS + "Z,line,grid_import\nA,mill,grid_import\nB,wuxi,grid_import\n"
    workspace = load(write(tmp_path, {"registry/meters.csv": text}))
    assert compile_registry(workspace, FLOWS).meters == ["B", "M1", "A", "Z"]
    compiled = compile_registry(workspace, FLOWS, ["Z", "GONE", "M1"])
    assert compiled.meters == ["Z", "GONE", "M1", "B", "A"]
    assert compiled.meter_flow.tolist() == [0, -1, 0, 0, 0]
    assert compiled.meter_interval_s.tolist() == [900, 0, 900, 900, 900]
    assert sorted(compiled.facts.slot.tolist()) == [0, 2, 3, 4]


def test_multipliers_and_intervals_by_row(tmp_path: Path) -> None:
    text = (
        "meter,entity,flow,interval,multiplier,valid_from,valid_to\n"
        "M1,mill,grid_import,1h,1/3,2020-01-01,\n"
        "M1,mill,grid_import,1h,0.25,,2020-01-01\n"
        "M2,mill,grid_import,5m,,,\n"
    )
    compiled = compile_registry(load(write(tmp_path, {"registry/meters.csv": text})), FLOWS)
    facts = compiled.facts
    ratios = list(zip(facts.multiplier_num, facts.multiplier_den, strict=True))
    assert ratios == [(1, 4), (1, 3), (1, 1)]
    assert facts.until.tolist() == [local("2020-01-01"), FOREVER, FOREVER]
    assert compiled.meter_interval_s.tolist() == [3600, 300]
    assert compiled.meter_cell_s.tolist() == [900, 300]
    assert len(compiled.member_slot) == 2  # rows that touch and count alike are one membership


def test_a_move_on_the_tenth_splits_the_month(tmp_path: Path) -> None:
    tree = ENTITIES + "- {id: other, level: enterprise, parent: wuxi, region: CN-ZJ}\n"
    text = (
        "meter,entity,flow,sub_of,valid_from,valid_to\n"
        "M1,mill,grid_import,,,\n"
        "S1,line,grid_import,M1,,2026-03-10\n"
        "S1,other,grid_import,M1,2026-03-10,\n"
    )
    files = {"registry/entities.yaml": tree, "registry/meters.csv": text}
    compiled = compile_registry(load(write(tmp_path, files)), FLOWS)
    rows = [
        (
            compiled.meters[compiled.member_slot[i]],
            compiled.entities[compiled.class_entity[number]],
            compiled.class_upper[number] >= 0,
            compiled.class_region[number],
            int(compiled.member_until[i]),
        )
        for i, number in enumerate(compiled.member_class)
    ]
    assert rows == [
        ("M1", "mill", False, "CN-JS", FOREVER),
        ("S1", "line", True, "CN-JS", local("2026-03-10")),
        ("S1", "other", True, "CN-ZJ", FOREVER),
    ]


@pytest.mark.slow
def test_a_million_meters_load_in_under_20_seconds(tmp_path: Path) -> None:
    parks = "".join(f"- {{id: p{i}, level: park, parent: city}}\n" for i in range(60))
    mills = "".join(f"- {{id: e{i}, level: mill, parent: p{i % 60}}}\n" for i in range(6000))
    columns = "meter,entity,flow,interval,unit,multiplier,sub_of,valid_from,valid_to\n"
    rows = [
        f"M{i},e{i % 6000},grid_import,15m,kWh,40,{f'M{i % 6000}' if i >= 6000 else ''},,\n"
        for i in range(1_000_000)
    ]
    rows[500_000:500_000] = [
        f"X{i},e{i},grid_import,15m,kWh,40,M{i},,2026-03-10\n"
        f"X{i},e{i + 1},grid_import,15m,kWh,40,M{i},2026-03-10,\n"
        for i in range(5_000)
    ]
    files = {
        "registry/entities.yaml": "- {id: city, level: city, region: CN-JS}\n" + parks + mills,
        "registry/meters.csv": columns + "".join(rows),
    }
    root = write(tmp_path, files)
    begin = time.process_time()  # of this process: other work on the machine does not count
    compiled = compile_registry(load(root), FLOWS, flow_carriers=CARRIERS)
    assert time.process_time() - begin < 20
    assert len(compiled.meters) == 1_005_000
    assert len(compiled.member_slot) == 1_010_000
