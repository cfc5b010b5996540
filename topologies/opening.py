"""What opening the books takes: the lock, the factors, the registry in the books' slots."""

from __future__ import annotations

import fcntl
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from factors.catalogue import Catalogue, load_catalogue
from factors.check import check
from schemas.compiled import Compiled
from schemas.mistakes import Mistakes
from schemas.registry import compile_registry
from schemas.workspace import Workspace
from sinks.segments import list_segments
from topologies.manifest import Manifest, ManifestError, load, save
from topologies.slots import keep_slots, known_slots

REBUILD = "make them anew with `everygram rebuild`"


class BusyError(Exception):
    """Another process has the books open."""


def open_catalogue(workspace: Workspace) -> Catalogue:
    """The factors of a workspace. Raises Mistakes, also where they do not fit its meters or grid."""
    s = workspace.settings
    catalogue = load_catalogue(
        s.accounting,
        workspace.factor_files,
        s.timezone,
        workspace.root,
        contracts=workspace.contracts,
    )
    mistakes = check(workspace, catalogue)
    if mistakes:  # a value that changes inside a base interval would be left out, and no one told
        raise Mistakes(mistakes)
    return catalogue


def compile_workspace(
    workspace: Workspace, catalogue: Catalogue, folder: Path, *, keep: bool = True
) -> Compiled:
    """The registry compiled, meters in the slots that the books gave them.

    With `keep` the slots of new meters are written down: they are theirs for good.
    """
    flows = list(catalogue.flows)
    carriers = {name: flow.carrier for name, flow in catalogue.flows.items()}
    before = known_slots(folder / "slots.parquet")
    compiled = compile_registry(workspace, flows, before.meters, flow_carriers=carriers)
    gone = compiled.meter_cell_s == 0
    if gone.any():  # the registry has it no more, its cells stay where they are
        cells = compiled.meter_cell_s.copy()
        cells[gone] = before.cell_s[np.flatnonzero(gone)]
        compiled = replace(compiled, meter_cell_s=cells)
    if keep:
        keep_slots(folder / "slots.parquet", compiled, before)
    return compiled


def committed(folder: Path, tables: Path) -> Manifest:
    """The manifest of the books in `folder`, or a new one where there are none yet.

    Raises ManifestError where a part of them is gone: what it held would silently be missing.
    """
    path = folder / "manifest.json"
    if not path.exists():
        if list_segments(folder / "journal"):
            raise ManifestError(f"{path}: the manifest is gone, the journal is there; {REBUILD}")
        save(path, Manifest())
    manifest = load(path)
    parts = [folder / "book" / "longer", folder / "slots.parquet"] if manifest.span else []
    if manifest.settled_span:
        parts += [folder / "settle", tables]
    gone = [] if manifest.restating else [str(part) for part in parts if not part.exists()]
    if gone:
        raise ManifestError(f"{', '.join(gone)}: a part of the books is gone; {REBUILD}")
    return manifest


def lock(path: Path) -> int:
    """Take the books for this process; gives the descriptor that holds them. Raises BusyError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(descriptor, 32).decode() or "another process"
        os.close(descriptor)
        text = f"{path.parent}: process {holder} has the books open; wait for it or stop it"
        raise BusyError(text) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return descriptor
