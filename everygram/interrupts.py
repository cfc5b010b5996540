"""Ctrl-C and SIGTERM: finish the batch at hand, leave a state that the next run continues from."""

from __future__ import annotations

import os
import signal
from types import FrameType

from everygram.exits import INTERRUPTED, TERMINATED
from everygram.talk import console, say

CODES = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}


class Interrupts:
    """Within `with Interrupts() as asked:` a first signal sets `asked.code`, a second one aborts.

    Aborting is safe too: what was committed is whole, the rest is read again by the next run.
    """

    def __init__(self) -> None:
        self.code = 0
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Interrupts:
        for number in CODES:
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def __call__(self) -> bool:
        """Was the end asked for?"""
        return self.code != 0

    def _take(self, number: int, _: FrameType | None) -> None:
        code = CODES[signal.Signals(number)]
        if self.code:
            console.show_cursor(True)
            os._exit(code)  # nothing is flushed: the next run undoes what was not committed
        self.code = code
        say("\nFinishing the batch at hand; once more to abort (nothing is lost either way).")
