"""Fingerprints of what moves a figure: values, dates, units and signs; never sources or names."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction

from factors.rows import FactorRow, weight
from factors.units import split_factor_unit, unit
from schemas.factor import Flow


def digest(*parts: str | bytes) -> str:
    """SHA-256 of the parts, each with its length."""
    hashed = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hashed.update(len(data).to_bytes(8, "big") + data)
    return hashed.hexdigest()


def of_flow(flow: Flow, keys: tuple[str, str]) -> str:
    """A flow's unit, signs, scope and keys."""
    return digest(repr(flow), *keys)


def of_rows(rows: Sequence[FactorRow], gwp: dict[str, Fraction]) -> str:
    """Rows of one table, in any order: what they are worth, and when."""
    return digest(*sorted(_row(row, gwp) for row in rows))


def _row(row: FactorRow, gwp: dict[str, Fraction]) -> bytes:
    over, per = (unit(name) for name in split_factor_unit(row.unit))
    ratio = over.ratio / per.ratio
    head = f"{row.valid_from} {row.valid_to} {row.own} {per.dimension} "
    if row.series is None:
        return f"{head}{row.amount(gwp) * ratio}".encode()
    exact = [
        part
        for gas, (index, values) in sorted(row.series.gases.items())
        for part in (str(weight(gas, gwp)).encode(), _exact_series(index.tolist(), values))
    ]
    return digest(head, str(ratio), row.series.start.tobytes(), *exact).encode()


def _exact_series(index: list[int], values: list[Fraction]) -> str:
    texts = [str(value) for value in values]
    return hashlib.sha256(",".join(texts[i] for i in index).encode()).hexdigest()
