"""Findings, rejects and dimensions: current ones, whole replacement, and the tables' format."""

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from schemas import rollup
from sinks.errors import SinkError

T = datetime(2023, 1, 10, tzinfo=UTC)


def finding(value: str | None, version: int, gone: int = 0) -> pa.Table:
    said = {
        "kind": "conflict", "subject": "M1", "flow": "grid_import", "start": T, "end": T,
        "value": Decimal(value) if value else None, "other": Decimal("-0.000001"),
        "text": "两个 values", "version": version, "gone": gone,
    }  # fmt: skip
    return pa.Table.from_pylist([said], schema=rollup.FINDING)


def test_a_finding_lasts_until_it_is_gone(tables):
    tables.write("findings", finding("1.5", 1))
    tables.write("findings", finding("1.5", 1))
    got = tables.query("SELECT value, other, text FROM findings_current", "TSV").decode()
    assert got == "1.5\t-0.000001\t两个 values\n"
    tables.write("findings", finding(None, 2, gone=1))
    assert tables.query("SELECT count() FROM findings_current", "TSV") == b"0\n"


def test_each_copy_of_a_reject_is_a_row_and_a_repeated_insert_is_none(tables):
    said = {
        "source": "a.csv", "position": "line 1", "reason": "malformed", "message": "m",
        "payload": 'x"\n\\,', "received_at": T, "version": 1,
    }  # fmt: skip
    rows = [said, said | {"position": "line 2"}]
    for _ in range(2):
        tables.write("rejects", pa.Table.from_pylist(rows, schema=rollup.REJECT))
    got = tables.query("SELECT position, payload FROM rejects FINAL ORDER BY position", "TSV")
    assert got == b'line 1\tx"\\n\\\\,\nline 2\tx"\\n\\\\,\n'


def entities(*names: str) -> pa.Table:
    rows = [
        {"entity": n, "name_en": n, "name_zh": "厂", "level": "line", "parent": "", "path": [n],
         "region": "CN", "tags": [("sector", "steel")]}
        for n in names
    ]  # fmt: skip
    kinds = {"path": pa.list_(pa.string()), "tags": pa.map_(pa.string(), pa.string())}
    schema = pa.schema([(k, kinds.get(k, pa.string())) for k in rows[0]])
    return pa.Table.from_pylist(rows, schema=schema)


def test_a_dimension_is_replaced_as_a_whole(tables):
    tables.replace("entities", entities("a", "b"))
    tables.replace("entities", entities("b", "c"))
    got = tables.query("SELECT entity, name_zh, path, tags['sector'] FROM entities", "TSV")
    assert got.decode() == "b\t厂\t['b']\tsteel\nc\t厂\t['c']\tsteel\n"
    assert b"entities_new" not in tables.query("SHOW TABLES")


def test_setup_twice_is_setup_once_and_another_format_is_refused(tables):
    tables.setup()
    assert tables.query("SELECT format FROM format", "TSV") == b"1\n"
    tables._run("INSERT INTO format VALUES (2)", "a newer release")
    with pytest.raises(SinkError, match="format 2, this release reads 1"):
        tables.setup()
