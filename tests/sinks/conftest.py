"""One chDB folder at a time is open in a process: a test has its own, and closes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.chdb_tables import Tables, open_tables


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    opened = open_tables("chdb:books", tmp_path, "Asia/Shanghai")
    opened.setup()
    yield opened
    opened.close()
