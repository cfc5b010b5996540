"""The truth: it conserves, and a slow loop over the city's files comes to the same digits."""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pyarrow as pa
import pytest
import yaml

from schemas.rollup import ROLLUP
from simulator import truth
from tests.simulator.cities import city, json_lines, table

RANKS = ("estimated", "declared", "apportioned", "measured", "edited")
PARTS = [f"quantity_{rank}" for rank in RANKS]
GRAINS = ("base", "hour", "day", "month", "quarter", "year")


@cache
def rows(grain: str) -> list[dict[str, Any]]:
    return truth.load(city().root)[grain].to_pylist()


def parents() -> dict[tuple[str, str], str]:
    """Parent of an entity on a local day."""
    days = [(city().start + timedelta(days=d)).isoformat() for d in range(3)]
    out = {}
    for e in yaml.safe_load((city().root / "registry/entities.yaml").read_text("utf-8")):
        since, until = str(e.get("valid_from", "")), str(e.get("valid_to", "9999"))
        out.update({(e["id"], d): e.get("parent", "") for d in days if since <= d < until})
    return out


def local_day(instant: datetime) -> str:
    return (instant + timedelta(hours=8)).date().isoformat()


def test_tables_have_the_types_of_rollups() -> None:
    tables = truth.load(city().truth)
    assert tuple(tables) == GRAINS
    for name in tables["base"].schema.names:
        assert tables["base"].schema.field(name).type == ROLLUP.field(name).type


def test_space_conserves() -> None:
    """R9(a): in each base interval an entity = its children + its remainder."""
    above = parents()
    total: dict[tuple[str, str, datetime], Decimal] = defaultdict(Decimal)
    own: dict[tuple[str, str, datetime], Decimal] = defaultdict(Decimal)
    for r in rows("base"):
        q = r["quantity"] or Decimal(0)
        total[r["entity"], r["flow"], r["start"]] += q
        own[r["entity"], r["flow"], r["start"]] += q - (r["remainder"] or Decimal(0))
        parent = above[r["entity"], local_day(r["start"])]
        own[parent, r["flow"], r["start"]] -= q
    # At a place where all that enters leaves again (steam inside a district) there is no rollup.
    assert all(v == 0 for k, v in own.items() if k in total)
    assert sum(1 for k in own if k in total) > 10_000


def test_time_conserves() -> None:
    """R9(b): a window is the sum of the base intervals inside it, nulls counting as nothing."""
    names = [*PARTS, "quantity", "remainder", "co2e_location_g", "co2e_market_g",
             "minutes_expected", "minutes_reported"]  # fmt: skip
    base = rows("base")
    for grain in GRAINS[1:]:
        windows = {(r["entity"], r["flow"], r["start"]): r for r in rows(grain)}
        edges = sorted({(r["start"], r["end"]) for r in windows.values()})
        sums: dict[Any, dict[str, Any]] = defaultdict(dict)
        at = {r["start"]: next(a for a, b in edges if a <= r["start"] < b) for r in base}
        for r in base:
            into = sums[r["entity"], r["flow"], at[r["start"]]]
            for name in names:
                if r[name] is not None:
                    into[name] = into.get(name, 0) + r[name]
        assert sums.keys() == windows.keys()
        for key, row in windows.items():
            assert {n: row[n] for n in names if row[n] is not None} == sums[key]


def test_parts_by_rank_add_up() -> None:
    seen = set()
    for r in rows("base"):
        parts = [r[p] for p in PARTS]
        if r["quantity"] is None:
            assert parts == [None] * 5
            assert r["co2e_location_g"] is r["co2e_market_g"] is None
            assert r["minutes_reported"] == 0
        else:
            assert sum(parts) == r["quantity"]
            seen |= {name for name, part in zip(PARTS, parts, strict=True) if part}
    assert seen == set(PARTS)


@cache
def standing() -> dict[tuple[str, datetime], Decimal]:
    """R3, R4 by hand: what stands for each meter and quarter hour, in native units."""
    meters = {m["meter"]: m for m in table(city(), "registry/meters.csv")}
    best: dict[tuple[str, datetime], tuple[Any, ...]] = {}
    for r in json_lines(city()):
        meter = meters.get(r["meter"]) if r else None
        if r is None or meter is None or not good(r, meter):
            continue
        scale = Decimal(meter["multiplier"] or 1) * UNITS[r["unit"]]
        whole = int(Decimal(r.get("quantity", 0)) * scale * 10**6)
        start, end = (datetime.fromisoformat(r[k]) for k in ("start", "end"))
        n = int((end - start) / QUARTER)
        cut = n > 1 and r["quality"] == "measured"
        rank = RANKS.index("apportioned" if cut else r["quality"])
        for k in range(n):
            part = whole * (k + 1) // n - whole * k // n
            edit = r["revision"] if r["quality"] == "edited" else 0
            key = (rank, edit, -n, r["revision"], "quantity" in r, whole, part)
            at = (r["meter"], start + k * QUARTER)
            best[at] = max(best.get(at, key), key)
    return {at: Decimal(key[-1]).scaleb(-6) for at, key in best.items() if key[4]}


