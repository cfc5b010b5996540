"""What a frame came to: readings of the hot loop and of the exact path, rejects and counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timezone
from fractions import Fraction

import numpy as np

from schemas.reading import Decoded, Frame, Readings, Reason, Reject
from streams.collect.entries import Entry, resolve_folds
from streams.collect.exact import Case, Facts, Taken, judge
from streams.collect.kernel import Columns
from streams.collect.raw import Refused
from streams.collect.tables import MOST_DECIMALS, Conversions

PAYLOAD_CHARACTERS = 2_000


def cut(payload: bytes | str) -> str:
    """A reading as it came, for a reject: undecodable bytes escaped, at most 2,000 characters."""
    text = payload
    if isinstance(text, bytes):
        text = text[: 4 * PAYLOAD_CHARACTERS].decode("utf-8", "backslashreplace")
    else:
        text = text[:PAYLOAD_CHARACTERS].encode("utf-8", "backslashreplace").decode()
    return text[:PAYLOAD_CHARACTERS].replace("\x00", "\\x00")


class Gathering:
    """Collects the exact path's outcomes of one frame."""

    def __init__(self, frame: Frame, facts: Facts, case: Case) -> None:
        self.frame, self.facts, self.case = frame, facts, case
        self.taken: list[Taken] = []
        self.rejects: list[Reject] = []
        self.units: set[str] = set()
        """Units of readings that were taken exactly: worth a place in the tables."""

    def judge_all(self, entries: Callable[[], Iterable[Entry]]) -> None:
        """Judges readings one by one; with a zone they are gone through twice, first for their order."""
        case = self.case
        if case.zone is not None and not isinstance(case.zone, timezone):
            case.folds = resolve_folds(entries(), case.zone)
        for place, entry in enumerate(entries()):
            if entry.absent:
                continue
            try:
                if isinstance(entry.raw, Refused):
                    raise entry.raw
                self.taken.append(judge(entry.raw, self.facts, case, place))
                if entry.raw.unit:
                    self.units.add(entry.raw.unit)
            except Refused as refused:
                meter = getattr(entry.raw, "meter", None)
                self.reject(
                    refused.reason, refused.message, entry.position, entry.payload,
                    meter if isinstance(meter, str) else "",
                )  # fmt: skip

    def reject(
        self, reason: Reason, message: str, position: str, payload: bytes | str, meter: str = ""
    ) -> None:
        """Notes what cannot be taken, and where it stood."""
        frame = self.frame
        message = message.encode("utf-8", "backslashreplace").decode()
        self.rejects.append(
            Reject(
                reason, message, frame.source, position, cut(payload), frame.received_us, cut(meter)
            )
        )

    def decoded(self, fast: Columns | None = None) -> Decoded:
        """Everything together, the hot loop's readings first."""
        parts = [] if fast is None else [fast.readings()]
        if self.taken or not parts:
            parts.append(_as_readings(self.taken))
        sums: dict[str, Fraction] = defaultdict(Fraction)
        flows = self.facts.compiled.flows
        rounded = sum(1 for one in self.taken if one.error)
        aligned = sum(1 for one in self.taken if one.aligned)
        for one in self.taken:
            if one.error:
                sums[flows[self.facts.compiled.meter_flow[one.slot]]] += one.error
        if fast is not None:
            rounded += int(fast.counts[1])
            aligned += int(fast.counts[2])
            for flow, error in _errors(fast, self.facts.conversions):
                sums[flows[flow]] += error
        return Decoded(
            readings=parts[0] if len(parts) == 1 else _joined(parts),
            rejects=self.rejects,
            rounded=rounded,
            rounded_sum={flow: str(error) for flow, error in sums.items()},
            aligned=aligned,
        )


def _as_readings(taken: list[Taken]) -> Readings:
    n = len(taken)
    return Readings(
        np.fromiter((one.slot for one in taken), np.int32, n),
        np.fromiter((one.start for one in taken), np.int64, n),
        np.fromiter((one.end for one in taken), np.int64, n),
        np.fromiter((one.quantity for one in taken), np.int64, n),
        np.fromiter((one.rank for one in taken), np.uint8, n),
        np.fromiter((one.revision for one in taken), np.int64, n),
    )


def _joined(parts: list[Readings]) -> Readings:
    names = ("slot", "start", "end", "quantity", "rank", "revision")
    return Readings(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _errors(fast: Columns, conversions: Conversions) -> list[tuple[int, Fraction]]:
    """Per conversion used: flow and exact sum of (rounded - exact) in 10**-6 native units."""
    n = int(fast.counts[1])
    if n == 0:
        return []
    entries, errors = fast.long[4:, :n]
    order = np.argsort(entries, kind="stable")
    entries = entries[order]
    first = np.flatnonzero(np.r_[True, entries[1:] != entries[:-1]])
    sums = np.add.reduceat(errors[order], first)
    div = conversions.div
    return [
        (conversions.flow_of[entry // MOST_DECIMALS], Fraction(total, int(div[entry])))
        for entry, total in zip(entries[first].tolist(), sums.tolist(), strict=True)
    ]
