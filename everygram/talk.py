"""Talk goes to stderr, data to stdout, so that data can be piped."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console

console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
"""For talk. rich leaves colour out where NO_COLOR is set or stderr is no terminal."""


def say(text: str, style: str = "") -> None:
    """A line of talk."""
    console.print(text, style=style or None)


def complain(text: str) -> None:
    """Why it does not go on."""
    console.print(text, style="red")


def put(data: str | bytes | Iterable[bytes]) -> None:
    """Data on stdout, unchanged."""
    out = sys.stdout.buffer
    if isinstance(data, str):
        data = data.encode()
    for piece in [data] if isinstance(data, bytes) else data:
        out.write(piece)
    out.flush()
