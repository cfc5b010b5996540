"""The rollups of a simulated city held to its truth: every figure that the truth knows, every cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.dated import I64
from simulator import truth as truths
from topologies.answers import AskArrow, answered, plain

SHOWN = 5
ROWS_AT_ONCE = 200_000
END_OF_TIME = 2**32
"""The tables' instants are 32 bits."""
KEY = ("entity", "flow", "start")


@dataclass(slots=True)
class TruthCheck:
    """How many cells were compared and how many differ, by grain."""

    cells: dict[str, int] = field(default_factory=dict)
    differing: dict[str, int] = field(default_factory=dict)
    first: list[str] = field(default_factory=list)
    """The first few that differ, in words; a row that only one side has is one cell."""

    @property
    def total(self) -> int:
        """Cells compared."""
        return sum(self.cells.values())

    @property
    def wrong(self) -> int:
        """Cells that differ."""
        return sum(self.differing.values())


def against_truth(
    root: Path, ask: AskArrow, progress: Callable[[int, int], None] | None = None
) -> TruthCheck:
    """Compare `rollups_current` with the truth in `root`, some rows at a time.

    progress(done, total) hears of rows. Raises FileNotFoundError where there is no truth.
    """
    check, tables = TruthCheck(), truths.load(root)
    done, total = 0, sum(table.num_rows for table in tables.values())
    for grain, whole in tables.items():
        check.cells[grain] = check.differing[grain] = 0
        start = plain(whole["start"]).to_numpy()
        for since, until in _stretches(start):
            truth = whole.filter(pa.array((start >= since) & (start < until)))
            columns = [name for name in truth.column_names if name != "grain"]
            found = _asked(ask, grain, columns, (since, until))
            check.cells[grain] += truth.num_rows * (len(columns) - len(KEY))
            check.differing[grain] += _compare(grain, truth, found, columns, check.first)
            done += truth.num_rows
            if progress is not None:
                progress(done, total)
    return check


def _stretches(start: I64) -> list[tuple[int, int]]:
    """All of time in pieces that hold about as many rows as are compared at a time."""
    times = np.sort(start)
    cuts = np.unique(times[ROWS_AT_ONCE::ROWS_AT_ONCE]).tolist()
    return list(pairwise([0, *cuts, END_OF_TIME]))


def _asked(ask: AskArrow, grain: str, columns: list[str], within: tuple[int, int]) -> pa.Table:
    chosen = ", ".join(
        f"toUnixTimestamp(c.{name}) AS {name}" if name in ("start", "end") else f"c.{name}"
        for name in columns
    )
    sql = (
        f"SELECT {chosen} FROM rollups_current AS c WHERE c.grain = '{grain}' "
        f"AND c.start >= toDateTime({within[0]}) AND c.start <= toDateTime({within[1] - 1})"
    )
    return answered(ask, sql)


def _compare(
    grain: str, truth: pa.Table, found: pa.Table, columns: list[str], first: list[str]
) -> int:
    """How many cells of two tables differ, rows paired by entity, flow and start."""
    names = (plain(truth["entity"]).unique(), plain(truth["flow"]).unique())
    key = [_key(table, names) for table in (truth, found)]
    order = [np.argsort(k, kind="stable") for k in key]
    one, other = (k[o] for k, o in zip(key, order, strict=True))
    at = np.minimum(np.searchsorted(other, one), max(len(other) - 1, 0))
    paired = other[at] == one if len(other) else np.zeros(len(one), bool)
    lonely = int((~paired).sum()) + len(other) - int(paired.sum())
    if lonely:
        _tell(first, f"{lonely} {grain} rows are on one side only")
    mine = pa.array(order[0][paired])
    theirs = pa.array(order[1][at[paired]])
    differing = lonely
    for name in columns:
        if name in KEY:
            continue
        a, b = plain(truth[name].take(mine)), plain(found[name].take(theirs))
        wrong = np.flatnonzero(~_equal(a, b))
        differing += len(wrong)
        for n in wrong[:SHOWN].tolist():
            row = truth.slice(mine[n].as_py(), 1)
            entity, flow, start = (plain(row[k])[0].as_py() for k in KEY)
            when = datetime.fromtimestamp(start, UTC).isoformat()
            what = f"{entity} {flow} {grain} {when}: {name}"
            _tell(first, f"{what} is {b[n].as_py()}, the truth is {a[n].as_py()}")
    return differing


def _tell(first: list[str], text: str) -> None:
    if len(first) < SHOWN:
        first.append(text)


def _key(table: pa.Table, names: tuple[pa.Array, pa.Array]) -> I64:
    """Entity, flow and start of each row in one number (a row of unknown names gets none twice)."""
    entity, flow = (
        pc.fill_null(pc.index_in(plain(table[k]), value_set=v), len(v)).to_numpy().astype(np.int64)
        for k, v in zip(KEY[:2], names, strict=True)
    )
    minute = plain(table["start"]).to_numpy().astype(np.int64) // 60
    return ((entity * (len(names[1]) + 1) + flow) << 32) + minute


def _equal(a: pa.Array, b: pa.Array) -> NDArray[np.bool_]:
    """Equal to the digit, or both null."""
    if b.type != a.type:
        b = b.cast(a.type)
    same = pc.fill_null(pc.equal(a, b), False)
    both = pc.and_(pc.is_null(a), pc.is_null(b))
    equal: NDArray[np.bool_] = pc.or_(same, both).to_numpy(zero_copy_only=False)
    return equal
