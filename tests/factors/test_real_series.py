"""The real hourly intensities of ../shared by mapping alone, digit for digit."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from factors.catalogue import load_catalogue
from schemas.settings import Accounting

SHARED = Path(os.environ.get("EVERYGRAM_SHARED", Path(__file__).parents[3] / "shared")) / "data"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"no real data in {SHARED}"),
]


def steps(tmp_path: Path, form: str, zone: str) -> tuple[list[int], list[int]]:
    path = tmp_path / "factors" / "own.yaml"
    path.parent.mkdir()
    path.write_text(
        "- {standard: local, factor: grid_electricity, region: GB, unit: kg/kWh, "
        f"source: the data set, csv: {form}}}\n",
        "utf-8",
    )
    made = load_catalogue(Accounting(standard="local", gwp="AR5"), [path], ZoneInfo(zone), tmp_path)
    found = made.location("grid_import", "GB")
    return found.start[1:].tolist(), found.value[1:].tolist()


def merged(starts: list[int], values: list[int]) -> tuple[list[int], list[int]]:
    """Neighbouring hours of one value are one step."""
    keep = [i for i in range(len(values)) if i == 0 or values[i] != values[i - 1]]
    return [starts[i] for i in keep], [values[i] for i in keep]


def held(found: tuple[list[int], list[int]]) -> tuple[list[int], list[int]]:
    return merged(*found)


def test_two_years_of_the_british_grid(tmp_path: Path) -> None:
    folder = SHARED / "cambridge_estates" / "carbon_intensity_neso"
    starts, values = [], []
    for year in ("2021", "2022"):
        with (folder / f"{year}.csv").open(encoding="utf-8") as lines:
            for time, value in list(csv.reader(lines))[1:]:
                starts.append(int(datetime.fromisoformat(time).replace(tzinfo=UTC).timestamp()))
                values.append(int(Decimal(value).scaleb(12)))
    assert len(starts) == 17520
    assert (np.diff(starts) == 3600).all()
    form = (
        f"{{path: '{folder}/*.csv', time: '{{datetime}}', zone: UTC, "
        "co2: '{Carbon Intensity [kg_CO2/kWh]}'}"
    )
    assert held(steps(tmp_path, form, "Europe/London")) == merged(starts, values)


def test_a_year_without_times(tmp_path: Path) -> None:
    path = SHARED / "citylearn_2022" / "carbon_intensity.csv"
    with path.open(encoding="utf-8") as lines:
        texts = [row["carbon_intensity"] for row in csv.DictReader(lines)]
    values = [round(Decimal(text).scaleb(12)) for text in texts]
    begin = int(datetime.fromisoformat("2016-07-31T23:00:00-08:00").timestamp())
    form = (
        f"{{path: '{path}', first: '2016-07-31T23:00:00-08:00', step: 1h, "
        "co2: '{carbon_intensity}'}"
    )
    starts = [begin + 3600 * i for i in range(len(values))]
    assert len(values) == 8760
    assert held(steps(tmp_path, form, "America/Los_Angeles")) == merged(starts, values)
