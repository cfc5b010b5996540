"""One run: open the books, answer queries meanwhile, read to the end, reconcile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from everygram.progress import RunProgress
from everygram.reconciliation import Reconciliation, reconcile
from schemas.workspace import Workspace
from sinks.asking import SOCKET, hold, serve
from topologies.books import Books
from topologies.embedded import run_until_end


@contextmanager
def open_books(workspace: Workspace) -> Iterator[Books]:
    """The books of a workspace, held by this process, which answers queries while they are open."""
    with hold(workspace.root / "var"):
        books = Books(workspace)
        try:
            server = serve(books.tables, workspace.root / "var" / SOCKET)
            try:
                yield books
            finally:
                server.close()
        finally:
            books.close()


def account(books: Books, stop: Callable[[], bool]) -> Reconciliation:
    """Read everything to its end and reconcile. Raises what could not be done."""
    with RunProgress(books) as progress:
        run_until_end(books, progress, stop)
    return reconcile(books)
