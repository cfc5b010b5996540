"""Random workspaces with histories of readings, and what the oracle says of them.

@given(histories())
def test(history): write_workspace(folder, history); run it; compare with expected(history)
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from oracle import account, judge_line
from oracle.judge import Source
from oracle.records import ALWAYS, FOREVER, Books, FlowRow, Given, Reading
from schemas.reading import Reason
from tests.history_events import Events
from tests.history_registry import STEAM, City, Knobs, instant

RECEIVED = 1_900_000_000
"""Receipt in the oracle's eyes: after all readings but those of 2099."""
EDITS = "edits.jsonl"
ALL = frozenset({"estimated", "declared", "measured", "edited"})
STARTS = {
    "Asia/Shanghai": ["2024-01-10", "2023-12-31"],
    "Europe/Berlin": ["2024-03-31", "2024-10-27"],
    "Asia/Kolkata": ["2024-02-29"],
}


@dataclass(frozen=True, repr=False)
class History:
    """A workspace and its readings: `texts` by path in the workspace, `data` lines by file name."""

    knobs: Knobs
    given: Given
    texts: Mapping[str, str]
    data: Mapping[str, list[bytes]]

    def __repr__(self) -> str:
        return f"history({self.knobs})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The knobs make it: no need to print it all where a test fails."""
        printer.text(repr(self))


@dataclass(frozen=True)
class Expected:
    """What the oracle makes of a history."""

    books: Books
    readings: list[Reading]
    rejected: Counter[str]
    """Rejected lines by reason."""
    rounded: int
    """How many readings were rounded (R2), and the signed sum in 10**-6 native units by flow."""
    rounded_sum: dict[str, Fraction]


def history(knobs: Knobs) -> History:
    """The one history of these knobs."""
    city = City.build(knobs)
    return History(knobs, city.given(), workspace_texts(city), Events(city).lines())


@st.composite
def histories(draw: st.DrawFn, max_hours: int = 8, months: bool = False) -> History:
    """Small random workspaces with their readings; shrinks to fewer hours, meters and surprises."""
    zone = draw(st.sampled_from(sorted(STARTS)))
    day = datetime.fromisoformat(draw(st.sampled_from(STARTS[zone])))
    knobs = Knobs(
        seed=draw(st.integers(0, 2**32)),
        zone=zone,
        base_s=draw(st.sampled_from([900, 1800])),
        start=int(day.replace(tzinfo=ZoneInfo(zone)).timestamp()),
        hours=draw(st.integers(1, max_hours)),
        enterprises=draw(st.integers(1, 3)),
        lines=draw(st.integers(0, 3)),
        deducts=draw(st.booleans()),
        arrears=draw(st.booleans()),
        noise=draw(st.sampled_from([0.0, 0.2, 0.6])),
        days=draw(st.booleans()),
        months=months and draw(st.booleans()),
    )
    return history(knobs)


def expected(history: History) -> Expected:
    """Judge every line, then account: the whole path by the oracle."""
    readings, rejected = [], Counter[str]()
    rounded, sums = 0, dict[str, Fraction]()
    flow_of = {row.meter: row.flow for row in history.given.meters}
    for name, lines in history.data.items():
        source = Source(may=ALL) if name == EDITS else Source()
        if not lines:
            rejected[str(Reason.MALFORMED)] += 1  # an empty file is told
        for line in lines:
            verdict = judge_line(line, history.given, source, RECEIVED)
            if verdict.reading is None:
                rejected[str(verdict.reason)] += 1
                continue
            readings.append(verdict.reading)
            if verdict.rounding:
                flow = flow_of[verdict.reading.meter]
                rounded += 1
                sums[flow] = sums.get(flow, Fraction(0)) + verdict.rounding
    return Expected(account(readings, history.given), readings, rejected, rounded, sums)


def write_workspace(folder: Path, history: History) -> Path:
    """Write the workspace and its readings; gives the folder. What is there already is left alone."""
    for name, text in history.texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for name, lines in history.data.items():
        content, path = b"".join(line + b"\n" for line in lines), folder / "data" / name
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
    return folder


