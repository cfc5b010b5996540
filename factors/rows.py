"""Factor rows as typed records: what a value is, when and where it holds, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from fractions import Fraction
from pathlib import Path

from factors.exact import InexactError, evaluate
from factors.series import Series, SeriesError, join_series, own_form, read_header, read_series
from factors.units import UnitError, split_factor_unit, unit
from schemas.compiled import FOREVER
from schemas.factor_files import CoalEntry, Csv, FactorEntry, Row
from schemas.mistakes import Mistake, did_you_mean
from schemas.scalars import parse_instant
from schemas.yaml_lines import Document

STANDARD_COAL = "standard coal"
"""What stands for the accounting standard in rows of standard coal; the variant is the basis."""

OWN = "own"
"""Evidence of a workspace's own row that names none: the workspace answers for it."""

_KEYS = frozenset(Row.model_fields)

CO2E = "co2e"
KGCE = "kgce"

_KEYS = frozenset(Row.model_fields)


@dataclass(frozen=True, slots=True)
class FactorRow:
    """One row of a factor (or one series), with everything that `explain` tells about it.

    valid_from, valid_to: epoch seconds, valid_to excluded (2**62: to the next row, else onward) ·
    gases: exact, in the row's unit, as published · series: the rows of a CSV instead of gases.
    """

    standard: str
    factor: str
    variant: str
    region: str
    unit: str
    valid_from: int
    valid_to: int
    gases: dict[str, Fraction]
    text: str
    """The value as written: `0.5827`, `389.31 * 15.3e-3 * 0.99 * 44/12`, a series' file."""
    gwp: str
    """GWP set of a value published as CO2e, if it names one."""
    data_year: int | None
    published: str
    document: str
    source: str
    method: str
    evidence: str
    file: str
    line: int
    own: bool
    """From the workspace's own files, which go over the library."""
    series: Series | None = field(default=None, repr=False)

    def amount(self, gwp: dict[str, Fraction]) -> Fraction:
        """Exact Σ gas x GWP in the row's unit. KeyError: a gas that the set doesn't have."""
        return sum((value * weight(gas, gwp) for gas, value in self.gases.items()), Fraction())

    @property
    def last_start(self) -> int:
        """Where its last value begins: `valid_from`, or a series' last hour."""
        return int(self.series.start[-1]) if self.series is not None else self.valid_from


def weight(gas: str, gwp: dict[str, Fraction]) -> Fraction:
    """What a gas counts: its GWP; 1 for what is published as CO2e, and for standard coal."""
    return Fraction(1) if gas in (CO2E, KGCE) else gwp[gas]


def _paths(csv: str | Csv | None) -> list[str]:
    return [csv] if isinstance(csv, str) else csv.path if csv is not None else []


def _patterns(csv: str | Csv | None) -> list[str]:
    return [csv] if isinstance(csv, str) else csv.path if csv is not None else []


def _files(folder: Path, pattern: str) -> list[Path]:
    path = (folder / pattern).absolute()
    return sorted(Path(path.anchor).glob(path.relative_to(path.anchor).as_posix()))