QUARTER = timedelta(minutes=15)
UNITS = {u: Decimal(1) for u in ("kWh", "Nm3", "GJ")} | {
    "MWh": Decimal(1000),
    "MJ": Decimal("0.001"),
}


def good(r: dict[str, Any], meter: dict[str, str]) -> bool:
    """Whether it is none of the broken ones, told by looking at it."""
    try:
        number = Decimal(r.get("quantity", "0"))
    except ArithmeticError:
        return False
    start = datetime.fromisoformat(r["start"])
    twice = r["quality"] == "measured" and "author" in r
    return (
        not twice and not number.is_nan() and 0 <= number < 10**9
        and r["unit"] in UNITS and start.tzinfo is not None and start.minute % 15 == 0
        and start.year == city().start.year
    )  # fmt: skip


def boundary() -> dict[tuple[str, str, str], list[str]]:
    """Meters that stand on an entity itself and are fed by nobody in the city, by entity."""
    out = defaultdict(list)
    for m in table(city(), "registry/meters.csv"):
        if not m["sub_of"] and not m["supplied_by"] and m["weight"] != "0":
            out[m["entity"], m["flow"], ""].append(m["meter"])
    return out


def test_the_city_is_what_came_in_from_outside() -> None:
    """A slow loop over the files: all meters that nothing in the city feeds, summed by day."""
    above, stands = parents(), standing()
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    homes = {m: (e, f) for (e, f, _), names in boundary().items() for m in names}
    for (meter, start), value in stands.items():
        if meter not in homes:
            continue
        entity, flow = homes[meter]
        day = start.date().isoformat()
        while entity:
            sums[entity, flow, day] += value
            entity = above[entity, day]
    days = {(r["entity"], r["flow"], local_day(r["start"])): r["quantity"] for r in rows("day")}
    lines_moved = {"WX-0001", "WX-0008", "WX-0002", "WX-0004"}
    steam = {("WX-0003", "purchased_heat"), ("wuxi-p001", "purchased_heat"),
             ("wuxi-p002", "purchased_heat")}  # fmt: skip
    checked = 0
    for (entity, flow, day), value in days.items():
        fed_by_meters = entity.count("-L") or entity in lines_moved or entity[:6] == "wuxi-p"
        if (
            fed_by_meters
            or (entity, flow) in steam
            or (entity[:6] == "wuxi-d" and flow == "grid_import")
        ):
            continue
        assert value == sums[entity, flow, day], (entity, flow, day)
        checked += 1
    assert checked > 60


def test_a_line_is_the_sum_of_its_machines_whoever_owns_it() -> None:
    stands = standing()
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    home = {m["meter"]: m for m in table(city(), "registry/meters.csv")}
    for (meter, start), value in stands.items():
        m = home[meter]
        behind = m["sub_of"].endswith("/feeder")
        if "-L" in m["entity"] and not behind:
            sums[m["entity"], m["flow"], start.date().isoformat()] += value
    days = {
        (r["entity"], r["flow"], local_day(r["start"])): r["quantity"]
        for r in rows("day")
        if "-L" in r["entity"]
    }
    assert days == dict(sums)


def test_a_line_sold_but_fed_by_its_seller_counts_for_the_buyer() -> None:
    base = {(r["entity"], r["flow"], r["start"]): r for r in rows("base")}
    stands = standing()
    change = "2026-03-03"
    checked = 0
    for (entity, flow, start), r in base.items():
        if entity != "WX-0001" or flow != "grid_import":
            continue
        main = stands.get(("WX-0001/import", start))
        line = base["WX-0001-L1", flow, start]["quantity"] or Decimal(0)
        sold = local_day(start) >= change
        # The buyer has the line; the seller keeps what its main meter shows less the line.
        if main is not None and r["quantity"] is not None:
            assert r["quantity"] == main - (line if sold else 0)
            checked += sold
    assert checked > 100


@pytest.mark.parametrize("grain", GRAINS)
def test_no_row_is_there_twice(grain: str) -> None:
    t: pa.Table = truth.load(city().root)[grain]
    keys = t.select(["entity", "flow", "start"]).to_pylist()
    assert len({tuple(k.values()) for k in keys}) == t.num_rows


def test_where_there_is_no_truth_it_says_so(tmp_path: Any) -> None:
    with pytest.raises(FileNotFoundError, match="everygram simulate"):
        truth.load(tmp_path)
