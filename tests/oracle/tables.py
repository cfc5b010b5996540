"""Cases as tables of text: a row per case, so that a person can check them by hand."""

from __future__ import annotations

from oracle.records import FactorRow, FlowRow, Given, MeterRow, Reading, Settings

DAY = 1_704_038_400
"""2024-01-01 00:00 in Asia/Shanghai."""
GRID = FlowRow("grid_import", "electricity", "kWh", factor="grid_electricity", scope="2")
SOLAR = FlowRow("onsite_solar", "electricity", "kWh", factor="onsite_solar")
EXPORT = FlowRow("grid_export", "electricity", "kWh", -1, 0, factor="grid_electricity", scope="2")
STEAM = FlowRow("steam", "steam", "GJ", factor="steam", scope="2")
QUALITY = {"estimated": 0, "declared": 1, "measured": 3, "edited": 4}


def rows(table: str) -> list[dict[str, str]]:
    """Rows of a table whose first line names its columns; `|` only guides the eye, `#` comments."""
    lines = [line.partition("#")[0].replace("|", " ").split() for line in table.splitlines()]
    head, *body = [line for line in lines if line]
    return [dict(zip(head, line, strict=True)) for line in body]


def ids(table: str) -> list[str]:
    """A name for each row: its cells."""
    return [" ".join(row.values()) for row in rows(table)]


def clock(text: str) -> int:
    """`08:15` or `2d08:15` (days after the first) as an instant."""
    days, _, time = text.rpartition("d")
    hours, minutes = time.split(":")
    return DAY + int(days or 0) * 86_400 + int(hours) * 3600 + int(minutes) * 60


def units(text: str) -> int | None:
    """Native units as a count of 10**-6; `-` is none."""
    return None if text == "-" else round(float(text) * 1e6)


def reading(row: dict[str, str], meter: str = "M") -> Reading:
    """A reading from the columns start, end, quantity, and quality, revision, meter if there."""
    return Reading(
        meter=row.get("meter", meter),
        start=clock(row["start"]),
        end=clock(row["end"]),
        quantity=units(row["quantity"]),
        rank=QUALITY[row.get("quality", "measured")],
        revision=int(row.get("revision", 0)),
    )


def given(
    entities: tuple[object, ...],
    meters: tuple[MeterRow, ...],
    factors: tuple[FactorRow, ...] = (),
    **more: object,
) -> Given:
    """A registry on the flows above, 15 minutes in Shanghai."""
    settings = more.pop("settings", Settings())
    flows = more.pop("flows", (GRID, SOLAR, EXPORT, STEAM))
    return Given(settings, entities, meters, flows, factors, **more)  # type: ignore[arg-type]


def factor(
    value: int, key: str = "grid_electricity", region: str = "CN", **more: object
) -> FactorRow:
    """So many grams per native unit in a region, always."""
    start = more.pop("start", 0)
    end = more.pop("end", None)
    return FactorRow("local", key, "", region, start, end, value * 10**9, **more)  # type: ignore[arg-type]
