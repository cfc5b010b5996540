"""The catalogue of a workspace: a release of the library, its own factors over it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from factors.fit import equally_good, unfit
from factors.library import LIBRARY, Library, load_library, read_document, releases
from factors.own import OwnFiles, contract_rows
from factors.rows import FactorRow
from factors.tables import Catalogue
from schemas.contracts import Contract
from schemas.factor import Flow
from schemas.factor_files import FlowEntry, Standard
from schemas.mistakes import Mistake, Mistakes, did_you_mean
from schemas.settings import Accounting

__all__ = ["NEVER_BY_DEFAULT", "SETTINGS", "Catalogue", "load_catalogue", "usable"]

SETTINGS = "everygram.yaml"
NEVER_BY_DEFAULT = ("one_source", "recalled")
"""Evidence that a workspace must accept by name."""


def load_catalogue(
    accounting: Accounting,
    factor_files: Sequence[Path],
    zone: ZoneInfo,
    root: Path,
    *,
    contracts: Sequence[Contract] = (),
    library_path: Path = LIBRARY,
) -> Catalogue:
    """The catalogue of a workspace. Raises Mistakes with all that must be put right.

    factor_files: the workspace's own (`factors/**/*.yaml`) · zone: where dates are midnights ·
    root: the workspace, from which mistakes name files · contracts: its rates, in the order that
    `Catalogue.market` numbers them by.
    """
    mistakes: list[Mistake] = []
    release = _release(accounting, library_path, root)
    library = load_library(release, zone, library_path)
    mistakes += library.mistakes
    own = OwnFiles(library, zone, root, mistakes)
    for path in factor_files:
        own.read(path)
    rule = _rule(accounting, library, own, root, mistakes)
    if accounting.gwp not in library.gwp:
        known = ", ".join(library.gwp)
        text = f"no GWP set '{accounting.gwp}' in library {release}: write one of {known}"
        mistakes.append(_in_settings(root, "gwp", text))
    if mistakes:
        raise Mistakes(mistakes)
    return _fitted(accounting, library, own, rule, contracts)


def _fitted(
    accounting: Accounting,
    library: Library,
    own: OwnFiles,
    rule: Standard,
    contracts: Sequence[Contract],
) -> Catalogue:
    """The catalogue of what was read, its rows fitting each other and their flows."""
    entries = library.flows | own.flows
    flows = {name: _flow(entry, rule) for name, entry in entries.items()}
    keys = {name: (entry.factor or name, entry.coal) for name, entry in entries.items()}
    rows = own.rows + [row for row in library.rows if usable(row, accounting.accept)]
    mistakes: list[Mistake] = []
    made = Catalogue(
        library=library,
        standard=accounting.standard,
        rule=rule,
        gwp=accounting.gwp,
        flows=flows,
        keys=keys,
        rows=rows,
        contracts=list(contract_rows(contracts, flows, mistakes)),
    )
    mistakes += equally_good(rows, made.table, own.zone)
    mistakes += unfit(made, keys)
    if mistakes:
        raise Mistakes(mistakes)
    return made


def usable(row: FactorRow, accept: Sequence[str]) -> bool:
    """Whether a row of the library may be used: weak evidence only where it is accepted by name."""
    return row.evidence not in NEVER_BY_DEFAULT or row.evidence in accept


def _release(accounting: Accounting, where: Path, root: Path) -> str:
    known = releases(where)
    release = accounting.library or known[-1]
    if release not in known:
        text = f"no release '{release}' of the factor library: write one of {', '.join(known)}"
        raise Mistakes([_in_settings(root, "library", text)])
    return release


def _in_settings(root: Path, key: str, message: str) -> Mistake:
    """A mistake at a key of `accounting`."""
    line = 1
    if (root / SETTINGS).is_file():
        document = read_document(root / SETTINGS, SETTINGS, [])
        line = document.line(("accounting", key))
    return Mistake(SETTINGS, line, message)


def _rule(
    accounting: Accounting, library: Library, own: OwnFiles, root: Path, mistakes: list[Mistake]
) -> Standard:
    known = library.standards | own.standards
    if accounting.standard not in known:
        hint = did_you_mean(accounting.standard, known)
        text = (
            f"unknown accounting standard '{accounting.standard}'{hint}: write one of "
            f"{', '.join(known)}, or give factors/*.yaml rows of your own standard"
        )
        mistakes.append(_in_settings(root, "standard", text))
    return known.get(accounting.standard, Standard())


def _flow(entry: FlowEntry, rule: Standard) -> Flow:
    consumption = {"use": 1, "export": -1, "process": 0}[entry.role]
    emission = 1 if entry.role != "export" else -1 if rule.deducts else 0
    scope = rule.scopes.get(entry.flow, entry.scope)
    return Flow(entry.flow, entry.carrier, scope, entry.unit, consumption, emission)
