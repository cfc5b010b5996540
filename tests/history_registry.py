"""Random registries: a city of parks, enterprises and lines, as workspace files and as plain rows.

Whatever is written to a file is also kept as the oracle's row, made from the same draw and not from
the file: so a mistake in reading the file shows.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from oracle.records import (
    ALWAYS,
    FOREVER,
    CoalRow,
    ContractRow,
    EntityRow,
    FactorRow,
    FlowRow,
    Given,
    MeterRow,
    Settings,
)

LIBRARY = Path(__file__).parents[1] / "factors" / "library"
FLOWS = ("grid_import", "grid_export", "onsite_solar", "natural_gas")
STEAM = FlowRow("park_steam", "steam", "GJ", factor="park_steam", scope="2")
"""A flow of the workspace's own."""
REGIONS = {"CN": None, "CN-EAST": "CN", "CN-JS": "CN-EAST"}
RATIOS = {
    ("kWh", "kWh"): Fraction(1),
    ("MWh", "kWh"): Fraction(1000),
    ("Wh", "kWh"): Fraction(1, 1000),
    ("万kWh", "kWh"): Fraction(10_000),
    ("MJ", "kWh"): Fraction(10, 36),
    ("Nm3", "Nm3"): Fraction(1),
    ("万Nm3", "Nm3"): Fraction(10_000),
    ("GJ", "GJ"): Fraction(1),
    ("MJ", "GJ"): Fraction(1, 1000),
    ("kWh", "GJ"): Fraction(36, 10_000),
}
UNITS = {"kWh": ["", "kWh", "MWh", "Wh", "万kWh"], "Nm3": ["", "Nm3"], "GJ": ["", "GJ", "MJ"]}
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Knobs:
    """What a history is like; small values make small histories."""

    seed: int
    zone: str = "Asia/Shanghai"
    base_s: int = 900
    start: int = 1_704_038_400
    """A local midnight."""
    hours: int = 6
    enterprises: int = 2
    lines: int = 2
    deducts: bool = False
    arrears: bool = False
    noise: float = 0.2
    """How often a duplicate, a revision, an edit … comes."""
    days: bool = False
    """Whether readings of days come too."""
    months: bool = False


def library_page(name: str) -> object:
    """A file of the newest release of the factor library, numbers as text."""
    releases = [path.parent for path in LIBRARY.glob("*/release.yaml")]
    newest = max(releases, key=lambda path: [int(part) for part in path.name.split(".")])
    return yaml.load((newest / name).read_text("utf-8"), Loader=yaml.BaseLoader)


