"""Records of others' JSON as texts by name, wherever in it they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas.mapping import Mapping
from schemas.reading import Reason
from schemas.scalars import template_names
from streams.collect.entries import Entry
from streams.collect.json_rows import Object, elements, read_value
from streams.collect.mapped_records import LOST, Record, refused_record, text_of
from streams.collect.raw import Number, Refused

Found = tuple[Any, tuple[Any, ...]]
"""A value that should be a record, and the objects around it, nearest first."""

ABSENT = object()
"""Nothing stands at the path."""


def json_records(payload: bytes, mapping: Mapping) -> Iterator[Record | Entry]:
    """The records of a JSON file: at `records`, else an array, one object, or lines of objects."""
    try:
        text = text_of(payload, mapping)
    except Refused as refused:
        yield Entry(refused, "line 1", payload[:2000])
        return
    wanted = mapping.columns()
    own = {name for one in mapping.all_series for name in template_names(one.quantity or "")}
    seen = set[str]()
    count = 0
    for (value, around), position, shown in _values(text, mapping):
        if isinstance(value, Refused):
            yield Entry(value, position, shown)
        elif not isinstance(value, Object):
            yield refused_record("a record is a JSON object", position, shown)
        else:
            found = {
                name: _of(value, () if name in own else around, name) for name in wanted
            }  # a total that stands around the records is no record's quantity
            seen.update(name for name, there in found.items() if there is not ABSENT)
            count += 1
            texts = {name: _plain(there, mapping.decimal) for name, there in found.items()}
            yield _record(texts, value, mapping, position, shown)
    never = [name for name in wanted if name not in seen]
    if count and never:
        paths = ", ".join(never)
        yield refused_record(f"no record has {paths}; correct the mapping's paths", "file", text)


def _record(
    texts: dict[str, str], value: Object, mapping: Mapping, position: str, shown: str
) -> Record | Entry:
    """The record with its texts; with those of a whole day where the mapping says `wide`."""
    wide = mapping.wide
    if wide is None:
        return Record(texts, position, shown)
    day = at(value, str(wide.first))
    if isinstance(day, list) and len(day) == wide.count:
        return Record(texts, position, shown, [_plain(cell, mapping.decimal) for cell in day])
    what = f"{len(day)} values stand" if isinstance(day, list) else "no list stands"
    message = f"{what} at `{wide.first}`; a day has {wide.count} (null where one is missing)"
    return refused_record(message, position, shown)


def _values(text: str, mapping: Mapping) -> Iterator[tuple[Found, str, str]]:
    """Values that should be records, with what stands around them and their places."""
    try:
        whole = read_value(text)
    except Refused as refused:
        yield from _pieces(text, mapping, refused)
        return
    several = _at_records(whole, mapping)
    if len(several) == 1 and several[0][0] is whole:
        yield several[0], "item 1", text
        return
    for number, found in enumerate(several, 1):
        yield found, f"item {number}", repr(found[0])


def _pieces(text: str, mapping: Mapping, refused: Refused) -> Iterator[tuple[Found, str, str]]:
    """What is no one JSON value: lines of values, or an array with something wrong in it."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if text.lstrip().startswith("[") and not mapping.records:
        for number, (element, complete) in enumerate(elements(text), 1):
            yield (_line(element, complete), ()), f"item {number}", element
    elif mapping.records and not _in_lines(lines):
        yield (refused, ()), "file", text[:2000]
    else:
        for number, line in lines:
            value = _line(line, True)
            if isinstance(value, Refused) or not mapping.records:
                yield (value, ()), f"line {number}", line
                continue
            for item, found in enumerate(_at_records(value, mapping), 1):
                yield found, f"line {number}, item {item}", line


def _in_lines(lines: list[tuple[int, str]]) -> bool:
    """Is this one JSON object per line, and not one that is cut?"""
    return len(lines) > 1 and not isinstance(_line(lines[0][1], True), Refused)


def _line(text: str, complete: bool) -> Any:
    if LOST.search(text):
        return Refused(Reason.MALFORMED, "this record is not in the mapping's `encoding`")
    if not complete:
        return Refused(Reason.MALFORMED, "the array ends in the middle, or goes on after its end")
    try:
        return read_value(text)
    except Refused as refused:
        return refused


def _at_records(whole: Any, mapping: Mapping) -> list[Found]:
    """What stands at the mapping's `records`; a refusal where nothing does."""
    several = list(walk(whole, mapping.records))
    if several or whole == [] or (mapping.records and at(whole, mapping.records) == []):
        return several
    return [(Refused(Reason.MALFORMED, f"there are no records at `{mapping.records}`"), ())]


def walk(value: Any, path: str, around: tuple[Any, ...] = ()) -> Iterator[Found]:
    """The values at a path, lists on the way walked through, each with the objects around it."""
    if isinstance(value, list) and not path.partition(".")[0].isdigit():
        for element in value:
            if path:
                yield from walk(element, path, around)
            else:
                yield element, around
    elif not path:
        yield value, around
    elif isinstance(value, dict) and path in value:
        yield from walk(value[path], "", (value, *around))
    else:
        part, _, rest = path.partition(".")
        inner = at(value, part)
        if inner is not ABSENT:
            yield from walk(inner, rest, (value, *around) if isinstance(value, dict) else around)


def _of(record: Any, around: tuple[Any, ...], name: str) -> Any:
    """What a record has of a name, else the nearest object around it."""
    for one in (record, *around):
        found = at(one, name)
        if found is not ABSENT:
            return found
    return ABSENT


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


def _plain(value: Any, decimal: str) -> str:
    """A value as the text that a CSV would hold; the point of a JSON number as the decimal mark."""
    if value is None or value is ABSENT:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return value.replace(".", decimal)
    return str(value).strip()
