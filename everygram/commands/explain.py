"""`everygram explain`: a figure down to what it rests on, added up again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from everygram.exits import DONE, NOT_SO
from everygram.talk import put, say

GRAIN = Literal["base", "hour", "day", "month", "quarter", "year"]


def explain(
    workspace: Path,
    entity: str,
    /,
    *,
    flow: str = "",
    grain: GRAIN | None = None,
    start: Annotated[str, Parameter(alias="--at")] = "",
    meters: int = 12,
    output: Annotated[Literal["tree", "json"], Parameter(alias="-o")] = "tree",
) -> int:
    """Take a figure down to its meters, readings, contributions and factors.

    Every figure of the entity's flow in the window is added up again from the readings in force and
    the factor rows, and held to the table: equal to the last digit, or it says so (exit code 1).
    It changes nothing, and works while a run goes on.

    Examples:
      everygram explain mill mill
      everygram explain city wuxi-p001 --flow purchased_heat --start 2026-03
      everygram explain city WX-0004 --flow grid_import --at 2026-03-04T10:15
      everygram explain city wuxi --grain month -o json > why.json

    Parameters
    ----------
    workspace
        The workspace's folder.
    entity
        Id of an entity.
    flow
        One flow; default every flow that the entity has in the window.
    grain
        Size of the window; default as it is written in --start, else day.
    start
        The window: 2026, 2026-Q1, 2026-03, 2026-03-02, or an instant in it; default the last one.
    meters
        How many meters the tree shows, the heaviest first; JSON has all.
    output
        tree or json (decimals are text).
    """
    from everygram.asking import ask
    from topologies.explain import Explainer

    explainer = Explainer(workspace, lambda sql: b"".join(ask(workspace, sql, "json")))
    found = explainer.explain(entity, flow, grain or "", start)
    if output == "json":
        from topologies.explain.record import to_json

        put(to_json(found))
    else:
        from everygram.explained import show

        for explanation in found:
            show(explanation, meters)
    wrong = [e for e in found if not e.agrees]
    for e in wrong:
        say(
            f"{e.entity} {e.flow} {e.start}: the table does not say what its parts add up to "
            f"({', '.join(e.differences)})",
            style="red",
        )
        for note in e.notes or [f"see: everygram verify {workspace} --from {e.start[:10]}"]:
            say(note)
    return NOT_SO if wrong else DONE
