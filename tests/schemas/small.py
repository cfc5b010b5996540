"""Small workspaces for tests, written to a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

SETTINGS = """name: mill
accounting: {standard: local, gwp: AR5}
sources:
  - files: {path: "data/*.csv", decoder: everygram}
"""
ENTITIES = """- {id: wuxi, level: city, region: CN-JS}
- {id: mill, level: enterprise, parent: wuxi}
- {id: line, level: line, parent: mill}
"""
METERS = """meter,entity,flow
M1,mill,grid_import
"""


def write(root: Path, files: Mapping[str, str] | None = None) -> Path:
    """A workspace that is valid as it stands, but for `files`."""
    given = {
        "everygram.yaml": SETTINGS,
        "registry/entities.yaml": ENTITIES,
        "registry/meters.csv": METERS,
        **(files or {}),
    }
    for name, text in given.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def csv_text(columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> str:
    """CSV text with the columns in order; a value that a row lacks is empty."""
    names = list(columns)
    lines = [",".join(names)]
    lines += [",".join(str(row.get(name, "")) for name in names) for row in rows]
    return "\n".join(lines) + "\n"
