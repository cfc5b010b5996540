"""The commands in one table; a command's module is imported when it is given."""

from __future__ import annotations

from importlib.metadata import version

from cyclopts import App

from everygram.exits import MEANINGS

INTRODUCTION = """\
Exact energy and carbon accounting from meter readings, for a whole city.

Start: everygram init mill && everygram run mill --until-end
"""

COMMANDS = (
    ("check", "Tell every mistake of a workspace at once, by file and line."),
    ("run", "Read the sources, do the accounting, print the reconciliation."),
    ("query", "Ask the books by SQL; works while a run goes on."),
)
"""Name and one line of help; the function is everygram.commands.NAME:NAME."""


def make() -> App:
    """The command line."""
    codes = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in MEANINGS)
    app = App(
        name="everygram",
        help=INTRODUCTION,
        help_format="plaintext",
        help_epilogue=f"Exit codes:\n{codes}\n\n--debug, with any command, shows tracebacks.",
        version=lambda: version("everygram"),
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for place, (name, line) in enumerate(COMMANDS):
        app.command(f"everygram.commands.{name}:{name}", name=name, help=line, sort_key=place)
    return app
