"""`everygram query`: SQL on the books, reading only."""

from __future__ import annotations

from pathlib import Path

from everygram.options import Answer
from everygram.talk import put


def query(workspace: Path, sql: str, /, *, output: Answer = "table") -> int:
    """Ask the books by SQL (the dialect of ClickHouse); it only reads.

    Data goes to stdout, everything else to stderr. While `everygram run` holds
    the workspace, that process answers. Figures are exact decimals; in JSON
    they are text.

    Examples:
      everygram query mill "SHOW TABLES"
      everygram query mill "SELECT entity, flow, start, quantity, co2e_location_g
        FROM rollups_current WHERE grain = 'day' ORDER BY ALL"
      everygram query mill "SELECT * FROM by_scope WHERE grain = 'month'" -o csv > scopes.csv

    Parameters
    ----------
    workspace
        The workspace's folder.
    sql
        One statement that reads: SELECT, SHOW, DESCRIBE, EXPLAIN.
    output
        table, csv (with a header) or json (a list of objects).
    """
    from everygram.asking import ask

    put(ask(workspace, sql, output))
    return 0
