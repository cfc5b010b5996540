"""The books of a workspace: everything that a run changes, and how a commit makes it durable."""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from factors.catalogue import Catalogue, load_catalogue
from factors.units import ratio
from schemas.compiled import Compiled
from schemas.reading import Decoded, Reject
from schemas.registry import compile_registry
from schemas.rollup import REJECT
from schemas.workspace import Workspace, load
from sinks.chdb_tables import open_tables
from sinks.journal import Journal, Mark
from streams.book import Book
from streams.book.days import DAY_S
from streams.collect.collector import Collector
from streams.settle import Settle, Settled
from topologies import manifest as manifests
from topologies.dimensions import dimension_tables
from topologies.manifest import Counters, Manifest
from topologies.pace import Pace
from topologies.slots import keep_slots, known_slots
from topologies.sources import Arrival
from topologies.writer import Writer

REJECTS_AT_ONCE = 100_000


class BusyError(Exception):
    """Another process has the books open."""


class Books:
    """Opens a workspace's books where the last commit left them, and commits."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.root, self.settings = workspace, workspace.root, workspace.settings
        self.folder = workspace.root / "var"
        self.folder.mkdir(exist_ok=True)
        self._lock = _lock(self.folder / "lock")
        self.manifest = manifests.load(self.folder / "manifest.json")
        self.catalogue = open_catalogue(workspace)
        self.compiled = compile_workspace(workspace, self.catalogue, self.folder)
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
        self.tables = open_tables(
            self.settings.sinks[0].clickhouse, self.root, str(self.settings.timezone)
        )
        self.tables.setup()
        self.journal = Journal.open(self.folder / "journal", Mark(*self.manifest.journal))
        self.writer = Writer()
        self.pace = Pace()
        self.unsettled = 0
        self._rejects: list[Reject] = []
        self._dimensions_sent = False

    @classmethod
    def open(cls, path: str | Path) -> Books:
        """Open the books of the workspace at `path`. Raises Mistakes, BusyError, ManifestError."""
        return cls(load(path))

    # -- opening ----------------------------------------------------------------------------------

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
        killed = self.book.roll_back()
        self._again = killed or bool(m.dirty)
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
        import hashlib

        with arrival.file.open("rb") as f:
            digest = hashlib.file_digest(f, "sha256").hexdigest()
        state = arrival.state
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
    def many_rejects(self) -> bool:
        """Do so many rejects wait that they should be written?"""
        return len(self._rejects) >= REJECTS_AT_ONCE

    def advance(self, arrival: Arrival) -> None:
        """The frame is booked: the next commit stands behind it."""
        self.positions[arrival.name] = arrival.state

    # -- committing -------------------------------------------------------------------------------

    def checkpoint(self, *, settle: bool) -> None:
        """Settle (or not yet), then commit behind the rows on their way. Returns before it is done."""
        version = self.manifest.version + 1
        now = max(
            [self._settled.now, *(f.received_us // 1_000_000 for f in self.positions.values())]
        )
        reserved = msgspec.structs.replace(self.manifest, version=version, files=self._opened())
        self.manifest = reserved
        self.writer.put(lambda: manifests.save(self.folder / "manifest.json", reserved))
        self._send_dimensions(version)
        self._send_rejects(version)
        if settle:
            self._settled = self.settle.run(
                self._settled, now, version, self._send, again=self._again
            )
            self._again, self.unsettled = False, 0
        findings = self.settle.findings.changed()
        committed = self._snapshot(version)
        self.manifest = committed
        self.book.begin(committed.epoch + 1)
        self.writer.put(lambda: self._commit(committed, findings))
        self.pace.committed()

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
            files=dict(self.positions),
            counters=counters,
            journal=(mark.segment, mark.length, mark.sha256),
            span=self.book.span,
            dirty={str(d): bits.tobytes().hex() for d, bits in self.book.dirty.items()},
            settled_span=self._settled.span,
            settled_now=self._settled.now,
            fingerprints=self.manifest.fingerprints,
        )

    def _send(self, table: str, rows: pa.Table) -> None:
        self.writer.put(lambda: self.tables.write(table, rows))

    def _send_rejects(self, version: int) -> None:
        if self._rejects:
            rejects, self._rejects = self._rejects, []
            self._send("rejects", reject_table(rejects, version))

    def _send_dimensions(self, version: int) -> None:
        if not self._dimensions_sent:
            self._dimensions_sent = True
            for table, rows in dimension_tables(
                self.workspace, self.compiled, self.catalogue, version
            ):
                self._send(table, rows)

    def dirty_cells(self) -> int:
        """How many cells a settle would fold: whole days of all meters."""
        return len(self.book.dirty) * len(self.compiled.meters) * (DAY_S // self.book.base_s)

    def drain(self) -> None:
        """Wait until everything handed to the tables is there and committed."""
        self.writer.drain()

    def close(self) -> None:
        """Let go. What was not committed is undone by the next start."""
        self.writer.close()
        self.journal.close()
        self.tables.close()
        os.close(self._lock)


def open_catalogue(workspace: Workspace) -> Catalogue:
    """The factors of a workspace."""
    s = workspace.settings
    return load_catalogue(
        s.accounting,
        workspace.factor_files,
        s.timezone,
        workspace.root,
        contracts=workspace.contracts,
    )


def compile_workspace(workspace: Workspace, catalogue: Catalogue, folder: Path) -> Compiled:
    """The registry compiled, meters in the slots that the books gave them."""
    flows = list(catalogue.flows)
    carriers = {name: flow.carrier for name, flow in catalogue.flows.items()}
    before = known_slots(folder / "slots.parquet")
    compiled = compile_registry(workspace, flows, before.meters, flow_carriers=carriers)
    gone = compiled.meter_cell_s == 0
    if gone.any():  # the registry has it no more, its cells stay where they are
        cells = compiled.meter_cell_s.copy()
        cells[gone] = before.cell_s[np.flatnonzero(gone)]
        compiled = replace(compiled, meter_cell_s=cells)
    keep_slots(folder / "slots.parquet", compiled, before)
    return compiled


def reject_table(rejects: list[Reject], version: int) -> pa.Table:
    """Rejects as rows of the REJECT schema."""
    columns: dict[str, Any] = {
        "source": [r.source for r in rejects],
        "position": [r.position for r in rejects],
        "reason": pa.array([r.reason.value for r in rejects]).dictionary_encode(),
        "meter": [r.meter for r in rejects],
        "message": [r.message for r in rejects],
        "payload": [r.payload for r in rejects],
        "received_at": pa.array([r.received_us for r in rejects], pa.timestamp("us", "UTC")),
        "version": pa.array([version] * len(rejects), pa.uint64()),
    }
    arrays = [pa.array(columns[f.name]) for f in REJECT]
    return pa.Table.from_arrays(arrays, schema=REJECT)


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(descriptor, 32).decode() or "another process"
        os.close(descriptor)
        text = f"{path.parent}: process {holder} has the books open; wait for it or stop it"
        raise BusyError(text) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return descriptor
