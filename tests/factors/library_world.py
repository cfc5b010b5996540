"""Reading the shipped factor library in tests: catalogues by standard, values on a date."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from factors.catalogue import load_catalogue
from factors.library import Library, load_library
from factors.tables import Catalogue
from schemas.factor import DATE_FOUND, REGION_FOUND, Steps
from schemas.settings import Accounting

ZONE = ZoneInfo("Asia/Shanghai")
NEWEST = "2026.2"
GRID = "GB/T 32151"


def library(release: str = NEWEST) -> Library:
    return load_library(release, ZONE)


@lru_cache(maxsize=64)
def catalogue(
    standard: str, gwp: str = "AR5", accept: tuple[str, ...] = (), release: str = NEWEST
) -> Catalogue:
    accounting = Accounting(standard=standard, gwp=gwp, library=release, accept=list(accept))
    return load_catalogue(accounting, [], ZONE, Path())


def place(steps: Steps, day: str) -> int:
    at = datetime.fromisoformat(day).replace(tzinfo=ZONE).astimezone(UTC).timestamp()
    return int(np.searchsorted(steps.start, int(at), side="right")) - 1


def value(steps: Steps, day: str) -> Decimal | None:
    """The value on a local day, in g (or kgce) per native unit; None where there is none."""
    i = place(steps, day)
    return Decimal(int(steps.value[i])).scaleb(-9) if steps.known[i] else None


def found(steps: Steps, day: str) -> tuple[str, str]:
    i = place(steps, day)
    return REGION_FOUND[steps.region_found[i]], DATE_FOUND[steps.date_found[i]]


def grams(value_: Fraction) -> Decimal:
    """A fraction rounded half-even to 9 decimals, as R2 rounds a factor."""
    return Decimal(round(value_ * 10**9)).scaleb(-9)
