"""One chDB folder at a time is open in a process: a file of tests shares one, each test empty."""

from collections.abc import Iterator

import pytest

from sinks.chdb_tables import FORMAT, Tables, open_tables

STORED = "SELECT name FROM system.tables WHERE database = 'default' AND engine LIKE '%MergeTree'"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    tables = open_tables("chdb:books", tmp_path_factory.mktemp("w"), "Asia/Shanghai")
    tables.setup()
    yield tables
    tables.close()


@pytest.fixture
def tables(opened: Tables) -> Tables:
    for name in opened.query(STORED, "TSV").decode().split():
        opened._run(f"TRUNCATE TABLE {name}", "emptying")
    opened._run(f"INSERT INTO format VALUES ({FORMAT})", "emptying")
    return opened
