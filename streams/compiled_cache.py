"""Where compiled loops are kept: a folder named by the sources, so that no edit meets an old loop.

numba's cache sees a change of the file that a loop stands in, not of the files whose loops it calls: a
newer release over an older one could run half of each.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

import numba

_HERE = Path(__file__).parent


def use() -> None:
    """Keep compiled loops beside the sources, or in the user's cache where that is not writable."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    digest = hashlib.sha256()
    for path in sorted(_HERE.rglob("*.py")):
        digest.update(path.read_bytes())
    beside = _HERE / "__pycache__"
    home = beside if os.access(_HERE, os.W_OK) else Path.home() / ".cache" / "everygram"
    folder = home / f"compiled-{digest.hexdigest()[:16]}"
    if not folder.exists():
        for old in home.glob("compiled-*"):
            with contextlib.suppress(OSError):
                shutil.rmtree(old)
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
