"""A small library written for one test, and catalogues of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest
import yaml

from factors.catalogue import Catalogue, load_catalogue
from schemas.contracts import Contract
from schemas.settings import Accounting

SHANGHAI = ZoneInfo("Asia/Shanghai")

FILES = {
    "release.yaml": "{release: '1.1', published: 2026-01-01}",
    "flows.yaml": """
        carriers: {electricity: {en: Electricity}, natural_gas: {en: Gas}, steam: {en: Steam}}
        flows:
          grid_import: {carrier: electricity, unit: kWh, scope: "2", factor: grid, coal: power}
          grid_export: {carrier: electricity, unit: kWh, scope: "2", factor: grid, role: export}
          natural_gas: {carrier: natural_gas, unit: Nm3, scope: "1", coal: gas}
          limestone: {carrier: steam, unit: t, scope: "1", role: process}
        """,
    "regions.yaml": "{CN: {}, CN-EAST: {}, CN-JS: {parent: CN-EAST}, GB: {}}",
    "standards.yaml": """
        Late: {deducts: true, arrears: true, residual: residual}
        Prompt: {takes: {Late: [natural_gas]}, scopes: {grid_export: "3"}}
        """,
    "gwp.yaml": """
        AR5: {co2: {value: "1"}, ch4: {value: "28"}, n2o: {value: "265"}}
        AR6: {co2: {value: "1"}, ch4: {value: "27.9"}}
        """,
    "standard_coal.yaml": "[]",
}


def entry(
    rows: list[dict[str, str]], factor: str = "grid", region: str = "CN", **more: str
) -> dict[str, object]:
    """An entry of a factor file; rows of the library get a source and official evidence."""
    full = [{"source": "a test", "evidence": "official", **row} for row in rows]
    fixed = {"standard": "Late", "factor": factor, "region": region, "unit": "kg/kWh"}
    return {**fixed, **more, "rows": full}


@pytest.fixture
def write_library(tmp_path: Path) -> Callable[..., Path]:
    """Writes a release; returns the library's folder."""

    def write(entries: list[dict[str, object]], release: str = "1.1", **files: str) -> Path:
        folder = tmp_path / "library" / release
        folder.mkdir(parents=True)
        given = {name.replace("__", "."): text for name, text in files.items()}
        for name, text in {**FILES, **given}.items():
            (folder / name).write_text(dedent(text), "utf-8")
        (folder / "cn").mkdir()
        text = yaml.safe_dump(entries, allow_unicode=True, sort_keys=False)
        (folder / "cn" / "rows.yaml").write_text(text, "utf-8")
        return folder.parent

    return write


@pytest.fixture
def catalogue_of(tmp_path: Path, write_library: Callable[..., Path]) -> Callable[..., Catalogue]:
    """A catalogue of entries (or of a library's folder), with own files by name."""

    def make(
        entries: list[dict[str, object]] | Path,
        own: dict[str, str] | None = None,
        *,
        zone: ZoneInfo = SHANGHAI,
        contracts: list[Contract] | None = None,
        files: dict[str, str] | None = None,
        **accounting: object,
    ) -> Catalogue:
        where = entries if isinstance(entries, Path) else write_library(entries, **(files or {}))
        root = tmp_path / "workspace"
        paths = []
        for name, text in (own or {}).items():
            path = root / "factors" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), "utf-8")
            if path.suffix == ".yaml":
                paths.append(path)
        settings = Accounting.model_validate({"standard": "Late", "gwp": "AR5", **accounting})
        return load_catalogue(
            settings, paths, zone, root, contracts=contracts or [], library_path=where
        )

    return make
