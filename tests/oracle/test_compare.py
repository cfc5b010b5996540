"""The comparison must see every difference: else an engine could pass with wrong figures."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from oracle import account, compare
from oracle.compare import columns, compare_findings
from oracle.records import EntityRow, Finding, MeterRow
from schemas.rollup import FINDING, ROLLUP
from tests.oracle.tables import clock, factor, given, reading, rows

GIVEN = given(
    (EntityRow("mill", None, "CN"), EntityRow("line", "mill")),
    (
        MeterRow("main", "mill", "grid_import", 900),
        MeterRow("sub", "line", "grid_import", 900, sub_of=("main",)),
    ),
    (factor(500),),
)
READINGS = """
meter start end   quantity
main  00:00 00:15 1.25
main  00:15 00:30 2
main  00:15 00:30 2.5
sub   00:00 00:15 9
"""
BOOKS = account([reading(row) for row in rows(READINGS)], GIVEN)
TELLING = [
    field.name
    for field in ROLLUP
    if field.name not in ("level", "status", "updated_at", "factor_set", "version", "gone")
]


def told() -> list[dict[str, object]]:
    """The oracle's rollups as rows of the table."""
    flows = {flow.name: flow for flow in GIVEN.flows}
    found = []
    for rollup in BOOKS.rollups.values():
        row: dict[str, object] = {"level": "x", "status": "open", "updated_at": 0, "gone": 0}
        row |= {"entity": rollup.entity, "flow": rollup.flow, "grain": rollup.grain}
        row |= {"start": rollup.start, "factor_set": "x", "version": 7}
        found.append(row | columns(rollup, flows[rollup.flow]))
    return found


def table(found: list[dict[str, object]], schema: pa.Schema = ROLLUP) -> pa.Table:
    made = {}
    for field in schema:
        kind = field.type
        values = [row[field.name] for row in found]
        if pa.types.is_dictionary(kind):
            made[field.name] = pa.array(values, pa.string()).dictionary_encode()
        elif pa.types.is_timestamp(kind):
            made[field.name] = pa.array(values, pa.int64()).cast(kind)
        else:
            made[field.name] = pa.array(values, kind)
    return pa.table(made, schema=schema)


def test_equal_figures_are_equal() -> None:
    assert len(told()) == 2 * 7
    assert compare(table(told()), BOOKS.rollups, GIVEN) == []
    assert compare(table(told()), BOOKS.rollups.values(), GIVEN) == []


def other(value: object) -> object:
    if isinstance(value, Decimal):
        return value + Decimal("0.000001")
    if isinstance(value, int):
        return value + 900
    return Decimal(0) if value is None else f"{value}?"


@pytest.mark.parametrize("name", TELLING)
@pytest.mark.parametrize("at", [0, 5, -1])
def test_one_cell_that_differs_is_seen(name: str, at: int) -> None:
    found = told()
    value = found[at][name]
    found[at][name] = 900 if value is None and name == "newest_reading" else other(value)
    assert compare(table(found), BOOKS.rollups, GIVEN) != []


def test_null_is_not_zero() -> None:
    found = told()
    silent = next(row for row in found if row["quantity"] is None)
    silent["quantity"] = Decimal(0)
    differences = compare(table(found), BOOKS.rollups, GIVEN)
    assert len(differences) == 1
    assert "the oracle says None" in differences[0]


def test_missing_and_unknown_rollups_are_told() -> None:
    found = told()
    gone = found.pop()
    assert len(compare(table(found), BOOKS.rollups, GIVEN)) == 1
    found += [gone, {**gone, "entity": "nobody"}]
    assert len(compare(table(found), BOOKS.rollups, GIVEN)) == 1


def test_the_highest_version_holds_and_gone_is_gone() -> None:
    found = told()
    stale = {**found[0], "version": 3, "quantity": Decimal(99)}
    assert compare(table([*found, stale]), BOOKS.rollups, GIVEN) == []
    gone = {**found[0], "version": 8, "gone": 1}
    assert len(compare(table([gone, *found]), BOOKS.rollups, GIVEN)) == 1


def findings_table(found: list[tuple[Finding, int, int]]) -> pa.Table:
    def exact(count: int | None) -> Decimal | None:
        return None if count is None else Decimal(count).scaleb(-6)

    told = [
        {**f._asdict(), "value": exact(f.value), "other": exact(f.other), "text": "…"}
        | {"version": version, "gone": gone}
        for f, version, gone in found
    ]
    return table(told, FINDING)


def test_findings_are_compared_too() -> None:
    kinds = {finding.kind for finding in BOOKS.findings}
    assert kinds == {"conflict", "negative_remainder"}
    found = [(finding, 1, 0) for finding in sorted(BOOKS.findings)]
    assert compare_findings(findings_table(found), BOOKS.findings) == []
    assert len(compare_findings(findings_table(found[1:]), BOOKS.findings)) == 1
    changed = (found[0][0]._replace(value=1), 1, 0)
    assert len(compare_findings(findings_table([changed, *found[1:]]), BOOKS.findings)) == 2
    gone = (found[0][0], 2, 1)
    assert len(compare_findings(findings_table([*found, gone]), BOOKS.findings)) == 1


def test_instants_are_compared_as_instants() -> None:
    row = next(row for row in told() if row["newest_reading"] == clock("00:30"))
    made = table([row]).to_pylist()[0]
    assert made["newest_reading"] == datetime(2023, 12, 31, 16, 30, tzinfo=UTC)
