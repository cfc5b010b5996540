"""`everygram rebuild`: book and tables anew from the journal."""

from __future__ import annotations

from pathlib import Path

from everygram.exits import DONE, NOT_SO
from everygram.options import Flag, Report
from everygram.talk import put, say


def rebuild(workspace: Path, /, *, restate: Flag = False, output: Report = "text") -> int:
    """Make the books anew from the journal: the same digits.

    Reads every frame that the journal kept, in the order in which it came, and
    makes book, rollups, findings, rejects and counters from it, as they were.
    It helps where a part of var/ was lost or damaged (the book, the tables, the
    manifest), or is of another format. Sources are not read: what is new in
    them waits for the next run. Queries work meanwhile.

    The journal must be whole, and files that it keeps by reference must be what
    they were; else it says what is wrong and leaves the books as they are.
    Broken off, it is begun again by the next rebuild or run.

    Exit code 0; 1 where the reconciliation does not add up; 2 where it could
    not be done.

    Examples:
      everygram rebuild mill
      everygram rebuild mill -o json > reconciliation.json

    Parameters
    ----------
    workspace
        The workspace's folder.
    restate
        Accept that the registry, factors or settings changed since, so that
        published figures move. Without it such a rebuild ends with 2.
    output
        How the reconciliation is printed: text or json.
    """
    from everygram.reconciliation import in_text
    from everygram.session import begin_anew, make_anew

    with begin_anew(workspace, restate=restate) as books:
        for note in books.notes:
            say(note)
        result = make_anew(books)
        if output == "json":
            put(result.to_json())
        else:
            put(in_text(result, {name: f.unit for name, f in books.catalogue.flows.items()}))
        say(f"The books were made anew from the journal, as version {books.manifest.version}.")
        if not result.holds:
            say("The reconciliation does not add up: report it, the program is wrong.", style="red")
            return NOT_SO
    return DONE