@dataclass(slots=True)
class Reader:
    """Turns the entries of one file into rows; what is wrong goes to `mistakes`."""

    document: Document
    folder: Path
    zone: tzinfo
    gases: frozenset[str]
    own: bool
    mistakes: list[Mistake]

    def wrong(self, path: tuple[str | int, ...], message: str) -> None:
        """Note a mistake at a place of the file."""
        self.mistakes.append(Mistake(self.document.file, self.document.line(path), message))

    def factor(self, entry: FactorEntry, at: tuple[str | int, ...]) -> Iterator[FactorRow]:
        """The rows of an entry."""
        if not self._unit_fits(entry.unit, "mass", at):
            return
        key = (entry.standard, entry.factor, entry.variant, entry.region, entry.unit)
        if entry.csv is not None:
            yield from self._series(entry, key, at)
        for i, row in enumerate(entry.rows or ()):
            yield from self._row(row, key, (*at, "rows", i))

    def coal(self, entry: CoalEntry, at: tuple[str | int, ...]) -> Iterator[FactorRow]:
        """The rows of an entry of standard coal."""
        if not self._unit_fits(entry.unit, "standard_coal", at):
            return
        key = (STANDARD_COAL, entry.coal, entry.basis, "*", entry.unit)
        for i, row in enumerate(entry.rows):
            yield from self._row(row, key, (*at, "rows", i))

    def _unit_fits(self, text: str, dimension: str, at: tuple[str | int, ...]) -> bool:
        try:
            over, per = split_factor_unit(text)
            unit(per)
            if unit(over).dimension != dimension:
                raise UnitError(f"'{text}' must be {dimension.replace('_', ' ')} per a unit")
        except UnitError as error:
            self.wrong((*at, "unit"), str(error))
            return False
        return True

    def _row(
        self, row: Row, key: tuple[str, str, str, str, str], at: tuple[str | int, ...]
    ) -> Iterator[FactorRow]:
        known = self.gases if key[0] != STANDARD_COAL else frozenset({KGCE})
        begin, end = self._when(row.valid_from, (*at, "valid_from")), FOREVER
        if row.valid_to is not None:
            end = self._when(row.valid_to, (*at, "valid_to"))
            if begin >= end:
                self.wrong((*at, "valid_to"), "valid_to must be after valid_from (it is excluded)")
        gases = self._amounts(row.gases, known, at)
        self._evidence(row.evidence, row.source, at)
        text = ", ".join(
            value if gas in ("co2", KGCE) and len(gases) == 1 else f"{gas} {value}"
            for gas, value in row.gases.items()
        )
        if gases:
            yield FactorRow(
                *key, begin, end, gases, text, row.gwp or "", row.data_year, row.published,
                row.document, row.source, row.method, row.evidence or OWN,
                self.document.file, self.document.line(at), self.own,
            )  # fmt: skip

    def _when(self, text: str, at: tuple[str | int, ...]) -> int:
        try:
            return parse_instant(text, self.zone)
        except ValueError as error:
            self.wrong(at, str(error))
            return 0

    def _amounts(
        self, texts: dict[str, str], known: frozenset[str], at: tuple[str | int, ...]
    ) -> dict[str, Fraction]:
        found = {}
        self._only_gases(texts, known, at)
        for gas, text in texts.items():
            try:
                found[gas] = evaluate(text)
            except InexactError as error:
                self.wrong((*at, gas), str(error))
        return found

    def _only_gases(
        self, texts: dict[str, str], known: frozenset[str], at: tuple[str | int, ...]
    ) -> None:
        for gas in texts:
            if gas not in known:
                hint = did_you_mean(gas, known | _KEYS)
                text = (
                    f"'{gas}' is no key here and no gas{hint} (gases: {', '.join(sorted(known))})"
                )
                self.wrong((*at, gas), text)
        if CO2E in texts and len(texts) > 1:
            text = "give the gases, or co2e where only that is published; not both"
            self.wrong((*at, CO2E), text)
        if not texts:
            self.wrong(at, f"no value: add {KGCE if KGCE in known else 'co2 (or calc, or co2e)'}")

    def _evidence(self, evidence: str | None, source: str, at: tuple[str | int, ...]) -> None:
        if not self.own and (evidence is None or not source):
            self.wrong(at, "a row of the library needs `source` and `evidence`: add them")

    def _series(
        self, entry: FactorEntry, key: tuple[str, str, str, str, str], at: tuple[str | int, ...]
    ) -> Iterator[FactorRow]:
        self._evidence(entry.evidence, entry.source, at)
        end = self._when(entry.valid_to, (*at, "valid_to")) if entry.valid_to else FOREVER
        series = self._read(entry, (*at, "csv"))
        if series is None:
            return
        begin = int(series.start[0])
        if end <= int(series.start[-1]):
            self.wrong(
                (*at, "valid_to"), "valid_to must be after the start of the series' last row"
            )
        name = " ".join(_patterns(entry.csv))
        yield FactorRow(
            *key, begin, end, {}, name, entry.gwp or "", entry.data_year, entry.published,
            entry.document, entry.source, entry.method, entry.evidence or OWN,
            self.document.file, self.document.line(at), self.own, series,
        )  # fmt: skip

    def _read(self, entry: FactorEntry, at: tuple[str | int, ...]) -> Series | None:
        patterns = _patterns(entry.csv)
        paths = [path for pattern in patterns for path in _files(self.folder, pattern)]
        if not paths:
            text = f"no file '{' '.join(patterns)}': give its path from this file's folder"
            self.wrong(at, text)
            return None
        parts = []
        for path in paths:
            try:
                form = self._form(entry.csv, path, at)
                parts.append(read_series(path, form, self.zone))
            except SeriesError as error:
                place = f"{path.name}:{error.line}" if error.line else path.name
                self.wrong(at, f"{place}: {error}")
            except (OSError, ValueError) as error:
                self.wrong(at, f"{path.name}: can't be read ({error})")
        try:
            return join_series(parts) if len(parts) == len(paths) else None
        except SeriesError as error:
            self.wrong(at, str(error))
            return None

    def _form(self, given: str | Csv | None, path: Path, at: tuple[str | int, ...]) -> Csv:
        if isinstance(given, Csv):
            self._only_gases(given.gases, self.gases, at)
            return given
        gases = [name for name in read_header(path) if name in self.gases]
        if not gases:
            raise SeriesError("needs the columns valid_from and co2 (or declare where they are)", 1)
        return own_form(path.name, gases)
