"""`everygram run`: the sources to their end, and the reconciliation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from everygram.exits import DONE, NOT_SO, Stop
from everygram.options import Flag, Report
from everygram.talk import put, say

if TYPE_CHECKING:
    from everygram.reconciliation import Reconciliation
    from topologies.books import Books


def run(
    workspace: Path,
    /,
    *,
    until_end: Flag = False,
    strict: Flag = False,
    restate: Flag = False,
    output: Report = "text",
) -> int:
    """Read the sources, do the accounting, print the reconciliation.

    Reads what is new in every file source, writes the books (in the
    workspace's folder var/), and prints what came in and what became of it.
    Run it again at any time: what was read is not read twice. `everygram
    query` works meanwhile. Ctrl-C finishes the batch at hand and leaves a
    state that the next run continues from.

    Exit code 0, also with rejects and conflicts; 1 with --strict where there
    are any, with more rejects than max_rejects of everygram.yaml, or where the
    reconciliation does not add up; 2 where it could not run.

    Examples:
      everygram run mill --until-end
      everygram run mill --until-end --strict -o json > reconciliation.json
      everygram run mill --until-end --restate

    Parameters
    ----------
    workspace
        The workspace's folder.
    until_end
        Read every file to its end, then stop.
    strict
        End with exit code 1 where there are rejects or conflicts.
    restate
        Accept that the registry, factors or settings changed so that published
        figures move; prints what changed. Without it such a run ends with 2.
    output
        How the reconciliation is printed: text or json.
    """
    if not until_end:
        raise Stop(
            f"say how far: everygram run {workspace} --until-end reads every file to its end"
        )
    from everygram.interrupts import Interrupts

    with Interrupts() as asked:
        from everygram.session import account, open_books

        with open_books(workspace, restate=restate) as books:
            result = account(books, asked)
            _show(result, books, str(workspace), output)
            if asked.code:
                say(f"Interrupted; go on with: everygram run {workspace} --until-end")
                return asked.code
            return _verdict(result, books, strict=strict)


def _show(result: Reconciliation, books: Books, workspace: str, output: str) -> None:
    from everygram.reconciliation import in_text, worth_a_look

    if output == "json":
        put(result.to_json())
    else:
        put(in_text(result, {name: flow.unit for name, flow in books.catalogue.flows.items()}))
    for command in worth_a_look(result, workspace):
        say(f"see: {command}")


def _verdict(result: Reconciliation, books: Books, *, strict: bool) -> int:
    """The exit code, and why where it is not 0."""
    conflicts, most = result.findings.get("conflict", 0), books.settings.max_rejects
    if not result.holds:
        say("The reconciliation does not add up: report it, the program is wrong.", style="red")
    elif strict and (result.rejects or conflicts):
        say(f"--strict: {result.rejects:,} rejects, {conflicts:,} conflicts", style="red")
    elif most is not None and result.rejects > most:
        say(f"{result.rejects:,} rejects, max_rejects is {most:,}", style="red")
    else:
        return DONE
    return NOT_SO
