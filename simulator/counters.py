"""What a run over the city must count, written down while it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Expected:
    """R9(c): received = accepted + superseded + duplicate + all rejected.

    `conflicts` and `mismatches` are findings (`conflict`, `sum_mismatch`).
    """

    received: int = 0
    accepted: int = 0
    superseded: int = 0
    duplicate: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    conflicts: int = 0
    mismatches: int = 0

    def reject(self, reason: str, copies: int = 1) -> None:
        """Count readings that must be rejected."""
        self.rejected[reason] = self.rejected.get(reason, 0) + copies
        self.received += copies
