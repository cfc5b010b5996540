"""Frames of CSV with the contract's own columns (4.2). One line is one record: no quoted newlines."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from schemas.reading import Decoded, Reason
from streams.collect.csv_lines import scan_csv_lines
from streams.collect.entries import Entry
from streams.collect.gather import Gathering
from streams.collect.json_rows import read_text
from streams.collect.raw import Number, Raw, Refused
from streams.collect.scan import FIELDS, OTHER, SCANNED, padded
from streams.collect.scanned import judge_scanned
from streams.collect.tables import Tables

REQUIRED = ("meter", "start", "quantity")


def decode_csv(payload: bytes, tables: Tables, lim: NDArray[np.int64], into: Gathering) -> Decoded:
    """A header and rows; a row that the scanner leaves is judged exactly."""
    head, _, _ = payload.partition(b"\n")
    try:
        names = _header(head)
    except Refused as refused:
        line = 1 if into.frame.position == 0 else into.frame.line
        into.reject(refused.reason, refused.message, f"line {line}", head)
        return into.decoded()
    keys = np.array([FIELDS.index(name) if name in FIELDS else OTHER for name in names], np.int64)
    text, lines = padded(payload), payload.count(b"\n") + 1
    rows, left = np.empty((SCANNED, lines), np.int64), np.empty((lines, 3), np.int64)
    n, count = scan_csv_lines(
        text, len(head) + 1, len(payload), keys, into.case.revision, rows, left
    )  # fmt: skip
    out, rest = judge_scanned(text, rows[:, :n], left[:count], tables, lim)
    spans, first = rest.tolist(), into.frame.line

    def entries() -> Iterator[Entry]:
        for begin, end, line in spans:
            if payload[begin:end].strip(b"\r"):
                yield _entry(payload[begin:end], names, f"line {first + line}")

    into.judge_all(entries)
    return into.decoded(out)


def cells_of(line: str, delimiter: str = ",") -> list[str]:
    """The cells of one line; Refused (`malformed`) where its quotes do not close."""
    try:
        rows = list(csv.reader([line.rstrip("\r\n")], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Refused(Reason.MALFORMED, f"this line is no CSV record: {error}") from error
    return rows[0] if rows else []


def _header(head: bytes) -> list[str]:
    """The names of the columns; Refused where a required one is missing or one stands twice."""
    names = cells_of(read_text(head))
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        there = ", ".join(names)[:200] or "nothing"
        raise Refused(Reason.MALFORMED, f"the header lacks {', '.join(missing)} (it has {there}); "
                      "correct it, or declare a mapping")  # fmt: skip
    twice = sorted({name for name in names if name in FIELDS and names.count(name) > 1})
    if twice:
        raise Refused(Reason.MALFORMED, f"the header names {', '.join(twice)} twice")
    return names


def _entry(data: bytes, names: list[str], position: str) -> Entry:
    try:
        cells = cells_of(read_text(data))
        if len(cells) != len(names):
            raise Refused(Reason.MALFORMED, f"{len(cells)} cells under {len(names)} columns: a row cut "
                          "short, or two in one line")  # fmt: skip
    except Refused as refused:
        return Entry(refused, position, data)
    raw = Raw()
    for name, cell in zip(names, cells, strict=True):
        if name in FIELDS:
            setattr(raw, name, cell)
    if raw.revision:
        raw.revision = Number(raw.revision)
    return Entry(raw, position, data)
