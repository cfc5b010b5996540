"""Frames of JSON: lines, one object, an array, CloudEvents around any of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.reading import Decoded, Reason
from streams.collect.columnar import ARROW_MARK, stream_entries
from streams.collect.entries import Entry
from streams.collect.gather import Gathering
from streams.collect.json_lines import scan_json_lines
from streams.collect.json_rows import (
    elements,
    event_data,
    is_event,
    raw_of,
    read_text,
    read_value,
)
from streams.collect.raw import Refused
from streams.collect.scan import SCANNED, padded
from streams.collect.scanned import judge_scanned
from streams.collect.tables import Tables


def decode_lines(
    payload: bytes, tables: Tables, lim: NDArray[np.int64], into: Gathering
) -> Decoded:
    """Newline-separated objects; a line that the scanner leaves is judged exactly."""
    text = padded(payload)
    lines = payload.count(b"\n") + 1
    rows, left = np.empty((SCANNED, lines), np.int64), np.empty((lines, 3), np.int64)
    n, count = scan_json_lines(text, len(payload), into.case.revision, rows, left)
    out, rest = judge_scanned(text, rows[:, :n], left[:count], tables, lim)
    spans, first = rest.tolist(), into.frame.line

    def entries() -> Iterator[Entry]:
        for begin, end, line in spans:
            yield from text_entries(payload[begin:end], f"line {first + line}")

    into.judge_all(entries)
    return into.decoded(out)


def decode_value(
    payload: bytes, tables: Tables, lim: NDArray[np.int64], into: Gathering
) -> Decoded:
    """One object, an array, or lines of objects."""
    try:
        value = read_value(read_text(payload))
    except Refused:
        if not payload.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
            return decode_lines(payload, tables, lim, into)
        into.judge_all(lambda: _salvaged(payload))
    else:
        into.judge_all(lambda: _value_entries(value, "", payload))
    return into.decoded()


def text_entries(data: bytes, position: str) -> Iterator[Entry]:
    """The reading (or readings: an array, an event) that a text writes."""
    try:
        value = read_value(read_text(data))
    except Refused as refused:
        yield Entry(refused, position, data)
    else:
        yield from _value_entries(value, position, data)


def _value_entries(value: Any, position: str, data: bytes) -> Iterator[Entry]:
    """Readings of an object or an array; of an array each with its own place and text."""
    if not isinstance(value, list):
        yield from _item_entries(value, position or "line 1", data)
        return
    for number, item in enumerate(value, 1):
        place = f"{position}, item {number}" if position else f"item {number}"
        yield from _item_entries(item, place, json.dumps(item, ensure_ascii=False))


def _item_entries(item: Any, place: str, shown: bytes | str) -> Iterator[Entry]:
    try:
        if not is_event(item):
            yield Entry(raw_of(item), place, shown)
            return
        carried = event_data(item)
        if is_event(carried):
            raise Refused(Reason.MALFORMED, "an event inside an event")
    except Refused as refused:
        yield Entry(refused, place, shown)
        return
    if not isinstance(carried, bytes):
        yield from _value_entries(
            carried, place, shown if isinstance(shown, bytes) else shown.encode()
        )
    elif carried.startswith(ARROW_MARK):
        yield from stream_entries(carried, place)
    else:
        yield from text_entries(carried, place)


def _salvaged(payload: bytes) -> Iterator[Entry]:
    """An array with something wrong in it: its whole elements count, each judged by itself."""
    text = payload.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    for number, (element, whole) in enumerate(elements(text), 1):
        data = element.strip().encode("utf-8", "surrogateescape")
        if whole:
            yield from text_entries(data, f"item {number}")
        else:
            cut = Refused(
                Reason.MALFORMED, "the array ends in the middle, or goes on after its end"
            )
            yield Entry(cut, f"item {number}", data)
