"""`everygram` and `python -m everygram`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from everygram.exits import INTERRUPTED, end


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    if debug:
        words.remove("--debug")
    try:
        from everygram.app import make

        return int(make(words[0] if words else "")(words) or 0)
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return end(error, debug=debug)


if __name__ == "__main__":
    sys.exit(main())
