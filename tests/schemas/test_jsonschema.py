"""JSON Schemas: up to date, and the design's own examples validate by them."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from schemas.jsonschema import json_schemas, main, rendered
from schemas.yaml_lines import read_yaml

READING = (
    '{"meter": "WX-0042/import", "start": "2026-11-20T08:00:00+08:00", '
    '"end": "2026-11-20T08:15:00+08:00", "quantity": "12.345", "unit": "kWh", '
    '"quality": "measured", "revision": 0}'
)
SETTINGS = """
name: mill
timezone: Asia/Shanghai
base_interval: 15m
accounting: {standard: local, gwp: AR5}
sources:
  - files: {path: "data/*.csv", decoder: everygram}
sinks:
  - clickhouse: "chdb:var/books"
"""
ENTITIES = """
- {id: wuxi, name: {en: Wuxi, zh: 无锡}, level: city, region: CN-JS}
- {id: mill, name: {en: Mill, zh: 钢厂}, level: enterprise, parent: wuxi}
"""
FACTORS = """
- standard: local
  factor: grid_electricity
  region: CN
  unit: kg/kWh
  rows:
    - {valid_from: 2018-01-01, co2: "0.4585", source: "grid operator, 2017 average"}
"""


def yaml_value(text: str) -> Any:
    return read_yaml(text, "file.yaml", []).value


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schemas()[name])


def test_files_are_up_to_date() -> None:
    for path, text in rendered().items():
        assert path.read_text(encoding="utf-8") == text, "run python -m schemas.jsonschema --write"
    assert main([]) == 0


@pytest.mark.parametrize("name", sorted(json_schemas()))
def test_each_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schemas()[name])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("settings", yaml_value(SETTINGS)),
        ("entities", yaml_value(ENTITIES)),
        ("factors", yaml_value(FACTORS)),
        ("reading", json.loads(READING)),
        ("reading", {"meter": "M", "start": "2018-01-01 00:00", "quantity": 3.17, "new": 1}),
        ("mapping", {"meter": "M", "time": "{t}", "quantity": "{q}", "scale": "1/4"}),
    ],
)
def test_examples_validate(name: str, value: Any) -> None:
    validator(name).validate(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("settings", {"name": "mill"}),
        (
            "settings",
            {"name": "mill", "accounting": {"standard": "x", "gwp": "AR5"}, "zone": "UTC"},
        ),
        ("entities", [{"id": "mill"}]),
        ("reading", {"meter": 7, "start": "2018-01-01T00:00:00Z", "quantity": "1"}),
        ("reading", {"meter": "M", "start": "2018-01-01T00:00:00Z", "quantity": "1,5"}),
        ("mapping", {"meter": "M", "format": "xml"}),
    ],
)
def test_others_do_not(name: str, value: Any) -> None:
    assert list(validator(name).iter_errors(value))
