"""Which factor holds when: rows as step functions, laid over each other (R8).

A *layer* is a `Steps`; laid over another, it holds wherever it is known. So the nearest region is
the layer on top of its parents, a workspace's own rows are a layer over the library's, a contract
one over the residual factor over the location view.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import FOREVER
from schemas.factor import DATE_FOUND, Steps

BEGINNING = -(2**62)
VALID, LATEST = DATE_FOUND.index("valid"), DATE_FOUND.index("latest_published")


@dataclass(frozen=True, slots=True)
class Piece:
    """A row (index `row`) with its starts and values, which ends at `end` at the latest."""

    row: int
    start: NDArray[np.int64]
    value: NDArray[np.int64]
    end: int


NOTHING = Steps(
    start=np.array([BEGINNING], dtype=np.int64),
    value=np.zeros(1, dtype=np.int64),
    known=np.zeros(1, dtype=np.bool_),
    region_found=np.zeros(1, dtype=np.uint8),
    date_found=np.zeros(1, dtype=np.uint8),
    basis=np.zeros(1, dtype=np.uint8),
    row=np.full(1, -1, dtype=np.int32),
)
"""No row at any time."""


def layer(pieces: Iterable[Piece]) -> Steps:
    """Rows of one table and region, each valid to its end or to the next row's start."""
    ordered = sorted(pieces, key=lambda piece: int(piece.start[0]))
    starts, values, rows = [NOTHING.start], [NOTHING.value], [NOTHING.row]
    ends = [int(piece.start[0]) for piece in ordered[1:]] + [FOREVER]
    for piece, next_start in zip(ordered, ends, strict=False):
        starts.append(piece.start)
        values.append(piece.value)
        rows.append(np.full(len(piece.start), piece.row, dtype=np.int32))
        if piece.end < next_start:
            starts.append(np.array([piece.end], dtype=np.int64))
            values.append(NOTHING.value)
            rows.append(NOTHING.row)
    start, row = np.concatenate(starts), np.concatenate(rows)
    latest = np.append(start[1:] != start[:-1], True)  # a row may hold from the beginning
    row, known = row[latest], row[latest] >= 0
    return Steps(
        start=start[latest],
        value=np.concatenate(values)[latest],
        known=known,
        region_found=np.zeros(len(row), dtype=np.uint8),
        date_found=np.where(known, VALID, 0).astype(np.uint8),
        basis=np.zeros(len(row), dtype=np.uint8),
        row=row,
    )


def stand_in(steps: Steps) -> Steps:
    """In arrears: where no row is valid, the latest that began before stands in."""
    at = np.maximum.accumulate(np.where(steps.known, np.arange(len(steps.known)), -1))
    fill = ~steps.known & (at >= 0)
    if not fill.any():
        return steps
    return replace(
        steps,
        value=np.where(fill, steps.value[at], steps.value),
        known=steps.known | fill,
        date_found=np.where(fill, LATEST, steps.date_found).astype(np.uint8),
        row=np.where(fill, steps.row[at], steps.row).astype(np.int32),
    )


def overlay(layers: Sequence[Steps]) -> Steps:
    """At each instant the first of the layers that knows a value."""
    useful = [one for one in layers if one.known.any()]
    if len(useful) < 2:
        return useful[0] if useful else NOTHING
    start = np.unique(np.concatenate([one.start for one in useful]))
    at = [np.searchsorted(one.start, start, side="right") - 1 for one in useful]
    known = np.stack([one.known[i] for one, i in zip(useful, at, strict=True)])
    first = known.argmax(axis=0)

    def pick(name: str) -> NDArray[np.int64]:
        columns = [getattr(one, name)[i] for one, i in zip(useful, at, strict=True)]
        return np.stack(columns)[first, np.arange(len(first))]

    return _merged(
        Steps(
            start=start,
            value=pick("value"),
            known=np.asarray(known.any(axis=0), dtype=np.bool_),
            region_found=pick("region_found").astype(np.uint8),
            date_found=pick("date_found").astype(np.uint8),
            basis=pick("basis").astype(np.uint8),
            row=pick("row").astype(np.int32),
        )
    )


def _merged(steps: Steps) -> Steps:
    """Neighbouring steps that say the same become one."""
    changes = np.zeros(len(steps.start), dtype=np.bool_)
    changes[0] = True
    for name in ("value", "known", "region_found", "date_found", "basis", "row"):
        column = getattr(steps, name)
        changes[1:] |= column[1:] != column[:-1]
    return Steps(
        start=steps.start[changes],
        value=steps.value[changes],
        known=steps.known[changes],
        region_found=steps.region_found[changes],
        date_found=steps.date_found[changes],
        basis=steps.basis[changes],
        row=steps.row[changes],
    )


def marked(steps: Steps, *, region: int | None = None, basis: int | None = None) -> Steps:
    """The same steps, where known, found in that way."""
    region_found, basis_code = steps.region_found, steps.basis
    if region is not None:
        region_found = np.where(steps.known, region, 0).astype(np.uint8)
    if basis is not None:
        basis_code = np.where(steps.known, basis, 0).astype(np.uint8)
    return replace(steps, region_found=region_found, basis=basis_code)
