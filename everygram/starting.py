"""The workspace that `everygram init` writes: small, commented, with a week of readings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

STARTER = (
    "everygram.yaml",
    "README.md",
    "registry/entities.yaml",
    "registry/meters.csv",
    "factors/own.yaml",
    "mappings/utility.yaml",
)
SCHEMAS = ("settings", "entities", "factors", "mapping")
"""JSON Schemas that the files' first lines name."""

MONDAY = datetime(2025, 3, 3)  # noqa: DTZ001  (local time of the workspace, UTC+8 all year)
DAYS = 7
NIGHT, MORNING, EVENING = 620_000, 1_480_000, 1_150_000
"""What the mill draws in a quarter of an hour by shift, in Wh."""


def workspace_files(name: str) -> dict[str, str]:
    """Text of every file of the starter workspace, by path."""
    ours = files("everygram") / "starter"
    texts = {path: (ours / path).read_text("utf-8") for path in STARTER}
    plain = re.fullmatch(r"[A-Za-z][\w-]*", name) and name.lower() not in ("yes", "no", "true")
    shown = name if plain else json.dumps(name, ensure_ascii=False)
    texts["everygram.yaml"] = texts["everygram.yaml"].replace("name: mill", f"name: {shown}", 1)
    for schema in SCHEMAS:
        path = files("schemas") / "json" / f"{schema}.json"
        texts[f".everygram/{schema}.json"] = path.read_text("utf-8")
    texts["data/week.csv"] = "".join(_electricity())
    texts["data/utility/gas.csv"] = "".join(_gas())
    texts[".gitignore"] = "var/\n"
    return texts


def write_workspace(folder: Path, name: str) -> list[str]:
    """Write the starter workspace; gives its paths. FileExistsError before anything is overwritten."""
    texts = workspace_files(name)
    there = [path for path in texts if (folder / path).exists()]
    if there:
        raise FileExistsError(f"{folder} has {', '.join(there)} already: name a new folder")
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="\n")
    return list(texts)


def _electricity() -> Iterator[str]:
    """The main meter both ways, the roof, the line: a week of quarters that add up."""
    yield "meter,start,end,quantity,unit\n"
    for step in range(DAYS * 96):
        start = MONDAY + timedelta(minutes=15 * step)
        load, sun = _load(start, step), _sun(start, step)
        rows = {
            "M1/import": max(load - sun, 0),
            "M1/export": max(sun - load, 0),
            "PV1": sun,
            "L1": load * 45 // 100,
        }
        ends = f"{start:%Y-%m-%dT%H:%M}+08:00,{start + timedelta(minutes=15):%Y-%m-%dT%H:%M}+08:00"
        for meter, wh in rows.items():
            yield f"{meter},{ends},{wh // 1000}.{wh % 1000:03d},kWh\n"


def _load(start: datetime, step: int) -> int:
    shift = NIGHT if start.hour < 8 else MORNING if start.hour < 16 else EVENING
    weekend = 9 if start.weekday() == 6 else 3 if start.weekday() == 5 else 0
    return (shift * (10 - weekend) // 10 + step * 7919 % 40_009) // 4


def _sun(start: datetime, step: int) -> int:
    """A parabola from 6:30 to 18:30, with clouds."""
    minute = start.hour * 60 + start.minute - 390
    height = max(0, minute * (720 - minute))
    return height * (600 + step * 104_729 % 401) // 1000 * 5 // 4


def _gas() -> Iterator[str]:
    """The gas company's export: its own columns, decimal comma, one value missing, one estimated."""
    yield "device;from;volume;state\n"
    for hour in range(DAYS * 24):
        start = MONDAY + timedelta(hours=hour)
        litres = 38_000 + 2_500 * (start.hour in range(6, 22)) + hour * 6007 % 9_001
        volume = "-" if hour == 40 else f"{litres // 1000},{litres % 1000:03d}"
        yield f"0012345;{start:%d.%m.%Y %H:%M};{volume};{'subst' if hour == 41 else 'ok'}\n"
