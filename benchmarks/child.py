"""One measurement in a process of its own: `python -m benchmarks.child RUN ROOT DAYS`.

Prints its figures as one line of JSON. Runs on two cores, whatever the machine has.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import city_year, floors, ingest

CORES = 2

RUNS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "ingest": lambda root, _: ingest.ingest(root),
    "start_up": lambda root, _: ingest.start_up(root),
    "decode_only": lambda root, _: floors.decode_only(root),
    "duckdb_batch": lambda root, _: floors.duckdb_batch(root),
    "chdb_batch": lambda root, _: floors.chdb_batch(root),
    "year_fill": city_year.fill,
    "year_factor": lambda root, days: city_year.restate(root, days, "factor", whole=False),
    "year_contribution": lambda root, days: city_year.restate(
        root, days, "contribution", whole=False
    ),
    "year_whole": lambda root, days: city_year.restate(root, days, "factor", whole=True),
}


def main(run: str, root: str, days: str) -> None:
    """Measure, and tell."""
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    os.sched_setaffinity(0, cores)
    print(json.dumps(RUNS[run](Path(root), int(days))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
