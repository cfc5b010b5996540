"""Forms of files by their names."""

from __future__ import annotations

from pathlib import PurePosixPath

PACKED = (".gz", ".zst")
"""Suffixes of compressed files."""

_FORMS = {
    ".csv": "csv",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".json": "json",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
}

SUFFIXES = ", ".join(_FORMS)


def form_of(name: str) -> str | None:
    """csv, lines, json, parquet or arrow by suffix (before .gz and .zst); None where it is none."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.suffix.lower() in PACKED:
        path = path.with_suffix("")
    return _FORMS.get(path.suffix.lower())
