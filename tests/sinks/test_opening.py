"""Opening the tables: what the settings may say."""

from pathlib import Path

import pytest

from sinks.chdb_tables import open_tables
from sinks.errors import SinkError


@pytest.mark.parametrize("address", ["chdb:", "clickhouse://h/db", "var/books"])
def test_an_address_that_is_no_folder_is_refused(address, tmp_path: Path):
    with pytest.raises(SinkError, match="chdb:var/books"):
        open_tables(address, tmp_path, "UTC")


def test_a_zone_cannot_carry_sql(tmp_path: Path):
    with pytest.raises(SinkError, match="no time zone"):
        open_tables("chdb:books", tmp_path, "UTC') ENGINE = Memory --")
