"""How often things go wrong, as a share of the readings."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of readings, 0 to 1.

    duplicates: sent twice · late: arrive 15 minutes to 6 hours behind · edits: corrected by a
    person (one in ten voids, two in ten are corrected again) · conflicts: two quantities for one
    interval · malformed: added ones that must be rejected · disorder: out of place by up to half an
    hour · missing: never sent · estimated: an estimate or declaration, half of them replaced by a
    measured reading · revisions: measured again under a higher revision · outages: inside a time
    that one longer reading tells of.
    """

    duplicates: float = 0.01
    late: float = 0.03
    edits: float = 0.005
    conflicts: float = 0.0005
    malformed: float = 0.001
    disorder: float = 0.02
    missing: float = 0.003
    estimated: float = 0.003
    revisions: float = 0.001
    outages: float = 0.001

    def __post_init__(self) -> None:
        for f in fields(self):
            if not 0 <= getattr(self, f.name) <= 0.5:
                raise ValueError(f"{f.name}={getattr(self, f.name)}: a rate lies between 0 and 0.5")
        if self.edits + self.conflicts + self.missing + self.estimated + self.revisions > 1:
            raise ValueError("edits, conflicts, missing, estimated, revisions: more than all")


CLEAN = Rates(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
"""A city where every reading arrives once, in order, and right."""
