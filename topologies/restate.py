"""R12: what changed since the books were made, and whether it moves what they published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas.settings import FileSource
from streams.settle.calendar import utc
from topologies.known import Known, differences
from topologies.sources import source_of

SHOWN = 20
READING_SETTINGS = ("base_interval", "since", "future_tolerance")
"""Settings that decide over readings: with another one the journal is read again."""


class RestatementError(Exception):
    """The workspace differs from what the books were made with, and figures would move (exit 2)."""

    def __init__(self, change: Change) -> None:
        self.change = change
        lines = "\n".join(f"  {line}" for line in change.lines)
        super().__init__(
            "what the books rest on has changed, and published figures would move:\n"
            f"{lines}\nTake the change back, or accept it: give the command again with --restate"
        )


@dataclass(slots=True)
class Change:
    """What differs, in words, and what has to be done anew: all readings, or all figures."""

    lines: list[str] = field(default_factory=list)
    readings: bool = False
    figures: bool = False
    rebuild: bool = False
    """Are the books made anew because somebody asked for it?"""

    def take_up(self, kind: str) -> None:
        """Go on with a restatement of this kind, whatever else changed."""
        self.readings |= kind == "readings"
        self.figures |= kind == "figures"
        self.rebuild |= kind == "rebuild"

    @property
    def kind(self) -> str:
        """What has to be done, as the manifest says while it is under way; '' for nothing."""
        if self.rebuild:
            return "rebuild"
        return "readings" if self.readings else "figures" if self.figures else ""

    @property
    def cause(self) -> str:
        """In the words of the history of publications."""
        if self.rebuild:
            return "rebuild"
        return "registry" if self.readings else "registry or factors"

    @property
    def moves(self) -> bool:
        """Would a published figure move?"""
        return self.readings or self.figures


def sources_of(settings: Mapping[str, Any]) -> list[FileSource]:
    """The sources of settings that were written down."""
    return [FileSource.model_validate(source["files"]) for source in settings["sources"]]


def compare(
    before: Known,
    now: Known,
    span: tuple[int, int] | None,
    files: Iterable[str],
    sources: tuple[Sequence[FileSource], Sequence[FileSource]],
    rejected_meters: frozenset[str],
) -> Change:
    """The change from `before` to `now` as far as the books (their span, the files read, the meters
    whose readings were rejected) are concerned. `sources`: of the settings then and now."""
    change = Change()
    if span is None:
        return change
    _settings(change, before.settings, now.settings)
    _sources(change, files, sources)
    facts = differences(before.facts, now.facts, span)
    known = pc.is_in(facts["meter"], before.facts["meter"].combine_chunks())
    if pc.any(known).as_py():  # of a new meter nothing was accepted
        change.readings = True
        _tell(change, "meter", facts.filter(known))
    for name, table in (
        ("contribution", differences(before.contributions, now.contributions, span)),
        ("tree", differences(before.tree, now.tree, span)),
        ("factor", differences(before.factors, now.factors, span)),
    ):
        if len(table):
            change.figures = True
            _tell(change, name, table)
    _rejected(change, differences(before.facts, now.facts, None), rejected_meters)
    return change


def _settings(change: Change, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for key in ("timezone", *READING_SETTINGS):
        old, new = before.get(key), now.get(key)
        if old != new:
            change.lines.append(f"everygram.yaml: {key} was {old}, is {new}")
            change.figures = True
            change.readings |= key in READING_SETTINGS


def _sources(
    change: Change, files: Iterable[str], sources: tuple[Sequence[FileSource], Sequence[FileSource]]
) -> None:
    """A file that was read under other rules must be read again; new sources move nothing."""
    told = set()
    for name in files:
        old, new = (_rules(source_of(name, s)) for s in sources)
        if old == new:
            continue
        where = (old or new or {}).get("path", "")
        for key in sorted((old or {}).keys() | (new or {}).keys()):
            was, is_ = (old or {}).get(key), (new or {}).get(key)
            if was != is_ and (where, key) not in told and key != "path":
                told.add((where, key))
                change.lines.append(
                    f"source {where}: {key} was {was}, is {is_} ({name} was read by it)"
                )
                change.readings = True
        if new is None and where not in told:
            told.add(where)
            change.lines.append(f"source {where} is no more, but {name} was read by it")
            change.readings = True


def _rules(source: FileSource | None) -> dict[str, Any] | None:
    if source is None:
        return None
    return source.model_dump(mode="json", by_alias=True, exclude={"name", "keep"})


def _rejected(change: Change, facts: pa.Table, rejected: frozenset[str]) -> None:
    """Readings that were rejected because of what the registry said of their meter are judged again."""
    if not rejected or not len(facts):
        return
    touched = sorted(set(facts["meter"].unique().to_pylist()) & rejected)
    if touched:
        change.readings = True
        more = f" and {len(touched) - 3} more" if len(touched) > 3 else ""
        change.lines.append(
            f"the registry now says something else of {', '.join(touched[:3])}{more}, whose readings "
            "were rejected: they are judged again"
        )


def _tell(change: Change, what: str, table: pa.Table) -> None:
    rows = table.slice(0, SHOWN).to_pylist()
    change.lines += list(_in_words(what, rows))
    if len(table) > SHOWN:
        change.lines.append(f"{what}: {len(table) - SHOWN:,} more differences")
    meters = pc.count_distinct(table[0]).as_py()
    if meters > 1:
        change.lines.append(f"{what}: {meters:,} in all are concerned")


def _in_words(what: str, rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        when = f"{utc(row['since']):%Y-%m-%d %H:%M} to {utc(row['until']):%Y-%m-%d %H:%M} UTC"
        says = ", ".join(
            f"{k} {v}" for k, v in row.items() if k not in ("since", "until", "which") and v != ""
        )
        yield f"{row['which']} {what}: {says}; {when}"
