"""How a command ends: exit codes, and errors as words that teach."""

from __future__ import annotations

import os
import sys
import traceback

DONE = 0
NOT_SO = 1
COULD_NOT = 2
INTERRUPTED = 130
TERMINATED = 143

MEANINGS = (
    (DONE, "done: a run also with rejects and conflicts, which are counted"),
    (NOT_SO, "no: mistakes (check), too many rejects (run), not in order (doctor)"),
    (COULD_NOT, "could not run: wrong words, mistakes in the workspace, disk full"),
    (INTERRUPTED, "ended by Ctrl-C after the batch at hand; the next run continues"),
    (TERMINATED, "the same by SIGTERM"),
)
"""What each exit code means; `everygram --help` and docs/cli.md show this list."""

ROOMS = frozenset(
    {"schemas", "factors", "streams", "sinks", "topologies", "simulator", "oracle", "everygram"}
)


class Stop(Exception):  # noqa: N818  (it is no error of the program)
    """End the command with this message on stderr and this exit code."""

    def __init__(self, message: str, code: int = COULD_NOT) -> None:
        super().__init__(message)
        self.code = code


def in_words(error: BaseException) -> str:
    """The error for a reader: what happened and what to do, without a traceback."""
    if type(error).__module__.partition(".")[0] in ROOMS:
        return str(error)  # our own errors say where, what and what to do
    if isinstance(error, OSError):
        return _of_the_system(error)
    if isinstance(error, MemoryError):
        return "out of memory: end other programs, or run on a larger machine, then run again"
    name = type(error).__name__
    return (
        f"{name}: {error}\nThis is a fault of the program, not of the workspace: run the command "
        "again with --debug and report what it shows. What was committed is whole."
    )


def _of_the_system(error: OSError) -> str:
    from sinks.errors import REMEDY

    remedy = REMEDY.get(error.errno or 0, "look at the file or folder, then run again")
    named = error.filename is not None
    where = os.fspath(error.filename) if named else "reading or writing the workspace"
    return f"{where}: {error.strerror or error}; {remedy}"


def end(error: BaseException, *, debug: bool) -> int:
    """Tell an error on stderr and give its exit code."""
    from everygram.talk import complain

    if debug and not isinstance(error, Stop):
        traceback.print_exception(error, file=sys.stderr)
    complain(in_words(error))
    return error.code if isinstance(error, Stop) else COULD_NOT
