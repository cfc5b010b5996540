"""The whole pipeline on one page: files in, books and tables out, one process, no server.

frames -> journal -> collect -> book -> settle -> tables
                        └-> rejects ──────────────┘
"""

from __future__ import annotations

import contextlib
import gc
import queue
import threading
from collections.abc import Callable, Iterator

from schemas.reading import Decoded
from sinks.journal import Mark
from topologies.books import Books
from topologies.replay import arrivals_from_journal
from topologies.sources import Arrival, arrivals

UNDO_FRAMES = 64
AHEAD = 2
"""Frames decoded ahead of the book: one core decodes while the other applies."""

Progress = Callable[[Books, str], None]


def run_until_end(
    books: Books, progress: Progress | None = None, stop: Callable[[], bool] = bool
) -> None:
    """Read every file source to its end and settle everything. `stop` ends it after the batch."""
    with _uncollected(), _unmerged(books):
        if books.manifest.restating:
            restate(books, progress)
        for arrival, decoded in _decoded_ahead(books):
            take(books, arrival, decoded)
            if progress is not None:
                progress(books, arrival.name)
            if stop():
                break
            if books.pace.settle_now(books):
                books.checkpoint(settle=True)
                gc.collect()
            elif books.pace.commit_now() or books.many_rejects:
                books.checkpoint(settle=False)
        if books.uncommitted:
            books.checkpoint(settle=True)
        books.drain()


def rebuild(books: Books, progress: Progress | None = None) -> None:
    """Make the books (of `Books.rebuild`) anew from the journal; what is new in the sources waits."""
    with _uncollected(), _unmerged(books):
        restate(books, progress)


@contextlib.contextmanager
def _unmerged(books: Books) -> Iterator[None]:
    """While rows stream in, merging their parts would cost the tables as much again."""
    books.tables.merge(on=False)
    try:
        yield
    finally:
        books.tables.merge(on=True)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Walking millions of objects again and again costs a third: only at a checkpoint."""
    collecting = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if collecting:
            gc.enable()


def restate(books: Books, progress: Progress | None = None) -> None:
    """Make the books anew, from the journal where readings are judged otherwise, and publish them."""
    if books.manifest.restating != "figures":
        mark = Mark(*books.manifest.journal)
        folder = books.folder / "journal"
        for n, arrival in enumerate(
            arrivals_from_journal(folder, mark, books.settings.sources, books.root, books.positions)
        ):
            frame = arrival.frame
            if frame is not None:
                decoded = books.collector.decode(frame, arrival.rules)
                books.book.apply(decoded.readings)
                books.count(decoded)
            if books.many_rejects:
                books.send_rejects()
            if n % UNDO_FRAMES == 0:  # a kill begins the restatement again: nothing to go back to
                books.book.begin(books.manifest.epoch + 1)
            if progress is not None:
                progress(books, f"journal: {arrival.name}")
    books.restate()
    books.drain()


def take(books: Books, arrival: Arrival, decoded: Decoded | None) -> None:
    """One frame through the stages, in the order that a kill at any point forgives."""
    if decoded is not None:
        books.journal_frame(arrival)
        books.book.apply(decoded.readings)
        books.count(decoded)
    books.advance(arrival)


def _decoded_ahead(books: Books) -> Iterator[tuple[Arrival, Decoded | None]]:
    """Reads and decodes in a thread of its own, a few frames ahead of the book."""
    ahead: queue.Queue[tuple[Arrival, Decoded | None] | BaseException | None] = queue.Queue(AHEAD)
    ended = threading.Event()

    def put(item: tuple[Arrival, Decoded | None] | BaseException | None) -> None:
        while not ended.is_set():
            with contextlib.suppress(queue.Full):
                ahead.put(item, timeout=0.2)
                return

    def work() -> None:
        try:
            for arrival in arrivals(books.root, books.settings.sources, dict(books.positions)):
                frame = arrival.frame
                decoded = None if frame is None else books.collector.decode(frame, arrival.rules)
                put((arrival, decoded))
                if ended.is_set():
                    return
            put(None)
        except BaseException as error:
            put(error)

    thread = threading.Thread(target=work, name="collect", daemon=True)
    thread.start()
    try:
        while (item := ahead.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        ended.set()
        thread.join()
