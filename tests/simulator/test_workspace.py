"""The workspace is one that `check` accepts, of the size asked for, with every kind of wiring."""

from pathlib import Path

import pytest

from factors.catalogue import load_catalogue
from schemas import workspace
from schemas.registry import compile_registry
from simulator import CLEAN, simulate
from simulator.build import BLOCK, Sizes, build
from simulator.plan import Role
from tests.simulator.cities import city, table


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv", "arrow"])
def test_it_loads_and_compiles(kind: str) -> None:
    read = workspace.load(city(kind).root)
    flows = load_catalogue(
        read.settings.accounting, read.factor_files, read.settings.timezone, read.root,
        contracts=read.contracts,
    ).flows  # fmt: skip
    compiled = compile_registry(read, sorted(flows))
    assert len(compiled.meters) == 80
    assert len(compiled.entities) == 40
    matched = {p for s in read.settings.sources for p in city(kind).root.glob(s.path)}
    assert matched == set(city(kind).files)


@pytest.mark.parametrize(
    ("meters", "entities"), [(50, None), (4000, None), (4000, 300), (20_000, 1200), (20_000, 6000)]
)
def test_sizes_are_exact(meters: int, entities: int | None) -> None:
    plan = build(5, meters, entities)
    assert len(plan.meters) == meters
    assert len({m.id for m in plan.meters}) == meters
    assert len(plan.entities) == (entities or max(23, meters * 3 // 10))
    assert len({e.id for e in plan.entities}) == len(plan.entities)


def test_the_usual_city_has_200_enterprises() -> None:
    sizes = Sizes.of(4000, None)
    assert (sizes.districts, sizes.parks, sizes.firms, sizes.lines) == (4, 20, 200, 975)


def test_blocks_hold_every_meter_once_and_are_bounded() -> None:
    plan = build(5, 60_000, None)
    ends = [0] + [last for _, _, last in plan.blocks]
    assert [first for _, first, _ in plan.blocks] == ends[:-1]
    assert ends[-1] == 60_000
    assert max(last - first for _, first, last in plan.blocks) <= BLOCK
    assert len({name for name, _, _ in plan.blocks}) == len(plan.blocks)


def test_every_kind_of_wiring_is_there() -> None:
    meters = table(city(), "registry/meters.csv")
    by_id = {m["meter"]: m for m in meters}
    assert {m["flow"] for m in meters} == {
        "grid_import", "grid_export", "onsite_solar", "natural_gas", "purchased_heat",
    }  # fmt: skip
    feeds = [m["sub_of"].split(";") for m in meters]
    assert any([by_id[f]["flow"] for f in up] == ["grid_import"] * 2 for up in feeds if up[0])
    assert any(
        [by_id[f]["flow"] for f in up] == ["grid_import", "onsite_solar"] for up in feeds if up[0]
    )
    assert [m["supplied_by"] for m in meters if m["supplied_by"]] == ["wuxi-p001"]
    assert {m["interval"] for m in meters} == {"15m", "1h"}
    assert {m["unit"] for m in meters} == {"kWh", "MWh", "Nm3", "GJ", "MJ"}
    assert {m["multiplier"] for m in meters} == {"", "20"}
    assert [m["meter"] for m in meters if m["weight"] == "0"] == ["WX-0001/check"]
    assert by_id["WX-0001/check"]["sub_of"] == "WX-0001/import"
    assert by_id["WX-0001-L2/feeder"]["sub_of"] == "WX-0001/check"
    assert by_id["WX-0001-L2/m01"]["sub_of"] == "WX-0001-L2/feeder"
    exchanged = [m for m in meters if m["valid_to"] and f"{m['meter']}-new" in by_id]
    assert [by_id[f"{m['meter']}-new"]["valid_from"] for m in exchanged] == ["2026-03-03"]
    refed = [m for m in meters if m["meter"].startswith("WX-0004-L1/")]
    assert {m["sub_of"] for m in refed} == {"WX-0004/import", "WX-0002/import;WX-0002/import-2"}


def test_a_single_day_is_before_the_change(tmp_path: Path) -> None:
    made = simulate(tmp_path / "day", seed=2, meters=50, days=1, formats="csv", rates=CLEAN)
    assert "valid_from: 2025-03-04" in (made.root / "registry/entities.yaml").read_text("utf-8")
    assert not any("-new," in p.read_text("utf-8") for p in made.files)


def test_progress_counts_every_file(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    made = simulate(
        tmp_path / "c", seed=2, meters=50, days=2, formats="csv", grains=("day",), rates=CLEAN,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen == [(n + 1, 4) for n in range(4)]
    assert len(made.files) == 4
    assert sorted(p.name for p in made.truth.iterdir()) == [
        "conflicts.parquet", "day.parquet", "expected.json",
    ]  # fmt: skip


def test_some_enterprise_gives_back_to_the_grid() -> None:
    plan = build(7, 4000, None)
    assert sum(m.role == Role.EXPORT for m in plan.meters) == 40
