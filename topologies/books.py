"""The books of a workspace: everything that a run changes, and how a commit makes it durable."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
import pyarrow as pa

from factors.units import ratio
from schemas.reading import REGISTRY_REASONS, Decoded, Reject
from schemas.workspace import Workspace, load
from sinks.chdb_tables import folder_of, open_tables
from sinks.journal import Journal, Mark
from streams.book import Book
from streams.book.days import DAY_S
from streams.collect.collector import Collector
from streams.settle import Settle, Settled
from topologies import manifest as manifests
from topologies.dimensions import dimension_jobs
from topologies.known import known_now, load_known
from topologies.manifest import Counters, Manifest
from topologies.opening import BusyError, committed, compile_workspace, lock, open_catalogue
from topologies.pace import Pace
from topologies.rebuild import Beginning
from topologies.rebuild import begin as begin_rebuild
from topologies.reject_rows import reject_table
from topologies.restate import Change, RestatementError, compare, sources_of
from topologies.sources import Arrival, digest_of
from topologies.writer import Writer

__all__ = ["Books", "BusyError"]

REJECTS_AT_ONCE = 100_000
COARSE = frozenset({2, 3, 4, 5})
"""Grains that a restatement shows first: day, month, quarter, year."""
FINE = frozenset({0, 1})


class _Closes(Protocol):
    def close(self) -> None:
        """Let go."""


class Books:
    """Opens a workspace's books where the last commit left them, and commits."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.root, self.settings = workspace, workspace.root, workspace.settings
        self.folder = workspace.root / "var"
        self.folder.mkdir(exist_ok=True)
        self._lock = lock(self.folder / "lock")
        self._open_parts: list[_Closes] = []

    def _open(self, *, restate: bool, anew: Beginning | None = None) -> None:
        tables = folder_of(self.settings.sinks[0].clickhouse, self.root)
        self.manifest = anew.manifest if anew else committed(self.folder, tables)
        self.notes = anew.notes if anew else []
        """What a rebuild found of the books, in words."""
        self.catalogue = open_catalogue(self.workspace)
        self.compiled = compile_workspace(self.workspace, self.catalogue, self.folder)
        self.tables = open_tables(
            self.settings.sinks[0].clickhouse, self.root, str(self.settings.timezone)
        )
        self._open_parts.append(self.tables)
        self.tables.setup()
        self.change = self._changed(restate=restate, anew=anew)
        self.collector = Collector(
            self.compiled,
            self.catalogue.flows,
            ratio,
            self.settings.since_s,
            self.settings.future_tolerance_s,
        )
        self.book = Book(self.folder / "book", self.compiled, self.settings.base_interval_s)
        self._take_up()
        self.settle = Settle(
            self.folder / "settle",
            self.compiled,
            self.catalogue,
            self.book,
            self.settings.timezone,
            self.settings.base_interval_s,
        )
        self.journal = Journal.open(self.folder / "journal", Mark(*self.manifest.journal))
        self._open_parts.append(self.journal)
        self.writer = Writer()
        self._open_parts.append(self.writer)
        self.pace = Pace()
        self.unsettled = 0
        self._rejects: list[Reject] = []
        self._dimensions_sent = False

    @classmethod
    def open(cls, path: str | Path, *, restate: bool = False) -> Books:
        """Open the books of the workspace at `path`.

        Raises Mistakes, BusyError, ManifestError, SinkError; RestatementError where the workspace has
        changed so that published figures would move, unless `restate` accepts that.
        """
        books = cls(load(path))
        try:
            books._open(restate=restate)
        except BaseException:
            books.close()
            raise
        return books

    @classmethod
    def rebuild(cls, path: str | Path, *, restate: bool = False) -> Books:
        """Open the books of the workspace at `path` to be made anew from the journal, whatever is
        left of them: `topologies.embedded.rebuild` does that.

        Raises as `open` does; SinkError where the journal is not whole, then nothing was touched.
        """
        books = cls(load(path))
        try:
            anew = begin_rebuild(books.workspace, books.folder)
            books._open(restate=restate, anew=anew)
        except BaseException:
            books.close()
            raise
        return books

    # -- opening ----------------------------------------------------------------------------------

    def _changed(self, *, restate: bool, anew: Beginning | None) -> Change:
        """What changed since the books were made (R12); begins the restatement that it takes."""
        m = self.manifest
        fingerprints = {**self.workspace.fingerprints, "factors": self.catalogue.factor_set}
        differs = m.fingerprints != fingerprints
        if not (m.restating or differs or anew):
            return Change()
        compared = m.span is not None and (differs or m.restating)
        change = self._compared() if compared else Change()
        if change.moves and not (restate or m.restating):
            raise RestatementError(change)
        change.take_up(m.restating)
        if anew:
            change.take_up("rebuild")
        kind = change.kind
        self.manifest = msgspec.structs.replace(m, fingerprints=fingerprints, restating=kind)
        if kind in ("readings", "rebuild"):
            self._start_over()
        elif not kind:
            known_now(self.workspace, self.compiled, self.catalogue).save(self.folder / "known")
        return change

    def _compared(self) -> Change:
        before = load_known(self.folder / "known")
        now = known_now(self.workspace, self.compiled, self.catalogue)
        if before is None:
            return Change(["what the books were made with is not known any more"], figures=True)
        reasons = ", ".join(f"'{r}'" for r in REGISTRY_REASONS)
        sql = f"SELECT DISTINCT meter FROM rejects WHERE reason IN ({reasons})"
        answer = self.tables.query(sql, "JSONCompactEachRow").splitlines()
        rejected = frozenset(msgspec.json.decode(row)[0] for row in answer)
        sources = (sources_of(before.settings), self.settings.sources)
        return compare(before, now, self.manifest.span, self.manifest.files, sources, rejected)

    def _start_over(self) -> None:
        """Forget everything that the journal gives anew; positions and the journal stay."""
        self.manifest = msgspec.structs.replace(
            self.manifest, counters=Counters(), span=None, dirty={}
        )
        manifests.save(self.folder / "manifest.json", self.manifest)
        for name in ("book", "settle"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / "slots.parquet").unlink(missing_ok=True)
        self.tables.empty("rejects")
        self.compiled = compile_workspace(self.workspace, self.catalogue, self.folder)

    def _take_up(self) -> None:
        """Go back to the last commit, whatever a kill left behind."""
        m = self.manifest
        self.positions = dict(m.files)
        self.counters = msgspec.convert(msgspec.to_builtins(m.counters), Counters)
        self.book.counts.accepted = m.counters.accepted
        self.book.counts.superseded = m.counters.superseded
        self.book.counts.duplicate = m.counters.duplicate
        self.book.span = m.span
        for day, bits in m.dirty.items():
            self.book.dirty[int(day)] = np.frombuffer(bytes.fromhex(bits), np.uint8).copy()
        self.book.forget(m.epoch)  # a kill may have come between the commit and this
        killed = self.book.roll_back()
        self._again = killed or bool(m.dirty)
        self._sent_above = m.committed if m.version > m.committed else None
        self._settled = Settled(m.settled_span, m.settled_now)
        self.book.begin(m.epoch + 1)

    # -- one frame --------------------------------------------------------------------------------

    def journal_frame(self, arrival: Arrival) -> None:
        """Keep a frame as it came, before anything is made of it."""
        frame = arrival.frame
        if frame is None:
            return
        if arrival.source.keep == "reference":
            if arrival.starts_file:
                self._refer(arrival)
        elif arrival.columnar:
            if arrival.starts_file:
                self.journal.keep_file(arrival.name, arrival.file, frame.received_us)
        else:
            payload = frame.payload if isinstance(frame.payload, bytes) else b""
            self.journal.append(
                frame.source,
                frame.position,
                frame.end,
                frame.received_us,
                frame.line,
                payload,
                modified_s=frame.modified_s,
                problem=frame.problem,
            )

    def _refer(self, arrival: Arrival) -> None:
        state, digest = arrival.state, digest_of(arrival.file)
        self.journal.refer(arrival.name, arrival.name, state.size, digest, state.received_us)

    def count(self, decoded: Decoded) -> None:
        """Count what arrived (R9 c); keep the rejects for the tables."""
        c = self.counters
        c.received += len(decoded.readings) + len(decoded.rejects)
        for reason, n in Counter(r.reason.value for r in decoded.rejects).items():
            c.rejected[reason] = c.rejected.get(reason, 0) + n
        c.rounded += decoded.rounded
        for flow, text in decoded.rounded_sum.items():
            c.rounded_sum[flow] = str(Fraction(c.rounded_sum.get(flow, "0")) + Fraction(text))
        c.aligned += decoded.aligned
        self.unsettled += len(decoded.readings)
        self._rejects += decoded.rejects

    @property
    def uncommitted(self) -> bool:
        """Is there anything to settle or to commit?"""
        return bool(self.book.dirty) or self.positions != self.manifest.files

    @property
    def many_rejects(self) -> bool:
        """Do so many rejects wait that they should be written?"""
        return len(self._rejects) >= REJECTS_AT_ONCE

    def advance(self, arrival: Arrival) -> None:
        """The frame is booked: the next commit stands behind it."""
        self.positions[arrival.name] = arrival.state

    # -- committing -------------------------------------------------------------------------------

    def checkpoint(self, *, settle: bool) -> None:
        """Settle (or not yet), then commit behind the rows on their way. Returns before it is done."""
        version, now = self._reserve(), self._clock()
        self._send_dimensions()
        self.send_rejects()
        if settle:
            self._settled = self.settle.run(
                self._settled, now, version, self._send, again=self._again
            )
            self._again, self.unsettled = False, 0
            self._retract(version)
            self.writer.put(lambda: self.tables.publish(version, now, "readings"))
        self._hand_over(version)

    def _retract(self, version: int) -> None:
        """Findings that a killed run sent and that do not hold were never committed: they are gone."""
        committed, self._sent_above = self._sent_above, None
        if committed is not None:
            self.writer.put(partial(self.tables.retire, "findings", version, committed))

    def restate(self) -> None:
        """Settle everything anew and publish it: days and longer first, hours and intervals behind."""
        version, now = self._reserve(), self._clock()
        self._send_dimensions()
        self.send_rejects()
        published, cause = self._settled.span, self.change.cause
        self.settle.forget()
        for grains in (COARSE, FINE):
            self._settled = self.settle.run(
                Settled(), now, version, self._send, again=True, grains=grains, published=published
            )
        for table in ("rollups", "findings"):
            self.writer.put(partial(self.tables.retire, table, version))
        self.writer.put(lambda: self.tables.publish(version, now, cause))
        known = known_now(self.workspace, self.compiled, self.catalogue)
        self.writer.put(lambda: known.save(self.folder / "known"))
        self.manifest = msgspec.structs.replace(self.manifest, restating="")
        self._again, self.unsettled, self.change = False, 0, Change()
        self._hand_over(version)

    def _reserve(self) -> int:
        """The next version, in the manifest before a row of it is sent."""
        version = self.manifest.version + 1
        reserved = msgspec.structs.replace(self.manifest, version=version, files=self._opened())
        self.manifest = reserved
        self.writer.put(lambda: manifests.save(self.folder / "manifest.json", reserved))
        return version

    def _clock(self) -> int:
        """The latest receipt, epoch s: what decides whether a window's time still runs."""
        received = [state.received_us // 1_000_000 for state in self.positions.values()]
        return max([self._settled.now, *received])

    def _hand_over(self, version: int) -> None:
        """The commit, behind the rows that wait to be written."""
        findings = self.settle.findings.changed()
        committed = self._snapshot(version)
        self.manifest = committed
        self.book.begin(committed.epoch + 1)
        self.writer.put(lambda: self._commit(committed, findings))
        self.pace.committed(settled=self.unsettled == 0)

    def _commit(self, committed: Manifest, findings: dict[str, bytes]) -> None:
        self.settle.findings.write(findings)
        manifests.save(self.folder / "manifest.json", committed)
        self.book.forget(committed.epoch)

    def _opened(self) -> dict[str, manifests.FileState]:
        """Committed positions, and the receipt of files opened since: rejects name it already."""
        opened = dict(self.manifest.files)
        for name, state in self.positions.items():
            before = opened.get(name)
            if before is None or before.received_us != state.received_us:
                opened[name] = manifests.FileState(state.received_us, state.size, state.mtime_ns)
        return opened

    def _snapshot(self, version: int) -> Manifest:
        counts, mark = self.book.counts, self.journal.flush()
        counters = msgspec.structs.replace(
            self.counters,
            accepted=counts.accepted,
            superseded=counts.superseded,
            duplicate=counts.duplicate,
            rejected=dict(self.counters.rejected),
            rounded_sum=dict(self.counters.rounded_sum),
        )
        return Manifest(
            epoch=self.manifest.epoch + 1,
            version=version,
            committed=version if self._sent_above is None else self._sent_above,
            files=dict(self.positions),
            counters=counters,
            journal=(mark.segment, mark.length, mark.sha256),
            span=self.book.span,
            dirty={str(d): bits.tobytes().hex() for d, bits in self.book.dirty.items()},
            settled_span=self._settled.span,
            settled_now=self._settled.now,
            fingerprints=self.manifest.fingerprints,
            restating=self.manifest.restating,
        )

    def _send(self, table: str, rows: pa.Table, *, replaces: bool = False) -> None:
        self.writer.put(lambda: self.tables.write(table, rows, replaces=replaces))

    def send_rejects(self) -> None:
        """Write the rejects that wait, under the version that was reserved last."""
        if self._rejects:
            rejects, self._rejects = self._rejects, []
            self._send("rejects", reject_table(rejects, self.manifest.version))

    def _send_dimensions(self) -> None:
        if not self._dimensions_sent:
            self._dimensions_sent = True
            jobs = dimension_jobs(self.workspace, self.compiled, self.catalogue, self.tables)
            for job in jobs:
                self.writer.put(job)

    def dirty_cells(self) -> int:
        """How many cells a settle would fold: whole days of all meters."""
        return len(self.book.dirty) * len(self.compiled.meters) * (DAY_S // self.book.base_s)

    def drain(self) -> None:
        """Wait until everything handed to the tables is there and committed."""
        self.writer.drain()

    def close(self) -> None:
        """Let go. What was not committed is undone by the next start."""
        for part in reversed(self._open_parts):
            part.close()
        os.close(self._lock)
