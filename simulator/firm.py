"""One enterprise: its lines, its machines, its incomers, panels, gas and heat."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.draws import Draws
from simulator.plan import Entity, Firm, Meter, Plan, Role
from simulator.sectors import LINE_KINDS, PLACES, SECTORS


@dataclass(frozen=True, slots=True)
class Site:
    """Where enterprise i stands and how many lines it has."""

    i: int
    district: int
    above: int
    lines: int
    buys_steam: bool = False

    @property
    def two(self) -> bool:
        """Two incomers."""
        return self.i % 7 == 1

    @property
    def solar(self) -> bool:
        """Panels on the roof, and an export register."""
        return self.i % 5 == 2

    @property
    def check(self) -> bool:
        """A check meter between incomers and lines that counts nowhere (weight 0)."""
        return self.i % 50 == 0

    @property
    def gas(self) -> bool:
        """Burns gas."""
        return self.i % 2 == 0

    @property
    def burner(self) -> bool:
        """Its first line has a gas meter of its own."""
        return self.i % 4 == 2 and self.lines > 0

    @property
    def feeder(self) -> bool:
        """Its second line has a meter of its own, and the machines theirs behind it."""
        return self.i % 3 == 0 and self.lines > 1

    @property
    def heat(self) -> bool:
        """Buys heat from the district."""
        return self.i % 3 == 0

    @property
    def exchanged(self) -> bool:
        """A machine's meter is exchanged on the day of change."""
        return self.i == 1


def wired(site: Site) -> int:
    """Meters that the enterprise has beside one for each machine."""
    return (
        1 + site.two + 2 * site.solar + site.check + site.gas + site.burner
        + site.feeder + site.heat + site.buys_steam + site.exchanged
    )  # fmt: skip


def draw_firm(plan: Plan, site: Site, machines: list[int]) -> None:
    """Append the enterprise, its lines (so many machines each) and all their meters to the plan."""
    chance = Draws(plan.seed, 21, site.i)
    sector = int(chance.below(len(SECTORS), 1)[0])
    trade = SECTORS[sector]
    en, zh = PLACES[int(chance.below(len(PLACES), 1)[0])]
    name, first = f"WX-{site.i + 1:04d}", len(plan.meters)
    entity = len(plan.entities)
    plan.entities.append(
        Entity(
            name, f"{en} {trade.en} {site.i + 1}", f"{zh}{trade.zh}{site.i + 1}号",
            "enterprise", (site.above, site.above),
        )
    )  # fmt: skip
    incomers = ";".join(f"{name}/{m}" for m in _incomer_names(site))
    feeds = f"{name}/check" if site.check else incomers
    size = 0
    for k, count in enumerate(machines):
        size += _line(plan, site, chance, (name, entity, sector, feeds), (k, count))
    firm = Firm(entity, site.district, first, sector, incomers, rest=size // 20 + 200)
    if site.solar:
        firm.panels = size * int(chance.between(500, 1800, 1)[0]) // 1000 + 1
    if site.two:
        firm.second = int(chance.between(300, 600, 1)[0])
    if site.gas:
        firm.gas_rest = int(chance.between(1_000, 20_000, 1)[0])
    _incomers(plan, site, firm, name)
    _fuels(plan, site, firm, name, chance)
    firm.end = len(plan.meters)
    plan.firms.append(firm)


def _incomer_names(site: Site) -> list[str]:
    return ["import"] + ["import-2"] * site.two + ["solar"] * site.solar


def _line(
    plan: Plan, site: Site, chance: Draws, owner: tuple[str, int, int, str], which: tuple[int, int]
) -> int:
    """A line (its number, how many machines); gives their rated energy per quarter hour."""
    name, above, sector, feeds = owner
    k, count = which
    en, zh = LINE_KINDS[k % len(LINE_KINDS)]
    line = len(plan.entities)
    title, zh_title = f"{en} {k + 1}", f"{zh}{k + 1}"
    plan.entities.append(Entity(f"{name}-L{k + 1}", title, zh_title, "line", (above, above)))
    bases = SECTORS[sector].size * chance.between(200, 1800, count) // 1000

    def meter(label: str, role: Role, base: int, feeds: str, upper: int = above) -> Meter:
        return Meter(
            f"{name}-L{k + 1}/{label}", line, role, base, sector, site.i,
            (site.i, site.i), (upper, upper), (feeds, feeds),
        )  # fmt: skip

    upper = above
    if site.feeder and k == 1:
        plan.meters.append(meter("feeder", Role.FEEDER, 0, feeds))
        feeds, upper = plan.meters[-1].id, line
    plan.meters += [
        meter(f"m{j + 1:02d}", Role.MACHINE, int(b), feeds, upper) for j, b in enumerate(bases)
    ]
    if site.exchanged and k == 0:
        old = plan.meters[-1]
        old.lives = (True, False)
        new = meter(f"m{count:02d}-new", Role.MACHINE, old.base, feeds)
        new.lives = (False, True)
        plan.meters.append(new)
    if site.burner and k == 0:
        plan.meters.append(meter("gas", Role.GAS_BURNER, 3_000, f"{name}/gas"))
    return int(bases.sum())


def _incomers(plan: Plan, site: Site, firm: Firm, name: str) -> None:
    """Main meters as the trade has them: some behind current transformers, some in MWh."""
    main = Meter(f"{name}/import", firm.entity, Role.MAIN, 0, firm.sector, site.i)
    if site.i % 3 == 1:
        main.multiplier, main.shown = 20, (1, 20)
    elif site.i % 5 == 0:
        main.unit, main.shown = "MWh", (1, 1000)
    plan.meters.append(main)
    if site.two:
        second = Meter(f"{name}/import-2", firm.entity, Role.MAIN_2, 0, firm.sector, site.i)
        plan.meters.append(second)
    if site.solar:
        for label, role in (("export", Role.EXPORT), ("solar", Role.SOLAR)):
            plan.meters.append(Meter(f"{name}/{label}", firm.entity, role, 0, firm.sector, site.i))
    if site.check:
        check = Meter(f"{name}/check", firm.entity, Role.CHECK, 0, firm.sector, site.i, weight=0)
        check.feeds = (firm.incomers, firm.incomers)
        plan.meters.append(check)


def _fuels(plan: Plan, site: Site, firm: Firm, name: str, chance: Draws) -> None:
    """Gas (hourly where no line has its own meter), heat, and steam of the neighbouring park."""
    if site.gas:
        hours = 15 if site.i % 4 == 2 else 60
        plan.meters.append(
            Meter(f"{name}/gas", firm.entity, Role.GAS, 0, firm.sector, site.i, interval=hours)
        )
    if site.heat:
        base = int(chance.between(20_000, 80_000, 1)[0])
        plan.meters.append(Meter(f"{name}/heat", firm.entity, Role.HEAT, base, firm.sector, site.i))
    if site.buys_steam:
        seller = plan.meters[0].entity
        plan.meters.append(
            Meter(
                f"{name}/steam", firm.entity, Role.STEAM, 240_000, firm.sector, site.i,
                uppers=(seller, seller), supplied_by=seller,
            )
        )  # fmt: skip
