"""The cities that are measured: drawn once by the simulator, kept under .bench/."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from simulator import Rates, simulate
from simulator.city import USUAL_START

RATES = Rates(
    duplicates=0.01, late=0.03, edits=0.005, malformed=0.001,
    disorder=0, conflicts=0, missing=0, estimated=0, revisions=0, outages=0,
)  # fmt: skip
"""1 % sent twice, 3 % up to 6 hours late, 0.5 % edited, 0.1 % broken; nothing else."""


@dataclass(frozen=True, slots=True)
class City:
    """What tells one city from another."""

    meters: int
    entities: int
    days: int
    form: str = "parquet"
    start: str = str(USUAL_START)

    @property
    def name(self) -> str:
        """Its folder."""
        return f"{self.form}-{self.meters}-{self.entities}-{self.days}d-{self.start}"


def drawn(city: City, folder: Path) -> Path:
    """The city's workspace, drawn where it is not there yet; half-drawn ones are drawn anew."""
    root, mark = folder / city.name, folder / f"{city.name}.json"
    told = {"city": asdict(city), "rates": asdict(RATES)}
    if mark.exists() and json.loads(mark.read_text("utf-8")) == told:
        return root
    print(f"drawing {city.name}", file=sys.stderr, flush=True)
    shutil.rmtree(root, ignore_errors=True)
    simulate(
        root, seed=1, meters=city.meters, days=city.days, entities=city.entities,
        start=date.fromisoformat(city.start), formats=city.form, rates=RATES, grains=("day",),
    )  # fmt: skip
    mark.write_text(json.dumps(told), encoding="utf-8")
    return root


def warm(root: Path) -> None:
    """Read the city's data once, so that the page cache holds it for everyone who is measured."""
    for path in sorted((root / "data").rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                while file.read(1 << 24):
                    pass
