"""Fill the generated blocks of the documents from the code that they describe.

`python docs/generate.py` says which documents are out of date, `--write` brings them up to date. A
block lies between `<!-- generated: NAME -->` and `<!-- /generated -->`; the text around it is by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent), str(DOCS)]

from generated_code import exit_codes, reasons  # noqa: E402
from generated_tables import tables  # noqa: E402
from generated_workspace import csv_columns, keys  # noqa: E402

BLOCK = re.compile(r"(<!-- generated: ([\w ]+) -->\n).*?(<!-- /generated -->)", re.DOTALL)

BLOCKS: dict[str, Callable[[], str]] = {
    "tables": tables,
    "reasons": reasons,
    "exit codes": exit_codes,
    "settings": lambda: keys("settings", leave_out=("Mapping", "Series", "Wide")),
    "mapping": lambda: keys("mapping"),
    "entities": lambda: keys("entities"),
    "factors": lambda: keys("factors"),
    "reading": lambda: keys("reading"),
    "meters": lambda: csv_columns("meters"),
    "contracts": lambda: csv_columns("contracts"),
    "activity": lambda: csv_columns("activity"),
    "budgets": lambda: csv_columns("budgets"),
}


def filled(text: str) -> str:
    """The text of a document with its blocks made anew. KeyError names a block that nothing makes."""
    return BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]]()}{found[3]}", text)


def documents() -> list[Path]:
    """Documents that have generated blocks."""
    return [p for p in sorted(DOCS.glob("*.md")) if BLOCK.search(p.read_text("utf-8"))]


def main(arguments: list[str]) -> int:
    """Write with `--write`; else exit 1 where a document is out of date."""
    stale = {}
    for path in documents():
        text = path.read_text("utf-8")
        fresh = filled(text)
        if fresh != text:
            stale[path] = fresh
    for path, fresh in stale.items():
        if "--write" in arguments:
            path.write_text(fresh, "utf-8")
        else:
            sys.stderr.write(f"docs/{path.name} is out of date: python docs/generate.py --write\n")
    return 0 if "--write" in arguments or not stale else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
