"""Reading the truth of a simulated city."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.rollup import GRAINS
from simulator.counters import Expected
from simulator.truth_files import SCHEMA


def load(path: Path) -> dict[str, pa.Table]:
    """The truth by grain: tables of `truth_files.SCHEMA`, rollups' columns in rollups' types.

    `path` is the truth's folder or the workspace that holds it as `truth/`. Figures are null where
    no reading gives a quantity. Raises FileNotFoundError where there is no truth.
    """
    folder = _folder(path)
    files = {grain: folder / f"{grain}.parquet" for grain in GRAINS}
    return {
        grain: pq.read_table(file).cast(SCHEMA) for grain, file in files.items() if file.exists()
    }


def expected(path: Path) -> Expected:
    """What a run over the city must count (R9c)."""
    return Expected(**json.loads((_folder(path) / "expected.json").read_text("utf-8")))


def conflicts(path: Path) -> pa.Table:
    """The conflicts that must be found: meter, start, end, value (it stands), other."""
    return pq.read_table(_folder(path) / "conflicts.parquet")


def _folder(path: Path) -> Path:
    folder = path / "truth" if (path / "truth").is_dir() else path
    if not (folder / "expected.json").exists():
        raise FileNotFoundError(f"{path}: no truth here; `everygram simulate` writes one")
    return folder
