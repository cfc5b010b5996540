"""One run: open the books, answer queries meanwhile, read to the end, reconcile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from everygram.asking import settings_of
from everygram.progress import RunProgress, bar
from everygram.reconciliation import Reconciliation, reconcile
from everygram.talk import say
from sinks.asking import SOCKET, hold, serve
from topologies.books import Books
from topologies.conserve import conserve, days_since
from topologies.embedded import rebuild, run_until_end


@contextmanager
def open_books(workspace: Path, *, restate: bool) -> Iterator[Books]:
    """The books of a workspace, held by this process, which answers queries while they are open.

    Raises what says why they can't be opened, RestatementError unless `restate` accepts it.
    """
    with _held(workspace, partial(Books.open, restate=restate)) as books:
        yield books


@contextmanager
def begin_anew(workspace: Path, *, restate: bool) -> Iterator[Books]:
    """The books of a workspace, to be made anew from the journal (`make_anew`); else as `open_books`."""
    with _held(workspace, partial(Books.rebuild, restate=restate)) as books:
        yield books


@contextmanager
def _held(workspace: Path, open_: Callable[[Path], Books]) -> Iterator[Books]:
    root, _ = settings_of(workspace)
    with hold(root / "var"):
        books = open_(root)
        try:
            server = serve(books.tables, root / "var" / SOCKET)
            try:
                yield books
            finally:
                server.close()
        finally:
            books.close()


def account(books: Books, stop: Callable[[], bool]) -> Reconciliation:
    """Read everything to its end and reconcile. Raises what could not be done."""
    return _reconciled(books, partial(run_until_end, stop=stop), stop)


def make_anew(books: Books) -> Reconciliation:
    """Make the books anew from the journal and reconcile. Raises what could not be done."""
    return _reconciled(books, rebuild, lambda: False)


def _reconciled(
    books: Books, work: Callable[[Books, RunProgress], None], stop: Callable[[], bool]
) -> Reconciliation:
    before, restated = books.manifest.version, list(books.change.lines)
    with RunProgress(books) as progress:
        work(books, progress)
    result = reconcile(books)
    result.restated = restated
    if not stop():
        _conserve(books, before, result)
    return result


def _conserve(books: Books, before: int, result: Reconciliation) -> None:
    """R9 over space and time, where this run wrote (later than version `before`)."""

    def ask(sql: str) -> bytes:
        return books.tables.query(sql, "json")

    settings = books.settings
    days = days_since(ask, before)
    with bar("checking sums") as progress:
        found = conserve(
            ask, settings.timezone, settings.base_interval_s, days=days, progress=progress
        )
    result.checked, result.differing = found.cells, found.differing
    for line in found.first:
        say(line, style="red")
