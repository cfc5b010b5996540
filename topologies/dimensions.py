"""Dimensions: entities, meters, memberships and factors as the analyst joins them (design 4.4)."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from factors.catalogue import Catalogue
from schemas.compiled import Compiled
from schemas.workspace import Workspace


def dimension_tables(
    workspace: Workspace, compiled: Compiled, catalogue: Catalogue, version: int
) -> Iterator[tuple[str, pa.Table]]:
    """(table, rows) of every dimension."""
    yield from ()
