"""Mistakes in a workspace: where each stands and what to do about it, all told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

NAMES_SEARCHED = 20_000
"""Among more names than this none is proposed: the search is slow and the names are all alike."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing to put right: the file (in the workspace), its line from 1, what and what to do."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class Mistakes(Exception):  # noqa: N818  (it is the plural of Mistake)
    """The workspace can't be used as it stands; `mistakes` tells every one, by file and line."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes: list[Mistake] = sorted(set(mistakes))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the nearest known word, or nothing where none is near."""
    names = list(known)
    if len(names) > NAMES_SEARCHED:
        return ""
    near = difflib.get_close_matches(word, names, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
