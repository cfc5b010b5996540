"""Runs a workspace to its end, with small batches; kills itself at a step that a seed chooses.

    python child.py WORKSPACE SEED|STEP|none

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


def step(seed: int) -> str:
    """A step drawn by a seed: `Journal.append:12:before`."""
    draw = random.Random(seed)
    owner, name, calls = draw.choice(STEPS)
    when = draw.choice(["before", "after"])
    return f"{owner.__name__}.{name}:{draw.randrange(calls)}:{when}"


def arm(where: str) -> None:
    """Put the kill in its place."""
    place, at, when = where.split(":")
    owner, name = next((o, n) for o, n, _ in STEPS if f"{o.__name__}.{n}" == place)
    inner, count = getattr(owner, name), 0

    def call(*args, **kwargs):
        nonlocal count
        mine, count = count, count + 1
        if mine == int(at) and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        out = inner(*args, **kwargs)
        if mine == int(at):
            os.kill(os.getpid(), signal.SIGKILL)
        return out

    setattr(owner, name, call)


def main() -> None:
    files.BLOCK_BYTES, pace.SETTLE_READINGS, pace.COMMIT_EVERY_S = 4_000, 300, 0.05
    pace.SETTLE_EVERY_S = 0.0
    files.read_frames.__defaults__ = (0, 4_000, 500)
    books.Books.dirty_cells = lambda self: 0
    if sys.argv[2] != "none":
        arm(step(int(sys.argv[2])) if sys.argv[2].isdigit() else sys.argv[2])
    opened = books.Books.open(sys.argv[1])
    embedded.run_until_end(opened)
    opened.close()


if __name__ == "__main__":
    main()
