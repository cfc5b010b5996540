"""A workspace's own factors, flows and contract rates, which go over the library (design 4.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from factors.exact import InexactError, evaluate
from factors.library import Library, items, one, read_document
from factors.rows import CO2E, OWN, STANDARD_COAL, FactorRow, Reader
from factors.tables import CONTRACT
from factors.units import UnitError, factor_ratio, unit
from schemas.contracts import Contract
from schemas.factor import Flow
from schemas.factor_files import FactorEntry, FlowEntry, Standard
from schemas.mistakes import Mistake, did_you_mean


@dataclass(slots=True)
class OwnFiles:
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
            if isinstance(item, dict) and isinstance(item.get("standard"), str):
                self._name(item["standard"])
            entry = one(document, (i,), FactorEntry, self.mistakes)
            if entry is not None:
                self._standard(entry, reader, i)
                self.rows += reader.factor(entry, (i,))

    def _flow(self, flow: FlowEntry, reader: Reader, i: int) -> None:
        try:
            unit(flow.unit)
        except UnitError as error:
            reader.wrong((i, "unit"), str(error))
        if flow.coal and flow.coal not in self._coal_keys():
            known = ", ".join(sorted(self._coal_keys()))
            reader.wrong((i, "coal"), f"no standard coal '{flow.coal}': one of {known}")
        if flow.flow in self.flows:
            reader.wrong((i, "flow"), f"flow '{flow.flow}' is given twice: keep one")
        self.flows[flow.flow] = flow

    def _coal_keys(self) -> set[str]:
        return {row.factor for row in self.library.rows if row.standard == STANDARD_COAL}

    def _name(self, standard: str) -> None:
        """A standard is named even where its entry has a mistake: that one is told, not two."""
        if standard not in self.library.standards:
            self.standards.setdefault(standard, Standard())

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
        before = self.standards[entry.standard]
        for key, value in given.items():
            if key in before.model_fields_set and getattr(before, key) != value:
                reader.wrong((i, key), f"'{key}' of '{entry.standard}' was said otherwise before")
        said = before.model_dump(include=before.model_fields_set) | given
        self.standards[entry.standard] = Standard(**said)


def contract_rows(
    contracts: Sequence[Contract], flows: dict[str, Flow], mistakes: list[Mistake]
) -> Iterator[FactorRow]:
    """One row per contract rate, at its place: a class names it by number."""
    for rate in contracts:
        flow = flows.get(rate.flow)
        try:
            gases = {CO2E: evaluate(rate.rate)}
            if flow is None:
                raise UnitError(f"unknown flow '{rate.flow}'{did_you_mean(rate.flow, flows)}")
            factor_ratio(rate.unit, flow.unit)
        except (UnitError, InexactError) as error:
            mistakes.append(Mistake(rate.file, rate.line, str(error)))
            gases = {}
        yield FactorRow(
            CONTRACT, rate.flow, "", "", rate.unit, rate.since, rate.until, gases,
            rate.rate, "", None, "", "", rate.source, "", OWN, rate.file, rate.line, True,
        )  # fmt: skip
