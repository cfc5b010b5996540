"""How trades use energy over a day: integer tables, per mille of a meter's rated quarter hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.draws import Ints


@dataclass(frozen=True, slots=True)
class Sector:
    """A trade: its names, the size of a machine (Wh per quarter hour), 24 hours per kind of day."""

    en: str
    zh: str
    size: int
    work: tuple[int, ...]
    weekend: tuple[int, ...]
    holiday: tuple[int, ...]


def _flat(level: int) -> tuple[int, ...]:
    return (level,) * 24


def _shift(night: int, day: int, first: int, last: int) -> tuple[int, ...]:
    hours = [day if first <= h < last else night for h in range(24)]
    if first <= 12 < last:
        hours[12] = (2 * day + night) // 3
    return tuple(hours)


_THREE = (*(_flat(820)[:8]), *(_flat(1000)[:8]), *(_flat(930)[:8]))

SECTORS = (
    Sector("Steel", "钢铁", 32_000, _THREE, _flat(900), _flat(700)),
    Sector("Textile", "纺织", 9_000, _THREE, _shift(500, 800, 6, 22), _flat(90)),
    Sector("Semiconductor", "半导体", 24_000, _flat(960), _flat(950), _flat(930)),
    Sector("Chemical", "化工", 21_000, _THREE, _flat(880), _flat(650)),
    Sector("Machinery", "机械", 7_000, _shift(120, 1000, 8, 18), _shift(80, 350, 8, 17), _flat(60)),
    Sector("Cable", "电缆", 8_000, _shift(200, 1000, 7, 23), _shift(150, 500, 8, 20), _flat(70)),
    Sector("Battery", "电池", 18_000, _THREE, _flat(850), _flat(400)),
    Sector("Food", "食品", 5_000, _shift(350, 1000, 5, 20), _shift(330, 800, 5, 18), _flat(250)),
    Sector("Logistics", "物流", 3_000, _shift(300, 900, 6, 23), _shift(300, 800, 6, 23), _flat(90)),
    Sector("Hospital", "医院", 6_000, _shift(450, 990, 7, 19), _shift(430, 750, 7, 19), _flat(480)),
    Sector("University", "大学", 4_000, _shift(250, 900, 7, 23), _shift(260, 600, 8, 23), _flat(9)),
    Sector("Data centre", "数据中心", 26_000, _flat(940), _flat(930), _flat(935)),
)  # fmt: skip

PLACES = (
    ("Taihu", "太湖"), ("Liangxi", "梁溪"), ("Xishan", "锡山"), ("Huishan", "惠山"),
    ("Binhu", "滨湖"), ("Yixing", "宜兴"), ("Jiangyin", "江阴"), ("Yangtze", "长江"),
    ("Meili", "梅里"), ("Lihu", "蠡湖"), ("Dangkou", "荡口"), ("Yuqi", "玉祁"),
    ("Qianqiao", "钱桥"), ("Shuofang", "硕放"), ("Hongshan", "鸿山"), ("Anzhen", "安镇"),
)  # fmt: skip

LINE_KINDS = (
    ("Line", "生产线"), ("Workshop", "车间"), ("Utilities", "公用工程"),
    ("Warehouse", "仓库"), ("Laboratory", "实验室"), ("Office", "办公楼"),
)  # fmt: skip


def shapes() -> Ints:
    """[sector, kind of day, quarter hour]: per mille, hours joined by straight lines."""
    out = np.empty((len(SECTORS), 3, 96), dtype=np.int64)
    for s, sector in enumerate(SECTORS):
        for k, hours in enumerate((sector.work, sector.weekend, sector.holiday)):
            now = np.array(hours, dtype=np.int64)
            nxt = np.roll(now, -1)
            for part in range(4):
                out[s, k, part::4] = ((4 - part) * now + part * nxt) // 4
    return out
