"""What really flows through a block of meters on one day, as integers of 10**-6 native units.

The network is summed bottom-up: machines draw, lines and the unmetered rest make the demand of the
enterprise that feeds them, panels cover part of it, the incomers bring the rest, what is over goes
back to the grid. So what a main meter shows follows from what is behind it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.calendar import Day
from simulator.draws import Draws, Ints
from simulator.plan import FLOWS, Meter, Plan, Role
from simulator.sectors import shapes

SHAPES = shapes()


class Block:
    """A block's meters as columns; drawn day by day."""

    def __init__(self, plan: Plan, number: int) -> None:
        self.number = number
        self.name, self.first, self.last = plan.blocks[number]
        self.meters: list[Meter] = plan.meters[self.first : self.last]
        self.seed = plan.seed
        self.firms = [f for f in plan.firms if self.first <= f.first < self.last]
        self.firm_zero = plan.firms.index(self.firms[0])
        self.role = _column([m.role for m in self.meters])
        self.base = _column([m.base for m in self.meters])
        self.sector = _column([m.sector for m in self.meters])
        self.firm = _column([m.firm for m in self.meters]) - self.firm_zero
        feeders = [[m.feeders[p] for m in self.meters] for p in (0, 1)]
        self.feeders = [_column(f) - self.firm_zero for f in feeders]
        self.lives = [np.array([m.lives[p] for m in self.meters], dtype=bool) for p in (0, 1)]
        self.hourly = np.array([m.interval == 60 for m in self.meters], dtype=bool)
        self.step = _column([FLOWS[m.flow].step for m in self.meters])
        self.entity = _column([m.entity for m in self.meters])
        for name in ("rest", "panels", "second", "gas_rest"):
            setattr(self, name, _column([getattr(f, name) for f in self.firms]))
        self.firm_sector = _column([f.sector for f in self.firms])

    rest: Ints
    panels: Ints
    second: Ints
    gas_rest: Ints

    def draw(self, day: Day, phase: int) -> Ints:
        """[meter, quarter hour]: the true quantities of the day, 0 where a meter does not live."""
        chance = Draws(self.seed, 31, day.number, self.number)
        out = np.zeros((len(self.meters), 96), dtype=np.int64)
        cool = 1000 + 9 * day.cooling
        for role in (Role.MACHINE, Role.PARK):
            self._fill(out, role, self._by_shape(role, day, chance) * cool // 1000)
        burners = self._by_shape(Role.GAS_BURNER, day, chance)
        self._fill(out, Role.GAS_BURNER, burners * (700 + 20 * day.heating) // 1000)
        for role, least in ((Role.HEAT, 150), (Role.STATION, 800), (Role.STEAM, 300)):
            warm = least + 40 * day.heating
            self._fill(out, role, self._by_shape(role, day, chance) * warm // 1000)
        out[~self.lives[phase]] = 0
        self._electricity(out, day, phase, chance, cool)
        self._gas(out, day, phase, chance)
        out *= self.step[:, None]
        return out

    def _rows(self, role: Role) -> Ints:
        return np.flatnonzero(self.role == role)

    def _fill(self, out: Ints, role: Role, values: Ints) -> None:
        out[self._rows(role)] = values

    def _by_shape(self, role: Role, day: Day, chance: Draws) -> Ints:
        rows = self._rows(role)
        shape = SHAPES[self.sector[rows], day.kind]
        noise = chance.permille(120, len(rows), 96)
        return self.base[rows, None] * shape * noise // 1_000_000

    def _fed(self, out: Ints, role: Role, phase: int) -> Ints:
        """[enterprise, quarter hour]: what its meters of this role draw together."""
        rows = self._rows(role)
        total = np.zeros((len(self.firms), 96), dtype=np.int64)
        if len(rows):
            feeder = self.feeders[phase][rows]
            order = np.argsort(feeder, kind="stable")
            owners, at = np.unique(feeder[order], return_index=True)
            total[owners] = np.add.reduceat(out[rows[order]], at, axis=0)
        return total

    def _electricity(self, out: Ints, day: Day, phase: int, chance: Draws, cool: int) -> None:
        noise = chance.permille(200, len(self.firms), 96)
        rest = self.rest[:, None] * SHAPES[self.firm_sector, day.kind] * noise // 1_000_000
        self._feeders(out)
        demand = self._fed(out, Role.MACHINE, phase) + rest * cool // 1000
        clouds = chance.permille(150, len(self.firms), 96)
        sun = self.panels[:, None] * day.sun()[None, :] * clouds // 1_000_000
        bought = np.maximum(demand - sun, 0)
        second = bought * self.second[:, None] // 1000
        by_role = {
            Role.MAIN: bought - second,
            Role.MAIN_2: second,
            Role.EXPORT: np.maximum(sun - demand, 0),
            Role.SOLAR: sun,
            Role.CHECK: bought,
        }
        for role, values in by_role.items():
            rows = self._rows(role)
            out[rows] = values[self.firm[rows]]

    def _feeders(self, out: Ints) -> None:
        """A line's own meter shows what its machines draw."""
        for row in self._rows(Role.FEEDER):
            behind = (self.entity == self.entity[row]) & (self.role == Role.MACHINE)
            out[row] = out[behind].sum(axis=0)

    def _gas(self, out: Ints, day: Day, phase: int, chance: Draws) -> None:
        noise = chance.permille(300, len(self.firms), 96)
        shape = SHAPES[self.firm_sector, day.kind]
        rest = (
            self.gas_rest[:, None] * shape * noise // 1_000_000 * (600 + 30 * day.heating) // 1000
        )
        rows = self._rows(Role.GAS)
        out[rows] = (self._fed(out, Role.GAS_BURNER, phase) + rest)[self.firm[rows]]


def _column(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)
