"""Recompute a period from what the journal holds, to compare with the tables (R9, `verify`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oracle.account import Accounts, counts
from oracle.clock import window_of
from oracle.conserve import SpaceCheck
from oracle.records import Counts, Finding, Given, Reading, Rollup


class Verification:
    """One recomputation: iterate `rollups()` to its end, then read findings, counts and gaps.

    All readings are given, whatever the period: the span and R9(c) rest on all of them; or, with the
    `span` of all, those that touch a local day of the period. Memory holds the readings once and the
    figures of one local day.
    """

    def __init__(
        self,
        readings: Iterable[Reading],
        given: Given,
        period: tuple[int, int] | None = None,
        span: tuple[int, int] | None = None,
    ) -> None:
        self._accounts = Accounts(readings, given)
        if span is not None:
            self._accounts.span = span
        self._given = given
        self.span = self._accounts.span
        self.period = period or self.span or (0, 0)
        self._whole = span is None and (period is None or self._covers(period))
        self.gaps: list[str] = []
        """Where space is not conserved (R9a); time is summed, so R9(b) is checked on the tables."""

    def _covers(self, period: tuple[int, int]) -> bool:
        return not self.span or (period[0] <= self.span[0] and self.span[1] <= period[1])

    def rollups(self) -> Iterator[Rollup]:
        """The rollups of the windows that lie in the period, as far as time was accounted in them.

        A window that sticks out of the period is left out, unless nothing of the span is outside.
        """
        begin, end = self.period
        if begin >= end:
            return
        space = SpaceCheck(self._given)
        midnight = window_of(begin, "day", self._accounts.zone, self._accounts.base_s)[0]
        for rollup in self._accounts.rollups(midnight, end):
            if self._whole or (begin <= rollup.start and rollup.end <= end):
                self.gaps += space.see(rollup)
                yield rollup
        self.gaps += space.finish()

    @property
    def findings(self) -> set[Finding]:
        """Findings of the local days of the period; `sum_mismatch` only if it covers the span."""
        found = set(self._accounts.findings)
        if self._whole:
            found |= self._accounts.mismatches.findings(self._accounts.flow_of)
        return found

    @property
    def counts(self) -> Counts | None:
        """R9(c), if the period covers the span: else not all cells were judged."""
        return counts(self._accounts) if self._whole else None


def verify(
    readings: Iterable[Reading],
    given: Given,
    period: tuple[int, int] | None = None,
    span: tuple[int, int] | None = None,
) -> Verification:
    """Recompute `period` (epoch seconds `[begin, end)`; None: everything) by the oracle's way."""
    return Verification(readings, given, period, span)
