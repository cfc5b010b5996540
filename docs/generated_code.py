"""Lists of the code as tables of the documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from everygram.exits import MEANINGS
from everygram.reasons import EXPLAINED


def as_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; bars in the cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def reasons() -> str:
    """Reject reasons in order of precedence."""
    rows = [(f"`{reason}`", words.meaning, words.remedy) for reason, words in EXPLAINED.items()]
    return as_table(("reason", "means", "what to do"), rows)


def exit_codes() -> str:
    """Exit codes of all commands."""
    return as_table(("code", "means"), [(str(code), meaning) for code, meaning in MEANINGS])
