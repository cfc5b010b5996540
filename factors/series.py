"""A factor with a row per hour: a CSV read at once, its values exact integers (R8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from factors.exact import INT64_MAX, SCALE, InexactError, evaluate, half_even
from schemas.factor_files import Csv
from schemas.scalars import parse_instant, template_names


class SeriesError(ValueError):
    """The series can't be used; `line` is the CSV's line, 0 where it concerns all of it."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Series:
    """Rows in order of time: start in epoch seconds, and per gas an index into its distinct values.

    start: int64 · gases: gas -> (index: int32, the distinct exact values in the factor's unit).
    """

    start: NDArray[np.int64]
    gases: dict[str, tuple[NDArray[np.int32], list[Fraction]]]

    def scaled(self, weights: dict[str, Fraction]) -> NDArray[np.int64]:
        """Σ gas x weight per row as a count of 10**-9, each rounded half-even once (R2)."""
        parts = [(index, values, weights[gas]) for gas, (index, values) in self.gases.items()]
        if len(parts) == 1:
            index, values, weight = parts[0]
            return _rounded(values, weight)[index]
        combined = np.stack([index for index, _, _ in parts], axis=1)
        distinct, inverse = np.unique(combined, axis=0, return_inverse=True)
        sums = [
            sum((part[1][at] * part[2] for part, at in zip(parts, row, strict=True)), Fraction())
            for row in distinct.tolist()
        ]
        return _rounded(sums, Fraction(1))[inverse.reshape(-1)]


def _rounded(values: list[Fraction], weight: Fraction) -> NDArray[np.int64]:
    over, under = weight.numerator * SCALE, weight.denominator
    counts = [half_even(value.numerator * over, value.denominator * under) for value in values]
    if counts and max(map(abs, counts)) > INT64_MAX:
        raise OverflowError
    return np.array(counts, dtype=np.int64)


def own_form(path: str, gases: list[str]) -> Csv:
    """The form of `csv: intensity.csv`: valid_from, and a column per gas."""
    columns = {gas: f"{{{gas}}}" for gas in gases}
    return Csv.model_validate({"path": path, "time": "{valid_from}", **columns})


def read_header(path: Path) -> list[str]:
    """The names of a CSV's columns."""
    with path.open(encoding="utf-8-sig") as lines:
        return [name.strip().strip('"') for name in lines.readline().rstrip("\r\n").split(",")]


def read_series(path: Path, form: Csv, zone: tzinfo) -> Series:
    """Read one CSV; dates are midnight in `zone`. Raises SeriesError, OSError."""
    table = _read(path, form)
    if not table.num_rows:
        raise SeriesError("has no rows: give at least one")
    start = _starts(table, form, zone)
    order = np.argsort(start, kind="stable")
    start = start[order]
    twice = np.flatnonzero(start[1:] == start[:-1])
    if len(twice):
        at = int(order[twice[0] + 1])
        raise SeriesError("starts when another row starts: keep one", _line(form, at))
    gases = {}
    for gas, template in form.gases.items():
        index, values = _values(_text(table, template), form)
        gases[gas] = (index[order], values)
    return Series(start, gases)


def join_series(parts: list[Series]) -> Series:
    """Several files as one series; SeriesError where two hold the same instant."""
    if len(parts) == 1:
        return parts[0]
    start = np.concatenate([part.start for part in parts])
    order = np.argsort(start, kind="stable")
    if (np.diff(start[order]) == 0).any():
        raise SeriesError("two files hold a row of the same start: keep one")
    gases = {}
    for gas in parts[0].gases:
        values: list[Fraction] = []
        indexes = []
        for part in parts:
            index, own = part.gases[gas]
            indexes.append(index + np.int32(len(values)))
            values += own
        gases[gas] = (np.concatenate(indexes)[order], values)
    return Series(start[order], gases)


def _line(form: Csv, row: int) -> int:
    return form.skip_lines + 2 + row


def _read(path: Path, form: Csv) -> pa.Table:
    names = {
        name for text in [form.time or "", *form.gases.values()] for name in template_names(text)
    }
    try:
        table = pa_csv.read_csv(
            path,
            read_options=pa_csv.ReadOptions(encoding=form.encoding, skip_rows=form.skip_lines),
            parse_options=pa_csv.ParseOptions(delimiter=form.delimiter),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError, UnicodeDecodeError) as error:
        raise SeriesError(f"is no CSV that can be read: {error}") from None
    missing = sorted(names - set(table.column_names))
    if missing:
        there = ", ".join(table.column_names[:12])
        raise SeriesError(
            f"has no column '{missing[0]}'; its columns are {there}", form.skip_lines + 1
        )
    return table


