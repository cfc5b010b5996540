"""What the books notice: conflicts, sums that do not match, negative remainders, missing factors.

Findings are taken from the books, never from what a run happened to see: those of a local day are found
anew whenever the day is folded, and what no longer holds is marked gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from schemas.rollup import FINDING
from streams.book import Book
from streams.book.days import DAY_S, DayFile
from streams.book.keys import CONFLICT, FLAGS, longer_rows
from streams.settle import columns as col
from streams.wide import add, multiply, to_int


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One finding; quantities in 10**-6 native units, None where there is none."""

    kind: str
    subject: str
    flow: str
    start: int
    end: int
    value: int | None = None
    other: int | None = None
    text: str = ""

    def row(self) -> list[Any]:
        """As it is kept."""
        return [
            self.kind,
            self.subject,
            self.flow,
            self.start,
            self.end,
            self.value,
            self.other,
            self.text,
        ]

    @property
    def key(self) -> tuple[str, str, str, int, int]:
        """What makes it the same finding when its numbers change."""
        return (self.kind, self.subject, self.flow, self.start, self.end)


@dataclass(slots=True)
class FindingStore:
    """Findings that hold, by local day (or `longer` for sums of longer readings), one file each.

    `replace` notes what changed; `write` keeps it once the changes have reached the tables.
    """

    folder: Path
    _held: dict[str, dict[tuple, Finding]] = field(default_factory=dict)  # type: ignore[type-arg]
    _changed: set[str] = field(default_factory=set)

    def of(self, scope: str) -> dict[tuple, Finding]:  # type: ignore[type-arg]
        """The findings of a scope that hold, by key."""
        if scope not in self._held:
            path = self.folder / f"{scope}.json"
            rows = json.loads(path.read_text()) if path.exists() else []
            self._held[scope] = {f.key: f for f in (Finding(*r) for r in rows)}
        return self._held[scope]

    def replace(
        self, scope: str, found: Iterable[Finding], again: bool
    ) -> list[tuple[Finding, bool]]:
        """Set a scope's findings; returns (finding, gone) of what changed, or of all if `again`."""
        before, now = self.of(scope), {f.key: f for f in found}
        changes = [(f, False) for k, f in now.items() if again or before.get(k) != f]
        changes += [(f, True) for k, f in before.items() if k not in now]
        if changes:
            self._held[scope] = now
            self._changed.add(scope)
        return changes

    def changed(self) -> dict[str, bytes]:
        """What `write` has to keep of the scopes that changed since this was last asked."""
        out = {}
        for scope in self._changed:
            rows = [f.row() for f in sorted(self._held[scope].values(), key=lambda f: f.key)]
            out[scope] = json.dumps(rows, ensure_ascii=False).encode()
        self._changed.clear()
        return out

    def write(self, changed: dict[str, bytes]) -> None:
        """Keep what changed; called once the rows have reached the tables."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for scope, rows in changed.items():
            path = self.folder / f"{scope}.json"
            path.with_suffix(".new").write_bytes(rows)
            path.with_suffix(".new").rename(path)

    def clear(self) -> None:
        """Forget everything."""
        for scope in list(self.scopes()):
            (self.folder / f"{scope}.json").unlink()
        self._held.clear()
        self._changed.clear()

    def scopes(self) -> Iterator[str]:
        """Every scope that has a file."""
        return (p.stem for p in sorted(self.folder.glob("*.json")))


def table(changes: list[tuple[Finding, bool]], version: int) -> pa.Table:
    """Findings as rows of the FINDING schema."""

    def wide(values: list[int | None]) -> pa.Array:
        from decimal import Decimal

        exact = [None if v is None else Decimal(v).scaleb(-6) for v in values]
        return pa.array(exact, pa.decimal128(38, 6))

    rows = [f for f, _ in changes]
    columns = {
        "kind": pa.array([f.kind for f in rows], pa.string()).dictionary_encode(),
        "subject": pa.array([f.subject for f in rows], pa.string()),
        "flow": pa.array([f.flow for f in rows], pa.string()),
        "start": pa.array([f.start for f in rows], pa.timestamp("s", "UTC")),
        "end": pa.array([f.end for f in rows], pa.timestamp("s", "UTC")),
        "value": wide([f.value for f in rows]),
        "other": wide([f.other for f in rows]),
        "text": pa.array([f.text for f in rows], pa.string()),
        "version": pa.array([version] * len(rows), pa.uint64()),
        "gone": pa.array([int(gone) for _, gone in changes], pa.uint8()),
    }
    return pa.Table.from_arrays([columns[f.name] for f in FINDING], schema=FINDING)


def decimal_text(micro: int) -> str:
    """10**-6 units as a person reads them."""
    sign, whole, rest = "-" if micro < 0 else "", abs(micro) // 10**6, abs(micro) % 10**6
    return f"{sign}{whole}.{rest:06d}".rstrip("0").rstrip(".")


def conflicts(
    book: Book, file: DayFile, size: int, interval: int, names: list[str], flows: list[str]
) -> tuple[list[Finding], list[int]]:
    """Conflicts in one interval of a day file: two quantities for one reading, the larger stands.

    Returns those of readings of one cell, and the rows of longer readings that are in conflict: these
    are told once, whatever cells they stand in (`streams.settle.longer`).
    """
    slots = book.slots_of_size[size]
    cells = file.cells[interval * file.stride :][: len(slots)]
    held = cells[:, 0].view(np.uint64)
    places = np.flatnonzero(held & CONFLICT)
    rows = longer_rows(cells[places, 0])
    short = places[rows < 0].tolist()
    lost = book.lost_in(file, interval) if short else {}
    start = file.day * DAY_S + interval * file.cell_s
    found = []
    for local in short:
        value = int(cells[local, 1])
        key = int((held[local] & ~FLAGS).view(np.int64))
        other = max(q for q in lost[(local, key)] if q != value)
        slot = int(slots[local])
        found.append(conflict(names[slot], flows[slot], (start, start + file.cell_s), value, other))
    return found, rows[rows >= 0].tolist()


def conflict(meter: str, flow: str, window: tuple[int, int], value: int, other: int) -> Finding:
    """Two quantities for one reading: `value` stands, `other` does not."""
    return Finding(
        "conflict", meter, flow, *window, value, other,
        f"two quantities for one reading: {decimal_text(value)} stands, "
        f"{decimal_text(other)} does not; an edit or a higher revision settles it",
    )  # fmt: skip


@njit(nogil=True, cache=True)
def negatives(lines, entity, carrier, unit, sign, own_expected, base_s, out):  # type: ignore[no-untyped-def]
    """Entities and carriers whose remainder is negative in this interval, everything reported (R6).

    Lines are sorted by entity. The remainder leaves `supplied_by` deductions out and adds a carrier's
    flows with their signs in consumption; flows of unlike units cannot be added: no finding.
    out: rows (entity, carrier, low, high). Returns how many.
    """
    carriers = 0
    for n in range(len(carrier)):
        carriers = max(carriers, carrier[n] + 1)
    low = np.zeros(carriers, np.uint64)
    high = np.zeros(carriers, np.int64)
    full = np.zeros(carriers, np.int64)  # 0: no meter, 1: all reported, -1: some not
    units = np.zeros(carriers, np.int64)
    count, at = 0, 0
    while at < len(lines):
        e = entity[at]
        low[:] = 0
        high[:] = 0
        full[:] = 0
        while at < len(lines) and entity[at] == e:
            if own_expected[at] > 0:
                k, row = carrier[at], lines[at]
                done = row[col.OWN_REPORTED] == own_expected[at] * base_s
                done = done and (full[k] == 0 or units[k] == unit[at])
                units[k] = unit[at]
                full[k] = 1 if done and full[k] >= 0 else -1
                a, b = add(
                    np.uint64(row[col.OWN]),
                    row[col.OWN + 1],
                    np.uint64(row[col.SUPPLIED]),
                    row[col.SUPPLIED + 1],
                )
                a, b = multiply(a, b, np.int64(sign[at]))
                low[k], high[k] = add(low[k], high[k], a, b)
            at += 1
        for k in range(carriers):
            if full[k] == 1 and high[k] < 0:
                out[count, 0], out[count, 1] = e, k
                out[count, 2], out[count, 3] = np.int64(low[k]), high[k]
                count += 1
    return count


class NegativeRuns:
    """Adjacent intervals of one entity and carrier become one finding."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, int], list[int]] = {}
        self.done: list[tuple[int, int, int, int, int]] = []
        """(entity, carrier, start, end, sum)."""

    def add(self, rows: NDArray[np.int64], start: int, end: int) -> None:
        """The negatives of one interval; intervals come in order of time."""
        seen = set()
        for e, k, low, high in rows.tolist():
            value = to_int(low, high)
            run = self._open.get((e, k))
            if run is not None and run[1] == start:
                run[1], run[2] = end, run[2] + value
            else:
                self._end((e, k))
                self._open[(e, k)] = [start, end, value]
            seen.add((e, k))
        for key in [k for k in self._open if k not in seen]:
            self._end(key)

    def _end(self, key: tuple[int, int]) -> None:
        run = self._open.pop(key, None)
        if run is not None:
            self.done.append((*key, run[0], run[1], run[2]))

    def all(self) -> list[tuple[int, int, int, int, int]]:
        """Every run, the last ones ended."""
        for key in list(self._open):
            self._end(key)
        return self.done
