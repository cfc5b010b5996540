"""The reconciliation of R9: what came in, what became of it, what the books noticed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from schemas.reading import Reason
from schemas.rollup import GRAINS
from topologies.books import Books

FINDINGS = "SELECT kind, count() AS n FROM findings_current GROUP BY kind ORDER BY kind"
ROLLUPS = "SELECT grain, count() AS n FROM rollups_current GROUP BY grain"


@dataclass
class Reconciliation:
    """received = accepted + superseded + duplicate + rejected, and what is shown beside it."""

    received: int
    accepted: int
    superseded: int
    duplicate: int
    rejected: dict[str, int]
    balance: int
    """received less all that became of it: 0, or something was lost."""
    rounded: int
    rounded_sum: dict[str, str]
    """Signed sum of the roundings per flow, in 10**-6 native units, as an exact fraction."""
    aligned: int
    findings: dict[str, int] = field(default_factory=dict)
    rollups: dict[str, int] = field(default_factory=dict)
    checked: int = 0
    """Cells of the tables that this run wrote, held to the sums that they must be."""
    differing: int = 0
    """How many of them differ: 0, or the program is wrong."""
    restated: list[str] = field(default_factory=list)
    """What differed from what the books were made with, and was accepted (R12)."""

    @property
    def rejects(self) -> int:
        """How many readings could not be taken."""
        return sum(self.rejected.values())

    @property
    def holds(self) -> bool:
        """Does everything add up?"""
        return self.balance == 0 and self.differing == 0

    def to_json(self) -> str:
        """All of it, for scripts."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return json.dumps(values | {"holds": self.holds}, indent=2) + "\n"


def reconcile(books: Books) -> Reconciliation:
    """The reconciliation of books at rest (committed)."""
    counters = books.manifest.counters
    order = {reason.value: place for place, reason in enumerate(Reason)}
    rejected = sorted(counters.rejected.items(), key=lambda item: order.get(item[0], 99))
    counted = _counts(books, ROLLUPS, "grain")
    return Reconciliation(
        received=counters.received,
        accepted=counters.accepted,
        superseded=counters.superseded,
        duplicate=counters.duplicate,
        rejected=dict(rejected),
        balance=counters.balance(),
        rounded=counters.rounded,
        rounded_sum=dict(sorted(counters.rounded_sum.items())),
        aligned=counters.aligned,
        findings=_counts(books, FINDINGS, "kind"),
        rollups={grain: counted[grain] for grain in GRAINS if grain in counted},
    )


def _counts(books: Books, sql: str, name: str) -> dict[str, int]:
    rows: list[dict[str, Any]] = json.loads(books.tables.query(sql, "json"))
    return {row[name]: int(row["n"]) for row in rows}


def in_text(r: Reconciliation, units: dict[str, str]) -> str:
    """The reconciliation for a reader; `units` by flow."""
    head = ["restated:", *(f"    {line}" for line in r.restated), ""] if r.restated else []
    rows = [
        ("received", r.received, "readings, every copy"),
        ("= accepted", r.accepted, "in force somewhere"),
        ("+ superseded", r.superseded, "in force nowhere"),
        ("+ duplicate", r.duplicate, "further copies"),
        ("+ rejected", r.rejects, "could not be taken"),
    ]
    width = max(len(f"{n:,}") for n in (r.received, r.checked))
    lines = head + [f"{name:<14}{n:>{width},}  {what}" for name, n, what in rows]
    lines += [f"    {name:<18}{n:>{width},}" for name, n in r.rejected.items()]
    lines.append("It adds up." if r.holds else _off(r))
    lines += ["", f"roundings     {r.rounded:>{width},}  to 10⁻⁶ of a unit, once per reading"]
    lines += [
        f"    {flow}: {_sum(text)} {units.get(flow, '')}" for flow, text in r.rounded_sum.items()
    ]
    if r.aligned:
        lines.append(f"aligned       {r.aligned:>{width},}  moved onto the grid")
    if r.checked:
        words = f"cells are the sum of their parts; {r.differing:,} differ"
        lines.append(f"conservation  {r.checked:>{width},}  {words}")
    lines += ["", "findings      " + _listed(r.findings, "none")]
    lines.append("rollups       " + _listed(r.rollups, "none: no reading in force"))
    return "\n".join(lines) + "\n"


def _off(r: Reconciliation) -> str:
    off = [f"off by {r.balance:,} readings"] if r.balance else []
    off += [f"{r.differing:,} cells differ from their parts"] if r.differing else []
    return f"IT DOES NOT ADD UP: {', '.join(off)}."


def _listed(counts: dict[str, int], none: str) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in counts.items()) or none


def _sum(text: str) -> str:
    """A sum of roundings in units: exact where it ends within 12 decimals, else cut and marked."""
    value = Fraction(text) / 1_000_000
    shown, rest = divmod(abs(value) * 10**12, 1)
    digits = f"{shown // 10**12}.{shown % 10**12:012d}".rstrip("0").rstrip(".")
    return f"{'-' if value < 0 else '+' if value > 0 else ''}{digits}{'…' if rest else ''}"


def worth_a_look(r: Reconciliation, workspace: str) -> Iterator[str]:
    """The commands that show what was counted."""
    if r.rejects:
        yield f"everygram rejects {workspace}"
    if r.findings:
        yield f'everygram query {workspace} "SELECT * FROM findings_current"'
