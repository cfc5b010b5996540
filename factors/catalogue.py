"""Reading the library and a workspace's own factor files into a catalogue, every mistake told at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from factors.exact import InexactError, evaluate
from factors.library import LIBRARY, Library, items, load_library, one, read_document, releases
from factors.rows import CO2E, OWN, STANDARD_COAL, FactorRow, Reader
from factors.tables import CONTRACT, Catalogue
from factors.times import in_words
from factors.units import UnitError, factor_ratio, unit
from schemas.factor import Flow
from schemas.factor_files import FactorEntry, FlowEntry, Standard
from schemas.mistakes import Mistake, Mistakes, did_you_mean

__all__ = ["Accounting", "Catalogue", "ContractRate", "load_catalogue"]

SETTINGS = "everygram.yaml"
NEVER_BY_DEFAULT = ("one_source", "recalled")
"""Evidence that a workspace must accept by name."""


class Accounting(Protocol):
    """What the settings say about accounting."""

    @property
    def standard(self) -> str:
        """Name of the accounting standard."""

    @property
    def gwp(self) -> str:
        """Name of the GWP set."""

    @property
    def library(self) -> str | None:
        """Release of the library; None: the newest."""

    @property
    def accept(self) -> Sequence[str]:
        """Kinds of evidence that may be used though they are never a default."""


class ContractRate(Protocol):
    """A contract rate: what a kWh (or another native unit) emits by contract, and when."""

    @property
    def flow(self) -> str:
        """The flow it is for."""

    @property
    def rate(self) -> str:
        """Decimal text."""

    @property
    def unit(self) -> str:
        """A mass per a unit."""

    @property
    def valid_from(self) -> int:
        """Epoch seconds."""

    @property
    def valid_to(self) -> int:
        """Epoch seconds, excluded; 2**62 without an end."""


def load_catalogue(
    accounting: Accounting,
    factor_files: Sequence[Path],
    zone: ZoneInfo,
    root: Path,
    contracts: Sequence[ContractRate] = (),
    library_path: Path = LIBRARY,
) -> Catalogue:
    """The catalogue of a workspace. Raises Mistakes with everything that must be put right."""
    mistakes: list[Mistake] = []
    release = _release(accounting, library_path, mistakes)
    library = load_library(release, zone, library_path)
    mistakes += library.mistakes
    own = _OwnFiles(library, zone, root, mistakes)
    for path in factor_files:
        own.read(path)
    rule = _rule(accounting, library, own, mistakes)
    if accounting.gwp not in library.gwp:
        known = ", ".join(library.gwp)
        text = f"no GWP set '{accounting.gwp}' in library {release}: write one of {known}"
        mistakes.append(Mistake(SETTINGS, 1, text))
    if mistakes:
        raise Mistakes(mistakes)
    entries = library.flows | own.flows
    flows = {name: _flow(entry, rule) for name, entry in entries.items()}
    keys = {name: (entry.factor or name, entry.coal) for name, entry in entries.items()}
    accepted = [row for row in library.rows if usable(row, accounting.accept)]
    rates = list(_contract_rows(contracts, flows, mistakes))
    rows = [*own.rows, *accepted]
    made = Catalogue(library, accounting.standard, rule, accounting.gwp, flows, keys, rows, rates)
    mistakes += equally_good(rows, made.table, zone)
    mistakes += _unfit(made, keys)
    if mistakes:
        raise Mistakes(mistakes)
    return made


def usable(row: FactorRow, accept: Sequence[str]) -> bool:
    """Whether a row of the library may be used: weak evidence only where it is accepted by name."""
    return row.evidence not in NEVER_BY_DEFAULT or row.evidence in accept


def _release(accounting: Accounting, where: Path, mistakes: list[Mistake]) -> str:
    known = releases(where)
    release = accounting.library or known[-1]
    if release not in known:
        text = f"no release '{release}' of the factor library: write one of {', '.join(known)}"
        mistakes.append(Mistake(SETTINGS, 1, text))
        raise Mistakes(mistakes)
    return release


@dataclass(slots=True)
class _OwnFiles:
    """The workspace's own factor files: rows, flows, and what they say of their own standards."""

    library: Library
    zone: ZoneInfo
    root: Path
    mistakes: list[Mistake]
    rows: list[FactorRow] = field(default_factory=list)
    flows: dict[str, FlowEntry] = field(default_factory=dict)
    standards: dict[str, Standard] = field(default_factory=dict)

    def read(self, path: Path) -> None:
        """Take one file."""
        inside = path.is_relative_to(self.root)
        file = (path.relative_to(self.root) if inside else path).as_posix()
        document = read_document(path, file, self.mistakes)
        reader = Reader(document, path.parent, self.zone, self.library.gases, True, self.mistakes)
        for i, item in enumerate(items(document, self.mistakes)):
            if isinstance(item, dict) and "flow" in item:
                flow = one(document, (i,), FlowEntry, self.mistakes)
                if flow is not None:
                    self._flow(flow, reader, i)
                continue
            entry = one(document, (i,), FactorEntry, self.mistakes)
            if entry is not None:
                self._standard(entry, reader, i)
                self.rows += reader.factor(entry, (i,))

    def _flow(self, flow: FlowEntry, reader: Reader, i: int) -> None:
        try:
            unit(flow.unit)
        except UnitError as error:
            reader.wrong((i, "unit"), str(error))
        if flow.flow in self.flows:
            reader.wrong((i, "flow"), f"flow '{flow.flow}' is given twice: keep one")
        self.flows[flow.flow] = flow

    def _standard(self, entry: FactorEntry, reader: Reader, i: int) -> None:
        """`deducts` and `arrears` belong to the standard: said once, or the same everywhere."""
        given = {key: getattr(entry, key) for key in ("deducts", "arrears")}
        given = {key: value for key, value in given.items() if value is not None}
        if entry.standard in self.library.standards:
            for key in given:
                reader.wrong(
                    (i, key), f"'{entry.standard}' is the library's standard: leave it out"
                )
            return
        before = self.standards.get(entry.standard, Standard())
        for key, value in given.items():
            if key in before.model_fields_set and getattr(before, key) != value:
                reader.wrong((i, key), f"'{key}' of '{entry.standard}' was said otherwise before")
        said = before.model_dump(include=before.model_fields_set) | given
        self.standards[entry.standard] = Standard(**said)


