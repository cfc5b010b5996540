"""Dimensions: contributions as the oracle reads R6, paths, names, factors; and when they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.tree import Tree
from schemas.workspace import load
from tests.accounted import make_city, tables_of
from tests.histories import Knobs, history, write_workspace
from topologies.contributions import contributions
from topologies.dimensions import dimension_jobs, dimension_tables, dimensions_fingerprint
from topologies.opening import compile_workspace, open_catalogue

NOW = 1_772_400_000


@pytest.mark.parametrize("seed", range(8))
def test_contributions_are_those_of_the_oracle(tmp_path: Path, seed: int) -> None:
    drawn = history(Knobs(seed, hours=6, enterprises=3, lines=3, months=seed % 2 == 0))
    workspace = load(write_workspace(tmp_path, drawn))
    (tmp_path / "var").mkdir()
    c = compile_workspace(workspace, open_catalogue(workspace), tmp_path / "var")
    rows = contributions(c)
    assert (rows.weight != 0).all()
    tree, seen = Tree(drawn.given), 0
    for instant in {t for t in tree.changes if abs(t) < 2**40}:
        now = (rows.since <= instant) & (instant < rows.until)
        found = {
            (c.meters[slot], c.entities[entity]): weight
            for slot, entity, weight in zip(
                rows.slot[now].tolist(), rows.entity[now].tolist(), rows.weight[now].tolist(),
                strict=True,
            )
        }  # fmt: skip
        assert len(found) == int(now.sum()), "one row at a time"
        wanted = {
            (one.meter, share.entity): share.weight
            for one in tree.contributions(instant)
            for share in one.shares
            if share.weight
        }
        assert found == wanted
        seen += len(found)
    assert seen


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_city(tmp_path_factory.mktemp("w") / "city", meters=60, days=1)


def test_the_tables_hold_them_and_change_only_with_what_they_show(city: Path) -> None:
    workspace = load(city)
    catalogue = open_catalogue(workspace)
    compiled = compile_workspace(workspace, catalogue, city / "var")
    with tables_of(city) as tables:
        counts = {
            name: (int(tables.query(f"SELECT count() FROM {name}", "TSV")), rows.num_rows)
            for name, rows in dimension_tables(workspace, compiled, catalogue, NOW)
        }
        assert {name for name, (kept, made) in counts.items() if kept != made} == set()
        assert min(made for _, made in counts.values()) > 10
        path = tables.query("SELECT path, name_zh FROM entities WHERE entity = 'WX-0001'", "TSV")
        assert path.decode().startswith("['wuxi','wuxi-d1','wuxi-p001','WX-0001']\t")
        assert list(dimension_jobs(workspace, compiled, catalogue, tables)) == []
        (city / "var" / "books" / "dimensions.sha256").write_text("of another registry")
        assert len(list(dimension_jobs(workspace, compiled, catalogue, tables))) == len(counts) + 1
        sql = "SELECT toString(value) FROM factors WHERE factor = 'natural_gas' AND measure = 'co2'"
        value = tables.query(f"{sql} AND standard = 'sim-city' LIMIT 1", "TSV")
        assert value.decode().count(".") == 1


def test_an_entity_is_shown_as_it_is_now(city: Path) -> None:
    workspace = load(city)
    catalogue = open_catalogue(workspace)
    moved = next(r for r in workspace.entities.rows if r.since > 0)
    before, after = moved.since - 1, moved.since

    def parent(now: int) -> str:
        compiled = compile_workspace(workspace, catalogue, city / "var")
        rows = dict(dimension_tables(workspace, compiled, catalogue, now))["entities"].to_pylist()
        return next(row["parent"] for row in rows if row["entity"] == moved.id)

    assert parent(before) != parent(after) == moved.parent
    prints = {dimensions_fingerprint(workspace, catalogue, now) for now in (before, after)}
    assert len(prints) == 2, "a move that comes into force writes them anew"
