"""Days as a city lives them: work days, weekends, holidays, weather and daylight, in integers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from simulator.draws import Draws, Ints

SPRING_FESTIVAL = {
    2010: (2, 14), 2011: (2, 3), 2012: (1, 23), 2013: (2, 10), 2014: (1, 31), 2015: (2, 19),
    2016: (2, 8), 2017: (1, 28), 2018: (2, 16), 2019: (2, 5), 2020: (1, 25), 2021: (2, 12),
    2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6),
    2028: (1, 26), 2029: (2, 13), 2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31),
    2034: (2, 19), 2035: (2, 8),
}  # fmt: skip
"""First day of the lunar year by year: (month, day)."""

WORK, WEEKEND, HOLIDAY = 0, 1, 2

MEAN_TEMPERATURE = (4, 6, 10, 16, 21, 25, 29, 29, 24, 19, 13, 6)
"""Degrees Celsius by month, about as on the lower Yangtze."""

DAYLIGHT = ((28, 69), (27, 71), (25, 72), (23, 74), (21, 76), (20, 77),
            (20, 77), (21, 75), (23, 73), (24, 70), (26, 68), (28, 67))  # fmt: skip
"""First and last quarter hour with sun, by month."""


@dataclass(frozen=True, slots=True)
class Day:
    """One local day: what kind of day, how warm (°C), how sunny (per mille of a clear sky)."""

    date: date
    number: int
    kind: int
    temperature: int
    sky: int

    @property
    def heating(self) -> int:
        """Degrees below 18 °C: what drives heat."""
        return max(0, 18 - self.temperature)

    @property
    def cooling(self) -> int:
        """Degrees above 24 °C: what drives air conditioning."""
        return max(0, self.temperature - 24)

    def sun(self) -> Ints:
        """Per mille of full sun in each of the 96 quarter hours: a parabola over daylight."""
        first, last = DAYLIGHT[self.date.month - 1]
        t = np.arange(96, dtype=np.int64)
        inside = (t >= first) & (t <= last)
        arch = 4000 * (t - first) * (last - t) // (last - first) ** 2
        return np.where(inside, arch * self.sky // 1000, 0)


def day(seed: int, start: date, number: int) -> Day:
    """The `number`-th day from `start` in the city of this seed."""
    when = start + timedelta(days=number)
    chance = Draws(seed, 11, when.toordinal())
    swing = int(chance.between(-5, 5, 1)[0])
    sky = int(chance.between(150, 1000, 1)[0])
    return Day(when, number, kind_of(when), MEAN_TEMPERATURE[when.month - 1] + swing, sky)


def kind_of(when: date) -> int:
    """Work day, weekend or holiday (Spring Festival, Labour Day, National Day)."""
    if (when.month, when.day) in ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3)):
        return HOLIDAY
    if when.year in SPRING_FESTIVAL:
        eve = date(when.year, *SPRING_FESTIVAL[when.year]) - timedelta(days=1)
        if eve <= when < eve + timedelta(days=8):
            return HOLIDAY
    return WEEKEND if when.weekday() >= 5 else WORK