def _text(table: pa.Table, template: str) -> pa.Array:
    """A template's text per row."""
    parts: list[object] = []
    rest = template
    for name in template_names(template):
        before, _, rest = rest.partition("{" + name + "}")
        parts += [before, pc.utf8_trim_whitespace(table[name])]
    parts.append(rest)
    joined = pc.binary_join_element_wise(*parts, "")
    if isinstance(joined, pa.Scalar):
        joined = pa.array([joined.as_py()] * table.num_rows, pa.string())
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def _values(texts: pa.Array, form: Csv) -> tuple[NDArray[np.int32], list[Fraction]]:
    """Distinct values once: an hourly series repeats its three or four digits."""
    if form.decimal == ",":
        texts = pc.replace_substring(pc.replace_substring(texts, ".", ""), ",", ".")
    coded = texts.dictionary_encode()
    index = coded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    values = []
    for at, text in enumerate(coded.dictionary.to_pylist()):
        try:
            values.append(_number(text) * (form.scale or 1))
        except ValueError:
            row = int(np.flatnonzero(index == at)[0])
            fix = "leave the row out (the row before it holds on), or give a decimal"
            raise SeriesError(f"'{text}' is no number: {fix}", _line(form, row)) from None
    return index, values


def _number(text: str) -> Fraction:
    if text.isascii() and text.replace(".", "", 1).isdigit() and len(text) < 40:
        whole, _, part = text.partition(".")
        return Fraction(int(whole + part), 10 ** len(part))
    try:
        return evaluate(text)
    except InexactError:
        raise ValueError(text) from None


def _starts(table: pa.Table, form: Csv, zone: tzinfo) -> NDArray[np.int64]:
    if form.time is None:
        first = parse_instant(form.first, zone)
        return first + (form.step or 0) * np.arange(table.num_rows, dtype=np.int64)
    texts = _text(table, form.time)
    start = _instants(texts, form, zone)
    return start - (form.step or 0) if form.label == "end" else start


def _instants(texts: pa.Array, form: Csv, zone: tzinfo) -> NDArray[np.int64]:
    if form.time_format == "epoch":
        return texts.cast(pa.int64()).to_numpy()
    fast = _iso_utc(texts, form)
    if fast is not None:
        return fast
    coded = texts.dictionary_encode()
    known = []
    for at, text in enumerate(coded.dictionary.to_pylist()):
        try:
            known.append(_instant(text, form, zone))
        except ValueError as error:
            row = int(np.flatnonzero(coded.indices.to_numpy(zero_copy_only=False) == at)[0])
            raise SeriesError(str(error), _line(form, row)) from None
    return np.array(known, dtype=np.int64)[coded.indices.to_numpy(zero_copy_only=False)]


def _iso_utc(texts: pa.Array, form: Csv) -> NDArray[np.int64] | None:
    """ISO instants that all carry an offset, or none where the file is declared UTC; else None."""
    if form.time_format != "iso":
        return None
    try:
        return texts.cast(pa.timestamp("s", tz="UTC")).cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        pass
    if str(form.zone) != "UTC":
        return None
    try:
        return texts.cast(pa.timestamp("s")).cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return None


def _instant(text: str, form: Csv, zone: tzinfo) -> int:
    if form.time_format == "iso" and len(text) == len("2021-01-01"):
        return parse_instant(text, form.zone or zone)
    try:
        if form.time_format == "iso":
            moment = datetime.fromisoformat(text)
        else:
            moment = datetime.strptime(text, form.time_format)  # noqa: DTZ007  (the zone follows)
    except ValueError:
        raise ValueError(
            f"'{text}' is no time: write a date or 2021-01-01T00:00:00+08:00"
        ) from None
    if moment.tzinfo is None:
        if form.zone is None:
            raise ValueError(f"'{text}' has no offset: declare `zone`, or write {text}+08:00")
        moment = moment.replace(tzinfo=form.zone)
        if moment.astimezone(UTC).astimezone(form.zone).replace(tzinfo=None) != moment.replace(
            tzinfo=None
        ):
            raise ValueError(f"'{text}' does not exist in {form.zone}: clocks go forward there")
        if moment.replace(fold=1).utcoffset() != moment.utcoffset():
            raise ValueError(f"'{text}' occurs twice in {form.zone}: write its offset")
    return int(moment.timestamp())
