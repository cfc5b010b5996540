"""Columns of text as numbers: each distinct text is parsed once, its rows by number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.csv_table import CsvTables
from schemas.dated import I32, I64
from schemas.mistakes import Mistake

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of text: `code` by row, into the distinct texts `values`."""

    code: I32
    values: pa.StringArray

    def texts(self) -> list[str]:
        """The distinct texts, in order of their first row."""
        texts: list[str] = self.values.to_pylist()
        return texts


def coded(column: pa.ChunkedArray) -> Coded:
    """A column's distinct texts and each row's number among them."""
    if column.num_chunks == 0 or len(column) == 0:
        return Coded(np.zeros(0, np.int32), pa.array([], pa.string()))
    whole = pc.dictionary_encode(column).combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.unify_dictionaries().chunk(0)
    return Coded(whole.indices.to_numpy().astype(np.int32), whole.dictionary)


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """A column whose distinct texts were parsed; None stands where one could not be."""

    code: I32
    values: list[T | None]

    def numbers(self, otherwise: int) -> I64:
        """By row, for values that are whole numbers; `otherwise` where there is none."""
        table = [otherwise if value is None else value for value in self.values]
        return np.array(table, dtype=np.int64)[self.code]


def parse_column(
    tables: CsvTables, name: str, parse: Callable[[str], T], mistakes: list[Mistake]
) -> Parsed[T]:
    """Parse a column; a text that `parse` refuses is a mistake at each row that has it."""
    column = coded(tables.column(name))
    values: list[T | None] = []
    for code, text in enumerate(column.texts()):
        try:
            values.append(parse(text))
        except ValueError as error:
            values.append(None)
            tables.tell(mistakes, np.flatnonzero(column.code == code), f"{name}: {error}")
    return Parsed(column.code, values)


def ragged(offsets: I64, values: I32, code: I32) -> tuple[I64, I32]:
    """Rows of a ragged table picked by `code`: their offsets and values."""
    length = (offsets[1:] - offsets[:-1])[code]
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(length)])
    at = np.arange(start[-1]) - np.repeat(start[:-1] - offsets[:-1][code], length)
    return start, values[at]
