"""Sums of whole days and months, kept in files so that a month need not be folded for one late reading."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streams.settle import columns as col


class Sums:
    """Rows [lines, WIDTH] per local day (`2026-01-31`) and month (`2026-01`), derived from the book."""

    def __init__(self, folder: Path, lines: int) -> None:
        self.folder, self.lines = folder, lines
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, rows: NDArray[np.int64]) -> None:
        """Keep the sums of a day or month."""
        with (self.folder / f"{name}.new").open("wb") as f:
            np.save(f, rows)
        (self.folder / f"{name}.new").rename(self.folder / f"{name}.npy")

    def total(self, names: list[str]) -> NDArray[np.int64]:
        """The sum of these days or months; one that has no file counts nothing."""
        total = np.zeros((self.lines, col.WIDTH), np.int64)
        for name in names:
            path = self.folder / f"{name}.npy"
            if path.exists():
                col.add_window(total, np.load(path, mmap_mode="r"))
        return total

    def clear(self) -> None:
        """Forget everything: the registry or the factors changed."""
        for path in self.folder.glob("*.npy"):
            path.unlink()


def day_names(first: date, last: date) -> list[str]:
    """Names of the days first <= day < last."""
    return [date.fromordinal(n).isoformat() for n in range(first.toordinal(), last.toordinal())]
