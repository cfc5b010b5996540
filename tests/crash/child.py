"""Runs a workspace to its end, with small batches; kills itself at a step that a seed chooses.

    python child.py WORKSPACE SEED|none

A step is a call of anything that writes: journal, undo log, book, tables, manifest. The seed says at
which call of which of them, and whether before or after it, the process gets SIGKILL.
"""

from __future__ import annotations

import os
import random
import signal
import sys

from sinks import journal
from sinks.chdb_tables import Tables
from streams.book import book, undo
from streams.book.rows import Rows
from streams.settle.findings import FindingStore
from streams.settle.sums import Sums
from topologies import books, embedded, files, manifest, pace

STEPS = [
    (journal.Journal, "append", 40),
    (journal.Journal, "flush", 8),
    (undo.Undo, "cells", 60),
    (undo.Undo, "length", 60),
    (book.Book, "_lose", 60),
    (book.Book, "_mark", 60),
    (book.Book, "begin", 8),
    (book.Book, "forget", 8),
    (Rows, "append", 40),
    (Rows, "add", 40),
    (Sums, "write", 12),
    (FindingStore, "write", 6),
    (Tables, "write", 12),
    (Tables, "publish", 6),
    (manifest, "save", 14),
    (books.Books, "advance", 40),
]


def arm(seed: int) -> None:
    """Put the kill in its place."""
    draw = random.Random(seed)
    owner, name, calls = draw.choice(STEPS)
    at, before = draw.randrange(calls), draw.random() < 0.5
    inner, count = getattr(owner, name), 0

    def step(*args, **kwargs):
        nonlocal count
        mine, count = count, count + 1
        if mine == at and before:
            os.kill(os.getpid(), signal.SIGKILL)
        out = inner(*args, **kwargs)
        if mine == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return out

    setattr(owner, name, step)


def main() -> None:
    files.BLOCK_BYTES, pace.SETTLE_READINGS, pace.COMMIT_EVERY_S = 4_000, 300, 0.05
    files.read_frames.__defaults__ = (0, 4_000, 500)
    books.Books.dirty_cells = lambda self: 0
    if sys.argv[2] != "none":
        arm(int(sys.argv[2]))
    opened = books.Books.open(sys.argv[1])
    embedded.run_until_end(opened)
    opened.close()


if __name__ == "__main__":
    main()