def workspace_texts(city: City) -> dict[str, str]:
    """The files of a workspace (4.1), but for its readings."""
    return {
        "everygram.yaml": _settings(city),
        "registry/entities.yaml": _entities(city),
        "registry/meters.csv": _meters(city),
        "factors/local.yaml": _factors(city),
        "factors/contracts.csv": _contracts(city),
    }


def _settings(city: City) -> str:
    return f"""\
name: history
timezone: {city.knobs.zone}
base_interval: {city.knobs.base_s // 60}m
accounting: {{standard: local, gwp: AR5}}
sources:
  - files: {{path: "data/[ab].jsonl", decoder: everygram}}
  - files: {{path: "data/{EDITS}", decoder: everygram, may: [{", ".join(sorted(ALL))}]}}
sinks:
  - clickhouse: "chdb:var/books"
"""


def _validity(since: int, until: int) -> dict[str, str]:
    return {
        "valid_from": "" if since == ALWAYS else instant(since),
        "valid_to": "" if until == FOREVER else instant(until),
    }


def _flat(fields: Mapping[str, object]) -> str:
    """A mapping in YAML's flow style; JSON's strings are YAML's."""
    told = {key: value for key, value in fields.items() if value not in ("", None)}
    return json.dumps(told, ensure_ascii=False)


def _entities(city: City) -> str:
    rows = []
    for row in city.entities:
        fields = {"id": row.entity, "level": row.level, "parent": row.parent, "region": row.region}
        rows.append(f"- {_flat({**fields, **_validity(row.since, row.until)})}\n")
    return "".join(rows)


def _table(rows: list[dict[str, object]], columns: str) -> str:
    page = io.StringIO()
    writer = csv.DictWriter(page, columns.split(","), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return page.getvalue()


def _meters(city: City) -> str:
    rows: list[dict[str, object]] = [
        {
            "meter": row.meter,
            "entity": row.entity,
            "flow": row.flow,
            "interval": f"{row.interval_s // 60}m",
            "unit": row.unit,
            "multiplier": "" if row.multiplier == 1 else str(row.multiplier),
            "sub_of": ";".join(row.sub_of),
            "supplied_by": row.supplied_by or "",
            "weight": "" if row.weight == 1 else str(row.weight),
            **_validity(row.since, row.until),
        }
        for row in city.meters
    ]
    columns = "meter,entity,flow,interval,unit,multiplier,sub_of,supplied_by,weight"
    return _table(rows, f"{columns},valid_from,valid_to")


def _decimal(count: int, decimals: int) -> str:
    """An exact decimal of an integer count of 10**-decimals."""
    return f"{count // 10**decimals}.{count % 10**decimals:0{decimals}d}"


def _flow(flow: FlowRow) -> str:
    fields = {"flow": flow.name, "carrier": flow.carrier, "unit": flow.unit}
    return f"- {_flat({**fields, 'scope': flow.scope, 'factor': flow.factor})}\n"


def _factors(city: City) -> str:
    """Own flow, and the rows by factor and region: grams in kg, so that every digit is written."""
    unit = {flow.factor: flow.unit for flow in city.flows.values()}
    page = [_flow(STEAM)]
    keys = dict.fromkeys((row.factor, row.region) for row in city.factors)
    for factor, region in keys:
        head = {"standard": "local", "factor": factor, "region": region}
        head |= {"unit": f"kg/{unit[factor]}"}
        switches = {"deducts": city.knobs.deducts, "arrears": city.knobs.arrears}
        page.append(f'- {_flat({**head, **switches})[:-1]}, "rows": [\n')
        for row in city.factors:
            if (row.factor, row.region) == (factor, region):
                dates = _validity(row.valid_from, row.valid_to or FOREVER)
                fields = {**dates, "co2": _decimal(row.value, 12), "source": "a draw"}
                page.append(f"    {_flat(fields)},\n")
        page.append("  ]}\n")
    return "".join(page)


def _contracts(city: City) -> str:
    rows: list[dict[str, object]] = [
        {
            "entity": row.entity or "",
            "meter": row.meter or "",
            "flow": row.flow,
            "rate": _decimal(row.rate, 9),
            "unit": "g/kWh",
            "source": "a draw",
            **_validity(row.since, row.until),
        }
        for row in city.contracts
    ]
    return _table(rows, "entity,meter,flow,rate,unit,valid_from,valid_to,source")
