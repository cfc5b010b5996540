"""`everygram rejects`: what could not be taken, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from everygram.exits import DONE, Stop
from everygram.options import Flag
from everygram.talk import put
from schemas.reading import Reason

FORMATS = Literal["text", "csv", "json", "table"]
SHOWN = 200
"""Characters of a payload in text; the other forms give all that was kept."""


def rejects(
    workspace: Path | None = None,
    /,
    *,
    reason: Annotated[Reason | None, Parameter(name_transform=str.lower)] = None,
    source: str = "",
    number: Annotated[int, Parameter(alias="-n")] = 20,
    output: Annotated[FORMATS, Parameter(alias="-o")] = "text",
    reasons: Flag = False,
) -> int:
    """Show what could not be taken, and why.

    Text and json: how many by reason, then the latest, each with its place and
    payload. csv and table: the latest only. Works while a run goes on.

    Examples:
      everygram rejects mill
      everygram rejects mill --reason unknown_meter -n 100
      everygram rejects mill --source march -o csv > rejects.csv
      everygram rejects --reasons

    Parameters
    ----------
    workspace
        The workspace's folder.
    reason
        Only those of this reason.
    source
        Only those of sources with this in their path.
    number
        How many of the latest are shown.
    output
        text, csv, json or table.
    reasons
        Tell what every reason means and what to do, without looking at any workspace.
    """
    from everygram.reasons import reasons_in_text

    if reasons:
        put(reasons_in_text())
        return DONE
    if workspace is None:
        raise Stop("name the workspace: everygram rejects WORKSPACE (or --reasons alone)")
    from everygram.asking import ask

    where = _where(reason, source)
    listing = _latest(where, number)
    if output in ("csv", "table"):
        put(ask(workspace, listing, output))
        return DONE
    counts = _rows(
        workspace, f"SELECT reason, count() AS n FROM rejects FINAL {where} GROUP BY reason"
    )
    found = {row["reason"]: int(row["n"]) for row in counts}
    latest = _rows(workspace, listing)
    if output == "json":
        value = {"counts": found, "latest": latest}
        put(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    else:
        put(_text(found, latest))
    return DONE


def _rows(workspace: Path, sql: str) -> list[dict[str, Any]]:
    from everygram.asking import ask

    rows: list[dict[str, Any]] = json.loads(b"".join(ask(workspace, sql, "json")))
    return rows


def _where(reason: Reason | None, source: str) -> str:
    terms = []
    if reason is not None:
        terms.append(f"reason = '{reason.value}'")
    if source:
        escaped = source.replace("\\", "\\\\").replace("'", "\\'")
        terms.append(f"position(source, '{escaped}') > 0")
    return f"WHERE {' AND '.join(terms)}" if terms else ""


def _latest(where: str, number: int) -> str:
    return (
        f"SELECT source, position, reason, message, payload, received_at FROM rejects FINAL {where} "
        f"ORDER BY received_at DESC, source, length(position), position LIMIT {max(0, number)}"
    )


def _text(counts: dict[str, int], latest: list[dict[str, Any]]) -> str:
    from everygram.reasons import EXPLAINED

    if not counts:
        return "No rejects.\n"
    width = max(len(f"{n:,}") for n in counts.values())
    lines = []
    for reason, words in EXPLAINED.items():
        if reason in counts:
            lines.append(f"{reason:<18}{counts[reason]:>{width},}  {words.meaning}")
            lines.append(f"{'':<18}{'':>{width}}  → {words.remedy}")
    for row in latest:
        lines += ["", f"{row['source']}: {row['position']}: {row['reason']}: {row['message']}"]
        lines.append(f"    {_on_one_line(row['payload'])}")
    shown, total = len(latest), sum(counts.values())
    if shown < total:
        lines += ["", f"{shown:,} of {total:,} shown; -n {total} shows all"]
    return "\n".join(lines) + "\n"


def _on_one_line(payload: str) -> str:
    line = payload.strip().replace("\n", "⏎")
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
