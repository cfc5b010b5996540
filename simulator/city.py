"""Simulating a city: a workspace with its data, and beside it the truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.reading import Reason
from schemas.rollup import GRAINS, QUANTITY
from simulator.arrivals import arrive
from simulator.broken import Line, Page, lines, page
from simulator.build import build
from simulator.calendar import day as day_of
from simulator.column_files import write_arrow, write_edits, write_parquet
from simulator.counters import Expected
from simulator.draw import Block
from simulator.draws import Draws, Ints
from simulator.exact import decimals
from simulator.ledger import Ledger, local_midnight
from simulator.plan import Plan
from simulator.rates import Rates
from simulator.registry import write_workspace
from simulator.stories import Sent, Told, tell
from simulator.text_files import CSV, HEADER, JSONL, line_text, write_text

WRITERS: dict[str, Callable[[Path, Page], None]] = {
    "parquet": write_parquet,
    "arrow": write_arrow,
    "csv": partial(write_text, form=CSV),
    "jsonl": partial(write_text, form=JSONL),
}
"""How readings are written, by kind of file."""

EDITS = (
    ("meter desk", "display photographed"),
    ("L. Zhou", "transformer ratio corrected"),
    ("H. Wu", "reading of the network company"),
)
"""Who corrects, and why."""


USUAL_START = date(2025, 3, 3)
"""A Monday far enough back that 366 days from it are past: later ones would be `in_the_future`."""


@dataclass(slots=True)
class Simulated:
    """A simulated city: where it is, what it holds, and what a run over it must count."""

    root: Path
    truth: Path
    meters: int
    entities: int
    start: date
    days: int
    files: list[Path] = field(default_factory=list)
    expected: Expected = field(default_factory=Expected)


def simulate(
    target: Path,
    *,
    seed: int,
    meters: int = 4000,
    days: int = 7,
    start: date = USUAL_START,
    entities: int | None = None,
    formats: str = "parquet",
    rates: Rates | None = None,
    grains: tuple[str, ...] = GRAINS,
    progress: Callable[[int, int], None] | None = None,
) -> Simulated:
    """Write a workspace of a city that never was: `days` local days of readings, and the truth.

    The same arguments give the same figures on any machine. `formats` is parquet, jsonl, csv or
    arrow; `grains` the truth to sum (fewer for large cities); `progress(done, total)` hears of
    each file.
    Raises ValueError for sizes that make no city, FileExistsError where the target is in use.
    """
    if formats not in WRITERS:
        raise ValueError(f"formats={formats}: write one of {', '.join(WRITERS)}")
    if not 1 <= days <= 366:
        raise ValueError(f"days={days}: simulate 1 to 366 days")
    if target.exists() and any(target.iterdir()):
        raise FileExistsError(f"{target} is not empty: name a new folder")
    plan = build(seed, meters, entities)
    change = start + timedelta(days=max(1, days // 2))
    write_workspace(target, plan, change, formats)
    truth = target / "truth"
    city = Simulated(target, truth, len(plan.meters), len(plan.entities), start, days)
    _Run(plan, city, formats, rates or Rates(), grains).days(progress)
    return city


class _Run:
    """The city day by day, block by block."""

    def __init__(
        self, plan: Plan, city: Simulated, kind: str, rates: Rates, grains: tuple[str, ...]
    ) -> None:
        self.plan, self.city, self.kind, self.rates = plan, city, kind, rates
        self.blocks = [Block(plan, b) for b in range(len(plan.blocks))]
        known = tuple(g for g in GRAINS if g in grains)
        self.ledger = Ledger(city.truth, plan, self.blocks, known, city.start)  # type: ignore[arg-type]
        self.zero = local_midnight(city.start)
        self.carried: dict[int, Sent] = {}
        self.conflicts: list[Ints] = []

    def days(self, progress: Callable[[int, int], None] | None) -> None:
        """Draw all days, then finish the truth."""
        total = self.city.days * len(self.blocks)
        for number in range(self.city.days):
            for block in self.blocks:
                self._block(block, number)
                if progress is not None:
                    progress(number * len(self.blocks) + block.number + 1, total)
            self.ledger.end_of_day(number, last=number == self.city.days - 1)
        self.ledger.close()
        self._finish()

    def _block(self, block: Block, number: int) -> None:
        phase = int(number >= max(1, self.city.days // 2))
        today = day_of(self.plan.seed, self.city.start, number)
        told = tell(block, block.draw(today, phase), number, phase, self.rates)
        self.ledger.add(block.number, phase, number, told)
        chance = Draws(self.plan.seed, 51, number, block.number)
        last = number == self.city.days - 1
        carried = self.carried.get(block.number, told.sent.take(np.arange(0)))
        until = None if last else (number + 1) * 96
        arrived = arrive(told.sent, carried, until, chance, self.rates)
        self.carried[block.number] = arrived.tomorrow
        self._count(told, arrived.copies)
        folder = str(today.date)
        self._readings(block, arrived.readings, folder, chance)
        self._edits(block, arrived.edits, folder, chance)
        self.conflicts.append(_with_first(told.conflicts, block.first))

    def _count(self, told: Told, copies: int) -> None:
        expected = self.city.expected
        expected.received += len(told.sent) + copies
        expected.accepted += told.accepted
        expected.superseded += len(told.sent) - told.accepted
        expected.duplicate += copies
        expected.conflicts += len(told.conflicts)
        expected.mismatches += told.mismatches

    def _readings(self, block: Block, sent: Sent, folder: str, chance: Draws) -> None:
        broken = (self.kind, self.rates.malformed)
        written, reasons = page(block, sent, self.zero, chance, broken)
        for reason in reasons:
            self.city.expected.reject(reason.value)
        WRITERS[self.kind](self._path("readings", folder, block), written)

    def _edits(self, block: Block, edits: Sent, folder: str, chance: Draws) -> None:
        """The corrections of the day, and measured readings that this source must not give."""
        whole = lines(block, edits, list(range(len(edits))), self.zero)
        rows = [(x, *EDITS[i % len(EDITS)]) for i, x in enumerate(whole)]
        for x in whole[: chance.count(self.rates.malformed * 20, len(whole))]:
            if x.number is not None:
                rows.append((_measured(x), *EDITS[0]))
                self.city.expected.reject(Reason.NOT_ALLOWED.value)
        if not rows:
            return
        path = self._path("edits", folder, block)
        if self.kind in ("parquet", "arrow"):
            write_edits(path, block, rows, self.kind)
            return
        form = CSV if self.kind == "csv" else JSONL
        head = f"{HEADER},author,reason\n" if self.kind == "csv" else ""
        text = head + "".join(line_text(x, form, (who, why)) for x, who, why in rows)
        path.write_text(text, encoding="utf-8", newline="\n")

    def _path(self, kind: str, folder: str, block: Block) -> Path:
        path = self.city.root / "data" / kind / folder / f"{block.name}.{self.kind}"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.city.files.append(path)
        return path

    def _finish(self) -> None:
        expected = asdict(self.city.expected)
        expected["rejected"] = dict(sorted(expected["rejected"].items()))
        text = json.dumps(expected, indent=2) + "\n"
        (self.city.truth / "expected.json").write_text(text, encoding="utf-8", newline="\n")
        found = np.concatenate(self.conflicts)
        start = self.zero + found[:, 1] * 900
        ids = pa.array([self.plan.meters[i].id for i in found[:, 0]], pa.string())
        columns = {
            "meter": ids,
            "start": pa.array(start).view(pa.timestamp("s", "UTC")),
            "end": pa.array(start + 900 * found[:, 4]).view(pa.timestamp("s", "UTC")),
            "value": decimals(found[:, 2], QUANTITY),
            "other": decimals(found[:, 3], QUANTITY),
        }
        pq.write_table(pa.table(columns), self.city.truth / "conflicts.parquet")


def _with_first(conflicts: Ints, first: int) -> Ints:
    """Rows of a block as meters of the city."""
    return conflicts + np.array([first, 0, 0, 0, 0], dtype=np.int64)


def _measured(x: Line) -> Line:
    return Line(x.meter, x.start, x.end, x.number, x.unit, "measured", 0)
