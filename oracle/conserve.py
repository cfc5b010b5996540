"""R9: what must add up, checked on rollups, whoever made them."""

from __future__ import annotations

from collections.abc import Iterable

from oracle.clock import window_of
from oracle.records import EntityRow, Figures, Given, Key, Rollup
from oracle.settle import plus
from oracle.tree import valid


class SpaceCheck:
    """R9(a): in each base interval an entity is the sum of its children and its remainder.

    An entity without a rollup of the flow counts nothing: there its children cancel.
    """

    def __init__(self, given: Given) -> None:
        self._rows: dict[str, list[EntityRow]] = {}
        for row in given.entities:
            self._rows.setdefault(row.entity, []).append(row)
        self._at: int | None = None
        self._held: dict[tuple[str, str], Rollup] = {}

    def see(self, rollup: Rollup) -> list[str]:
        """Take the next rollup, base intervals in order; tells what did not add up before it."""
        if rollup.grain != "base":
            return []
        gaps = self.finish() if rollup.start != self._at else []
        self._at = rollup.start
        self._held[rollup.entity, rollup.flow] = rollup
        return gaps

    def finish(self) -> list[str]:
        """What does not add up in the last base interval seen."""
        held, self._held = self._held, {}
        children: dict[tuple[str, str], int] = {}
        for (entity, flow), rollup in held.items():
            row = valid(self._rows.get(entity, ()), rollup.start)
            if row and row.parent:
                key = (row.parent, flow)
                children[key] = children.get(key, 0) + (rollup.figures.quantity or 0)
        gaps = []
        for (entity, flow), rollup in held.items():
            below, figures = children.get((entity, flow), 0), rollup.figures
            if (figures.quantity or 0) != below + (figures.remainder or 0):
                gaps.append(
                    f"{entity} {flow} base {rollup.start}: {figures.quantity} is not its children "
                    f"{below} + its remainder {figures.remainder}"
                )
        return gaps


def space_gaps(rollups: Iterable[Rollup], given: Given) -> list[str]:
    """Every base interval, entity and flow where R9(a) does not hold; empty: space is conserved."""
    check = SpaceCheck(given)
    gaps: list[str] = []
    for rollup in sorted(rollups, key=lambda r: r.start):
        gaps += check.see(rollup)
    return gaps + check.finish()


def summed(figures: Figures) -> tuple[int | None, ...]:
    """The figures of a window that are sums of its base intervals'.

    Not the remainder: where meters of an entity cancel, it has one but no rollup to show it.
    """
    f = figures
    emissions = (f.co2e_location, f.co2e_market, f.co2e_apart, f.kgce, f.kgce_primary)
    minutes = (f.minutes_expected, f.minutes_reported)
    return (f.quantity, *f.by_rank, *emissions, *minutes)


def time_gaps(rollups: Iterable[Rollup], given: Given) -> list[str]:
    """Every window that is not the sum of its base intervals (R9b); empty: time is conserved."""
    zone, base_s = given.settings.zone, given.settings.base_s
    all_rollups = list(rollups)
    parts: dict[Key, tuple[int | None, ...]] = {}
    for r in (r for r in all_rollups if r.grain == "base"):
        for grain in ("hour", "day", "month", "quarter", "year"):
            key = Key(r.entity, r.flow, grain, window_of(r.start, grain, zone, base_s)[0])
            own = summed(r.figures)
            sums = parts.get(key, (None,) * len(own))
            parts[key] = tuple(plus(a, b) for a, b in zip(sums, own, strict=True))
    return [
        f"{r.key}: {summed(r.figures)} is not the sum of its base intervals {parts.get(r.key)}"
        for r in all_rollups
        if r.grain != "base" and parts.get(r.key) != summed(r.figures)
    ]
