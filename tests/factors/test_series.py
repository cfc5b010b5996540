"""A factor with a row per hour: other people's CSVs, exact values, and years of it fast."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from factors.catalogue import Catalogue
from schemas.mistakes import Mistakes

OWN = "- {standard: local, factor: grid, region: CN, unit: kg/kWh, csv: %s%s}"


def hours(start: datetime, count: int, step: timedelta = timedelta(hours=1)) -> list[datetime]:
    return [start + i * step for i in range(count)]


def local(
    catalogue_of: Callable[..., Catalogue], csv: str, form: str = "s.csv", more: str = ""
) -> Catalogue:
    return catalogue_of([], {"s.csv": csv, "own.yaml": OWN % (form, more)}, standard="local")


def steps_of(made: Catalogue) -> list[tuple[int, int]]:
    steps = made.location("grid_import", "CN")
    assert not steps.known[0]
    assert steps.known[1:].all()
    return list(zip(steps.start[1:].tolist(), steps.value[1:].tolist(), strict=True))


def test_instants_with_offset(catalogue_of: Callable[..., Catalogue]) -> None:
    csv = "valid_from,co2\n2021-01-01T08:00:00+08:00,0.5\n2021-01-01T01:00:00Z,0.25\n"
    begin = int(datetime(2021, 1, 1, tzinfo=UTC).timestamp())
    expected = [(begin, 500_000_000_000), (begin + 3600, 250_000_000_000)]
    assert steps_of(local(catalogue_of, csv)) == expected


def test_dates_are_midnights_of_the_zone(catalogue_of: Callable[..., Catalogue]) -> None:
    csv = "valid_from,co2\n2021-01-02,0.25\n2021-01-01,0.5\n"
    begin = int(datetime(2020, 12, 31, 16, tzinfo=UTC).timestamp())
    expected = [(begin, 500_000_000_000), (begin + 86400, 250_000_000_000)]
    assert steps_of(local(catalogue_of, csv)) == expected


def test_all_hours_share_the_row_of_the_series(catalogue_of: Callable[..., Catalogue]) -> None:
    made = local(catalogue_of, "valid_from,co2\n2021-01-01,0.5\n2021-01-02,0.25\n")
    steps = made.location("grid_import", "CN")
    assert len(set(steps.row[1:].tolist())) == 1
    assert made.rows[int(steps.row[1])].text == "s.csv"


def test_a_mapped_file_in_utc(catalogue_of: Callable[..., Catalogue]) -> None:
    csv = (
        "datetime,Carbon Intensity [kg_CO2/kWh]\n2021-01-01 00:00:00,0.1\n2021-01-01 01:00:00,0.2\n"
    )
    form = "{path: s.csv, time: '{datetime}', zone: UTC, co2: '{Carbon Intensity [kg_CO2/kWh]}'}"
    begin = int(datetime(2021, 1, 1, tzinfo=UTC).timestamp())
    expected = [(begin, 100_000_000_000), (begin + 3600, 200_000_000_000)]
    assert steps_of(local(catalogue_of, csv, form)) == expected


def test_a_file_without_times(catalogue_of: Callable[..., Catalogue]) -> None:
    form = "{path: s.csv, first: '2016-07-31T23:00:00-08:00', step: 1h, co2: '{carbon_intensity}'}"
    begin = int(datetime(2016, 8, 1, 7, tzinfo=UTC).timestamp())
    expected = [(begin, 100_000_000_000), (begin + 3600, 70_500_000_000)]
    assert steps_of(local(catalogue_of, "carbon_intensity\n0.1\n0.0705\n", form)) == expected


def test_labels_at_the_end_decimal_commas_and_scale(catalogue_of: Callable[..., Catalogue]) -> None:
    csv = "title\nDay;Hour;g\n01.06.2021;01:00;1.250,5\n01.06.2021;02:00;3\n"
    form = (
        "{path: s.csv, skip_lines: 1, delimiter: ';', decimal: ',', time: '{Day} {Hour}', "
        "time_format: '%d.%m.%Y %H:%M', zone: Europe/Berlin, label: end, step: 1h, co2: '{g}', "
        "scale: 0.001}"
    )
    begin = int(datetime(2021, 5, 31, 22, tzinfo=UTC).timestamp())
    expected = [(begin, 1_250_500_000_000), (begin + 3600, 3_000_000_000)]
    assert steps_of(local(catalogue_of, csv, form)) == expected


def test_several_files_are_one_series(catalogue_of: Callable[..., Catalogue]) -> None:
    own = OWN % ("{path: 's*.csv', time: '{t}', co2: '{v}'}", "")
    files = {"s2.csv": "t,v\n2022-01-01,0.2\n", "s1.csv": "t,v\n2021-01-01,0.1\n", "own.yaml": own}
    made = catalogue_of([], files, standard="local")
    assert [value for _, value in steps_of(made)] == [100_000_000_000, 200_000_000_000]


def test_gases_are_weighed_exactly_and_rounded_once(catalogue_of: Callable[..., Catalogue]) -> None:
    csv = "valid_from,co2,ch4,n2o\n2021-01-01,0.1,0.0000000000001,0.0000000000003\n2021-01-02,0.2,0,0\n"
    exact = (Fraction("0.1") + 28 * Fraction("1e-13") + 265 * Fraction("3e-13")) * 1000
    expected = round(exact * 10**9)
    assert expected != 100_000_000_000  # each gas alone would have vanished in its rounding
    assert [value for _, value in steps_of(local(catalogue_of, csv))] == [expected, 200_000_000_000]


def test_a_series_ends_where_it_says(catalogue_of: Callable[..., Catalogue]) -> None:
    csv = "valid_from,co2\n2021-01-01,0.5\n"
    steps = local(catalogue_of, csv, more=", valid_to: 2021-01-02").location("grid_import", "CN")
    assert steps.known.tolist() == [False, True, False]


def test_a_series_without_an_end_holds_onward(catalogue_of: Callable[..., Catalogue]) -> None:
    onward = local(catalogue_of, "valid_from,co2\n2021-01-01,0.5\n").location("grid_import", "CN")
    assert onward.known.tolist() == [False, True]


@pytest.mark.parametrize(
    ("csv", "form", "told"),
    [
        ("valid_from,co2\n2021-01-01,abc\n", "s.csv", "s.csv:2: 'abc' is no number"),
        ("valid_from,co2\n2021-01-01,1\n2021-01-02,\n", "s.csv", "s.csv:3: '' is no number"),
        ("valid_from,co2\n2021-01-01,nan\n", "s.csv", "'nan' is no number"),
        ("valid_from,co2\n2021-01-01,1e400\n", "s.csv", "'1e400' is no number"),
        ("valid_from,co2\n2021-01-01T00:00:00,1\n", "s.csv", "has no offset"),
        ("valid_from,co2\nyesterday,1\n", "s.csv", "s.csv:2: 'yesterday' is no time"),
        ("valid_from,co2\n2021-01-01,1\n2021-01-01,2\n", "s.csv", "s.csv:3: starts when another"),
        ("valid_from,co2\n", "s.csv", "has no rows"),
        ("", "s.csv", "needs the columns"),
        (
            "when,co2\n2021-01-01,1\n",
            "s.csv",
            "has no column 'valid_from'; its columns are when, co2",
        ),
        ("valid_from,value\n2021-01-01,1\n", "s.csv", "needs the columns valid_from and co2"),
        ("valid_from,co2\n2021-01-01,1,3\n", "s.csv", "is no CSV that can be read"),
        ("valid_from,co2\n2021-01-01,1\n", "gone.csv", "no file 'gone.csv'"),
        ("a,b\n1,2\n", "{path: s.csv, co2: '{a}'}", "say when"),
        ("a,b\n1,2\n", "{path: s.csv, time: '{a}'}", "say where the values are"),
        ("a,b\n1,2\n", "{path: s.csv, time: '{a}', c02: '{b}'}", "'c02' is no key here and no gas"),
        (
            "t,v\n2021-10-31 02:30:00,1\n",
            "{path: s.csv, time: '{t}', zone: Europe/Berlin, co2: '{v}'}",
            "occurs twice in Europe/Berlin",
        ),
        (
            "t,v\n2021-03-28 02:30:00,1\n",
            "{path: s.csv, time: '{t}', zone: Europe/Berlin, co2: '{v}'}",
            "does not exist in Europe/Berlin",
        ),
    ],
)
def test_a_broken_series_teaches(
    catalogue_of: Callable[..., Catalogue], csv: str, form: str, told: str
) -> None:
    with pytest.raises(Mistakes) as wrong:
        local(catalogue_of, csv, form)
    assert told in str(wrong.value)
    assert str(wrong.value).startswith("factors/own.yaml:1: ")


def test_a_row_inside_a_series_is_equally_good(catalogue_of: Callable[..., Catalogue]) -> None:
    csv = "valid_from,co2\n2021-01-01,0.5\n2021-01-03,0.25\n"
    row = (
        "\n- {standard: local, factor: grid, region: CN, unit: kg/kWh, "
        "rows: [{valid_from: 2021-01-02, co2: '1'}]}"
    )
    with pytest.raises(Mistakes, match="equally good on 2021-01-02"):
        catalogue_of([], {"s.csv": csv, "own.yaml": OWN % ("s.csv", "") + row}, standard="local")


def write_years(path: Path, rows: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    values = [f"{draw.randrange(1, 10**6) / 10**6:.6f}" for _ in range(rows)]
    starts = hours(datetime(2021, 1, 1, tzinfo=UTC), rows)
    lines = [f"{start.isoformat()},{value}" for start, value in zip(starts, values, strict=True)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("valid_from,co2\n" + "\n".join(lines) + "\n", "utf-8")
    return values


def test_three_years_of_hours_are_exact_and_fast(
    catalogue_of: Callable[..., Catalogue], tmp_path: Path
) -> None:
    count = 3 * 8760
    values = write_years(tmp_path / "workspace" / "factors" / "s.csv", count, seed=3)
    own = {"own.yaml": OWN % ("s.csv", "")}
    catalogue_of([], own, standard="local", files={})  # reads the small library once
    best = min(_timed(catalogue_of, own, tmp_path) for _ in range(3))
    made = catalogue_of(tmp_path / "library", own, standard="local")
    steps = made.location("grid_import", "CN-JS")
    expected = [int(Decimal(value).scaleb(12)) for value in values]
    at = np.arange(count) * 3600 + int(datetime(2021, 1, 1, tzinfo=UTC).timestamp())
    found = steps.value[np.searchsorted(steps.start, at, side="right") - 1]
    assert found.tolist() == expected
    assert best < 0.4, f"{best:.3f} s for {count} rows"  # 0.2 s alone; twice that on a busy machine


def _timed(catalogue_of: Callable[..., Catalogue], own: dict[str, str], tmp_path: Path) -> float:
    begin = time.process_time()
    catalogue_of(tmp_path / "library", own, standard="local").location("grid_import", "CN-JS")
    return time.process_time() - begin
