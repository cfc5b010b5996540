"""R6 against physics: whatever the city, contributions give each entity its true use."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings

from schemas.registry import compile_registry
from schemas.workspace import load
from tests.schemas.cities import City, Epoch, cities
from tests.schemas.small import csv_text, write
from tests.schemas.weigh import CARRIERS, FLOWS, consumption

COLUMNS = ("meter", "entity", "flow", "sub_of", "supplied_by", "weight", "valid_from", "valid_to")
ZONE = ZoneInfo("Asia/Shanghai")


def written(city: City, root: Path) -> Path:
    entities = "".join(
        f"- {{id: {row['id']}, level: node, parent: {row['parent'] or 'null'}, "
        f"valid_from: {row['from']}, valid_to: {row['to']}}}\n"
        for row in city.entity_rows()
    )
    rows = [
        {**row, "valid_from": epoch.start, "valid_to": epoch.end}
        for epoch in city.epochs
        for row in epoch.rows
    ]
    files = {"registry/entities.yaml": entities, "registry/meters.csv": csv_text(COLUMNS, rows)}
    return write(root, files)


def instants(epoch: Epoch) -> list[int]:
    start = datetime.combine(epoch.start, datetime.min.time(), ZONE)
    end = datetime.combine(epoch.end, datetime.min.time(), ZONE)
    return [int(start.timestamp()), int((end - timedelta(minutes=15)).timestamp())]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cities())
def test_contributions_give_the_true_use(city: City) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = load(written(city, Path(folder)))
    compiled = compile_registry(workspace, FLOWS, flow_carriers=CARRIERS)
    for epoch in city.epochs:
        for instant in instants(epoch):
            assert consumption(compiled, epoch.reading, instant) == city.true_use(epoch)
