"""Drawing the city: so many meters, so many entities, every kind of wiring at least once."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.firm import Site, draw_firm, wired
from simulator.plan import CITY, Contract, Entity, Meter, Plan, Role
from simulator.sectors import PLACES

FEWEST_ENTITIES = 23
BLOCK = 25_000
"""Most meters drawn at once: bounds memory, whatever the size of the city."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many of each level; the first enterprises get one line more than the last."""

    districts: int
    parks: int
    firms: int
    lines: int

    @classmethod
    def of(cls, meters: int, entities: int | None) -> Sizes:
        """Sizes of a city of so many meters and entities (default: 3 entities for 10 meters)."""
        total = max(FEWEST_ENTITIES, meters * 3 // 10) if entities is None else entities
        if total < FEWEST_ENTITIES:
            raise ValueError(f"entities={total}: a city needs at least {FEWEST_ENTITIES} entities")
        firms = max(8, total // 6)
        districts = 2 if firms < 40 else 4 if firms < 400 else 8
        parks = districts * max(2, min(20, firms // (districts * 10)))
        return cls(districts, parks, firms, total - 1 - districts - parks - firms)

    def __str__(self) -> str:
        return (
            f"{self.districts} districts, {self.parks} parks, {self.firms} enterprises "
            f"and {self.lines} lines"
        )


def build(seed: int, meters: int, entities: int | None) -> Plan:
    """Draw a city of exactly so many meters and entities; ValueError where they are too few."""
    sizes = Sizes.of(meters, entities)
    plan = Plan(seed)
    _top(plan, sizes)
    sites = _sites(sizes)
    need = 1 + sizes.parks + sizes.lines + sum(wired(s) for s in sites)
    if meters < need:
        raise ValueError(f"meters={meters}: {sizes} need at least {need} meters")
    share, more = divmod(meters - need, sizes.lines)
    seen: set[int] = set()
    line = 0
    for site in sites:
        first = len(plan.meters)
        if site.above not in seen and plan.entities[site.above].level == "park":
            _park(plan, site.above, len(seen))
            seen.add(site.above)
        machines = [1 + share + (k < more) for k in range(line, line + site.lines)]
        line += site.lines
        draw_firm(plan, site, machines)
        plan.firms[-1].first = first
    _move_lines(plan)
    _contracts(plan)
    _blocks(plan)
    return plan


def _sites(sizes: Sizes) -> list[Site]:
    """Every enterprise with the entity above it: by district, by park, one in nine in no park."""
    sites: list[Site] = []
    parks = sizes.parks // sizes.districts
    for d in range(sizes.districts):
        first, end = (x * sizes.firms // sizes.districts for x in (d, d + 1))
        inside = end - first - (end - first) // 9
        for i in range(first, end):
            p = (i - first) * parks // inside
            above = 1 + sizes.districts + d * parks + p if p < parks else 1 + d
            lines = sizes.lines // sizes.firms + (i < sizes.lines % sizes.firms)
            buys = d == 0 and p == 1 and all(s.above != above for s in sites)
            sites.append(Site(i, d, above, lines, buys_steam=buys))
    return sites


def _top(plan: Plan, sizes: Sizes) -> None:
    plan.entities.append(Entity(CITY, "Wuxi", "无锡", "city", (-1, -1), "CN-JS"))
    for d in range(sizes.districts):
        en, zh = PLACES[d]
        region = {1: "CN-JS-WX2", 2: "CN-JS-WX3"}.get(d, "")
        name, zh_name = f"{en} District", f"{zh}区"
        plan.entities.append(Entity(f"{CITY}-d{d + 1}", name, zh_name, "district", (0, 0), region))
    each = sizes.parks // sizes.districts
    for p in range(sizes.parks):
        en, zh = PLACES[(p * 5 + 3) % len(PLACES)]
        above = 1 + p // each
        name, zh_name = f"{en} Park {p + 1}", f"{zh}{p + 1}号园区"
        plan.entities.append(Entity(f"{CITY}-p{p + 1:03d}", name, zh_name, "park", (above, above)))


def _park(plan: Plan, park: int, number: int) -> None:
    """The park's own meters: its streets; in park 1 the steam station that feeds a neighbour."""
    name = plan.entities[park].id
    plan.meters.append(Meter(f"{name}/streets", park, Role.PARK, 4_000, sector=9))
    if number == 0:
        station = Meter(f"{name}/station", park, Role.STATION, 900_000)
        station.unit, station.shown = "MJ", (1000, 1)
        plan.meters.append(station)


def _move_lines(plan: Plan) -> None:
    """Sell a line of enterprise 1 that its seller still feeds; feed one of 4 from its buyer 2."""
    seller, buyer, last = plan.firms[3].entity, plan.firms[1].entity, plan.firms[-1].entity
    sold = plan.entities[plan.firms[0].entity + 1]
    sold.parents = (sold.parents[0], last)
    moved = seller + 1
    plan.entities[moved].parents = (seller, buyer)
    for meter in plan.meters:
        if meter.entity == moved:
            meter.feeders = (3, 1)
            meter.uppers = (seller, buyer)
            meter.feeds = (meter.feeds[0], plan.firms[1].incomers)


def _contracts(plan: Plan) -> None:
    """Green power for a few enterprises, one park from the change on, and one single meter."""
    firms = plan.firms
    plan.contracts += [
        Contract("0.012345678", entity=firms[2].entity),
        Contract("102.5", entity=firms[5].entity, phase=1),
        Contract("31.000000001", entity=plan.entities[firms[6].entity].parents[0], phase=1),
        Contract("0", meter=next(i for i, m in enumerate(plan.meters) if m.role == Role.MAIN_2)),
    ]


def _blocks(plan: Plan) -> None:
    """Cut the meters into blocks: a new one with each district, and before one grows too large.

    The first four enterprises stay together: a line moves between two of them.
    """
    start = 0
    district, part = 0, 1
    for firm in plan.firms[4:]:
        if firm.district == district and firm.end - start <= BLOCK:
            continue
        plan.blocks.append((f"d{district + 1}-{part:02d}", start, firm.first))
        part = part + 1 if firm.district == district else 1
        district, start = firm.district, firm.first
    plan.blocks.append((f"d{district + 1}-{part:02d}", start, len(plan.meters)))
