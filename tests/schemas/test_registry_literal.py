"""The compiled registry against R6 and R8 read literally, for every meter, entity and day."""

from __future__ import annotations

import tempfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import event, given, settings
from hypothesis import strategies as st

from schemas.mistakes import Mistakes
from schemas.registry import compile_registry
from schemas.workspace import load
from tests.schemas.small import csv_text, write
from tests.schemas.weigh import CARRIERS, FLOWS, path_up, weights

ZONE = ZoneInfo("Asia/Shanghai")
DAY_0 = date(2026, 3, 1)
DAYS = 12
METERS = "meter entity flow sub_of supplied_by weight valid_from valid_to"
RATES = "entity meter flow rate unit valid_from valid_to"

Row = dict[str, Any]


def spans(draw: st.DrawFn) -> list[tuple[int, int]]:
    """The days cut into one to three stretches."""
    cuts = sorted(draw(st.sets(st.integers(1, DAYS - 1), max_size=2)))
    return list(zip([0, *cuts], [*cuts, DAYS], strict=True))


@st.composite
def registries(draw: st.DrawFn) -> tuple[list[Row], list[Row], list[Row]]:
    """Entity, meter and contract rows, valid by `day` numbers, without regard to any physics."""
    names = [f"e{i}" for i in range(draw(st.integers(1, 5)))]
    entities = []
    for i, name in enumerate(names):
        for since, until in spans(draw):
            above = draw(st.sampled_from([None, *names[:i]]))
            region = draw(st.sampled_from([None, None, "CN-JS", "CN-ZJ"]))
            entities.append(
                {"id": name, "parent": above, "region": region, "since": since, "until": until}
            )
    meters: list[Row] = []
    for i in range(draw(st.integers(1, 7))):
        flow = draw(st.sampled_from(FLOWS))
        for since, until in spans(draw):
            row: Row = {"meter": f"m{i}", "flow": flow, "since": since, "until": until}
            row["entity"] = draw(st.sampled_from(names))
            row["weight"] = draw(st.sampled_from(["", 1, 0, 0, 2, -1]))
            way = draw(st.integers(0, 3))
            if way == 1:
                row["supplied_by"] = draw(st.sampled_from(names))
            elif way >= 2 and i:
                uppers = draw(st.sets(st.integers(0, i - 1), min_size=1, max_size=2))
                row["sub_of"] = ";".join(f"m{upper}" for upper in sorted(uppers))
            meters.append(row)
    return entities, meters, draw(contracts(names))


@st.composite
def contracts(draw: st.DrawFn, names: list[str]) -> list[Row]:
    """At most one rate a subject, some of them dated."""
    out = []
    for subject in draw(st.sets(st.sampled_from([*names, "m0", "m1"]), max_size=3)):
        since, until = draw(st.sampled_from(spans(draw)))
        kind = "meter" if subject[0] == "m" else "entity"
        out.append({kind: subject, "flow": draw(st.sampled_from(FLOWS)), "rate": "0.5",
                    "unit": "kg/kWh", "since": since, "until": until})  # fmt: skip
    return out


def at(rows: list[Row], key: str, name: str, day: int) -> Row:
    return next(row for row in rows if row[key] == name and row["since"] <= day < row["until"])


def above(entities: list[Row], name: str | None, day: int) -> list[str]:
    """The entity and all above it, nearest first."""
    out = []
    while name is not None:
        out.append(name)
        name = at(entities, "id", name, day)["parent"]
    return out


def upper_entities(meters: list[Row], row: Row, day: int) -> set[tuple[str, bool]]:
    """(entity, by supplied_by) of the upper meters that remain."""
    if row.get("supplied_by"):
        return {(row["supplied_by"], True)}
    out = set()
    for name in filter(None, row.get("sub_of", "").split(";")):
        upper = at(meters, "meter", name, day)
        counts = upper["weight"] != 0
        out |= {(upper["entity"], False)} if counts else upper_entities(meters, upper, day)
    return out


