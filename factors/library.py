"""A release of the library: flows, regions, standards, GWP sets, standard coal and factor files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from factors.exact import InexactError, evaluate
from factors.rows import CO2E, FactorRow, Reader
from factors.units import UnitError, unit
from schemas.factor_files import CoalEntry, FactorEntry, FlowEntry, Gas, Region, Release, Standard
from schemas.mistakes import Mistake
from schemas.yaml_lines import Document, read_yaml, validation_mistakes

LIBRARY = Path(__file__).with_name("library")
_PLAIN = frozenset(
    f"{name}.yaml" for name in ("release", "flows", "regions", "standards", "gwp", "standard_coal")
)

Model = TypeVar("Model", bound=BaseModel)


@dataclass(slots=True)
class Library:
    """What a release says; `mistakes` where it can't be read as it stands."""

    release: str
    carriers: dict[str, dict[str, str]] = field(default_factory=dict)
    flows: dict[str, FlowEntry] = field(default_factory=dict)
    regions: dict[str, Region] = field(default_factory=dict)
    standards: dict[str, Standard] = field(default_factory=dict)
    gwp: dict[str, dict[str, Fraction]] = field(default_factory=dict)
    coal_in_arrears: set[tuple[str, str]] = field(default_factory=set)
    rows: list[FactorRow] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)

    @property
    def gases(self) -> frozenset[str]:
        """Every gas that a GWP set knows, and co2e."""
        return frozenset({CO2E}).union(*self.gwp.values())


def releases(where: Path = LIBRARY) -> list[str]:
    """The releases that are there, oldest first."""
    found = [path.parent.name for path in where.glob("*/release.yaml")]
    return sorted(found, key=lambda name: [int(part) for part in name.split(".") if part.isdigit()])


def load_library(release: str, zone: tzinfo, where: Path = LIBRARY) -> Library:
    """A release of the library, its dates as midnights of `zone`."""
    return _load(release, zone, where)


@lru_cache(maxsize=8)
def _load(release: str, zone: tzinfo, where: Path) -> Library:
    folder = where / release
    library = Library(release)
    one(_read(folder / "release.yaml", where, library), (), Release, library.mistakes)
    _flows(_read(folder / "flows.yaml", where, library), library)
    regions = _read(folder / "regions.yaml", where, library)
    library.regions = _named(regions, Region, library.mistakes)
    standards = _read(folder / "standards.yaml", where, library)
    library.standards = _named(standards, Standard, library.mistakes)
    _takes(standards, library)
    _gwp(_read(folder / "gwp.yaml", where, library), library)
    _coal(_read(folder / "standard_coal.yaml", where, library), folder, zone, library)
    for path in sorted(folder.rglob("*.yaml")):
        if path.parent == folder and path.name in _PLAIN:
            continue
        document = _read(path, where, library)
        reader = Reader(document, path.parent, zone, library.gases, False, library.mistakes)
        for i, _ in enumerate(items(document, library.mistakes)):
            entry = one(document, (i,), FactorEntry, library.mistakes)
            if entry is not None:
                library.rows += reader.factor(entry, (i,))
    return library


def _read(path: Path, where: Path, library: Library) -> Document:
    file = f"{where.name}/{path.relative_to(where).as_posix()}"
    return read_document(path, file, library.mistakes)


def read_document(path: Path, file: str, mistakes: list[Mistake]) -> Document:
    """A YAML file; what can't be read goes to `mistakes`."""
    try:
        return read_yaml(path.read_text("utf-8"), file, mistakes)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't UTF-8"
        mistakes.append(Mistake(file, 1, f"can't be read ({reason}): give a file in UTF-8"))
        return Document(file, None, None)


def items(document: Document, mistakes: list[Mistake]) -> list[Any]:
    """The entries of a file that is a list."""
    if document.value is None:
        return []
    if isinstance(document.value, list):
        return document.value
    mistakes.append(Mistake(document.file, 1, "must be a list: start each entry with `- `"))
    return []


def one(
    document: Document, at: tuple[int, ...], model: type[Model], mistakes: list[Mistake]
) -> Model | None:
    """The entry at a place of the document as a record, or None with its mistakes told."""
    value = document.value
    for step in at:
        value = value[step]
    try:
        return model.model_validate(value)
    except ValidationError as error:
        mistakes += validation_mistakes(error, document, model, at)
        return None


def _named(
    document: Document, model: type[Model], mistakes: list[Mistake], under: str = ""
) -> dict[str, Model]:
    found = {}
    value = document.value if isinstance(document.value, dict) else {}
    for name, fields in (value.get(under) or {} if under else value).items():
        try:
            found[str(name)] = model.model_validate(fields)
        except ValidationError as error:
            line = document.line((under, name) if under else (name,))
            for problem in error.errors(include_url=False):
                key = ".".join(map(str, problem["loc"]))
                mistakes.append(Mistake(document.file, line, f"{name}.{key}: {problem['msg']}"))
    return found


def _flows(document: Document, library: Library) -> None:
    value = document.value if isinstance(document.value, dict) else {}
    library.carriers = value.get("carriers") or {}
    named = {name: {"flow": name, **fields} for name, fields in (value.get("flows") or {}).items()}
    flows = Document(document.file, {"flows": named}, document.node)
    library.flows = _named(flows, FlowEntry, library.mistakes, "flows")
    for name, flow in library.flows.items():
        texts = []
        if flow.carrier not in library.carriers:
            texts.append(f"carrier '{flow.carrier}' is not among the carriers: add it")
        try:
            unit(flow.unit)
        except UnitError as error:
            texts.append(f"unit: {error}")
        line = document.line(("flows", name))
        library.mistakes += [Mistake(document.file, line, f"flow {name}: {t}") for t in texts]


def _takes(document: Document, library: Library) -> None:
    """What a standard takes comes from one known standard."""
    for name, rule in library.standards.items():
        taken: set[str] = set()
        for of, keys in rule.takes.items():
            texts = [f"takes '{key}' twice: keep one" for key in keys if key in taken]
            if of not in library.standards:
                texts.append(f"takes of '{of}', which is no standard here")
            taken.update(keys)
            line = document.line((name, "takes", of))
            library.mistakes += [Mistake(document.file, line, f"{name} {t}") for t in texts]


def _gwp(document: Document, library: Library) -> None:
    for name in document.value if isinstance(document.value, dict) else ():
        gases = _named(document, Gas, library.mistakes, name)
        try:
            library.gwp[name] = {gas: evaluate(row.value) for gas, row in gases.items()}
        except InexactError as error:
            line = document.line((name,))
            library.mistakes.append(Mistake(document.file, line, str(error)))


def _coal(document: Document, folder: Path, zone: tzinfo, library: Library) -> None:
    reader = Reader(document, folder, zone, library.gases, False, library.mistakes)
    for i, _ in enumerate(items(document, library.mistakes)):
        entry = one(document, (i,), CoalEntry, library.mistakes)
        if entry is None:
            continue
        library.rows += reader.coal(entry, (i,))
        if entry.arrears:
            library.coal_in_arrears.add((entry.coal, entry.basis))
