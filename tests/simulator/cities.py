"""Small cities for the tests, each drawn once, and what their files say in plain Python."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from simulator import Rates, Simulated, simulate

START = date(2026, 3, 2)
OFTEN = Rates(0.02, 0.05, 0.03, 0.01, 0.005, 0.05, 0.03, 0.03, 0.02, 0.02)
"""Everything goes wrong often."""


@cache
def city(kind: str = "jsonl", days: int = 3, rates: Rates = OFTEN) -> Simulated:
    """A city of seed 7; the same arguments share one folder."""
    target = Path(mkdtemp(prefix="everygram-city-")) / kind
    return simulate(
        target, seed=7, start=START, meters=80, entities=40, days=days, formats=kind, rates=rates
    )


def json_lines(where: Simulated) -> Iterator[dict[str, Any] | None]:
    """Each line by the standard library, numbers as Decimal; None where it is no JSON."""
    for path in where.files:
        for line in path.read_text("utf-8").splitlines():
            try:
                yield json.loads(line, parse_float=Decimal)
            except ValueError:
                yield None


def table(where: Simulated, name: str) -> list[dict[str, str]]:
    """Rows of a CSV file of the workspace."""
    with (where.root / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
