"""Explaining a figure: look at everything that it rests on, add it up again, hold it to the table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from schemas.mistakes import did_you_mean
from schemas.workspace import load
from streams.settle.calendar import Window, text
from topologies import manifest as manifests
from topologies.explain.cells import BookFiles
from topologies.explain.factors import segments
from topologies.explain.record import Explanation
from topologies.explain.strands import strands
from topologies.explain.sums import COLUMNS, said, sums
from topologies.explain.tally import tally
from topologies.explain.tell import Teller, number
from topologies.explain.windows import instant_of, window_at
from topologies.opening import compile_workspace, open_catalogue

Ask = Callable[[str], bytes]
TRIES, PAUSE_S = 6, 0.5
"""While a run writes, book and tables may be a moment apart: then it is looked at again."""


class ExplainError(Exception):
    """There is no such figure; says which there are."""


class Explainer:
    """Explains figures of one workspace, without changing anything and without holding it.

    `ask` answers SQL as JSON. Raises Mistakes and ManifestError where the workspace cannot be read.
    """

    def __init__(self, path: Path, ask: Ask) -> None:
        self.workspace, self._ask = load(path), ask
        self.folder = self.workspace.root / "var"
        self.catalogue = open_catalogue(self.workspace)
        self.compiled = compile_workspace(self.workspace, self.catalogue, self.folder, keep=False)
        self.zone = self.workspace.settings.timezone
        self.base_s = self.workspace.settings.base_interval_s
        self._files = BookFiles(self.folder / "book", self.compiled)

    def explain(
        self, entity: str, flow: str = "", grain: str = "", when: str = ""
    ) -> list[Explanation]:
        """The figures of an entity in the window `when` (default: the last one), flow by flow.

        Raises ExplainError where there is no such entity, flow or window.
        """
        self._known(entity, flow)
        window, grain = self._window(entity, grain, when)
        found: list[Explanation] = []
        for row in self._rows(entity, flow, grain, window):
            told = self._explained(row, window)
            for _ in range(TRIES):
                if told.agrees:
                    break
                time.sleep(PAUSE_S)
                again = self._rows(entity, row["flow"], grain, window)[0]
                if again["version"] == row["version"] and not self._behind():
                    break
                told = self._explained(again, window)
            found.append(told)
        return found

    def _known(self, entity: str, flow: str) -> None:
        if entity not in self.workspace.entities.number:
            hint = did_you_mean(entity, self.workspace.entities.ids)
            what = hint or "; the registry lists them in registry/entities.yaml"
            raise ExplainError(f"'{entity}' is no entity{what}")
        if flow and flow not in self.catalogue.flows:
            hint = did_you_mean(flow, self.catalogue.flows)
            have = ", ".join(self._flows(entity))
            raise ExplainError(f"'{flow}' is no flow{hint}; {entity} has {have or 'none'}")

    def _flows(self, entity: str) -> list[str]:
        sql = f"SELECT DISTINCT flow FROM rollups_current WHERE entity = {_quoted(entity)} ORDER BY flow"
        return [row["flow"] for row in json.loads(self._ask(sql))]

    def _window(self, entity: str, grain: str, when: str) -> tuple[Window, str]:
        if when:
            try:
                instant, usual = instant_of(when, self.zone)
            except ValueError as error:
                raise ExplainError(str(error)) from None
            grain = grain or usual
            return window_at(instant, grain, self.zone, self.base_s), grain
        grain = grain or "day"
        first, last = self._spread(entity, grain)
        if first is None or last is None:
            raise ExplainError(f"{entity} has no {grain} in the books yet")
        return window_at(last, grain, self.zone, self.base_s), grain

    def _spread(self, entity: str, grain: str) -> tuple[int | None, int | None]:
        """Starts of the first and the last window of an entity."""
        sql = (
            "SELECT count() AS n, toUnixTimestamp(min(start)) AS first, "
            "toUnixTimestamp(max(start)) AS last FROM rollups_current "
            f"WHERE entity = {_quoted(entity)} AND grain = '{grain}'"
        )
        row = json.loads(self._ask(sql))[0]
        return (int(row["first"]), int(row["last"])) if int(row["n"]) else (None, None)

    def _rows(self, entity: str, flow: str, grain: str, window: Window) -> list[dict[str, Any]]:
        """What the table says; ExplainError where there is nothing."""
        only = f" AND flow = {_quoted(flow)}" if flow else ""
        sql = (
            f"SELECT entity, flow, grain, version, {', '.join(COLUMNS)} FROM rollups_current "
            f"WHERE entity = {_quoted(entity)} AND grain = '{grain}' "
            f"AND start = toDateTime({window.start}){only} ORDER BY flow"
        )
        rows: list[dict[str, Any]] = json.loads(self._ask(sql))
        if not rows:
            raise ExplainError(self._nothing(entity, flow, grain, window))
        return rows

    def _nothing(self, entity: str, flow: str, grain: str, window: Window) -> str:
        what = (
            f"{entity} has no {flow or 'figure'} in the {grain} of {text(window.start, self.zone)}"
        )
        first, last = self._spread(entity, grain)
        if first is None or last is None:
            return f"{what}, nor in any other: has its data been read (`everygram run`)?"
        between = f"{text(first, self.zone)} to {text(last, self.zone)}"
        return f"{what}; its {grain} figures start from {between}: {', '.join(self._flows(entity))}"

    def _behind(self) -> bool:
        """Does the book hold readings that the tables do not show yet?"""
        return bool(manifests.load(self.folder / "manifest.json").dirty)

    def _explained(self, row: dict[str, Any], window: Window) -> Explanation:
        c, catalogue = self.compiled, self.catalogue
        manifest = manifests.load(self.folder / "manifest.json")
        flow = catalogue.flows[row["flow"]]
        entity, of_flow = self.workspace.entities.number[row["entity"]], c.flows.index(flow.name)
        span, now = manifest.settled_span, (window.start, window.end)
        found = strands(c, entity, of_flow, now, deducts=catalogue.deducts)
        shared: dict[tuple[str, int], Any] = {}
        of_class = {}
        for klass in {s.klass for s in found}:
            key = (c.class_region[klass], int(c.class_contract[klass]))
            if key not in shared:
                shared[key] = segments(catalogue, flow.name, *key, now)
            of_class[klass] = shared[key]
        tallies = tally(self._files, found, of_class, now, self.base_s)
        figures = {k: said(k, v) for k, v in sums(found, tallies, flow, span).items()}
        table = {name: number(name, row[name]) for name in COLUMNS}
        teller = Teller(self.workspace, c, catalogue, self._files, self._ask)
        return teller.tell(
            (row["entity"], flow, row["grain"], window),
            figures=figures,
            table=table,
            version=int(row["version"]),
            parts=list(zip(found, tallies, strict=True)),
            span=span or now,
            notes=self._notes(manifest),
        )

    def _notes(self, manifest: manifests.Manifest) -> list[str]:
        """What may make table and explanation differ, and yet nothing be wrong."""
        notes = []
        now = {**self.workspace.fingerprints, "factors": self.catalogue.factor_set}
        changed = [k for k, v in now.items() if manifest.fingerprints.get(k, v) != v]
        if changed:
            notes.append(
                f"{', '.join(changed)} changed since the books were made: the figures are of before "
                "(`everygram run` says what differs)"
            )
        if manifest.dirty:
            notes.append("the book holds readings that the tables do not show yet: ask again soon")
        return notes


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"
