"""Results: every round of every benchmark as it was told, medians and spans of them, a table."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import described
from benchmarks.plan import Bench, Size

Figures = dict[str, Any]


class Results:
    """What was measured, kept in one JSON file; a part that is measured anew replaces its part."""

    def __init__(self, path: Path, size: Size) -> None:
        self.path = path
        self.told: dict[str, Any] = {"size": asdict(size), "machine": described(), "benches": {}}
        before = json.loads(path.read_text("utf-8")) if path.exists() else None
        if before and before["size"] == json.loads(json.dumps(self.told["size"])):
            self.told["benches"] = before["benches"]
        self._begun: set[str] = set()

    def add(self, bench: Bench, figures: Figures) -> None:
        """One round more of a benchmark."""
        if bench.name not in self._begun:
            self._begun.add(bench.name)
            self.told["benches"][bench.name] = {**asdict(bench), "rounds": []}
        self.told["benches"][bench.name]["rounds"].append(figures)
        self.path.write_text(json.dumps(self.told, indent=1), encoding="utf-8")


def load(path: Path) -> dict[str, Any]:
    """Results as they were written. FileNotFoundError where nothing was measured."""
    told: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return told


def middle(bench: Figures, figure: str) -> float | None:
    """The median of a figure over the rounds; None where it was not measured."""
    values = [r[figure] for r in bench["rounds"] if figure in r]
    return median(values) if values else None


def spanned(bench: Figures, figure: str) -> str:
    """Median (min to max) of a rate in readings a second, or of a time."""
    values = [r[figure] for r in bench["rounds"] if figure in r]
    if not values:
        return "-"
    one = _rate if figure == "rate" else _seconds
    low, high = one(min(values)), one(max(values))
    return one(median(values)) + (f" ({low} to {high})" if len(values) > 1 else "")


def _rate(value: float) -> str:
    return f"{value / 1e6:.2f} M/s"


def _seconds(value: float) -> str:
    return f"{value:.1f} s"


def target(bench: Figures) -> str:
    """What was asked for."""
    if bench["target"] is None:
        return "-"
    if bench["figure"] == "rate":
        return f"{bench['target'] / 1e6:g} M/s"
    return f"{bench['target']:g} s"


def reached(bench: Figures) -> bool | None:
    """Was it reached, by the median? None where nothing was asked for."""
    value = middle(bench, bench["figure"])
    if bench["target"] is None or value is None:
        return None
    good: bool = value >= bench["target"] if bench["figure"] == "rate" else value <= bench["target"]
    return good


def number(bench: Figures, figure: str, form: str) -> str:
    """The median of a figure in this form, `-` where it was not measured."""
    value = middle(bench, figure)
    return "-" if value is None else format(value, form)


HEADS = ("benchmark", "median (min to max)", "asked for", "", "CPU s per M", "peak anon MB",
         "rows per reading")  # fmt: skip


def rows(told: Figures) -> list[tuple[str, ...]]:
    """The table: a line for each benchmark."""
    out = []
    for bench in told["benches"].values():
        figure = bench["figure"] if middle(bench, bench["figure"]) is not None else "settle_s"
        if bench["run"] == "year_whole":
            figure = "all_s"
        verdict = {True: "reached", False: "NOT reached", None: ""}[reached(bench)]
        out.append((
            bench["title"], spanned(bench, figure), target(bench), verdict,
            number(bench, "cpu_s_per_million", ".3f"), number(bench, "peak_anon_mb", ",.0f"),
            number(bench, "rows_per_reading", ".3f"),
        ))  # fmt: skip
    return out


def text_table(told: Figures) -> str:
    """The table as plain text."""
    every = [HEADS, *rows(told)]
    wide = [max(len(row[n]) for row in every) for n in range(len(HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(row, wide, strict=True)).rstrip()
        for row in every
    )