def _rule(
    accounting: Accounting, library: Library, own: _OwnFiles, mistakes: list[Mistake]
) -> Standard:
    known = library.standards | own.standards
    if accounting.standard not in known:
        hint = did_you_mean(accounting.standard, known)
        text = (
            f"unknown accounting standard '{accounting.standard}'{hint}: write one of "
            f"{', '.join(known)}, or give factors/*.yaml rows of your own standard"
        )
        mistakes.append(Mistake(SETTINGS, 1, text))
    return known.get(accounting.standard, Standard())


def _flow(entry: FlowEntry, rule: Standard) -> Flow:
    consumption = {"use": 1, "export": -1, "process": 0}[entry.role]
    emission = 1 if entry.role != "export" else -1 if rule.deducts else 0
    scope = rule.scopes.get(entry.flow, entry.scope)
    return Flow(entry.flow, entry.carrier, scope, entry.unit, consumption, emission)


def _contract_rows(
    contracts: Sequence[ContractRate], flows: dict[str, Flow], mistakes: list[Mistake]
) -> Iterator[FactorRow]:
    """One row per contract rate, at its place: a class names it by number."""
    for rate in contracts:
        file = str(getattr(rate, "file", "factors/contracts.csv"))
        line = int(getattr(rate, "line", 1))
        flow = flows.get(rate.flow)
        try:
            gases = {CO2E: evaluate(str(rate.rate))}
            if flow is None:
                raise UnitError(f"unknown flow '{rate.flow}'{did_you_mean(rate.flow, flows)}")
            factor_ratio(rate.unit, flow.unit)
        except (UnitError, InexactError) as error:
            mistakes.append(Mistake(file, line, str(error)))
            gases = {}
        yield FactorRow(
            CONTRACT, rate.flow, "", "", rate.unit, rate.valid_from, rate.valid_to, gases,
            str(rate.rate), "", None, "", "", str(getattr(rate, "source", "")), "", OWN,
            file, line, True,
        )  # fmt: skip


Table = Callable[[FactorRow], tuple[str, str, str] | None]


def equally_good(rows: Sequence[FactorRow], table: Table, zone: ZoneInfo) -> list[Mistake]:
    """Rows of one factor and region that are valid at once: neither may silently win (R8)."""
    groups: dict[tuple[object, ...], list[FactorRow]] = defaultdict(list)
    for row in rows:
        key = table(row)
        if key is not None:
            groups[(row.own, *key)].append(row)
    mistakes = []
    for group in groups.values():
        group.sort(key=lambda row: (row.valid_from, row.line))
        for earlier, later in zip(group, group[1:], strict=False):
            explicit = earlier.valid_to < 2**62 and earlier.valid_to > later.valid_from
            if later.valid_from <= earlier.last_start or explicit:
                when = in_words(later.valid_from, zone)
                text = (
                    f"equally good on {when} as the row in {earlier.file}:{earlier.line} "
                    f"({later.standard}, {later.factor}, {later.region}): keep one, or end one "
                    "with valid_to"
                )
                mistakes.append(Mistake(later.file, later.line, text))
    return mistakes


def _unfit(made: Catalogue, keys: dict[str, tuple[str, str]]) -> Iterator[Mistake]:
    """Rows in use whose unit, gas or size doesn't fit a flow that names them."""
    users: dict[str, list[Flow]] = defaultdict(list)
    for name, (factor, coal) in keys.items():
        users[factor].append(made.flows[name])
        users[STANDARD_COAL + coal].append(made.flows[name])
    for place, row in enumerate(made.rows):
        key = made.table(row)
        for flow in users.get(key[0], ()) if key is not None else ():
            base = "kgce" if row.standard == STANDARD_COAL else "g"
            complaint = _complaint(made, place, flow.unit, base)
            if complaint:
                yield Mistake(row.file, row.line, f"for flow {flow.name}: {complaint}")


def _complaint(made: Catalogue, place: int, native: str, base: str) -> str:
    try:
        made.piece(place, native, base)
    except UnitError as error:
        return f"{made.rows[place].unit}: {error}"
    except KeyError as error:
        return f"GWP set {made.gwp} has no {error.args[0]}: take a set that has it, or give co2e"
    except OverflowError:
        return f"more than 9.2e9 g per {native}: check the unit, or use a smaller native unit"
    return ""
