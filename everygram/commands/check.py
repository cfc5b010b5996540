"""`everygram check`: every mistake at once, without data and without network."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from everygram.exits import DONE, NOT_SO
from everygram.options import Report
from everygram.talk import put, say


def check(
    workspace: Path,
    /,
    *,
    output: Report = "text",
) -> int:
    """Tell every mistake of a workspace at once, by file and line.

    Reads the settings, the registry, the workspace's factors and the factor
    library; needs neither network nor data. Exit code 0, or 1 with every
    mistake on stdout as `file:line: what, and what to do`. What is allowed but
    worth a look is noted on stderr.

    Examples:
      everygram check mill
      everygram check mill -o json

    Parameters
    ----------
    workspace
        The workspace's folder.
    output
        text, or json: a list of {file, line, message}.
    """
    from everygram.examine import examine_all

    found = examine_all(workspace)
    if output == "json":
        put(json.dumps([asdict(m) for m in found.mistakes], ensure_ascii=False, indent=2) + "\n")
    else:
        put("".join(f"{mistake}\n" for mistake in found.mistakes))
    for note in found.notes:
        say(f"note: {note}", style="yellow")
    if found.mistakes:
        count = len(found.mistakes)
        say(f"{count} mistake{'s' * (count > 1)} to put right")
        return NOT_SO
    say(f"{workspace}: no mistakes. {found.summary}")
    return DONE
