"""Is this machine able, and are the books in order? One condition a line, each with its remedy."""

from __future__ import annotations

import mmap
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

LEAST_PYTHON = (3, 11)
LEAST_FREE = 1 << 30
"""Bytes that a disk should have left: a day of 20,000 meters takes some 60 MB of book and tables."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that was looked at."""

    name: str
    ok: bool
    text: str
    remedy: str = ""
    """What to do, where it is not ok."""

    def __str__(self) -> str:
        line = f"{'ok    ' if self.ok else 'NOT OK'}  {self.name:<12}{self.text}"
        return line if self.ok else f"{line}; {self.remedy}"


def machine(folder: Path) -> Iterator[Condition]:
    """Python, libraries, and what the disk of `folder` can do."""
    yield _python()
    yield from _libraries()
    yield _space(folder)
    yield _file_system(folder)
    yield _chdb(folder)


def _python() -> Condition:
    text = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    least = ".".join(map(str, LEAST_PYTHON))
    return Condition(
        "python", sys.version_info >= LEAST_PYTHON, text, f"install Python {least} or newer"
    )


def _libraries() -> Iterator[Condition]:
    found, missing = [], []
    for requirement in requires("everygram") or []:
        name, _, condition = requirement.partition(";")
        name = name.strip()
        for sign in "<>=!~ [(":
            name = name.partition(sign)[0]
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            if not condition:
                missing.append(name)
    yield Condition("libraries", not missing, ", ".join(found) or "none", _install(missing))


def _install(missing: list[str]) -> str:
    return f"missing: {', '.join(missing)}; install everygram anew (`make install`)"


def _space(folder: Path) -> Condition:
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free at {folder}"
    return Condition("disk", free >= LEAST_FREE, text, "free some space before the next run")


def _file_system(folder: Path) -> Condition:
    """The book's files are allocated whole and mapped: a hole on a full disk would kill the run."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, 1 << 20)
            with mmap.mmap(file.fileno(), 1 << 20) as mapped:
                mapped[-1] = 1
                mapped.flush()
    except (OSError, AttributeError) as error:
        remedy = "put the workspace on a local file system (ext4, xfs, btrfs, apfs)"
        return Condition("file system", False, f"files can't be allocated: {error}", remedy)
    return Condition("file system", True, "files can be allocated and mapped")


def _chdb(folder: Path) -> Condition:
    from sinks.chdb_tables import Tables
    from sinks.errors import SinkError

    try:
        with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as place:
            tables = Tables(Path(place), "UTC", Path(place))
            try:
                answered = tables.query("SELECT version()", "TSV").decode().strip()
            finally:
                tables.close()
    except (SinkError, ImportError, OSError) as error:
        remedy = "install everygram anew; chDB needs a 64-bit Linux or macOS"
        return Condition("chdb", False, str(error), remedy)
    return Condition("chdb", True, f"opens and answers (ClickHouse {answered})")
