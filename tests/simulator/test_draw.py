"""What flows is physical: mains follow from machines, the sun sets, holidays are quiet."""

from datetime import date

import numpy as np
import pytest

from simulator.build import build
from simulator.calendar import HOLIDAY, WEEKEND, WORK, Day, day, kind_of
from simulator.draw import Block
from simulator.draws import Ints
from simulator.plan import Plan, Role
from simulator.sectors import SECTORS, shapes

WINTER = Day(date(2026, 1, 14), 0, WORK, 3, 900)
SUMMER = Day(date(2026, 7, 15), 0, WORK, 33, 900)


def plan() -> Plan:
    return build(7, 400, None)


def drawn(when: Day, phase: int = 0) -> dict[str, Ints]:
    made = plan()
    out: dict[str, Ints] = {}
    for number in range(len(made.blocks)):
        block = Block(made, number)
        ids = [m.id for m in block.meters]
        out |= dict(zip(ids, block.draw(when, phase), strict=True))
    return out


@pytest.mark.parametrize("phase", [0, 1])
def test_an_enterprise_draws_what_its_lines_draw_and_more(phase: int) -> None:
    made, q = plan(), drawn(SUMMER, phase)
    for i, firm in enumerate(made.firms):
        name = made.entities[firm.entity].id
        lines = [m for m in made.meters if m.role == Role.MACHINE and m.feeders[phase] == i]
        fed = sum((q[m.id] for m in lines), np.zeros(96, np.int64))
        zero = np.zeros(96, np.int64)
        bought = q[f"{name}/import"] + q.get(f"{name}/import-2", zero)
        sun, back = q.get(f"{name}/solar", zero), q.get(f"{name}/export", zero)
        assert (bought + sun - back >= fed).all()
        assert ((bought == 0) | (back == 0)).all()


def test_a_meter_draws_only_while_it_lives() -> None:
    before, after = drawn(WINTER, 0), drawn(WINTER, 1)
    new = next(name for name in before if name.endswith("-new"))
    old = new.removesuffix("-new")
    assert before[old].all()
    assert after[new].all()
    assert not before[new].any()
    assert not after[old].any()


def test_no_sun_at_night_and_more_in_summer() -> None:
    assert WINTER.sun()[:24].sum() == WINTER.sun()[76:].sum() == 0
    assert 895 <= WINTER.sun().max() <= 900
    assert SUMMER.sun().sum() > WINTER.sun().sum()


def test_heat_follows_the_weather() -> None:
    heat = [
        sum(int(v.sum()) for k, v in drawn(when).items() if k.endswith("/heat"))
        for when in (WINTER, SUMMER)
    ]
    assert heat[0] > 2 * heat[1] > 0


def test_days_are_what_they_are_in_china() -> None:
    assert kind_of(date(2026, 2, 17)) == HOLIDAY
    assert kind_of(date(2026, 2, 16)) == HOLIDAY
    assert kind_of(date(2026, 2, 25)) == WORK
    assert kind_of(date(2026, 10, 1)) == HOLIDAY
    assert kind_of(date(2026, 3, 7)) == WEEKEND
    assert day(7, date(2026, 3, 2), 5).date == date(2026, 3, 7)


def test_shifts_weekends_and_holidays_show_in_the_shapes() -> None:
    table = shapes()
    assert table.shape == (len(SECTORS), 3, 96)
    assert table.dtype == np.int64
    assert 0 < table.min() <= table.max() <= 1000
    machinery = next(i for i, s in enumerate(SECTORS) if s.en == "Machinery")
    assert table[machinery, WORK, 40] > 4 * table[machinery, WORK, 8]
    for s in range(len(SECTORS)):
        assert table[s, HOLIDAY].sum() <= table[s, WORK].sum()
