"""An explanation put into words and records: names, dates and exact decimals instead of numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from factors.catalogue import Catalogue
from schemas.compiled import FOREVER, Compiled
from schemas.factor import FACTOR_DECIMALS, Flow
from schemas.reading import QUALITIES
from schemas.workspace import Workspace
from streams.settle.calendar import Window, text
from topologies.explain import record
from topologies.explain.cells import BookFiles
from topologies.explain.factors import Held
from topologies.explain.strands import Strand
from topologies.explain.sums import COUNTS, EMISSIONS, emission, expected_s, said
from topologies.explain.tally import Tally

Part = tuple[Strand, Tally]
LONGER_SHOWN = 100
"""Longer readings that are listed of one meter."""


def number(name: str, value: Any) -> record.Number:
    """A figure of the table as the exact number it is."""
    if value is None:
        return None
    return int(value) if name in COUNTS else Decimal(value)


class Teller:
    """Words for one workspace's explanations."""

    def __init__(
        self,
        workspace: Workspace,
        compiled: Compiled,
        catalogue: Catalogue,
        files: BookFiles,
        ask: Callable[[str], bytes],
    ) -> None:
        self._w, self._c, self._catalogue = workspace, compiled, catalogue
        self._files, self._ask = files, ask
        self._zone = workspace.settings.timezone

    def tell(
        self,
        what: tuple[str, Flow, str, Window],
        *,
        figures: record.Figures,
        table: record.Figures,
        version: int,
        parts: list[Part],
        span: tuple[int, int],
        notes: list[str],
    ) -> record.Explanation:
        """Everything about one figure."""
        entity, flow, grain, window = what
        above = self._sub_of(parts)
        told = [self._contribution(s, t, flow, span, above) for s, t in parts]
        used = {h.row for _, t in parts for seg in t.segments for h in seg.all if h.row >= 0}
        rows = [r for r in self._w.entities.rows if r.id == entity]
        row = next((r for r in rows if r.since <= window.start < r.until), rows[0])
        return record.Explanation(
            entity=entity,
            name=row.names,
            level=row.level,
            path=self._path(entity, window.start),
            flow=flow.name,
            carrier=flow.carrier,
            scope=flow.scope,
            unit=flow.unit,
            grain=grain,
            start=self._at(window.start),
            end=self._at(window.end),
            standard=self._catalogue.standard,
            gwp=self._catalogue.gwp,
            deducts=self._catalogue.deducts,
            figures=figures,
            table=table,
            version=version,
            differences=[k for k, v in figures.items() if table[k] != v],
            contributions=told,
            factor_rows=[self._factor_row(n) for n in sorted(used)],
            findings=self._findings(entity, flow, window, parts),
            notes=notes,
        )

    def _at(self, instant: int) -> str:
        return text(instant, self._zone)

    def _path(self, entity: str, instant: int) -> list[str]:
        parents = {r.id: r.parent for r in self._w.entities.rows if r.since <= instant < r.until}
        path = [entity]
        while above := parents.get(path[-1]):
            path.append(above)
        return path[::-1]

    def _contribution(
        self, s: Strand, t: Tally, flow: Flow, span: tuple[int, int], above: dict[Strand, list[str]]
    ) -> record.Contribution:
        c = self._c
        upper = int(c.class_upper[s.klass])
        why = "own" if upper < 0 else "supplied_by" if c.class_supplied[s.klass] else "sub_of"
        gives: record.Figures = {"quantity": _micro(s.weight * t.total if t.reported else None)}
        for name in EMISSIONS:
            gives[name] = said(name, emission(name, s, t, flow))
        return record.Contribution(
            meter=c.meters[s.slot],
            entity=c.entities[c.class_entity[s.klass]],
            why=why,
            under=c.entities[upper] if upper >= 0 else "",
            sub_of=above.get(s, []) if why == "sub_of" else [],
            weight=s.weight,
            emission_weight=s.emitted,
            remainder_weight=s.own,
            start=self._at(s.since),
            end=self._at(s.until),
            quantity=_micro(t.total if t.reported else None),
            gives=gives,
            readings=self._in_force(s, t, span),
            periods=self._periods(s, t),
        )

    def _in_force(self, s: Strand, t: Tally, span: tuple[int, int]) -> record.InForce:
        cells = expected_s(s, span) // int(self._files.cell_s[s.slot])
        longer = [self._files.longer(n) for n in sorted(t.longer)[:LONGER_SHOWN]]
        return record.InForce(
            intervals={q: n for q, n in zip(QUALITIES, t.cells, strict=True) if n},
            missing=cells - sum(t.cells) - t.voided,
            voided=t.voided,
            conflicts=t.conflicts,
            revised=t.revised,
            longer=[
                record.LongerReading(
                    self._at(r.start),
                    self._at(r.end),
                    _micro(r.quantity if r.quantity >= 0 else None),
                    QUALITIES[r.rank],
                    r.revision,
                )
                for r in longer
            ],
        )

    def _periods(self, s: Strand, t: Tally) -> list[record.Period]:
        return [
            record.Period(
                self._at(max(segment.since, s.since)),
                self._at(min(segment.until, s.until)),
                _micro(quantity),
                *(_used(held) for held in segment.all),
            )
            for segment, quantity in zip(t.segments, t.quantity, strict=True)
            if segment.since < s.until and segment.until > s.since
        ]

    def _factor_row(self, n: int) -> record.FactorRowUsed:
        r = self._catalogue.rows[n]
        return record.FactorRowUsed(
            n, r.standard, r.factor, r.variant, r.region, r.text, r.unit,
            self._at(max(r.valid_from, 0)) if r.valid_from > 0 else "",
            self._at(r.valid_to) if r.valid_to < FOREVER else "",
            r.data_year, r.published, r.document, r.source, r.method, r.evidence, r.file, r.line,
        )  # fmt: skip

    def _sub_of(self, parts: list[Part]) -> dict[Strand, list[str]]:
        """The meters that the registry names as upper ones, while the strand lasts."""
        m, below = self._w.meters, [s for s, _ in parts if self._c.class_upper[s.klass] >= 0]
        slots = sorted({s.slot for s in below})
        names = pa.array([self._c.meters[slot] for slot in slots], pa.string())
        numbers = pc.index_in(names, value_set=m.ids).to_numpy(zero_copy_only=False)
        slot_of = dict(zip(numbers.tolist(), slots, strict=True))
        rows: dict[int, list[int]] = {}
        for row in np.flatnonzero(np.isin(m.meter, numbers)).tolist():
            rows.setdefault(slot_of[int(m.meter[row])], []).append(row)
        found = {}
        for s in below:
            row = next(r for r in rows[s.slot] if m.since[r] <= s.since < m.until[r])
            uppers = m.upper[m.upper_start[row] : m.upper_start[row + 1]]
            found[s] = [m.ids[int(n)].as_py() for n in uppers]
        return found

    def _findings(
        self, entity: str, flow: Flow, window: Window, parts: list[Part]
    ) -> list[dict[str, Any]]:
        """What the books noticed about these meters and this entity in the window."""
        sql = (
            "SELECT kind, subject, flow, toUnixTimestamp(start) AS s, toUnixTimestamp(end) AS e, "
            "toString(value) AS value, toString(other) AS other, text FROM findings_current "
            f"WHERE start < toDateTime({window.end}) AND end > toDateTime({window.start}) "
            f"AND flow IN ('{flow.name}', '{flow.carrier}') ORDER BY kind, subject, start"
        )
        about = {self._c.meters[s.slot] for s, _ in parts} | {entity}
        about |= {self._c.entities[self._c.class_entity[s.klass]] for s, _ in parts}
        return [
            {
                "kind": r["kind"], "subject": r["subject"], "flow": r["flow"],
                "start": self._at(int(r["s"])), "end": self._at(int(r["e"])),
                "value": r["value"], "other": r["other"], "text": r["text"],
            }
            for r in json.loads(self._ask(sql))
            if r["subject"] in about
        ]  # fmt: skip


def _micro(count: int | None) -> Decimal | None:
    value = said("quantity", count)
    assert not isinstance(value, int)
    return value


def _used(held: Held) -> record.UsedFactor:
    value = None if held.value is None else Decimal(held.value).scaleb(-FACTOR_DECIMALS)
    row = held.row if held.row >= 0 else None
    return record.UsedFactor(value, row, held.region_found, held.date_found, held.basis)
