"""Times in the forms of others: epoch seconds, and patterns like `%d-%m-%Y %H:%M:%S %z`."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from streams.collect.times import EPOCH_DAY, NS, Stamp, clock_ns, offset_s, read_stamp

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DIRECTIVES = {
    "Y": r"(?P<Y>[0-9]{4})",
    "y": r"(?P<y>[0-9]{2})",
    "m": r"(?P<m>[0-9]{1,2})",
    "b": r"(?P<b>[A-Za-z]{3})",
    "B": r"(?P<b>[A-Za-z]{3,9})",
    "d": r"(?P<d>[0-9]{1,2})",
    "H": r"(?P<H>[0-9]{1,2})",
    "I": r"(?P<H>[0-9]{1,2})",
    "p": r"(?P<p>[AaPp]\.?[Mm]\.?)",
    "M": r"(?P<M>[0-9]{1,2})",
    "S": r"(?P<S>[0-9]{1,2})",
    "f": r"(?P<f>[0-9]{1,9})",
    "z": r"(?P<z>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)",
    "Z": r"[A-Za-z]+",
    "%": "%",
}
_EPOCH = re.compile(r"-?[0-9]{1,13}(?:\.[0-9]{1,9})?")


@lru_cache(maxsize=65_536)
def stamp_of(text: str, formats: tuple[str, ...]) -> Stamp | None:
    """The time that a text writes in the first of the formats that fits; None where none does."""
    for one in formats:
        stamp = _read(text, one)
        if stamp is not None:
            return stamp
    return None


def _read(text: str, form: str) -> Stamp | None:
    if form == "iso":
        return read_stamp(text)
    if form in ("epoch", "epoch_ms"):
        if _EPOCH.fullmatch(text) is None:
            return None
        whole, _, part = text.partition(".")
        ns = abs(int(whole)) * NS + int((part or "0").ljust(9, "0"))
        if form == "epoch_ms":
            ns //= 1000
        return Stamp(-ns if text.startswith("-") else ns, 0)
    found = _pattern(form).fullmatch(text)
    return None if found is None else _stamp(found.groupdict())


@lru_cache(maxsize=256)
def _pattern(form: str) -> re.Pattern[str]:
    """The pattern as a regular expression; a directive that is none of ours stands for itself.

    Of one that stands twice (`%H:%M - %H:%M`) the first counts: a label that names both ends.
    """
    parts = re.split("%(.)", form)
    out = [re.escape(part) for part in parts]
    out[1::2] = [_DIRECTIVES.get(part, re.escape("%" + part)) for part in parts[1::2]]
    named = set[str]()

    def once(group: re.Match[str]) -> str:
        first = group[1] not in named
        named.add(group[1])
        return group[0] if first else "(?:"

    return re.compile(re.sub(r"\(\?P<(.)>", once, "".join(out)))


def _stamp(parts: dict[str, str | None]) -> Stamp | None:
    month_name = (parts.get("b") or "").lower()[:3]
    if month_name and month_name not in _MONTHS:
        return None
    month = _MONTHS.index(month_name) + 1 if month_name else int(parts.get("m") or 1)
    year = int(parts.get("Y") or 0) or 2000 + int(parts.get("y") or 0)
    hour = int(parts.get("H") or 0)
    half = (parts.get("p") or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    clock = clock_ns(hour, int(parts.get("M") or 0), int(parts.get("S") or 0), parts.get("f") or "")
    try:
        day = date(year, month, int(parts.get("d") or 1)).toordinal() - EPOCH_DAY
    except ValueError:
        return None
    zone = parts.get("z")
    shift = None if zone is None else offset_s(zone)
    if clock is None or (zone is not None and shift is None):
        return None
    return Stamp(day * 86_400 * NS + clock, shift)
