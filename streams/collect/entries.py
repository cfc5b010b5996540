"""Readings as they stand in a frame, one after the other, before they are judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import pairwise
from typing import NamedTuple

from streams.collect.raw import Raw, Refused
from streams.collect.times import NS, Stamp, instants_s, read_stamp


class Entry(NamedTuple):
    """A reading as written, or what is wrong with it; where it stands, and its text.

    `absent`: the row has no value here. It is no reading, but its place in the order counts.
    """

    raw: Raw | Refused
    position: str
    payload: bytes | str
    absent: bool = False


@dataclass(slots=True)
class _Run:
    """Rows of one meter whose time occurs twice, between rows whose time does not."""

    before: int | None = None
    rows: list[tuple[int, int]] = field(default_factory=list)


def resolve_folds(entries: Iterable[Entry], zone: tzinfo) -> dict[int, int]:
    """The instants of ambiguous local times, by number of the entry, told by the order of rows (R1).

    In the hour that a clock shows twice, a meter's labels run through it, fall back once, and run
    through it again; or, in a file sorted by label, each label stands twice, the earlier first.
    Elsewhere the order tells nothing.
    """
    folds: dict[int, int] = {}
    runs: dict[str, _Run] = {}
    for place, meter, local in _naive(entries):
        run = runs.setdefault(meter, _Run())
        if len(instants_s(zone, local)) == 2:
            run.rows.append((place, local))
            continue
        if run.rows:
            _settle(run, local, zone, folds)
        run.before, run.rows = local, []
    for run in runs.values():
        if run.rows:
            _settle(run, None, zone, folds)
    return folds


def _naive(entries: Iterable[Entry]) -> Iterator[tuple[int, str, int]]:
    """Number, meter and local second of the entries without an offset."""
    for place, entry in enumerate(entries):
        raw = entry.raw
        if isinstance(raw, Refused):
            continue
        stamp = read_stamp(raw.start) if isinstance(raw.start, str) else raw.start
        if isinstance(stamp, Stamp) and stamp.naive and isinstance(raw.meter, str):
            yield place, raw.meter, stamp.local_ns // NS


def _settle(run: _Run, after: int | None, zone: tzinfo, folds: dict[int, int]) -> None:
    rows = run.rows
    labels = [local for _, local in rows]
    rising = (run.before is None or run.before < labels[0]) and (
        after is None or labels[-1] < after
    )
    falling = (run.before is None or run.before > labels[0]) and (
        after is None or labels[-1] > after
    )
    if rising and falling:
        steps = [b - a for a, b in pairwise(labels)]
        falling = sum(step < 0 for step in steps) > sum(step > 0 for step in steps)
    if falling:
        rows = rows[::-1]
    elif not rising:
        return
    for at, later in enumerate(_passes([local for _, local in rows])):
        folds[rows[at][0]] = instants_s(zone, rows[at][1])[later]


def _passes(labels: list[int]) -> list[bool]:
    """For rising labels of an hour that passes twice, whether each is of the second pass; [] unknown."""
    backs = [at for at in range(1, len(labels)) if labels[at] <= labels[at - 1]]
    if len(backs) == 1:
        return [at >= backs[0] for at in range(len(labels))]
    if labels == sorted(labels) and labels[::2] == labels[1::2] and len(backs) * 2 == len(labels):
        return [at % 2 == 1 for at in range(len(labels))]
    return []
