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
    ("demo", "Simulate a week of a city, account it, compare every figure with the truth."),
    ("init", "Write a small workspace that runs at once, to change step by step."),
    ("check", "Tell every mistake of a workspace at once, by file and line."),
    ("doctor", "Look whether this machine and the books are in order."),
    ("simulate", "Write the workspace of a city that never was, with its true totals."),
    ("run", "Read the sources, do the accounting, print the reconciliation."),
    ("query", "Ask the books by SQL; works while a run goes on."),
    ("explain", "Take any figure down to its meters, readings and factors."),
    ("verify", "Recompute a period from the journal and hold the tables to it."),
    ("rebuild", "Make the books anew from the journal: the same digits."),
    ("rejects", "Show what could not be taken, and why."),
)
"""Name and one line of help; the function is everygram.commands.NAME:NAME."""


def make(given: str = "") -> App:
    """The command line; `given` is the command that was given, whose own help is wanted in full."""
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
        words = {} if name == given else {"help": line}  # else its docstring, which imports it
        target = f"everygram.commands.{name}:{name}"
        app.command(target, name=name, sort_key=place, help_epilogue="", **words)
    return app
