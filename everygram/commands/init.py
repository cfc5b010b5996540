"""`everygram init`: a workspace to begin with."""

from __future__ import annotations

from pathlib import Path

from everygram.exits import DONE, Stop
from everygram.talk import say

HERE = Path()


def init(folder: Path = HERE, /) -> int:
    """Write a small workspace that runs at once, to change step by step.

    A mill with a rolling line, solar on its roof and gas, a week of made-up
    readings, and a mapping for a CSV that isn't ours. Every file says what it
    is for; its README says how to put your own in its place. Nothing that is
    there is overwritten.

    Examples, in a new folder:
      everygram init mill
      everygram run mill --until-end

    Parameters
    ----------
    folder
        A new folder, or the one you are in.
    """
    from everygram.starting import write_workspace

    try:
        paths = write_workspace(folder, folder.resolve().name or "mill")
    except FileExistsError as error:
        raise Stop(str(error)) from error
    say(f"{folder}: {', '.join(path for path in paths if not path.startswith('.'))}")
    say(f"next: everygram run {folder} --until-end")
    return DONE
