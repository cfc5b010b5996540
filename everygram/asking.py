"""Asking the books of a workspace, whoever has them open."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from everygram.exits import Stop
from schemas.mistakes import Mistake, Mistakes
from schemas.settings import Settings
from schemas.settings_file import SETTINGS, read_settings
from sinks.asking import SOCKET, query_books
from sinks.errors import SinkError

UNKNOWN = re.compile(r"UNKNOWN_TABLE|Unknown table expression identifier|does not exist")


def settings_of(path: Path) -> tuple[Path, Settings]:
    """Root and settings of a workspace, without its registry. Raises Mistakes."""
    root = path.parent if path.name == SETTINGS else path
    mistakes: list[Mistake] = []
    settings = read_settings(root, os.environ, mistakes)
    if settings is None:
        raise Mistakes(mistakes)
    return root, settings


def ask(path: Path, sql: str, output: str) -> Iterator[bytes]:
    """The answer in pieces. Raises Stop with the names of the tables where one isn't known."""
    root, settings = settings_of(path)
    address = settings.sinks[0].clickhouse
    var = root / "var"
    if not (var / "manifest.json").exists() and not (var / SOCKET).exists():
        text = f"{root}: there are no books yet; write them with `everygram run {path} --until-end`"
        raise Stop(text)
    try:
        yield from query_books(root, sql, output, address=address)
    except SinkError as error:
        if not UNKNOWN.search(error.what):
            raise
        names = b"".join(query_books(root, "SHOW TABLES", "TSV", address=address)).decode()
        raise Stop(f"{error}\nTables and views: {', '.join(names.split())}") from error
