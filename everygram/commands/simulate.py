"""`everygram simulate`: a city that never was, and its true totals."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from everygram.exits import DONE, Stop
from everygram.talk import say
from simulator.rates import Rates

DEFAULT = Rates()
RATES = Group("Rates", help="How often things go wrong: shares of the readings, 0 to 0.5.")


def simulate(
    target: Path,
    /,
    *,
    seed: int = 1,
    meters: int = 4000,
    days: int = 7,
    start: date = date(2026, 3, 2),
    entities: int | None = None,
    format: Literal["parquet", "jsonl", "csv", "arrow"] = "parquet",  # noqa: A002
    rates: Annotated[Rates, Parameter(name="*", group=RATES)] = DEFAULT,
) -> int:
    """Write the workspace of a city that never was, with its true totals.

    Districts, parks, enterprises with lines, meters of electricity, gas and
    heat, and their readings with everything that goes wrong in the field, at
    the given rates. The true totals, summed while drawing, lie beside it in
    truth/. The same arguments give the same city on any machine.

    Examples:
      everygram simulate city
      everygram simulate city --seed 7 --meters 20000 --days 3 --format jsonl
      everygram simulate clean --duplicates 0 --late 0 --malformed 0

    Parameters
    ----------
    target
        A new folder.
    seed
        Another seed is another city.
    meters
        How many meters.
    days
        How many local days, 1 to 366.
    start
        The first day.
    entities
        How many entities; default 3 for 10 meters.
    format
        How readings are written.
    """
    from everygram.progress import bar
    from simulator import simulate as draw

    try:
        with bar("drawing") as progress:
            city = draw(
                target,
                seed=seed,
                meters=meters,
                days=days,
                start=start,
                entities=entities,
                formats=format,
                rates=rates,
                progress=progress,
            )
    except (ValueError, FileExistsError) as error:
        raise Stop(str(error)) from error
    say(
        f"{target}: {city.meters:,} meters, {city.entities:,} entities, {city.days} days from "
        f"{city.start}: {city.expected.received:,} readings in {len(city.files):,} files; the true "
        "totals are in truth/"
    )
    say(f"next: everygram run {target} --until-end")
    return DONE
