"""The whole pipeline on one page: files in, books and tables out, one process, no server.

frames -> journal -> collect -> book -> settle -> tables
                        └-> rejects ──────────────┘
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from schemas.reading import Decoded
from topologies.books import Books
from topologies.sources import Arrival, arrivals

AHEAD = 2
"""Frames decoded ahead of the book: one core decodes while the other applies."""

Progress = Callable[[Books, str], None]


def run_until_end(
    books: Books, progress: Progress | None = None, stop: Callable[[], bool] = bool
) -> None:
    """Read every file source to its end and settle everything. `stop` ends it after the batch."""
    collecting = gc.isenabled()
    gc.disable()  # arrays and columns make no cycles; walking millions of objects costs a third
    try:
        with ThreadPoolExecutor(1, "collect") as pool:
            for arrival, decoded in _decoded_ahead(books, pool):
                take(books, arrival, decoded)
                if progress is not None:
                    progress(books, arrival.name)
                if stop():
                    break
                if books.pace.settle_now(books):
                    books.checkpoint(settle=True)
                elif books.pace.commit_now() or books.many_rejects:
                    books.checkpoint(settle=False)
        books.checkpoint(settle=True)
        books.drain()
    finally:
        if collecting:
            gc.enable()


def take(books: Books, arrival: Arrival, decoded: Decoded | None) -> None:
    """One frame through the stages, in the order that a kill at any point forgives."""
    if decoded is not None:
        books.journal_frame(arrival)
        books.book.apply(decoded.readings)
        books.count(decoded)
    books.advance(arrival)


def _decoded_ahead(
    books: Books, pool: ThreadPoolExecutor
) -> Iterator[tuple[Arrival, Decoded | None]]:
    waiting: list[tuple[Arrival, Future[Decoded | None]]] = []
    for arrival in arrivals(books.root, books.settings.sources, books.positions):
        waiting.append((arrival, pool.submit(_decode, books, arrival)))
        if len(waiting) > AHEAD:
            first, future = waiting.pop(0)
            yield first, future.result()
    for arrival, future in waiting:
        yield arrival, future.result()


def _decode(books: Books, arrival: Arrival) -> Decoded | None:
    return arrival.frame and books.collector.decode(arrival.frame, arrival.rules)
