"""What the demonstration shows of its city: who used how much, what was noticed, and whether it is true."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from everygram.explained import UNBROKEN, tree
from everygram.reconciliation import Reconciliation, in_text
from simulator.truth import expected
from topologies.against_truth import TruthCheck
from topologies.books import Books
from topologies.explain import Explainer

WORST, PIPED_WIDTH = 8, 132
BAR = 18

TOTALS = """
SELECT e.entity AS entity, any(e.name_en) AS en, any(e.name_zh) AS zh, any(e.level) AS level,
    any(length(e.path)) AS depth,
    sumIf(r.consumption, r.carrier = 'electricity') AS kwh,
    sumIf(r.quantity, r.carrier = 'natural_gas') AS gas,
    sumIf(r.quantity, r.carrier = 'heat') AS heat,
    sum(r.co2e_location_g) AS location, sum(r.co2e_market_g) AS market, sum(r.kgce) AS kgce,
    sumIf(r.co2e_location_g, toDate(r.start) < toDate('{middle}')) AS before,
    sumIf(r.co2e_location_g, toDate(r.start) >= toDate('{middle}')) AS after,
    sum(r.minutes_expected) AS expected, sum(r.minutes_reported) AS reported
FROM rollups_current AS r INNER JOIN entities AS e ON e.entity = r.entity
WHERE r.grain = 'day' AND e.level IN ({levels})
GROUP BY entity ORDER BY {order} LIMIT {limit}
"""
"""Sums over the flows of an entity and all days: the city's standard deducts what is sold."""

FINDINGS = """
SELECT kind, count() AS n, any(text) AS example FROM findings_current GROUP BY kind ORDER BY n DESC
"""
DAYS = """
SELECT DISTINCT toString(toDate(start)) AS d FROM rollups_current WHERE grain = 'day' ORDER BY d
"""
EXPLAINED = """
SELECT entity, flow, substring(toString(start), 1, 7) AS month FROM rollups_current
WHERE grain = 'month' AND level = 'enterprise' AND flow = 'grid_import'
ORDER BY market_basis = 'mixed' DESC, co2e_location_g DESC LIMIT 1
"""
"""A figure worth explaining: factor and contract changed inside its window."""


