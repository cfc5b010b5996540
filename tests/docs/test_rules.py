"""The examples of docs/rules.md, each as a workspace that is accounted."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from tests.docs.documents import ROOT
from tests.real.accounts import Account, account, write
from topologies.books import Books
from topologies.restate import RestatementError

PAGE = (ROOT / "docs" / "rules.md").read_text("utf-8")
Table = list[dict[str, str]]

SETTINGS = """\
name: rules
timezone: Asia/Shanghai
accounting: {standard: own, gwp: AR5}
sources:
  - files: {path: "data/*.csv", may: [estimated, declared, measured, edited]}
"""
ENTITIES = """\
- {id: wuxi, name: {en: Wuxi}, level: city, region: CN-JS-WX}
- {id: mill, name: {en: Mill}, level: enterprise, parent: wuxi}
- {id: line, name: {en: Line}, level: line, parent: mill}
- {id: neighbour, name: {en: Neighbour}, level: enterprise, parent: wuxi}
"""
METERS = [{"meter": "M", "entity": "mill", "flow": "grid_import", "interval": "15m"}]
FACTORS = [
    {"factor": "grid_electricity", "region": "CN", "from": "2020-01-01", "value": "0.5 kg/kWh"},
    {"factor": "purchased_heat", "region": "CN", "from": "2020-01-01", "value": "100 kg/GJ"},
]
COLUMNS = {
    "g CO2e": "co2e_location_g",
    "g CO2e market": "co2e_market_g",
    "g CO2e apart": "co2e_apart_g",
}


def examples() -> dict[str, list[Table]]:
    """Tables by example, in order."""
    parts = re.split(r"^### Example: (.*)$", PAGE, flags=re.MULTILINE)
    names, texts = parts[1::2], parts[2::2]
    return {
        name: tables(text.partition("\n## ")[0]) for name, text in zip(names, texts, strict=True)
    }


def tables(text: str) -> list[Table]:
    """The tables of a text: a dictionary of cells per row."""
    out = []
    for block in re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE):
        head, _, *rows = [
            [cell.strip() for cell in line[1:-1].split("|")] for line in block.splitlines()
        ]
        out.append([dict(zip(head, row, strict=True)) for row in rows])
    return out


def table(found: list[Table], first: str) -> Table:
    """The table whose first column has this name; empty where there is none."""
    return next((one for one in found if next(iter(one[0])) == first), [])


def when(text: str) -> str:
    day, _, clock = text.rpartition(" ")
    return f"{day or '2024-03-01'}T{clock}:00+08:00"


def csv_of(rows: Table) -> str:
    heads = list(dict.fromkeys(name for row in rows for name in row))
    lines = [heads, *([row.get(name, "") for name in heads] for row in rows)]
    return "".join(",".join(line) + "\n" for line in lines)


def readings(rows: Table) -> str:
    given = []
    for row in rows:
        edited = {"author": "a person", "reason": "checked"} if "edited" in row.values() else {}
        start, end = when(row["start"]), when(row["end"])
        given.append({"meter": row["reading of"], **row, "start": start, "end": end, **edited})
    return csv_of([{k: v for k, v in row.items() if k != "reading of"} for row in given])


def factors(rows: Table) -> str:
    out: dict[tuple[str, str], str] = {}
    for row in rows:
        value, unit = row["value"].split()
        key = row["factor"], row["region"]
        head = f"- standard: own\n  factor: {key[0]}\n  region: {key[1]}\n  unit: {unit}\n"
        head += "  deducts: true\n" if row.get("deducts") == "yes" else ""
        out.setdefault(key, head + "  rows:\n")
        out[key] += f"    - {{valid_from: {row['from']}, co2: '{value}', source: rules.md}}\n"
    return "".join(out.values())


def contracts(rows: Table) -> str:
    return csv_of(
        [
            {
                "entity": row["contract of"],
                "flow": row["flow"],
                "rate": row["rate"].split()[0],
                "unit": row["rate"].split()[1],
                "valid_from": row["from"],
                "source": "rules.md",
            }
            for row in rows
        ]
    )


def workspace(root: Path, found: list[Table]) -> Path:
    files: dict[str, str | bytes] = {
        "everygram.yaml": SETTINGS,
        "registry/entities.yaml": ENTITIES,
        "registry/meters.csv": csv_of(table(found, "meter") or METERS),
        "factors/own.yaml": factors(table(found, "factor") or FACTORS),
        "data/readings.csv": readings(table(found, "reading of")),
    }
    if table(found, "contract of"):
        files["factors/contracts.csv"] = contracts(table(found, "contract of"))
    return write(root, files)


def same(found: str | None, shown: str) -> bool:
    if shown == "–":
        return found is None
    if re.fullmatch(r"-?[\d.]+", shown):
        return found is not None and Fraction(found) == Fraction(shown)
    return found == shown


def check_figures(found: Account, rows: Table) -> None:
    for row in rows:
        grain, _, start = row["window"].partition(" ")
        start = start if "-" in start else f"2024-03-01 {start}:00"
        flows = {"flow": row["flow"]} if "flow" in row else {}
        mine = [
            cell
            for cell in found.cells
            if cell["entity"] == row["entity"]
            and cell["grain"] == grain
            and cell["begin"].startswith(start)
            and all(cell[key] == value for key, value in flows.items())
        ]
        assert len(mine) == 1, (row, mine)
        for name in row.keys() - {"entity", "window", "flow"}:
            column = COLUMNS.get(name, name.replace(" ", "_"))
            assert same(mine[0][column], row[name]), (row, name, mine[0][column])


@pytest.mark.parametrize("name", examples())
def test_example(name: str, tmp_path: Path) -> None:
    tables_ = examples()[name]
    sql = "SELECT *, toString(start) AS begin FROM rollups_current"
    found = account(workspace(tmp_path, tables_), sql)
    figures, counts = table(tables_, "entity"), table(tables_, "received")
    assert figures
    check_figures(found, figures)
    for column, shown in (counts[0] if counts else {}).items():
        counted = getattr(found.counters, column)
        assert (sum(counted.values()) if column == "rejected" else counted) == int(shown)
    wanted = Counter((r["rejected of"], r["reason"]) for r in table(tables_, "rejected of"))
    assert Counter((r["meter"], r["reason"]) for r in found.rejects) == wanted
    noticed = {(row["finding about"], row["kind"]) for row in table(tables_, "finding about")}
    assert {(f["subject"], f["kind"]) for f in found.findings} == noticed


def _factor(root: Path, more: Table) -> None:
    (root / "factors/own.yaml").write_text(factors([*FACTORS[1:], *more]))


def _meters(root: Path, rows: Table) -> None:
    (root / "registry/meters.csv").write_text(csv_of(rows))


CHANGES = {
    "a factor for April is added": lambda root: _factor(
        root, [FACTORS[0], FACTORS[0] | {"from": "2024-04-01", "value": "0.4 kg/kWh"}]
    ),
    "a meter that is valid from April is added": lambda root: _meters(
        root, [*METERS, METERS[0] | {"meter": "M2", "valid_from": "2024-04-01"}]
    ),
    "the factor of 2020 is corrected": lambda root: _factor(
        root, [FACTORS[0] | {"value": "0.4 kg/kWh"}]
    ),
    "a meter gets a multiplier": lambda root: _meters(root, [METERS[0] | {"multiplier": "2"}]),
}


@pytest.mark.parametrize("row", table(tables(PAGE), "change"), ids=lambda row: row["change"])
def test_restatement(row: dict[str, str], tmp_path: Path) -> None:
    given = [{"reading of": "M", "start": "08:00", "end": "08:15", "quantity": "10"}]
    root = workspace(tmp_path, [given])
    account(root)
    CHANGES[row["change"]](root)
    if row["then"] == "stops":
        with pytest.raises(RestatementError):
            Books.open(root)
    else:
        assert row["then"] == "taken up"
        Books.open(root).close()


def test_every_rule_of_the_core_has_its_chapter() -> None:
    rules = re.findall(r"^## (R\d+) ", PAGE, re.MULTILINE)
    assert rules == ["R1", "R2", "R3", "R4", "R6", "R7", "R8", "R9", "R10", "R12"]
