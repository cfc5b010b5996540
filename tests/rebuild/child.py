"""Runs or rebuilds a workspace with small batches; kills itself at a step that a seed chooses.

python child.py run|rebuild WORKSPACE SEED
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys

from sinks.chdb_tables import Tables
from streams.book import book
from streams.settle.sums import Sums
from topologies import books, embedded, files, manifest, pace

STEPS = [
    (book.Book, "_meet_day", 12),
    (books.Books, "count", 12),
    (Sums, "write", 4),
    (Tables, "write", 6),
    (Tables, "empty", 1),
    (Tables, "retire", 2),
    (Tables, "publish", 1),
    (manifest, "save", 3),
    (shutil, "rmtree", 2),
]


def arm(seed: int) -> None:
    """Put the kill in its place: which call of what, and whether before or after it."""
    draw = random.Random(seed)
    owner, name, calls = STEPS[seed % len(STEPS)]
    at, before = draw.randrange(calls), draw.random() < 0.5
    inner, count = getattr(owner, name), 0

    def step(*args, **kwargs):  # type: ignore[no-untyped-def]
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
    what, root, seed = sys.argv[1:]
    files.BLOCK_BYTES, pace.COMMIT_EVERY_S = 2_000, 0.05
    files.read_frames.__defaults__ = (0, 2_000, 20)
    arm(int(seed))
    if what == "rebuild":
        opened = books.Books.rebuild(root)
        embedded.rebuild(opened)
    else:
        opened = books.Books.open(root)
        embedded.run_until_end(opened)
    opened.close()


if __name__ == "__main__":
    main()
