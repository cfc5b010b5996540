"""Frames of JSON: lines, one object, an array, CloudEvents around any of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.reading import Decoded, Reason
from streams.collect.exact import Refused
from streams.collect.gather import Gathering
from streams.collect.json_lines import scan_json_lines
from streams.collect.json_rows import (
    elements,
    event_data,
    is_event,
    raw_of,
    read_text,
    read_value,
    readings_of,
)
from streams.collect.scan import SCANNED, padded
from streams.collect.scanned import judge_scanned
from streams.collect.tables import Tables


def decode_lines(payload: bytes, tables: Tables, lim: NDArray[np.int64], into: Gathering) -> Decoded:
    """Newline-separated objects; a line that the scanner leaves is judged exactly."""
    text = padded(payload)
    lines = payload.count(b"\n") + 1
    rows, left = np.empty((SCANNED, lines), np.int64), np.empty((lines, 3), np.int64)
    n, count = scan_json_lines(text, len(payload), into.case.revision, rows, left)
    out, rest = judge_scanned(text, rows[:, :n], left[:count], tables, lim)
    for begin, end, line in rest.tolist():
        add_text(payload[begin:end], f"line {into.frame.line + line}", into)
    return into.decoded(out)


def decode_value(payload: bytes, tables: Tables, lim: NDArray[np.int64], into: Gathering) -> Decoded:
    """One object, an array, or lines of objects."""
    start = payload.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    try:
        value = read_value(read_text(payload))
    except Refused:
        if start != b"[":
            return decode_lines(payload, tables, lim, into)
        _salvage(payload, into)
    else:
        _add_value(value, "", payload, into)
    return into.decoded()


def add_text(data: bytes, position: str, into: Gathering) -> None:
    """Judges the reading (or readings: an array, an event) that a text writes."""
    try:
        _add_value(read_value(read_text(data)), position, data, into)
    except Refused as refused:
        into.reject(refused.reason, refused.message, position, data)


def _add_value(value: Any, position: str, data: bytes, into: Gathering) -> None:
    for item, number in readings_of(value):
        place = f"item {number}" if number else "line 1"
        if position:
            place = f"{position}, {place}" if number else position
        try:
            if is_event(item):
                _add_event(item, place, data, into)
            else:
                into.add(raw_of(item), place, _shown(item, data, number))
        except Refused as refused:
            into.reject(refused.reason, refused.message, place, _shown(item, data, number))


def _add_event(event: Any, place: str, data: bytes, into: Gathering) -> None:
    carried = event_data(event)
    if isinstance(carried, bytes):
        add_text(carried, place, into)
    elif is_event(carried):
        raise Refused(Reason.MALFORMED, "an event inside an event")
    else:
        _add_value(carried, place, data, into)


def _shown(item: Any, data: bytes, number: int) -> bytes | str:
    """What a reject shows: the text itself, of an array the one item."""
    return repr(item) if number else data


def _salvage(payload: bytes, into: Gathering) -> None:
    """An array with something wrong in it: its whole elements count, each judged by itself."""
    text = payload.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    for number, (element, whole) in enumerate(elements(text), 1):
        data = element.strip().encode("utf-8", "surrogateescape")
        if whole:
            add_text(data, f"item {number}", into)
        else:
            into.reject(Reason.MALFORMED, "the array ends in the middle", f"item {number}", data)