def literal_weights(entities: list[Row], meters: list[Row], day: int) -> dict[tuple[str, str], int]:
    """R6: weight[m->e] = w * ([e is m's entity or above it] - [e is u or above it])."""
    out = {}
    for row in (row for row in meters if row["since"] <= day < row["until"]):
        weight = 1 if row["weight"] == "" else row["weight"]
        upper = next(iter(upper_entities(meters, row, day)), (None, False))[0]
        for name in {one["id"] for one in entities}:
            inside = name in above(entities, row["entity"], day)
            outside = name in above(entities, upper, day)
            if weight * (inside - outside):
                out[row["meter"], name] = weight * (inside - outside)
    return out


def literal_region(entities: list[Row], name: str, day: int) -> str:
    path = (at(entities, "id", one, day)["region"] for one in above(entities, name, day))
    return next((region for region in path if region), "")


def literal_rate(entities: list[Row], rates: list[Row], row: Row, day: int) -> int:
    for kind, names in (("meter", [row["meter"]]), ("entity", above(entities, row["entity"], day))):
        for name in names:
            for i, rate in enumerate(rates):
                mine = rate.get(kind) == name and rate["flow"] == row["flow"]
                if mine and rate["since"] <= day < rate["until"]:
                    return i
    return -1


def dated(rows: list[Row]) -> list[Row]:
    days = (("since", "valid_from"), ("until", "valid_to"))
    return [{**row, **{to: DAY_0 + timedelta(row[of]) for of, to in days}} for row in rows]


def written(root: Path, entities: list[Row], meters: list[Row], rates: list[Row]) -> Path:
    tree = "".join(
        f"- {{id: {row['id']}, level: node, parent: {row['parent'] or 'null'}, "
        f"region: {row['region'] or 'null'}, valid_from: {row['valid_from']}, "
        f"valid_to: {row['valid_to']}}}\n"
        for row in dated(entities)
    )
    return write(
        root,
        {
            "registry/entities.yaml": tree,
            "registry/meters.csv": csv_text(METERS.split(), dated(meters)),
            "factors/contracts.csv": csv_text(RATES.split(), dated(rates)),
        },
    )


def refused(meters: list[Row]) -> bool:
    """Whether R6 forbids it: upper meters of several entities, or supplied by oneself."""
    return any(
        row.get("supplied_by") == row["entity"]
        or any(
            len(upper_entities(meters, row, day)) > 1 for day in range(row["since"], row["until"])
        )
        for row in meters
    )


@settings(max_examples=200, deadline=None)
@given(registries())
def test_compiled_registry_is_r6_read_literally(
    registry: tuple[list[Row], list[Row], list[Row]],
) -> None:
    entities, meters, rates = registry
    flow_of = {row["meter"]: row["flow"] for row in meters}
    rates = [row for row in rates if flow_of.get(row.get("meter"), row["flow"]) == row["flow"]]
    rates = [row for row in rates if row.get("meter", "m0") in flow_of]
    with tempfile.TemporaryDirectory() as folder:
        root = written(Path(folder), entities, meters, rates)
        try:
            compiled = compile_registry(load(root), FLOWS, flow_carriers=CARRIERS)
        except Mistakes:
            event("refused")
            assert refused(meters)
            return
    assert not refused(meters)
    slot = {name: i for i, name in enumerate(compiled.meters)}
    for day in range(DAYS):
        noon = datetime.combine(DAY_0 + timedelta(day), time(12), ZONE)
        instant = int(noon.timestamp())
        assert weights(compiled, instant) == literal_weights(entities, meters, day)
        for i, name in enumerate(compiled.entities):
            path = [compiled.entities[e] for e in path_up(compiled, i, instant)]
            assert path == above(entities, name, day)
        for row in (row for row in meters if row["since"] <= day < row["until"]):
            hit = (
                (compiled.member_slot == slot[row["meter"]])
                & (compiled.member_since <= instant)
                & (instant < compiled.member_until)
            )
            (number,) = compiled.member_class[hit]
            upper = next(iter(upper_entities(meters, row, day)), (None, False))
            assert compiled.entities[compiled.class_entity[number]] == row["entity"]
            assert bool(compiled.class_supplied[number]) == upper[1]
            assert compiled.flows[compiled.class_flow[number]] == row["flow"]
            region = literal_region(entities, row["entity"], day)
            assert compiled.class_region[number] == region
            assert compiled.class_contract[number] == literal_rate(entities, rates, row, day)