def instant(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


@dataclass
class City:
    """A registry in the making."""

    knobs: Knobs
    rng: random.Random
    entities: list[EntityRow] = field(default_factory=list)
    meters: list[MeterRow] = field(default_factory=list)
    contracts: list[ContractRow] = field(default_factory=list)
    factors: list[FactorRow] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    flows: dict[str, FlowRow] = field(default_factory=dict)

    @classmethod
    def build(cls, knobs: Knobs) -> City:
        city = cls(knobs, random.Random(knobs.seed))
        city._flows()
        city._tree()
        for number in range(knobs.enterprises):
            city._enterprise(number)
        city._steam()
        city._contracts()
        city._factors()
        return city

    def moment(self) -> int:
        """An instant on a base interval inside the history."""
        steps = self.knobs.hours * 3600 // self.knobs.base_s
        return self.knobs.start + self.rng.randrange(steps + 1) * self.knobs.base_s

    def maybe(self, chance: float) -> bool:
        return self.rng.random() < chance

    def _flows(self) -> None:
        page = library_page("flows.yaml")
        assert isinstance(page, dict)
        for name in FLOWS:
            row = page["flows"][name]
            role = row.get("role", "use")
            self.flows[name] = FlowRow(
                name=name,
                carrier=row["carrier"],
                unit=row["unit"],
                consumption_sign={"use": 1, "export": -1, "process": 0}[role],
                emission_sign=1 if role != "export" else -1 if self.knobs.deducts else 0,
                factor=row.get("factor") or name,
                scope=row.get("scope", "-"),
            )
        self.flows[STEAM.name] = STEAM

    def _dated(self, chance: float) -> list[tuple[int, int]]:
        """All time, or the two sides of an instant."""
        if not self.maybe(chance):
            return [(ALWAYS, FOREVER)]
        turn = self.moment()
        return [(ALWAYS, turn), (turn, FOREVER)]

    def _tree(self) -> None:
        self.entities.append(EntityRow("city", None, self.rng.choice(["CN", "CN-JS"]), "city"))
        for park in ("park-1", "park-2"):
            for since, until in self._dated(0.2):
                region = self.rng.choice(["", "", "CN-JS", "CN-JS-WX", "CN-EAST"])
                self.entities.append(EntityRow(park, "city", region, "park", since, until))
        names = [f"E{n}" for n in range(self.knobs.enterprises)]
        for name in names:
            for since, until in self._dated(0.3):
                park = self.rng.choice(["park-1", "park-2", "city"])
                self.entities.append(EntityRow(name, park, "", "enterprise", since, until))
        for n in range(self.knobs.lines):
            owner, line = self.rng.choice(names), f"line {n}"
            self.lines.append(line)
            for since, until in self._dated(0.4):
                parent = owner if since == ALWAYS else self.rng.choice(names)
                self.entities.append(EntityRow(line, parent, "", "line", since, until))

    def _meter(self, meter: str, entity: str, flow: str, **more: object) -> str:
        """A meter that is always valid; sometimes its multiplier or weight changes on a date."""
        rng, native = self.rng, self.flows[flow].unit
        intervals = [s for s in (300, 900, 1800, 3600) if not (s % 900 and 900 % s)]
        base = self.knobs.base_s
        intervals = [s for s in intervals if s % base == 0 or base % s == 0]
        facts: dict[str, object] = {
            "interval_s": rng.choice([*intervals, base]),
            "unit": rng.choice(UNITS[native]),
            **more,
        }
        for since, until in self._dated(0.15):
            facts["multiplier"] = rng.choice([Fraction(1)] * 4 + [Fraction(40), Fraction(1, 3)])
            row = MeterRow(meter, entity, flow, since=since, until=until, **facts)  # type: ignore[arg-type]
            self.meters.append(row)
        return meter

    def _enterprise(self, number: int) -> None:
        """Incomers, roof solar, export and gas; and meters on the lines that began as its own."""
        name, rng = f"E{number}", self.rng
        weight = rng.choice([1, 1, 1, 1, 1, 0, 2])
        mains = [self._meter(f"00{number}/进线", name, "grid_import", weight=weight)]
        if self.maybe(0.4):
            mains.append(self._meter(f"00{number}/in-2", name, "grid_import"))
        if self.maybe(0.5):
            mains.append(self._meter(f"00{number}/pv", name, "onsite_solar"))
        if self.maybe(0.4):
            self._meter(f"00{number}/out", name, "grid_export")
        if self.maybe(0.5):
            self._meter(f"00{number}/gas", name, "natural_gas")
        if self.maybe(0.2):
            self._meter(f"00{number}/check", name, "grid_import", sub_of=tuple(mains))
        for line in self.lines:
            first = next(row for row in self.entities if row.entity == line)
            if first.parent == name:
                self._line(line, tuple(mains))

    def _line(self, line: str, mains: tuple[str, ...]) -> None:
        sub_of = mains if self.maybe(0.9) else ()
        weight = self.rng.choice([1, 1, 1, 1, 0, -1])
        meter = self._meter(f"{line}/a", line, "grid_import", sub_of=sub_of, weight=weight)
        if self.maybe(0.5):
            machine = f"{line} machine"
            self.entities.append(EntityRow(machine, line, "", "machine"))
            turn = self.moment()
            valid = self.rng.choice([(ALWAYS, FOREVER), (turn, FOREVER), (ALWAYS, turn)])
            interval = self.rng.choice([self.knobs.base_s, 3600])
            facts = {"interval_s": interval, "unit": "kWh", "sub_of": (meter,)}
            dated = {"since": valid[0], "until": valid[1]}
            row = MeterRow(f"{line}/b", machine, "grid_import", **facts, **dated)  # type: ignore[arg-type]
            self.meters.append(row)
            self._moved(line, machine, meter, valid)

    def _moved(self, line: str, machine: str, upper: str, valid: tuple[int, int]) -> None:
        """Now and then a meter that goes to another entity in the middle, with a gap."""
        if not self.maybe(0.4):
            return
        turn = self.moment()
        again = turn + self.rng.choice([0, 2]) * self.knobs.base_s
        facts = {"interval_s": self.knobs.base_s, "sub_of": (upper,)}
        self.meters += [
            MeterRow(f"{line}/c", machine, "grid_import", until=turn, **facts),  # type: ignore[arg-type]
            MeterRow(f"{line}/c", line, "grid_import", since=again, **facts),  # type: ignore[arg-type]
        ]

    def _steam(self) -> None:
        """Steam that one enterprise sells to another, and solar that the park feeds to one."""
        names = [f"E{n}" for n in range(self.knobs.enterprises)]
        if len(names) > 1 and self.maybe(0.6):
            seller, buyer = self.rng.sample(names, 2)
            meter = self._meter("steam/1", buyer, STEAM.name, supplied_by=seller)
            if self.lines and self.maybe(0.5):
                self._meter("steam/2", self.rng.choice(self.lines), STEAM.name, sub_of=(meter,))
        if self.maybe(0.3):
            self._meter("park/pv", self.rng.choice(names), "onsite_solar", supplied_by="park-1")

    def _contracts(self) -> None:
        subjects = [("entity", row.entity) for row in self.entities]
        subjects += [("meter", row.meter) for row in self.meters if row.flow == "grid_import"]
        taken = set()
        for _ in range(self.rng.randrange(3)):
            kind, subject = self.rng.choice(subjects)
            if subject in taken:
                continue
            taken.add(subject)
            since, until = self.rng.choice(self._dated(0.7))
            rate = self.rng.randrange(10**9) * 1000
            who = {kind: subject}
            self.contracts.append(ContractRow("grid_import", rate, since=since, until=until, **who))

    def _factors(self) -> None:
        for flow in ("grid_import", "natural_gas", STEAM.name, "onsite_solar"):
            key = self.flows[flow].factor or ""
            for region in ("CN-JS", "CN-EAST", "CN", "*"):
                if self.maybe(0.5):
                    self._factor(key, region)
        if not self.factors:
            self._factor("grid_electricity", "CN")

    def _factor(self, key: str, region: str) -> None:
        """One to three rows in order of time, some of which end before the next begins."""
        starts = sorted({self.moment() - self.rng.choice([0, 0, 400 * DAY]) for _ in range(3)})
        starts = starts[: self.rng.randrange(1, 4)]
        for start, after in zip(starts, [*starts[1:], starts[-1] + 2 * DAY], strict=True):
            end = None
            if self.maybe(0.3):
                base = self.knobs.base_s
                end = start + max(1, (after - start) // 2 // base) * base
                end = min(end, after)
            value = self.rng.randrange(10**12)
            row = FactorRow("local", key, "", region, start, end, value, own=True)
            self.factors.append(row)

    def given(self) -> Given:
        """The plain rows."""
        settings = Settings(
            zone=self.knobs.zone,
            base_s=self.knobs.base_s,
            deducts=self.knobs.deducts,
            arrears=self.knobs.arrears,
            since=int(datetime(2000, 1, 2, tzinfo=ZoneInfo(self.knobs.zone)).timestamp()),
        )
        return Given(
            settings=settings,
            entities=tuple(self.entities),
            meters=tuple(self.meters),
            flows=tuple(self.flows.values()),
            factors=tuple(self.factors),
            contracts=tuple(self.contracts),
            coal=tuple(library_coal(self.knobs.zone)),
            region_parents=REGIONS,
            ratios=RATIOS,
        )


def library_coal(zone: str) -> list[CoalRow]:
    """Standard coal of the library's flows, read here by a hand of its own."""
    flows, entries = library_page("flows.yaml"), library_page("standard_coal.yaml")
    assert isinstance(flows, dict)
    assert isinstance(entries, list)

    def midnight(text: str | None) -> int | None:
        day = datetime.fromisoformat(text) if text else None
        return int(day.replace(tzinfo=ZoneInfo(zone)).timestamp()) if day else None

    found = []
    for name in FLOWS:
        for entry in entries:
            if entry["coal"] != flows["flows"][name].get("coal"):
                continue
            assert entry["unit"] == f"kgce/{flows['flows'][name]['unit']}"
            for row in entry["rows"]:
                start = midnight(row["valid_from"])
                assert start is not None
                value = round(Fraction(row["kgce"]) * 10**9)
                arrears = entry.get("arrears") == "true"
                end = midnight(row.get("valid_to"))
                found.append(CoalRow(name, entry["basis"], value, start, end, arrears))
    return found
