"""`everygram doctor`: is the machine able, are the books in order?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from everygram.exits import DONE, NOT_SO
from everygram.options import Report
from everygram.talk import put


def doctor(workspace: Path | None = None, /, *, output: Report = "text") -> int:
    """Look whether this machine and the books are in order.

    Python, libraries, disk, file system, chDB; with a workspace also its files
    and the state of its books. One line each, ok or not ok with what to do.
    Changes nothing. Exit code 0, or 1 where something is not ok.

    Examples:
      everygram doctor
      everygram doctor mill

    Parameters
    ----------
    workspace
        A workspace's folder; without one only the machine is looked at.
    output
        text, or json: a list of {name, ok, text, remedy}.
    """
    from everygram.health import Condition, machine

    found: list[Condition] = []
    shown = output == "text"
    folder = workspace if workspace is not None and workspace.is_dir() else Path()
    for condition in machine(folder):
        found.append(condition)
        put(f"{condition}\n" if shown else "")
    if workspace is not None:
        from everygram.books_health import books

        for condition in books(workspace):
            found.append(condition)
            put(f"{condition}\n" if shown else "")
    if not shown:
        values = [asdict(c) | ({"remedy": ""} if c.ok else {}) for c in found]
        put(json.dumps(values, ensure_ascii=False, indent=2) + "\n")
    return DONE if all(condition.ok for condition in found) else NOT_SO
