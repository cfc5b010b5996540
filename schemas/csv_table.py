"""CSV files of a workspace as columns of text, with the line of every row when it is asked for."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as pacsv

from schemas.mistakes import Mistake, did_you_mean

TOLD = 20
"""Of rows with one and the same mistake this many are told by line; the last says how many more."""


@dataclass(slots=True)
class CsvTable:
    """Columns of text, trimmed; a column that the file lacks is all empty."""

    file: str
    path: Path
    columns: dict[str, pa.ChunkedArray]
    rows: int
    _lines: list[int] = field(default_factory=list)

    def line(self, row: int) -> int:
        """Line (from 1) where a row starts; quoted line ends and blank lines are counted."""
        if not self._lines:
            self._lines = _row_lines(self.path)
        return self._lines[row]


@dataclass(frozen=True, slots=True)
class CsvTables:
    """Several files of one form, as one."""

    tables: list[CsvTable]

    def __len__(self) -> int:
        """Rows in all."""
        return sum(table.rows for table in self.tables)

    def column(self, name: str) -> pa.ChunkedArray:
        """A column over all files."""
        chunks = [chunk for table in self.tables for chunk in table.columns[name].chunks]
        return pa.chunked_array(chunks, pa.string())

    def place(self, row: int) -> tuple[str, int]:
        """File and line of a row."""
        for table in self.tables:
            if row < table.rows:
                return table.file, table.line(row)
            row -= table.rows
        raise IndexError(row)

    def tell(
        self, mistakes: list[Mistake], rows: Sequence[int] | NDArray[np.int64], message: str
    ) -> None:
        """The same mistake at each of `rows`; of many rows the first ones, and how many more."""
        for count, row in enumerate(rows[:TOLD]):
            more = len(rows) - TOLD
            tail = f" (and {more} more rows)" if count == TOLD - 1 and more > 0 else ""
            mistakes.append(Mistake(*self.place(int(row)), message + tail))


def read_csv_table(
    path: Path, file: str, known: Sequence[str], required: Sequence[str], mistakes: list[Mistake]
) -> CsvTable | None:
    """Read one file; what is wrong with its form goes to `mistakes`. None: it can't be read."""
    raw = path.read_bytes()
    header = _header(raw, file, mistakes)
    if header is None or not _columns_fit(header, file, known, required, mistakes):
        return None
    odd = False

    def skip(row: pacsv.InvalidRow) -> str:
        nonlocal odd
        odd = True
        return "skip"

    names = [str(i) for i in range(len(header))]
    try:
        table = pacsv.read_csv(
            pa.BufferReader(raw),
            pacsv.ReadOptions(column_names=names, skip_rows=1),
            pacsv.ParseOptions(newlines_in_values=b'"' in raw, invalid_row_handler=skip),
            pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid as error:
        mistakes.append(Mistake(file, 1, f"this is no readable CSV: {error}"))
        return None
    if odd:
        mistakes.extend(_odd_rows(path, file, len(header)))
    empty = pa.chunked_array([pa.repeat(pa.scalar("", pa.string()), table.num_rows)])
    columns = {
        name: pc.utf8_trim_whitespace(table.column(header.index(name))) if name in header else empty
        for name in known
    }
    return CsvTable(file, path, columns, table.num_rows)


def _header(raw: bytes, file: str, mistakes: list[Mistake]) -> list[str] | None:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        mistakes.append(Mistake(file, line, "this is no UTF-8; save the file as UTF-8"))
        return None
    first = next(iter(text.splitlines()), "")
    if not first.strip():
        mistakes.append(Mistake(file, 1, "the first line must name the columns"))
        return None
    return [name.strip() for name in next(csv.reader([first]))]


def _columns_fit(
    header: list[str],
    file: str,
    known: Sequence[str],
    required: Sequence[str],
    mistakes: list[Mistake],
) -> bool:
    if len(header) == 1 and (found := re.search("[;\t|]", header[0])):
        message = f"the columns are separated by {found[0]!r}; write commas"
        mistakes.append(Mistake(file, 1, message))
        return False
    for name in dict.fromkeys(header):
        if name not in known:
            hint = did_you_mean(name, known) or "; remove it"
            mistakes.append(Mistake(file, 1, f"column '{name}' is unknown here{hint}"))
        elif header.count(name) > 1:
            mistakes.append(Mistake(file, 1, f"column '{name}' is there twice; keep one"))
    absent = [name for name in required if name not in header]
    for name in absent:
        mistakes.append(Mistake(file, 1, f"column '{name}' is missing; add it to the first line"))
    return not absent


def _records(path: Path) -> list[tuple[int, int]]:
    """Line and number of fields of every record after the header, blank lines left out."""
    out = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        next(reader, None)
        before = reader.line_num
        for record in reader:
            if record:
                out.append((before + 1, len(record)))
            before = reader.line_num
    return out


def _width(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return len(next(csv.reader(stream), []))


def _row_lines(path: Path) -> list[int]:
    width = _width(path)
    return [line for line, fields in _records(path) if fields == width]


def _odd_rows(path: Path, file: str, width: int) -> list[Mistake]:
    return [
        Mistake(file, line, f"this row has {fields} fields, the first line names {width}")
        for line, fields in _records(path)
        if fields != width
    ]
