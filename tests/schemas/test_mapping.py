"""Mappings: what they take, and what they refuse with words that help."""

from __future__ import annotations

from datetime import timedelta, timezone
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from schemas.mapping import TIME_DIRECTIVES, Mapping
from schemas.scalars import parse_duration, parse_instant, parse_ratio, parse_zone, template_names
from streams.collect.mapped_times import _DIRECTIVES

PLAIN = {"meter": "M", "time": "{t}", "quantity": "{q}"}


def test_a_utility_s_csv() -> None:
    mapping = Mapping.model_validate(
        {
            "encoding": "GB18030",
            "delimiter": ";",
            "decimal": ",",
            "skip_lines": 2,
            "meter": "{EAN}/{Register}",
            "time": "{date} {hour}",
            "time_format": "%d-%m-%Y %H:%M:%S",
            "zone": "Europe/Brussels",
            "label": "end",
            "quantity": "{Volume}",
            "unit": "{Unit}",
            "quality": "{State}",
            "qualities": {"Gelezen": "measured", "Geschat": "estimated"},
            "file_name": r"_(?P<day>\d{8})_",
            "revision": "{file.day}",
        }
    )
    assert mapping.encoding == "gb18030"
    assert mapping.time_format == ["%d-%m-%Y %H:%M:%S"]
    assert mapping.zone == ZoneInfo("Europe/Brussels")
    assert mapping.columns() == ["date", "hour", "State", "EAN", "Register", "Volume", "Unit"]
    (series,) = mapping.all_series
    assert (series.meter, series.quantity, series.unit) == (
        "{EAN}/{Register}",
        "{Volume}",
        "{Unit}",
    )


def test_several_quantities_each_its_own_meter() -> None:
    mapping = Mapping.model_validate(
        {
            "time": "{Date/Time}",
            "series": [
                {"meter": "{file.stem}/in", "quantity": "{In (Wh)}", "unit": "Wh"},
                {"meter": "home/solar", "quantity": "{solar}", "unit": "kWh", "scale": "4/1000"},
            ],
        }
    )
    assert [one.scale for one in mapping.all_series] == [Fraction(1), Fraction(4, 1000)]
    assert mapping.columns() == ["Date/Time", "In (Wh)", "solar"]


def test_a_day_in_a_row() -> None:
    wide = {"first": "00:15", "count": 96}
    mapping = Mapping.model_validate({"meter": "{id}", "time": "{day}", "wide": wide})
    assert mapping.wide is not None
    assert mapping.wide.step_s == 900


def test_no_time_column() -> None:
    mapping = Mapping.model_validate(
        {"meter": "M", "quantity": "{1}", "header": False, "first": "2016-07-31T23:00:00-08:00",
         "step": "1h"}
    )  # fmt: skip
    assert mapping.step == 3600


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"meter": None}, "say whose"),
        ({"quantity": None}, "where the quantity is"),
        ({"time": None}, "say when"),
        ({"first": "2018-01-01T00:00:00Z", "step": "1h"}, "say when"),
        ({"time": None, "first": "2018-01-01T00:00:00Z"}, "needs `step"),
        ({"time": None, "first": "new year", "step": "1h"}, "no instant"),
        ({"wide": {"first": "h1", "count": 24}}, "`quantity` is left out"),
        ({"wide": {"first": "h1", "count": 25}}, "24, 48"),
        ({"series": [{"meter": "M", "quantity": "{q}"}]}, "with `series`"),
        ({"series": []}, "at least 1 item"),
        ({"meter": "{id"}, "odd brace"),
        ({"meter": "{}"}, "odd brace"),
        ({"meter": "{file.plant}"}, r"(?P<plant>…)"),
        ({"file_name": "(?P<plant"}, "no regular expression"),
        ({"header": False}, "a column's number"),
        ({"header": False, "time": "{0}", "quantity": "{2}"}, "a column's number"),
        ({"encoding": "gb18031"}, "no encoding"),
        ({"zone": "Mars/Base"}, "no time zone"),
        ({"scale": 0}, "not above zero"),
        ({"scale": "ten"}, "no number"),
        ({"decimal": ";"}, "'.' or ','"),
        ({"qualities": {"A": "apportioned"}}, "estimated"),
        ({"step": "0m"}, "no duration"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], words: str) -> None:
    given = {key: value for key, value in {**PLAIN, **changes}.items() if value is not None}
    with pytest.raises(ValidationError) as error:
        Mapping.model_validate(given)
    assert words in str(error.value)


def test_all_that_does_not_fit_is_told_at_once() -> None:
    with pytest.raises(ValidationError, match=r"(?s)say whose.*where the quantity is.*say when"):
        Mapping.model_validate({"delimiter": ";"})


def test_scalars() -> None:
    assert [parse_duration(text) for text in ("30s", "15m", "1h", "1d")] == [30, 900, 3600, 86400]
    assert parse_ratio(" 1 / 3 ") == Fraction(1, 3)
    assert parse_ratio("1e3") == 1000
    assert parse_zone("+05:30") == timezone(timedelta(hours=5, minutes=30))
    assert parse_zone("-0800") == timezone(timedelta(hours=-8))
    assert template_names("{a b}/{{x}}/{c}") == ["a b", "c"]
    zone = ZoneInfo("Asia/Shanghai")
    assert parse_instant("2018-01-01", zone) == parse_instant("2017-12-31T16:00:00Z", zone)
    assert parse_instant("2018-01-01", zone) == 1514736000


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("yyyy-MM-dd HH:mm", "no %"),
        ("%F %R", "%F, %R is not read"),
        ("%d.%m.%Y %", "% is not read"),
    ],
)
def test_a_form_of_times_that_cannot_be_read(form: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Mapping.model_validate(PLAIN | {"time_format": form})


def test_each_directive_is_read() -> None:
    assert set(_DIRECTIVES) == set(TIME_DIRECTIVES)


def test_one_mark_cannot_be_two() -> None:
    with pytest.raises(ValidationError, match="both the decimal mark and that of thousands"):
        Mapping.model_validate(PLAIN | {"decimal": ",", "thousands": ","})
