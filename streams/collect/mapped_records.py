"""Records of others' CSV and JSON as texts by name; what is no record is told as such."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from schemas.mapping import Mapping
from schemas.reading import Reason
from streams.collect.entries import Entry
from streams.collect.json_rows import Object, elements, read_value
from streams.collect.raw import Refused
from streams.collect.text_csv import cells_of

_EXCEL_TEXT = re.compile(r'="(.*)"', re.DOTALL)
"""How exports keep spreadsheets from taking an id for a number; the id is what stands inside."""
_LOST = re.compile("[\udc80-\udcff]")


class Record(NamedTuple):
    """The texts that a mapping names, trimmed, and where they stood."""

    texts: dict[str, str]
    position: str
    payload: bytes | str
    cells: list[str] = []  # noqa: RUF012
    wide_first: int = 0


def _text(payload: bytes, mapping: Mapping) -> str:
    """The file's text; bytes that are none stay as lone surrogates, so that only their line is lost."""
    try:
        return payload.decode(mapping.encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if mapping.encoding.startswith("utf-16") or mapping.encoding.startswith("utf-32"):
            raise Refused(
                Reason.MALFORMED, f"this file is not {mapping.encoding}: {error}"
            ) from error
    return payload.decode(mapping.encoding, "surrogateescape").removeprefix("\ufeff")


def _refused(message: str, position: str, payload: bytes | str) -> Entry:
    return Entry(Refused(Reason.MALFORMED, message), position, payload)


def _cells(line: str, mapping: Mapping) -> list[str]:
    if _LOST.search(line):
        raise Refused(Reason.MALFORMED, f"this line is not {mapping.encoding}; correct `encoding` of "
                      "the mapping")  # fmt: skip
    cells = [cell.strip() for cell in cells_of(line, mapping.delimiter)]
    return [found[1] if (found := _EXCEL_TEXT.fullmatch(cell)) else cell for cell in cells]


def csv_records(payload: bytes, mapping: Mapping) -> Iterator[Record | Entry]:
    """The rows of a CSV file under their columns' names, or numbers where there is no header."""
    try:
        lines = _text(payload, mapping).split("\n")
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


def json_records(payload: bytes, mapping: Mapping) -> Iterator[Record | Entry]:
    """The records of a JSON file: at `records`, else an array, one object, or lines of objects."""
    try:
        text = _text(payload, mapping)
    except Refused as refused:
        yield Entry(refused, "line 1", payload[:2000])
        return
    wanted = mapping.columns()
    seen = set[str]()
    count = 0
    for value, position, shown in _values(text, mapping):
        if not isinstance(value, Object):
            what = value if isinstance(value, Refused) else None
            yield (
                Entry(what, position, shown)
                if what
                else _refused("a record is a JSON object", position, shown)
            )
            continue
        found = {name: at(value, name) for name in wanted}
        seen.update(name for name, there in found.items() if there is not ABSENT)
        count += 1
        yield Record({name: _plain(there) for name, there in found.items()}, position, shown)
    never = [name for name in wanted if name not in seen]
    if count and never:
        yield _refused(
            f"no record has {', '.join(never)}; correct the mapping's paths", "file", text
        )


def _values(text: str, mapping: Mapping) -> Iterator[tuple[Any, str, str]]:
    try:
        whole = read_value(text)
    except Refused as refused:
        if mapping.records:
            yield refused, "file", text[:2000]
            return
        if text.lstrip().startswith("["):
            for number, (element, complete) in enumerate(elements(text), 1):
                yield _line(element, complete), f"item {number}", element
            return
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield _line(line, True), f"line {number}", line
        return
    records = at(whole, mapping.records) if mapping.records else whole
    if isinstance(records, Object):
        yield records, "item 1", text
    elif isinstance(records, list):
        for number, record in enumerate(records, 1):
            yield record, f"item {number}", repr(record)
    else:
        yield (
            Refused(Reason.MALFORMED, f"there are no records at `{mapping.records}`"),
            "file",
            text,
        )


def _line(text: str, complete: bool) -> Any:
    if _LOST.search(text):
        return Refused(Reason.MALFORMED, "this record is not in the mapping's `encoding`")
    if not complete:
        return Refused(Reason.MALFORMED, "the array ends in the middle, or goes on after its end")
    try:
        return read_value(text)
    except Refused as refused:
        return refused


ABSENT = object()
"""Nothing stands at the path."""


def at(value: Any, path: str) -> Any:
    """What stands at a path: a name as it is, else its parts between dots; numbers count from 0."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return ABSENT
    return value


def _plain(value: Any) -> str:
    if value is None or value is ABSENT:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()
