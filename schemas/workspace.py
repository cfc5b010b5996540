"""The workspace: a folder of settings, registry and factors, with every mistake told at once."""

from __future__ import annotations

import os
from collections.abc import Mapping as Variables
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from schemas import activity, contracts, meters
from schemas.contracts import Contract, read_contracts
from schemas.csv_table import CsvTable, CsvTables, read_csv_table
from schemas.entities import Entities, Grid, read_entities
from schemas.fingerprints import fingerprints
from schemas.meter_checks import check_meters
from schemas.meters import Meters, read_meters
from schemas.mistakes import Mistake, Mistakes
from schemas.settings import Settings
from schemas.settings_file import SETTINGS, read_document, read_settings

DEFAULT_GRID = Grid(ZoneInfo("Asia/Shanghai"), 900)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace as read: settings, tree, meters, contract rates, where factor files are."""

    root: Path
    settings: Settings
    """Mappings that a source names by file are in their place in `settings.sources`."""
    entities: Entities
    meters: Meters
    contracts: list[Contract]
    factor_files: list[Path]
    """factors/**/*.yaml, in order of path."""
    fingerprints: dict[str, str]
    """SHA-256 of what moves figures: `settings`, `source LABEL`, `registry`, `contracts` (R12)."""


def load(path: str | Path) -> Workspace:
    """Read the workspace at `path` (its folder or everygram.yaml); raises `Mistakes` with all."""
    workspace, mistakes = examine(path)
    if mistakes or workspace is None:
        raise Mistakes(mistakes)
    return workspace


def examine(
    path: str | Path, variables: Variables[str, str] = os.environ
) -> tuple[Workspace | None, list[Mistake]]:
    """Read as much as can be read, with every mistake; None where the settings can't be used."""
    root = Path(path)
    root = root.parent if root.name == SETTINGS else root
    mistakes: list[Mistake] = []
    settings = read_settings(root, variables, mistakes)
    # without settings the rest is read by the default clock, so that its mistakes are told too
    grid = DEFAULT_GRID if settings is None else Grid(settings.timezone, settings.base_interval_s)
    entities, read = _read_registry(root, grid, mistakes)
    rates = _read_contracts(root, entities, read, grid, mistakes)
    if settings is None:
        return None, mistakes
    workspace = Workspace(
        root=root,
        settings=settings,
        entities=entities,
        meters=read,
        contracts=rates,
        factor_files=sorted(_files(root / "factors", (".yaml", ".yml"))),
        fingerprints=fingerprints(settings, entities, read, rates),
    )
    return workspace, mistakes


def _files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Files below a folder in order of path; hidden ones (editors' and system's) are left out."""
    if not folder.is_dir():
        return []
    found = (path for path in folder.rglob("*") if path.suffix in suffixes and path.is_file())
    return sorted(
        path for path in found if not any(p.startswith(".") for p in path.relative_to(folder).parts)
    )


def _read_registry(root: Path, grid: Grid, mistakes: list[Mistake]) -> tuple[Entities, Meters]:
    folder = root / "registry"
    found = _files(folder, (".yaml", ".yml", ".csv"))
    kinds = ("entities", "meters", "activity", "budgets")
    for path in found:
        wanted = ".csv" if not path.name.startswith("entities") else (".yaml", ".yml")
        if not path.name.startswith(kinds) or not path.name.endswith(wanted):
            message = (
                "what is this? Name the file entities*.yaml, meters*.csv, activity*.csv or "
                "budgets*.csv"
            )
            mistakes.append(Mistake(path.relative_to(root).as_posix(), 1, message))
    documents = [
        read_document(root, path, mistakes)
        for path in found
        if path.name.startswith("entities") and path.suffix != ".csv"
    ]
    entities = read_entities(documents, grid, mistakes)
    if not entities.rows and not mistakes:
        mistakes.append(
            Mistake("registry/entities.yaml", 1, "there are no entities; write at least one")
        )
    tables = _tables(root, found, "meters", (meters.COLUMNS, meters.REQUIRED), mistakes)
    read = read_meters(CsvTables(tables), entities, grid, mistakes)
    check_meters(read, entities, mistakes)
    for kind, form, what in (
        ("activity", (activity.ACTIVITY_COLUMNS, activity.ACTIVITY_REQUIRED), "name"),
        ("budgets", (activity.BUDGET_COLUMNS, activity.BUDGET_REQUIRED), "metric"),
    ):
        for table in _tables(root, found, kind, form, mistakes):
            activity.check_amounts(table, what, entities, grid, mistakes)
    return entities, read


def _tables(
    root: Path,
    files: Sequence[Path],
    kind: str,
    form: tuple[Sequence[str], Sequence[str]],
    mistakes: list[Mistake],
) -> list[CsvTable]:
    """The CSV files of one kind, by the beginning of their names."""
    out = []
    for path in files:
        if path.name.startswith(kind) and path.suffix == ".csv":
            file = path.relative_to(root).as_posix()
            table = read_csv_table(path, file, *form, mistakes=mistakes)
            if table is not None:
                out.append(table)
    return out


def _read_contracts(
    root: Path, entities: Entities, read: Meters, grid: Grid, mistakes: list[Mistake]
) -> list[Contract]:
    files = _files(root / "factors", (".csv",))
    form = (contracts.COLUMNS, contracts.REQUIRED)
    tables = _tables(root, files, "contracts", form, mistakes)
    ids = read.ids.to_pylist() if tables else []
    return read_contracts(tables, entities, ids, grid, mistakes)
