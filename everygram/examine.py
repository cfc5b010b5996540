"""Everything that can be wrong in a workspace: settings, registry, factors, and how they fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from factors.catalogue import Catalogue, load_catalogue
from factors.check import check, hints
from schemas.mistakes import Mistake, Mistakes
from schemas.registry import compile_registry
from schemas.workspace import Workspace
from schemas.workspace import examine as examine_files


@dataclass
class Examined:
    """What a workspace's examination found."""

    mistakes: list[Mistake] = field(default_factory=list)
    notes: list[Mistake] = field(default_factory=list)
    """Allowed, but worth a look."""
    summary: str = ""


def examine_all(path: Path) -> Examined:
    """Every mistake of the workspace at `path`, each once."""
    found = Examined()
    workspace, mistakes = examine_files(path)
    if workspace is not None:
        catalogue = _catalogue(workspace, mistakes)
        if catalogue is not None:
            _fit(workspace, catalogue, mistakes, found)
    found.mistakes = sorted(set(mistakes))
    return found


def _catalogue(workspace: Workspace, mistakes: list[Mistake]) -> Catalogue | None:
    settings = workspace.settings
    try:
        return load_catalogue(
            settings.accounting,
            workspace.factor_files,
            settings.timezone,
            workspace.root,
            contracts=workspace.contracts,
        )
    except Mistakes as error:
        mistakes += error.mistakes
        return None


def _fit(
    workspace: Workspace, catalogue: Catalogue, mistakes: list[Mistake], found: Examined
) -> None:
    whole = not mistakes
    mistakes += check(workspace, catalogue)
    if whole:  # a registry with mistakes of its own can't be compiled
        mistakes += _compiled(workspace, catalogue, [m for m in mistakes if _of_a_flow(m)])
    if not mistakes:
        found.notes = hints(workspace, catalogue)
        found.summary = _summary(workspace, catalogue)


def _of_a_flow(mistake: Mistake) -> bool:
    return mistake.message.startswith("flow:")


def _compiled(workspace: Workspace, catalogue: Catalogue, flows: list[Mistake]) -> list[Mistake]:
    """What compiling the registry refuses; unknown flows (`flows`) were told in better words."""
    carriers = {name: flow.carrier for name, flow in catalogue.flows.items()}
    known = None if flows else carriers  # else an unknown flow is told as a wrong carrier too
    try:
        compile_registry(workspace, list(catalogue.flows), flow_carriers=known)
    except Mistakes as error:
        told = {(m.file, m.line) for m in flows}
        return [m for m in error.mistakes if not (_of_a_flow(m) and (m.file, m.line) in told)]
    return []


def _summary(workspace: Workspace, catalogue: Catalogue) -> str:
    accounting = workspace.settings.accounting
    return (
        f"{len(workspace.entities.ids):,} entities, {len(workspace.meters.ids):,} meters; "
        f"accounting by {accounting.standard}, {accounting.gwp}, "
        f"factor library {catalogue.release}"
    )
