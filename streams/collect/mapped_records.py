"""Records of others' CSV as texts by name; what is no record is told as such."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from schemas.mapping import Mapping
from schemas.reading import Reason
from streams.collect.entries import Entry
from streams.collect.raw import Refused
from streams.collect.text_csv import cells_of

_EXCEL_TEXT = re.compile(r'="(.*)"', re.DOTALL)
"""How exports keep spreadsheets from taking an id for a number; the id is what stands inside."""
LOST = re.compile("[\udc80-\udcff]")


class Record(NamedTuple):
    """The texts that a mapping names, trimmed, and where they stood."""

    texts: dict[str, str]
    position: str
    payload: bytes | str
    cells: list[str] = []  # noqa: RUF012
    wide_first: int = 0


def text_of(payload: bytes, mapping: Mapping) -> str:
    """The file's text; bytes that are none stay as lone surrogates, so that only their line is lost."""
    try:
        return payload.decode(mapping.encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if mapping.encoding.startswith("utf-16") or mapping.encoding.startswith("utf-32"):
            raise Refused(
                Reason.MALFORMED, f"this file is not {mapping.encoding}: {error}"
            ) from error
    return payload.decode(mapping.encoding, "surrogateescape").removeprefix("\ufeff")


def refused_record(message: str, position: str, payload: bytes | str) -> Entry:
    """What stands in the place of a record and is none."""
    return Entry(Refused(Reason.MALFORMED, message), position, payload)


def _cells(line: str, mapping: Mapping) -> list[str]:
    if LOST.search(line):
        raise Refused(Reason.MALFORMED, f"this line is not {mapping.encoding}; correct `encoding` of "
                      "the mapping")  # fmt: skip
    cells = [cell.strip() for cell in cells_of(line, mapping.delimiter)]
    return [found[1] if (found := _EXCEL_TEXT.fullmatch(cell)) else cell for cell in cells]


def csv_records(payload: bytes, mapping: Mapping) -> Iterator[Record | Entry]:
    """The rows of a CSV file under their columns' names, or numbers where there is no header."""
    try:
        lines = text_of(payload, mapping).split("\n")
        at = mapping.skip_lines
        names = _names(lines, mapping)
        first = _wide_first(names, mapping)
    except Refused as refused:
        yield Entry(refused, "line 1", payload[:2000])
        return
    wanted = mapping.columns()
    for number, line in enumerate(lines[at + mapping.header :], at + mapping.header + 1):
        if not line.strip():
            continue
        position = f"line {number}"
        try:
            cells = _cells(line, mapping)
            texts = _row(cells, names, wanted)
        except Refused as refused:
            yield Entry(refused, position, line)
        else:
            yield Record(texts, position, line, cells, first)


def _names(lines: list[str], mapping: Mapping) -> list[str] | None:
    """The names of the columns; None where numbers stand for them. Refused if one is missing."""
    if not mapping.header:
        return None
    if len(lines) <= mapping.skip_lines:
        raise Refused(
            Reason.MALFORMED, f"the file ends before its header (line {mapping.skip_lines + 1})"
        )
    names = _cells(lines[mapping.skip_lines], mapping)
    missing = [name for name in mapping.columns() if name not in names]
    if missing:
        raise Refused(Reason.MALFORMED, f"the header lacks {', '.join(missing)} (it has "
                      f"{', '.join(names)[:300]}); correct the mapping's columns, `skip_lines` or "
                      "`delimiter`")  # fmt: skip
    twice = [name for name in mapping.columns() if names.count(name) > 1]
    if twice:
        raise Refused(Reason.MALFORMED, f"the header names {', '.join(twice)} more than once; use "
                      "`header: false` and the columns' numbers")  # fmt: skip
    return names


def _wide_first(names: list[str] | None, mapping: Mapping) -> int:
    """Place of the first column of the day."""
    if mapping.wide is None:
        return 0
    first = mapping.wide.first
    if names is not None and str(first) in names:
        return names.index(str(first))
    if not str(first).isdigit() or int(first) < 1:
        raise Refused(Reason.MALFORMED, f"there is no column '{first}', with which the day begins")
    return int(first) - 1


def _row(cells: list[str], names: list[str] | None, wanted: list[str]) -> dict[str, str]:
    if names is None:
        beyond = [name for name in wanted if int(name) > len(cells)]
        if beyond:
            raise Refused(Reason.MALFORMED, f"{len(cells)} cells; column {beyond[0]} is missing")
        return {name: cells[int(name) - 1] for name in wanted}
    if len(cells) < len(names) or any(cells[len(names) :]):
        raise Refused(Reason.MALFORMED, f"{len(cells)} cells under {len(names)} columns: a row cut "
                      "short, or two in one line")  # fmt: skip
    row = dict(zip(names, cells, strict=False))
    return {name: row[name] for name in wanted}
