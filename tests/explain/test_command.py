"""`everygram explain` as it is used: words that teach, a stable form, and nothing is changed."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

import pytest

from everygram.asking import ask
from sinks.asking import SOCKET, hold, serve
from tests.accounted import make_city, tables_of, tamper
from tests.cli.command import everygram, ok
from topologies.explain import Explainer, ExplainError

GOLDEN = Path(__file__).with_name("shape.json")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_city(tmp_path_factory.mktemp("w") / "city")


def shape(value: Any) -> Any:
    """The form of a JSON value: keys and kinds; a list has the form of everything in it."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in sorted(value.items())}
    if isinstance(value, list):
        return [merged([shape(one) for one in value])]
    kinds = {bool: "yes or no", int: "whole number", str: "text", type(None): "null"}
    return kinds[type(value)]


def merged(shapes: list[Any]) -> Any:
    """The form that all of them have; where they differ, every one of them."""
    tables = [one for one in shapes if isinstance(one, dict)]
    if tables:
        keys = sorted({key for one in tables for key in one})
        form = {key: merged([one[key] for one in tables if key in one]) for key in keys}
        return form if len(tables) == len(shapes) else {"may be null": form}
    if shapes and all(isinstance(one, list) for one in shapes):
        return [merged([one for some in shapes for one in some if one != ""])]
    return " | ".join(sorted({kind for one in shapes for kind in one.split(" | ")}))


def test_json_has_the_form_that_others_rely_on(city: Path) -> None:
    found = [
        json.loads(ok("explain", city, entity, "--start", "2026-03", "-o", "json").out)
        for entity in ("wuxi", "WX-0001", "WX-0001-L1")
    ]
    assert all(one["agrees"] is True for one in found)
    form = merged([shape(one) for one in found])
    assert form == json.loads(GOLDEN.read_text("utf-8")), json.dumps(form, indent=1)


def test_the_tree_says_why(city: Path) -> None:
    said = ok("explain", city, "wuxi", "--flow", "grid_import", "--start", "2026-03-03").out
    assert "✓ = the sum of what follows = the table" in said
    assert "Wuxi · 无锡" in said
    assert "g/kWh [" in said
    assert "evidence: own; factors/sim-city.yaml:" in said
    assert "coal 当量值" in said


@pytest.fixture(scope="module")
def explainer(city: Path) -> Explainer:
    return Explainer(city, lambda sql: b"".join(ask(city, sql, "json")))


def test_windows_as_people_write_them(explainer: Explainer) -> None:
    def window(when: str, grain: str = "") -> tuple[str, str, str]:
        figure = explainer.explain("WX-0001-L1", "grid_import", grain, when)[0]
        return figure.grain, figure.start, figure.end

    day = ("day", "2026-03-02T00:00+08:00", "2026-03-03T00:00+08:00")
    assert window("2026") == ("year", "2026-01-01T00:00+08:00", "2027-01-01T00:00+08:00")
    assert window("2026-Q1") == ("quarter", "2026-01-01T00:00+08:00", "2026-04-01T00:00+08:00")
    assert window("2026-03") == ("month", "2026-03-01T00:00+08:00", "2026-04-01T00:00+08:00")
    assert window("2026-03-02") == window("2026-03-02T10:20", "day") == day
    quarter_of_an_hour = ("base", "2026-03-02T10:15+08:00", "2026-03-02T10:30+08:00")
    assert window("2026-03-02T10:20") == window("2026-03-02T02:20+00:00") == quarter_of_an_hour
    assert window("2026-03-02T10:20", "hour")[1:] == (
        "2026-03-02T10:00+08:00",
        "2026-03-02T11:00+08:00",
    )
    assert window("")[1] == "2026-03-03T00:00+08:00", "the last day"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("WX-001",), "'WX-001' is no entity; did you mean 'WX-0001'?"),
        (("wuxi", "grid_inport"), "is no flow; did you mean 'grid_import'?"),
        (("wuxi", "grid_inport"), "; wuxi has grid_export, grid_import, natural_gas"),
        (("wuxi", "", "", "2027-03-01"), "its day figures start from 2026-03-02T00:00+08:00 to"),
        (("wuxi", "", "", "last week"), "names no window; write 2026, 2026-Q1, 2026-03,"),
        (("WX-0001-L1", "diesel_mass"), "is no flow"),
        (("WX-0001-L1", "onsite_solar"), "has no onsite_solar in the day of"),
    ],
)
def test_errors_teach(explainer: Explainer, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(ExplainError) as told:
        explainer.explain(*words)
    assert said in str(told.value)


def test_an_error_is_words_on_stderr(city: Path) -> None:
    ended = everygram("explain", city, "WX-001")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("'WX-001' is no entity")


def listed(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file of the books, but what the database keeps of its own accord."""
    files = (p for p in folder.rglob("*") if p.is_file() and "books" not in p.parts)
    return {
        p.relative_to(folder).as_posix(): (p.stat().st_size, p.stat().st_mtime_ns)
        for p in files
        if p.name not in ("everygram.lock",)
    }


def test_it_changes_nothing_and_works_while_another_process_holds_the_books(city: Path) -> None:
    var = city / "var"
    before = listed(var)
    with hold(var), tables_of(city) as tables:
        descriptor = os.open(var / "lock", os.O_RDWR)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        server = serve(tables, var / SOCKET)
        try:
            said = ok("explain", city, "WX-0001", "-o", "json")
        finally:
            server.close()
            os.close(descriptor)
    assert json.loads(said.out)["agrees"] is True
    assert listed(var) == before


def test_a_table_that_says_something_else_is_told(tmp_path: Path) -> None:
    root = make_city(tmp_path / "city", meters=60, days=1)
    with tables_of(root) as tables:
        where = "WHERE grain = 'day' AND entity = 'wuxi' AND flow = 'grid_import'"
        tamper(tables, where, "raw_quantity + 0.000001 AS raw_quantity")
    ended = everygram("explain", root, "wuxi", "--flow", "grid_import", "-o", "json")
    assert ended.code == 1
    figure = json.loads(ended.out)["figures"][0]
    assert "quantity" in figure["differences"]
    assert "co2e_location_g" not in figure["differences"]
    assert "does not say what its parts add up to (quantity" in ended.err
    assert "everygram verify" in ended.err
