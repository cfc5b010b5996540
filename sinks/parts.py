"""Did the engine write what it says it wrote?

Where a file may not grow (a limit on its size, observed with chDB 26.9), the engine reports a finished
insert and leaves a cut-off part, in which every later query fails. So each new part is measured.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sinks.errors import SinkError

NEW_PARTS = (
    "SELECT name, path, bytes_on_disk, min_block_number FROM system.parts "
    "WHERE database = 'default' AND table = '{table}' AND level = 0 AND min_block_number > {seen}"
)


def check_new_parts(connection: Any, folder: Path, table: str, seen: int) -> int:
    """Measure the parts of `table` behind block `seen`; gives the last block.

    SinkError where a part is shorter than the engine says; that part is dropped, so that the same
    rows can be written again.
    """
    answer = connection.query(NEW_PARTS.format(table=table, seen=seen), "TSVRaw").bytes().decode()
    last, short = seen, []
    for line in answer.splitlines():
        name, path, size, block = line.split("\t")
        last = max(last, int(block))
        if 0 < _bytes_in(Path(path)) < int(size):
            short.append(name)
    for name in short:
        connection.query(f"ALTER TABLE {table} DROP PART '{name}'")
    if short:
        what = f"rows for {table} were cut off on their way to the disk (part {', '.join(short)})"
        raise SinkError(what, str(folder), "free some space or raise ulimit -f, then run again")
    return last


def _bytes_in(part: Path) -> int:
    """Bytes of a part's files; 0 where it has been merged away meanwhile."""
    try:
        return sum(entry.stat().st_size for entry in os.scandir(part))
    except FileNotFoundError:
        return 0
