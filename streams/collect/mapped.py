"""CSV and JSON that isn't ours, read as a mapping declares it (`schemas.mapping`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache

from schemas.mapping import Mapping, Series
from schemas.reading import Decoded, Reason
from schemas.scalars import template_names
from streams.collect.entries import Entry
from streams.collect.gather import Gathering
from streams.collect.mapped_json import json_records
from streams.collect.mapped_records import Record, csv_records
from streams.collect.mapped_times import stamp_of
from streams.collect.numbers import COMMA, LOOSE, grouped
from streams.collect.raw import Number, Raw, Refused
from streams.collect.times import NS, Stamp, instants_s, read_stamp

DAY_S = 86_400
_PARTS = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
Fill = Callable[[dict[str, str]], str]


def decode_mapped(
    payload: bytes, mapping: Mapping, files: dict[str, str], into: Gathering
) -> Decoded:
    """The readings of a whole file; `files` are its `{file.…}` texts."""
    reader = _Reader(mapping, mapping.zone or into.case.zone, files)
    into.case.zone = reader.zone
    into.judge_all(lambda: reader.entries(payload))
    return into.decoded()


def filler(template: str) -> Fill:
    """A function that fills a template from the texts of a record."""
    names = template_names(template)
    if template == "{" + "".join(names) + "}" and len(names) == 1:
        name = names[0]
        return lambda texts: texts[name]

    def fill(texts: dict[str, str]) -> str:
        return _PARTS.sub(
            lambda found: found[0][0] if found[1] is None else texts[found[1]], template
        ).strip()

    return fill


@dataclass(frozen=True, slots=True)
class _Fillers:
    """The templates of a series as functions."""

    meter: Fill
    quantity: Fill | None
    unit: Fill | None
    quality: Fill


class _Reader:
    """A mapping, made ready to read records."""

    def __init__(self, mapping: Mapping, zone: tzinfo | None, files: dict[str, str]) -> None:
        self.mapping, self.zone = mapping, zone
        self._files = {f"file.{name}": text for name, text in files.items()}
        self._time = filler(mapping.time) if mapping.time is not None else None
        self._end = filler(mapping.end) if mapping.end is not None else None
        self._revision = filler(mapping.revision) if mapping.revision is not None else None
        self._series = [(one, self._fillers(one)) for one in mapping.all_series]
        self._formats = tuple(mapping.time_format)
        self._missing = frozenset(mapping.missing) | ({""} if mapping.format == "json" else set())
        self._grammar = COMMA if mapping.decimal == "," else LOOSE
        if mapping.thousands is not None:
            self._grammar = grouped(mapping.decimal, mapping.thousands)

    def _fillers(self, one: Series) -> _Fillers:
        return _Fillers(
            meter=filler(one.meter),
            quantity=None if one.quantity is None else filler(one.quantity),
            unit=None if one.unit is None else filler(one.unit),
            quality=filler(one.quality or self.mapping.quality),
        )

    def entries(self, payload: bytes) -> Iterator[Entry]:
        """The readings of a file, one by one; missing values as such."""
        records = csv_records if self.mapping.format == "csv" else json_records
        for number, record in enumerate(records(payload, self.mapping)):
            if isinstance(record, Entry):
                yield record
            elif self.mapping.wide is None:
                yield from self._long(record, number)
            else:
                yield from self._wide(record)

    def _long(self, record: Record, number: int) -> Iterator[Entry]:
        """A record with one time and a quantity per series."""
        texts = record.texts | self._files
        start: Stamp | int | None
        start, end, wrong = None, None, None
        try:
            start, end = self._times(texts, number)
        except Refused as refused:
            wrong = refused
        for place, (one, fill) in enumerate(self._series, 1):
            position = record.position + (f", series {place}" if len(self._series) > 1 else "")
            quantity = fill.quantity(texts) if fill.quantity is not None else ""
            raw = self._raw(texts, one, fill, start, quantity)
            raw.end = end
            absent = quantity in self._missing
            yield Entry(raw if wrong is None else wrong, position, record.payload, absent)

    def _raw(
        self,
        texts: dict[str, str],
        one: Series,
        fill: _Fillers,
        start: Stamp | int | None,
        quantity: str,
    ) -> Raw:
        word = fill.quality(texts)
        return Raw(
            meter=fill.meter(texts),
            start=start,
            quantity=quantity,
            unit=None if fill.unit is None else fill.unit(texts),
            quality=self.mapping.qualities.get(word, word),
            revision=None if self._revision is None else revision_of(self._revision(texts)),
            grammar=self._grammar,
            scale=one.scale,
            interval_s=self.mapping.step,
            by_end=self.mapping.label == "end" and self.mapping.time is not None,
        )

    def _times(self, texts: dict[str, str], number: int) -> tuple[Stamp | int, Stamp | None]:
        """Start (or label) and end of a record; Refused (`malformed`) where they are no times."""
        end = None if self._end is None else self._stamp(self._end(texts), "end")
        if self._time is not None:
            start = self._stamp(self._time(texts), "time")
            if start is None:
                raise Refused(Reason.MALFORMED, "the time of the record is missing")
            return start, end
        return first_start(self.mapping, self.zone, number), end

    def _stamp(self, text: str, name: str) -> Stamp | None:
        if text == "":
            return None
        stamp = stamp_of(text, self._formats)
        if stamp is None:
            raise Refused(Reason.MALFORMED, f"{name} '{text[:60]}' is no time of the form "
                          f"{' or '.join(self._formats)}; see `time_format` of the mapping")  # fmt: skip
        return stamp

    def _wide(self, record: Record) -> Iterator[Entry]:
        """A record with the columns of a whole local day (R1: it may have 23 or 25 hours)."""
        wide = self.mapping.wide
        assert wide is not None
        assert self._time is not None
        texts = record.texts | self._files
        first, ((one, fill), *_) = record.wide_first, self._series
        begin: Stamp | int | None
        try:
            stamp = self._stamp(self._time(texts), "time")
            if stamp is None:
                raise Refused(Reason.MALFORMED, "the date of the record is missing")
            begin, stop = local_day(stamp, self.zone)
        except Refused as refused:
            yield Entry(refused, record.position, record.payload)
            return
        for column, quantity in enumerate(record.cells[first : first + wide.count]):
            start = begin if isinstance(begin, Stamp) else begin + column * wide.step_s
            raw: Raw | Refused = self._raw(texts, one, fill, start, quantity)
            if isinstance(raw, Raw):
                raw.interval_s, raw.by_end = wide.step_s, False
            if isinstance(start, int) and start >= stop:
                raw = Refused(Reason.MALFORMED, "a value beyond the end of the day: the clock was set "
                              "forward, and the day is shorter than its columns")  # fmt: skip
            position = f"{record.position}, column {first + column + 1}"
            yield Entry(raw, position, record.payload, quantity in self._missing)


@lru_cache(maxsize=64)
def _first(mapping_first: str) -> Stamp | None:
    return read_stamp(mapping_first)


def first_start(mapping: Mapping, zone: tzinfo | None, number: int) -> Stamp | int:
    """Start of the n-th record of a file without a time column."""
    stamp = _first(mapping.first or "")
    if stamp is None:
        raise Refused(Reason.MALFORMED, f"`first: {mapping.first}` of the mapping is no time")
    begin, _ = local_day(stamp, zone)
    return begin if isinstance(begin, Stamp) else begin + number * (mapping.step or 0)


def local_day(stamp: Stamp, zone: tzinfo | None) -> tuple[Stamp | int, int]:
    """The instant of a local time and of the same time on the next day; the stamp itself if naive."""
    second = stamp.local_ns // NS
    if stamp.offset_s is not None:
        return second - stamp.offset_s, second - stamp.offset_s + DAY_S
    if zone is None:
        return stamp, 0
    today, tomorrow = instants_s(zone, second), instants_s(zone, second + DAY_S)
    if not today or not tomorrow:
        return stamp, 0
    return today[0], tomorrow[0]


def revision_of(text: str) -> Number | None:
    """A whole number, or the digits of a date or time in order (2026-11-20 is 20261120)."""
    if text == "":
        return None
    plain = re.sub(r"(?<=:[0-9]{2})(?:Z|[+-][0-9]{2}:?[0-9]{2})$", "", text)
    digits = re.sub(r"[-:/. T_]", "", plain)
    return Number(digits)
