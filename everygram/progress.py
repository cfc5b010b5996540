"""How far a run is: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from everygram.talk import console, say
from topologies.books import Books
from topologies.files import discover

EVERY_S = 10.0
"""Seconds between plain lines."""
EVERY_S_ON_TERMINAL = 0.1


class RunProgress:
    """Follows a run by the bytes of its files; `progress` of `topologies.embedded.run_until_end`."""

    def __init__(self, books: Books) -> None:
        sizes: dict[str, int] = {}
        for source in books.settings.sources:
            for file in discover(books.root, source.path):
                sizes.setdefault(file.relative_to(books.root).as_posix(), file.stat().st_size)
        self._sizes = sizes
        self._total = max(1, sum(sizes.values()))
        self._done = {name for name, state in books.positions.items() if state.done}
        self._bytes = sum(sizes.get(name, 0) for name in self._done)
        self._said = time.monotonic()
        self._bar: Progress | None = None
        if console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
            self._bar = Progress(*columns, TimeElapsedColumn(), console=console, transient=True)
            self._task = self._bar.add_task("reading", total=self._total)

    def __enter__(self) -> RunProgress:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, books: Books, name: str) -> None:
        """A frame of the file `name` is booked; one of the journal's has no position in a file."""
        state = books.positions.get(name)
        if state is None:
            self._tell(f"{books.counters.received:,} readings from the journal")
            return
        size = self._sizes.get(name, 0)
        if state.done and name not in self._done:
            self._done.add(name)
            self._bytes += size
        at = self._bytes if state.done else self._bytes + min(state.position, size)
        ended = len(self._done) >= len(self._sizes)
        files = f"{len(self._done):,} of {len(self._sizes):,} files"
        text = f"{books.counters.received:,} readings, {files}{'; settling' if ended else ''}"
        self._tell(text, at, always=ended and state.done)

    def _tell(self, text: str, at: int | None = None, *, always: bool = False) -> None:
        now, every = time.monotonic(), EVERY_S if self._bar is None else EVERY_S_ON_TERMINAL
        if now - self._said < every and not always:
            return
        self._said = now
        if self._bar is not None:
            self._bar.update(self._task, completed=at, description=text)
        else:
            say(text if at is None else f"{text} ({100 * at // self._total} %)")


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for work of known size; gives the function that hears (done, total). Silent elsewhere."""
    if not console.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as shown:
        task = shown.add_task(what)
        yield lambda done, total: shown.update(task, completed=done, total=total)
