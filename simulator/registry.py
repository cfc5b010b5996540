"""The workspace's files: settings, entities, meters, factors, contracts, as people write them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from simulator.plan import FLOWS, PHASES, Meter, Plan
from simulator.tariff import CHANGES, STANDARD

SETTINGS = """\
# A city that never was, drawn by everygram simulate. Its true totals are in truth/.
name: {name}
timezone: Asia/Shanghai
base_interval: 15m
accounting: {{standard: {standard}, gwp: AR5}}
sources:
  - files: {{path: "data/readings/*/*.{suffix}", decoder: everygram}}
  - files: {{path: "data/edits/*/*.{suffix}", decoder: everygram, may: [edited]}}
sinks:
  - clickhouse: "chdb:var/books"
"""

COLUMNS = "meter,entity,flow,interval,unit,multiplier,sub_of,supplied_by,weight,valid_from,valid_to"


def write_workspace(root: Path, plan: Plan, change: date, suffix: str) -> None:
    """Write everything but the data: a workspace that `check` accepts."""
    for folder in ("registry", "factors"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    text = SETTINGS.format(name="wuxi-simulated", standard=STANDARD, suffix=suffix)
    _write(root / "everygram.yaml", text)
    _write(root / "registry" / "entities.yaml", "".join(_entities(plan, change)))
    _write(root / "registry" / "meters.csv", "".join(_meters(plan, change)))
    _write(root / "factors" / f"{STANDARD}.yaml", _factors(change))
    _write(root / "factors" / "contracts.csv", _contracts(plan, change))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _entities(plan: Plan, change: date) -> list[str]:
    out = ["# Entities of the accounting tree; a line that moves has a row for each owner.\n"]
    for e in plan.entities:
        head = f"- {{id: {e.id}, name: {{en: {e.en}, zh: {e.zh}}}, level: {e.level}"
        region = f", region: {e.region}" if e.region else ""
        above = ["" if p < 0 else f", parent: {plan.entities[p].id}" for p in e.parents]
        if above[0] == above[1]:
            out.append(f"{head}{above[0]}{region}}}\n")
        else:
            out.append(f"{head}{above[0]}{region}, valid_to: {change}}}\n")
            out.append(f"{head}{above[1]}{region}, valid_from: {change}}}\n")
    return out


def _meters(plan: Plan, change: date) -> list[str]:
    out = [COLUMNS + "\n"]
    for m in plan.meters:
        rows = [_meter(plan, m, phase) for phase in PHASES]
        if rows[0] == rows[1] and all(m.lives):
            out.append(f"{rows[0]},,\n")
            continue
        if m.lives[0]:
            out.append(f"{rows[0]},,{change}\n")
        if m.lives[1]:
            out.append(f"{rows[1]},{change},\n")
    return out


def _meter(plan: Plan, m: Meter, phase: int) -> str:
    interval = "1h" if m.interval == 60 else "15m"
    multiplier = "" if m.multiplier == 1 else m.multiplier
    supplier = "" if m.supplied_by < 0 else plan.entities[m.supplied_by].id
    weight = "" if m.weight == 1 else m.weight
    return (
        f"{m.id},{plan.entities[m.entity].id},{FLOWS[m.flow].name},{interval},{m.shown_unit},"
        f"{multiplier},{m.feeds[phase]},{supplier},{weight}"
    )


def _factors(change: date) -> str:
    out = [f"# Invented factors of the standard {STANDARD}; electricity changes on {change}.\n"]
    for c in CHANGES:
        out.append(
            f"- standard: {STANDARD}\n  factor: {c.factor}\n  region: {c.region}\n"
            f"  unit: {c.unit}\n  deducts: true\n  rows:\n"
        )
        for phase, value in enumerate(c.values):
            if value is None or (phase == 1 and value == c.values[0]):
                continue
            since = "2000-01-01" if phase == 0 else str(change)
            out.append(f'    - {{valid_from: {since}, co2: "{value}", source: invented}}\n')
    return "".join(out)


def _contracts(plan: Plan, change: date) -> str:
    out = ["entity,meter,flow,rate,unit,valid_from,valid_to,source\n"]
    for c in plan.contracts:
        entity = plan.entities[c.entity].id if c.entity >= 0 else ""
        meter = plan.meters[c.meter].id if c.meter >= 0 else ""
        since = change if c.phase else "2000-01-01"
        out.append(f"{entity},{meter},grid_import,{c.rate},g/kWh,{since},,invented\n")
    return "".join(out)
