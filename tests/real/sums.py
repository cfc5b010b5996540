"""Figures summed a second time, plainly: csv, json and fractions; nothing of the product's."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

EXACT = Context(prec=60)
Key = tuple[str, str, str, int]
"""Entity, flow, grain, start of the window in epoch seconds."""


class Sums:
    """Quantity (10**-6 units) and CO2e (10**-15 g) by entity, flow and window cut in `zone`.

    `above` names the entity that an entity belongs to: what it uses counts there too.
    """

    def __init__(self, zone: tzinfo, above: dict[str, str], base: int = 3600) -> None:
        self.zone, self.above, self.base = zone, above, base
        self.quantity: dict[Key, int] = defaultdict(int)
        self.grams: dict[Key, int] = defaultdict(int)
        self._starts: dict[int, list[tuple[str, int]]] = {}

    def add(self, entity: str, flow: str, start: int, quantity: int, factor: int) -> None:
        """One reading no longer than an hour; its factor in 10**-9 g per unit."""
        step: str | None = entity
        while step is not None:
            for grain, begin in self._windows(start):
                key = (step, flow, grain, begin)
                self.quantity[key] += quantity
                self.grams[key] += quantity * factor
            step = self.above.get(step)

    def _windows(self, start: int) -> list[tuple[str, int]]:
        """Start of the window of each grain that holds an instant."""
        if start not in self._starts:
            local = datetime.fromtimestamp(start, UTC).astimezone(self.zone)
            quarter = (local.month - 1) // 3 * 3 + 1
            days = {
                "day": (local.month, local.day),
                "month": (local.month, 1),
                "quarter": (quarter, 1),
                "year": (1, 1),
            }
            self._starts[start] = [
                ("base", start // self.base * self.base),
                ("hour", start // 3600 * 3600),  # the zones here are whole hours from UTC
            ] + [
                (grain, int(datetime(local.year, *day, tzinfo=self.zone).timestamp()))
                for grain, day in days.items()
            ]
        return self._starts[start]


def micro(quantity: Fraction) -> int:
    """The quantity as the books keep it: a count of 10**-6 units, half to even."""
    return round(quantity * 10**6)


def nano(grams: Fraction) -> int:
    """A factor as the books keep it: a count of 10**-9 g per unit, half to even."""
    return round(grams * 10**9)


def rows_of(path: Path, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    """The rows of a CSV file by their columns' names."""
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def utc(text: str) -> int:
    """Epoch seconds of an ISO text, in UTC where it names no offset."""
    found = datetime.fromisoformat(text)
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def clock(
    zone: tzinfo, form: str, step: timedelta = timedelta(hours=1)
) -> Callable[[Iterable[str]], list[int]]:
    """Local times in their order as epoch seconds; the one that comes twice is first summer time."""

    def read(texts: Iterable[str]) -> list[int]:
        out: list[int] = []
        for text in texts:
            naive = datetime.strptime(text, form)  # noqa: DTZ007
            first, second = (
                int(naive.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1)
            )
            out.append(second if out and second != first and out[-1] >= first else first)
        return out

    return read


def differing(sums: Sums, answer: Iterable[dict[str, Any]], flows: set[str]) -> list[Any]:
    """The first cells whose quantity or emission differs between an answer and the sums."""
    seen, out = set[Key](), []
    for row in answer:
        if row["flow"] not in flows:
            continue
        key = (row["entity"], row["flow"], row["grain"], int(row["at"]))
        seen.add(key)
        found = counted(row["quantity"], 6), counted(row["co2e_location_g"], 15)
        if found != (sums.quantity.get(key), sums.grams.get(key)):
            out.append((key, found, sums.quantity.get(key), sums.grams.get(key)))
    out += [(key, "not in the books") for key in sorted(sums.quantity.keys() - seen)]
    return out[:20]


def counted(text: str | None, places: int) -> int | None:
    """A decimal's text as a whole number of its last place; None stays None."""
    if text is None:
        return None
    scaled = Decimal(text).scaleb(places, EXACT)
    assert scaled == int(scaled), f"{text} has more than {places} places"
    return int(scaled)


def answer_of(text: bytes) -> list[dict[str, Any]]:
    """Rows of an answer in JSON, one per line."""
    return [json.loads(line) for line in text.splitlines()]
