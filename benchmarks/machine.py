"""The machine in words: cores, memory, processor, versions."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("chdb", "duckdb", "numba", "numpy", "pyarrow")


def described() -> dict[str, str]:
    """What a figure must be read with."""
    cpu = _after("/proc/cpuinfo", "model name") or platform.machine()
    memory = int(_after("/proc/meminfo", "MemTotal").split()[0]) / (1 << 20)
    libraries = [f"{name} {version(name)}" for name in LIBRARIES]
    return {
        "processor": f"{cpu}, {os.cpu_count()} cores seen, 2 used",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "libraries": ", ".join(libraries),
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    }


def _after(path: str, key: str) -> str:
    for line in Path(path).read_text("utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""
