"""Random readings of a random city: duplicates, disorder, revisions, edits, conflicts, nonsense."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from oracle.records import MeterRow
from tests.history_registry import City

Event = dict[str, object]
"""A reading as fields of design 4.2; `quantity` is the number's text."""


class Events:
    """The readings of a city, in the order in which things happen."""

    def __init__(self, city: City) -> None:
        self.city, self.knobs = city, city.knobs
        self.rng = random.Random(city.knobs.seed + 1)
        self.end = self.knobs.start + self.knobs.hours * 3600

    def lines(self) -> dict[str, list[bytes]]:
        """Lines by file: what the meters say, and what people correct."""
        measured, edits = list(self._measured()), list(self._edits())
        told = [self._line(event) for event in measured]
        told += [self.rng.choice(told) for _ in range(self._some(len(told))) if told]
        told += [self._again(event) for event in measured if self.rng.random() < self._rare()]
        told += list(self._nonsense(measured))
        self.rng.shuffle(told)
        half = self.rng.randrange(len(told) + 1)
        corrected = [self._line(event) for event in edits]
        return {"a.jsonl": told[:half], "b.jsonl": told[half:], "edits.jsonl": corrected}

    def _rare(self) -> float:
        return self.knobs.noise / 4

    def _some(self, of: int) -> int:
        return int(of * self.knobs.noise / 2)

    def _rows(self) -> dict[str, list[MeterRow]]:
        rows: dict[str, list[MeterRow]] = {}
        for row in self.city.meters:
            rows.setdefault(row.meter, []).append(row)
        return rows

    def _measured(self) -> Iterator[Event]:
        for meter, rows in self._rows().items():
            silent = self.rng.random() < self.knobs.noise / 3
            for start, end in self._grid(rows[0]):
                if not silent and self.rng.random() > self._rare():
                    yield from self._variants(meter, rows, start, end)
            if self.knobs.days and self.rng.random() < 0.4:
                yield self._long(meter, "day")
            if self.knobs.months and self.rng.random() < 0.2:
                yield self._long(meter, "month")

    def _grid(self, row: MeterRow) -> Iterator[tuple[int, int]]:
        cell = min(row.interval_s, self.knobs.base_s)
        length = self.rng.choice([row.interval_s, row.interval_s, cell, 3600])
        length = max(length, cell)
        for start in range(self.knobs.start, self.end, length):
            yield start, start + length

    def _quantity(self) -> str:
        rng = self.rng
        kind = rng.randrange(8)
        if kind == 0:
            return str(rng.randrange(50))
        if kind == 1:
            return f"{rng.randrange(1, 10**4)}e-{rng.randrange(5)}"
        return f"{rng.randrange(200)}.{rng.randrange(10**7):07d}"

    def _variants(self, meter: str, rows: list[MeterRow], start: int, end: int) -> Iterator[Event]:
        """A reading and, now and then, what else is said of the same time."""
        event: Event = {"meter": meter, "start": start, "end": end, "quantity": self._quantity()}
        event["quality"] = self.rng.choice(["measured"] * 6 + ["estimated", "declared"])
        if self.rng.random() < 0.3:
            event["unit"] = self._unit(rows[0])
        yield event
        rng, chance = self.rng, self._rare()
        if rng.random() < chance:
            yield {**event, "quantity": self._quantity(), "revision": rng.randrange(1, 3)}
        if rng.random() < chance:
            yield {**event, "quantity": self._quantity()}
        if rng.random() < chance:
            yield {**event, "quantity": self._quantity(), "quality": "estimated"}
        if rng.random() < chance and (end - start) % 7200 == 0:
            yield {**event, "end": start + (end - start) // 2, "quantity": self._quantity()}
        if rng.random() < chance:
            yield {**event, "end": start + 3600 * 2, "quantity": self._quantity()}

    def _unit(self, row: MeterRow) -> str:
        native = self.city.flows[row.flow].unit
        return self.rng.choice(
            {"kWh": ["kWh", "MWh", "MJ"], "GJ": ["MJ", "kWh"]}.get(native, [native])
        )

    def _long(self, meter: str, grain: str) -> Event:
        """A day or month of the local calendar, declared or measured."""
        zone = ZoneInfo(self.knobs.zone)
        today = datetime.fromtimestamp(self.rng.randrange(self.knobs.start, self.end), zone).date()
        first, after = today, today + timedelta(days=1)
        if grain == "month":
            first = today.replace(day=1)
            after = (first + timedelta(days=32)).replace(day=1)
        quality = self.rng.choice(["declared", "declared", "measured", "estimated"])
        ends = {"start": _midnight(first, zone), "end": _midnight(after, zone)}
        return {"meter": meter, **ends, "quantity": self._quantity(), "quality": quality}

    def _edits(self) -> Iterator[Event]:
        for meter, rows in self._rows().items():
            for start, end in self._grid(rows[0]):
                if self.rng.random() < self._rare():
                    event: Event = {"meter": meter, "start": start, "end": end}
                    event |= {"quality": "edited", "author": "li", "reason": "as billed"}
                    event["revision"] = self.rng.randrange(3)
                    if self.rng.random() < 0.7:
                        event["quantity"] = self._quantity()
                    yield event

    def _line(self, event: Event) -> bytes:
        """The event as JSON, in one of the ways in which it can be written."""
        fields = dict(event)
        for name in ("start", "end"):
            if isinstance(fields.get(name), int):
                fields[name] = self._time(fields[name])  # type: ignore[arg-type]
        quantity = fields.pop("quantity", None)
        if quantity is not None:
            fields["quantity"] = "@" if self.rng.random() < 0.5 else quantity
        if fields.get("quality") == "measured" and self.rng.random() < 0.5:
            del fields["quality"]
        if self.rng.random() < 0.1:
            fields["note"] = "a field that nobody knows"
        text = json.dumps(fields, ensure_ascii=self.rng.random() < 0.5)
        return text.replace('"@"', str(quantity)).encode()

    def _time(self, moment: int) -> str:
        zone = self.rng.choice([UTC, ZoneInfo(self.knobs.zone), ZoneInfo("Asia/Tokyo")])
        text = datetime.fromtimestamp(moment, zone).isoformat()
        return text.replace("+00:00", "Z") if self.rng.random() < 0.5 else text

    def _again(self, event: Event) -> bytes:
        """The same reading, written in another way."""
        return self._line({"revision": 0, **event, "quantity": f"{event['quantity']}"})

    def _nonsense(self, measured: list[Event]) -> Iterator[bytes]:
        """Readings to reject, one kind of nonsense in each (and sometimes two)."""
        for _ in range(self._some(len(measured)) // 2):
            event = dict(self.rng.choice(measured))
            for wrong in self.rng.sample(WRONG, self.rng.choice([1, 1, 1, 2])):
                event |= wrong
            if "omit" in event:
                event.pop(str(event.pop("omit")), None)
            yield self._line(event)
        if self._some(len(measured)):
            yield from BROKEN


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


WRONG: list[Event] = [
    {"meter": "nobody/1"},
    {"meter": 17},
    {"omit": "meter"},
    {"omit": "start"},
    {"omit": "quantity"},
    {"quantity": '"NaN"'},
    {"quantity": '"twelve"'},
    {"quantity": '"1_000"'},
    {"quantity": "-3.5"},
    {"quantity": "1e12"},
    {"quantity": "1e400"},
    {"quantity": '"1e999999999"'},
    {"unit": "t"},
    {"unit": "banana"},
    {"quality": "edited", "author": "li", "reason": "none"},
    {"quality": "edited"},
    {"quality": "guessed"},
    {"revision": -1},
    {"revision": 2**53},
    {"start": "2024-01-01T08:00:00"},
    {"start": "yesterday"},
    {"start": "2024-02-30T08:00:00Z"},
    {"start": "2024-01-01T08:00:07+08:00", "end": "2024-01-01T08:15:07+08:00"},
    {"start": "2024-01-01T08:15:00+08:00", "end": "2024-01-01T08:00:00+08:00"},
    {"start": "1999-06-01T00:00:00+08:00", "end": "1999-06-01T01:00:00+08:00"},
    {"start": "2099-06-01T00:00:00+08:00", "end": "2099-06-01T01:00:00+08:00"},
]
BROKEN = [
    b"null",
    b"17",
    b'{"meter": "001/in", "start"',
    b'{"meter": "\xff\xfe"}',
    b"not json at all",
]
