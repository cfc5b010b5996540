"""R8 read aloud: for one instant, by looking at every row. Shares nothing with factors.resolve."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SlowRow:
    region: str
    variant: str
    begin: int
    end: int | None
    value: int
    own: bool = False


@dataclass(frozen=True)
class Found:
    value: int | None
    region: str = ""
    date: str = ""
    basis: str = ""


def end_of(row: SlowRow, rows: list[SlowRow]) -> int:
    """A row without an end is valid to the next row of its factor and region, else onward."""
    later = [
        other.begin
        for other in rows
        if (other.region, other.variant, other.own) == (row.region, row.variant, row.own)
        and other.begin > row.begin
    ]
    ends = [end for end in (row.end, min(later, default=None)) if end is not None]
    return min(ends, default=2**62)


def regions_of(code: str, parents: dict[str, str]) -> list[tuple[str, str]]:
    found = [(code, "exact")]
    while parents.get(found[-1][0]) or "-" in found[-1][0]:
        above = parents.get(found[-1][0]) or "-".join(found[-1][0].split("-")[:-1])
        found.append((above, "parent"))
    if len(found) > 1:
        found[-1] = (found[-1][0], "country")
    return [*found, ("*", "country")] if code else [("*", "country")]


def location(
    rows: list[SlowRow], code: str, variant: str, at: int, *, arrears: bool, parents: dict[str, str]
) -> Found:
    for region, how in regions_of(code, parents):
        here = [row for row in rows if (row.region, row.variant) == (region, variant)]
        valid = [row for row in here if row.begin <= at < end_of(row, rows)]
        if valid:
            best = max(valid, key=lambda row: row.own)
            return Found(best.value, how, "valid")
        before = [row for row in here if row.begin <= at]
        if arrears and before:
            best = max(before, key=lambda row: (end_of(row, rows), row.own))
            return Found(best.value, how, "latest_published")
    return Found(None)


def market(
    rows: list[SlowRow],
    code: str,
    at: int,
    *,
    arrears: bool,
    parents: dict[str, str],
    contract: SlowRow | None,
) -> Found:
    if contract and contract.begin <= at < (2**62 if contract.end is None else contract.end):
        return Found(contract.value, "", "valid", "contract")
    for variant, basis in (("residual", "residual"), ("", "location")):
        found = location(rows, code, variant, at, arrears=arrears, parents=parents)
        if found.value is not None:
            return Found(found.value, found.region, found.date, basis)
    return Found(None)
