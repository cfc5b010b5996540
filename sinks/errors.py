"""One error for everything that could not be kept: what, where, and what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

REMEDY = {
    errno.ENOSPC: "free some space or point the workspace at a larger disk, then run again: "
    "what was committed is whole",
    errno.EDQUOT: "the disk quota is used up: raise it, then run again",
    errno.EFBIG: "the file size limit (ulimit -f) is reached: raise it, then run again",
    errno.EACCES: "give this user the right to write there",
    errno.EROFS: "the file system is read-only: mount it writable",
}


class SinkError(Exception):
    """Something could not be kept or read back. The message says what, where, and the remedy."""

    def __init__(self, what: str, where: str, remedy: str) -> None:
        super().__init__(f"{where}: {what}; {remedy}")
        self.what = what
        self.where = where
        self.remedy = remedy


@contextmanager
def writing(what: str, where: str | os.PathLike[str]) -> Iterator[None]:
    """Turn an OSError of the block into a SinkError: `what` is what was being kept."""
    try:
        yield
    except OSError as error:
        cause = f"{what} failed: {error.strerror or error}"
        remedy = REMEDY.get(error.errno or 0, "look at the disk, then run again")
        raise SinkError(cause, os.fspath(where), remedy) from error
