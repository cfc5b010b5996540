"""Watching a process from inside: its anonymous memory, and the CPU time of its stages."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SAMPLE_S = 0.01
OWN_THREADS = (Path("/proc/self/comm").read_text("utf-8").strip(), "jemalloc_bg_thd")
"""Names of threads of Python and Arrow, which take the process's name; chDB names its own."""


def anonymous_kb() -> int:
    """RssAnon of this process: memory that no file backs (the book's pages are the kernel's)."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    raise OSError("/proc/self/status tells no RssAnon: measure on Linux")


def engine_cpu() -> float:
    """CPU seconds of the threads that chDB keeps for itself (inserts, merges), all told so far."""
    total = 0.0
    for task in os.listdir("/proc/self/task"):
        try:
            text = Path(f"/proc/self/task/{task}/stat").read_text("utf-8", "replace")
        except OSError:  # the thread has ended meanwhile
            continue
        name, fields = text[text.index("(") + 1 :].rsplit(") ", 1)
        if name not in OWN_THREADS:
            user, system = fields.split()[11:13]
            total += (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return total


class Memory:
    """Samples the anonymous memory of this process in a thread; `peak_mb` is the most it saw."""

    def __init__(self) -> None:
        self.start_mb = self.peak_mb = anonymous_kb() / 1024
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLE_S):
            self.peak_mb = max(self.peak_mb, anonymous_kb() / 1024)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


class Stages:
    """CPU seconds by stage: of the threads that call, the time inside other stages left out.

    What the process used beyond that: `engine`, chDB's own threads (inserts and merges), and `rest`,
    Arrow's threads (they unpack Parquet) and the loop itself.
    """

    def __init__(self) -> None:
        self.cpu: dict[str, float] = defaultdict(float)
        self._mine = threading.local()

    def wrap(self, owner: Any, name: str, stage: str) -> None:
        """From now on calls of `owner.name` count for `stage`."""
        setattr(owner, name, self.timed(stage, getattr(owner, name)))

    def timed(self, stage: str, inner: Callable[..., Any]) -> Callable[..., Any]:
        """A call that counts for `stage`."""

        def call(*args: Any, **named: Any) -> Any:
            with _Inside(self, stage):
                return inner(*args, **named)

        return call

    def iterated(self, stage: str, inner: Callable[..., Iterator[Any]]) -> Callable[..., Any]:
        """A generator whose every step counts for `stage`."""

        def walk(*args: Any, **named: Any) -> Iterator[Any]:
            steps = inner(*args, **named)
            end = object()
            while True:
                with _Inside(self, stage):
                    item = next(steps, end)
                if item is end:
                    return
                yield item

        return walk


class _Inside:
    """Charges the thread's CPU time to the innermost stage it is in."""

    def __init__(self, stages: Stages, stage: str) -> None:
        self._stages, self._stage = stages, stage

    def __enter__(self) -> None:
        mine = self._stages._mine
        if not hasattr(mine, "stack"):
            mine.stack = []
        now = time.thread_time()
        if mine.stack:
            self._stages.cpu[mine.stack[-1]] += now - mine.since
        mine.stack.append(self._stage)
        mine.since = now

    def __exit__(self, *_: object) -> None:
        mine = self._stages._mine
        now = time.thread_time()
        self._stages.cpu[mine.stack.pop()] += now - mine.since
        mine.since = now