class Report:
    """Tables for a reader, on stdout."""

    def __init__(self, books: Books, root: Path) -> None:
        self._books, self._root = books, root
        terminal = Console(file=sys.stdout).is_terminal
        width = None if terminal else PIPED_WIDTH
        self._out = Console(file=sys.stdout, highlight=False, markup=False, width=width)
        self._days = [row["d"] for row in self._ask(DAYS)]
        self._middle = (
            self._days[(len(self._days) + 1) // 2] if len(self._days) > 1 else "2100-01-01"
        )

    def _ask(self, sql: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self._books.tables.query(sql, "json"))
        return rows

    def _totals(self, levels: str, order: str, limit: int) -> list[dict[str, Any]]:
        sql = TOTALS.format(middle=self._middle, levels=levels, order=order, limit=limit)
        return self._ask(sql)

    def show(self, result: Reconciliation, check: TruthCheck, kept: str) -> None:
        """Everything, in the order of interest."""
        span = f"{self._days[0]} to {self._days[-1]}" if self._days else "no day"
        self._places(f"The city, its districts and parks · 城市、区、园区  ({span})")
        self._enterprises()
        self._findings()
        self._explained(kept)
        self._out.print(Text("\nReconciliation · 平衡核对", style="bold"))
        units = {name: flow.unit for name, flow in self._books.catalogue.flows.items()}
        self._out.print(in_text(result, units), end="")
        self._truth(result, check)
        self._next(kept)

    def _places(self, title: str) -> None:
        rows = self._totals("'city', 'district', 'park'", "any(e.path)", 1000)
        most = max(
            (Decimal(row["location"] or 0) for row in rows if row["depth"] == "3"),
            default=Decimal(1),
        )
        table = _table(
            title, "MWh", "gas Nm³", "heat GJ", "t CO2e", "market", "tce", "coverage", ""
        )
        for row in rows:
            depth = int(row["depth"])
            bar = _bar(Decimal(row["location"] or 0), most) if row["level"] == "park" else ""
            table.add_row(
                "  " * (depth - 1) + _name(row), *_amounts(row), _coverage(row), bar,
                style="bold" if depth == 1 else "",
            )  # fmt: skip
        self._out.print(table)

    def _enterprises(self) -> None:
        rows = self._totals("'enterprise'", "location DESC", WORST)
        table = _table("Most CO2e · 排放最多的企业", "t CO2e", "market", "change", "coverage", "")
        most = _most(rows)
        for row in rows:
            amount = Decimal(row["location"] or 0)
            table.add_row(
                f"{row['entity']} {_name(row)}", _tonnes(row["location"]), _tonnes(row["market"]),
                _change(row, len(self._days)), _coverage(row), _bar(amount, most),
            )  # fmt: skip
        self._out.print(table)
        self._out.print(
            Text(f"change: CO2e per day from {self._middle} on, against the days before", "dim")
        )
        worst = self._totals("'enterprise'", "reported / expected, entity", 3)
        names = [f"{row['entity']} {_name(row)} {_coverage(row)}" for row in worst]
        self._out.print(Text(f"least coverage · 覆盖率最低: {'; '.join(names)}"))

    def _findings(self) -> None:
        table = _table("Findings · 发现", "number")
        table.add_column("for example", overflow="fold")
        for row in self._ask(FINDINGS):
            table.add_row(row["kind"], f"{int(row['n']):,}", row["example"])
        self._out.print(table)

    def _explained(self, kept: str) -> None:
        chosen = self._ask(EXPLAINED)
        if not chosen:
            return
        entity, flow, month = (chosen[0][k] for k in ("entity", "flow", "month"))
        explainer = Explainer(self._root, lambda sql: self._books.tables.query(sql, "json"))
        command = f"everygram explain {kept or 'CITY'} {entity} --flow {flow} --start {month}"
        self._out.print(Text("\nOne figure explained · 一个数字的由来  ", "bold"), end="")
        self._out.print(Text(command, "dim"), soft_wrap=True)
        console = self._out
        if not console.is_terminal:
            console = Console(file=sys.stdout, highlight=False, markup=False, width=UNBROKEN)
        for explanation in explainer.explain(entity, flow, "", month):
            console.print(tree(explanation, 3))

    def counts_as_expected(self, result: Reconciliation) -> bool:
        """Does what was counted equal what the city was drawn with?"""
        return not self._miscounted(result)

    def _miscounted(self, result: Reconciliation) -> list[str]:
        wanted = expected(self._root)
        pairs = [
            (name, getattr(result, name), getattr(wanted, name))
            for name in ("received", "accepted", "superseded", "duplicate", "rejected")
        ]
        pairs.append(("conflicts", result.findings.get("conflict", 0), wanted.conflicts))
        return [f"{name}: {is_}, drawn were {was}" for name, is_, was in pairs if is_ != was]

    def _truth(self, result: Reconciliation, check: TruthCheck) -> None:
        grains = ", ".join(f"{n:,} {grain}" for grain, n in check.cells.items())
        text = Text("\nAgainst the truth · 与真值比对: ", "bold")
        text.append(f"{check.total:,} cells compared ({grains}); ")
        text.append(f"{check.wrong:,} differ", "bold red" if check.wrong else "bold green")
        self._out.print(text, soft_wrap=True)
        for line in [*check.first, *self._miscounted(result)]:
            self._out.print(Text(f"  {line}", "red"), soft_wrap=True)

    def _next(self, kept: str) -> None:
        city = kept or "city"
        commands = [
            (f"everygram query {city} \"SELECT * FROM by_carrier WHERE entity = 'wuxi'\"", "ask"),
            (f"everygram explain {city} wuxi --flow grid_import", "why"),
            (f"everygram rejects {city}", "what could not be taken"),
            (f"everygram verify {city}", "recompute it from the journal"),
            ("everygram init mill", "your own workspace"),
        ]
        if not kept:
            commands.insert(0, ("everygram demo --keep city", "the same, and the city stays"))
        width = max(len(command) for command, _ in commands)
        self._out.print(Text("\nNext · 下一步", style="bold"))
        for command, what in commands:
            self._out.print(Text(f"  {command:<{width}}  ").append(what, "dim"), soft_wrap=True)


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=Text(title, "bold"),
        title_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    table.add_column("", no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    return table


def _name(row: dict[str, Any]) -> str:
    return f"{row['en']} · {row['zh']}" if row["en"] != row["zh"] else str(row["en"])


def _amounts(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        _rounded(row["kwh"], 1000),
        _rounded(row["gas"], 1),
        _rounded(row["heat"], 1),
        _tonnes(row["location"]),
        _tonnes(row["market"]),
        _rounded(row["kgce"], 1000),
    )


def _rounded(value: str | None, per: int) -> str:
    """For reading: each figure rounded from the exact one, never from rounded parts (R2)."""
    return "–" if value is None else f"{Decimal(value) / per:,.1f}"


def _tonnes(grams: str | None) -> str:
    return _rounded(grams, 1_000_000)


def _coverage(row: dict[str, Any]) -> str:
    expected_minutes = int(row["expected"])
    return (
        f"{Decimal(int(row['reported']) * 100) / expected_minutes:.2f} %"
        if expected_minutes
        else "–"
    )


def _change(row: dict[str, Any], days: int) -> str:
    """CO2e per day in the later days against that in the earlier ones."""
    first = (days + 1) // 2
    before, after = Decimal(row["before"] or 0), Decimal(row["after"] or 0)
    if days < 2 or not before:
        return "–"
    return f"{(after / (days - first)) / (before / first) * 100 - 100:+.1f} %"


def _most(rows: Iterable[dict[str, Any]]) -> Decimal:
    """The largest emission, what bars are drawn against."""
    return max((Decimal(row["location"] or 0) for row in rows), default=Decimal(1))


def _bar(value: Decimal, most: Decimal) -> str:
    return "█" * round(value / most * BAR) if most > 0 and value > 0 else ""
