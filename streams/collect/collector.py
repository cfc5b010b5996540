"""collect: a frame in, readings and rejects out. Pure: no file, no clock; safe in many threads."""

from __future__ import annotations

import re
from collections.abc import Mapping as Lookup
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pyarrow as pa

from schemas.compiled import Compiled
from schemas.factor import Flow
from schemas.mapping import Mapping
from schemas.reading import REVISION_END, Decoded, Frame, Reason
from streams.collect.columnar import ARROW_MARK, decode_batch, decode_stream
from streams.collect.exact import Case, Facts
from streams.collect.forms import SUFFIXES, form_of
from streams.collect.gather import Gathering
from streams.collect.kernel import limits
from streams.collect.mapped import decode_mapped, filler, revision_of
from streams.collect.raw import Refused
from streams.collect.rules import OWN_DECODER, SourceRules
from streams.collect.tables import Conversions, Ratio, Tables, build_tables
from streams.collect.text_csv import decode_csv
from streams.collect.text_json import decode_lines, decode_value

US = 1_000_000
MOST_UNITS = 64
"""Spellings of units that the tables hold; more go the exact path."""


class Collector:
    """Decodes, converts and checks the readings of frames against one registry.

    `flows` gives each flow's native unit, `ratio(unit, native)` the exact ratio or a ValueError;
    `since` is the epoch second before which nothing may start, `future_tolerance_s` how long after
    its receipt a reading may end (R1).
    """

    def __init__(
        self,
        compiled: Compiled,
        flows: Lookup[str, Flow],
        ratio: Ratio,
        since: int,
        future_tolerance_s: int = 3600,
    ) -> None:
        self._arguments = (compiled, flows, ratio)
        conversions = Conversions(compiled, flows, ratio)
        tables = build_tables(compiled, conversions)
        facts = Facts(
            compiled=compiled,
            conversions=conversions,
            slot_of={meter: slot for slot, meter in enumerate(compiled.meters)},
            fact_at=[*tables.meter[:, 2].tolist(), len(compiled.facts.slot)],
            span=tables.fact[:, 2].tolist(),
            since=since,
            tolerance_s=future_tolerance_s,
        )
        self._known = (facts, tables)

    def decode(self, frame: Frame, source: SourceRules) -> Decoded:
        """The readings and rejects of a frame; received = len(readings) + len(rejects)."""
        case = Case(frame.received_us, source.may, source.align_s, source.zone)
        facts, tables = self._known
        into = Gathering(frame, facts, case)
        if frame.problem:
            into.reject(Reason.MALFORMED, frame.problem, _place(frame), _shown(frame))
            return into.decoded()
        try:
            case.revision = _revision(frame, source)
            decoded = _decode(frame, source, tables, into)
        except Refused as refused:
            into.reject(refused.reason, refused.message, _place(frame), _shown(frame))
            return into.decoded()
        new = into.units.difference(facts.conversions.units)
        if new and not isinstance(source.decoder, Mapping):
            self._learn(facts, new)
        return decoded

    def _learn(self, facts: Facts, units: set[str]) -> None:
        """Takes spellings of units into the tables, so that the next frame finds them there."""
        known = facts.conversions.units
        if len(known) + len(units) <= MOST_UNITS:
            conversions = Conversions(*self._arguments, [*known, *sorted(units)])
            self._known = (
                replace(facts, conversions=conversions),
                build_tables(facts.compiled, conversions),
            )


def _decode(frame: Frame, source: SourceRules, tables: Tables, into: Gathering) -> Decoded:
    """By decoder and form; Refused where the frame as a whole cannot be read."""
    case, payload = into.case, frame.payload
    latest = frame.received_us // US + into.facts.tolerance_s
    lim = limits(into.facts.since, latest, case.align_s, case.may)
    if not isinstance(payload, pa.RecordBatch) and not payload:
        raise Refused(Reason.MALFORMED, "the file is empty; was its export broken off?")
    if isinstance(source.decoder, Mapping):
        if isinstance(payload, pa.RecordBatch):
            raise Refused(Reason.UNKNOWN_DECODER, "a mapping reads CSV and JSON, no columns; use the "
                          f"decoder `{OWN_DECODER}`")  # fmt: skip
        return decode_mapped(payload, source.decoder, _file_texts(frame, source), into)
    if source.decoder != OWN_DECODER:
        raise Refused(Reason.UNKNOWN_DECODER, f"there is no decoder `{source.decoder}`; write "
                      f"`{OWN_DECODER}` or a mapping")  # fmt: skip
    if isinstance(payload, pa.RecordBatch):
        return decode_batch(payload, tables, lim, into)
    if payload.startswith(ARROW_MARK):
        return decode_stream(payload, tables, lim, into)
    form = form_of(frame.source) if "." in PurePosixPath(frame.source).name else "json"
    if form is None:
        raise Refused(Reason.UNKNOWN_DECODER, f"no decoder reads {frame.source}; name it by its form "
                      f"({SUFFIXES}, .gz and .zst too), or declare a mapping")  # fmt: skip
    decode = {"csv": decode_csv, "lines": decode_lines, "json": decode_value}.get(form)
    if decode is None:
        raise Refused(Reason.MALFORMED, f"this is no {form}: its first bytes are others")
    return decode(payload, tables, lim, into)


def _shown(frame: Frame) -> bytes:
    return frame.payload if isinstance(frame.payload, bytes) else b""


def _place(frame: Frame) -> str:
    if isinstance(frame.payload, pa.RecordBatch) or form_of(frame.source) in ("parquet", "arrow"):
        return f"row {frame.position + 1}"
    return f"byte {frame.position}"


def _revision(frame: Frame, source: SourceRules) -> int:
    """What stands for the revision of readings that carry none: a template of the file (R3)."""
    if source.revision is None:
        return 0
    texts = {f"file.{name}": text for name, text in _file_texts(frame, source).items()}
    text = filler(source.revision)(texts)
    number = revision_of(text)
    if number is None or not number.isdigit() or int(number) >= REVISION_END:
        raise Refused(
            Reason.MALFORMED, f"the source's revision `{text[:80]}` is no whole number or date"
        )
    return int(number)


def _file_texts(frame: Frame, source: SourceRules) -> dict[str, str]:
    """What `{file.NAME}` stands for: facts of the file, and the groups of the patterns of its name."""
    path = PurePosixPath(frame.source)
    modified = datetime.fromtimestamp(frame.modified_s, UTC).strftime("%Y%m%d%H%M%S")
    texts = {"stem": path.stem, "name": path.name, "modified": modified}
    mapped = source.decoder.file_name if isinstance(source.decoder, Mapping) else None
    for pattern in (mapped, source.file_name):
        if pattern is None:
            continue
        found = re.search(pattern, frame.source)
        if found is None:
            raise Refused(Reason.MALFORMED, f"the file's path does not match `file_name: {pattern}`; "
                          "rename the file or correct the pattern")  # fmt: skip
        texts |= {name: text or "" for name, text in found.groupdict().items()}
    return texts
