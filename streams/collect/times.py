"""Text and local clocks to instants (R1): half of all meter data is wrong by an hour somewhere."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

NS = 1_000_000_000
EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"(?: ?([Zz]|[+-]\d\d(?::?\d\d)?))?",
    re.ASCII,
)


class Stamp(NamedTuple):
    """A time as written: nanoseconds of its own clock since 1970, and its offset if it names one."""

    local_ns: int
    offset_s: int | None

    @property
    def naive(self) -> bool:
        """It does not say which zone's clock it is."""
        return self.offset_s is None

    def instant_ns(self) -> int:
        """Nanoseconds since the epoch; only of a stamp with an offset."""
        assert self.offset_s is not None
        return self.local_ns - self.offset_s * NS


@lru_cache(maxsize=4096)
def read_stamp(text: str) -> Stamp | None:
    """An ISO 8601 time (`T` or space, seconds optional, `24:00`, any offset), or None if it is none."""
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        days = date(int(year), int(month), int(day)).toordinal() - EPOCH_DAY
    except ValueError:
        return None
    clock = clock_ns(int(hour or 0), int(minute or 0), int(second or 0), fraction or "")
    shift = 0 if offset is None else offset_s(offset)
    if clock is None or shift is None:
        return None
    return Stamp(days * 86_400 * NS + clock, None if offset is None else shift)


def clock_ns(hour: int, minute: int, second: int, fraction: str) -> int | None:
    """Nanoseconds since midnight; 24:00:00 is the midnight that ends the day; None if no such time."""
    ns = int(fraction.ljust(9, "0")) if fraction else 0
    whole = (hour * 3600 + minute * 60 + second) * NS + ns
    if minute > 59 or second > 59 or whole > 86_400 * NS:
        return None
    return whole


def offset_s(text: str) -> int | None:
    """Seconds east of UTC of `Z`, `+08:00`, `+0800` or `+08`; None beyond a day."""
    if text in "Zz":
        return 0
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0
    if hours > 23 or minutes > 59:
        return None
    seconds = hours * 3600 + minutes * 60
    return -seconds if text[0] == "-" else seconds


@lru_cache(maxsize=65_536)
def instants_s(zone: tzinfo, local_s: int) -> tuple[int, ...]:
    """Instants at which a zone's clock shows a local time: none, one, or (summer first) two."""
    try:
        clock = datetime(1970, 1, 1) + timedelta(seconds=local_s)  # noqa: DTZ001
        found = set()
        for fold in (0, 1):
            instant = clock.replace(tzinfo=zone, fold=fold).astimezone(UTC)
            if instant.astimezone(zone).replace(tzinfo=None) == clock:
                found.add((instant - _EPOCH) // timedelta(seconds=1))
    except OverflowError:
        return ()
    return tuple(sorted(found))


def local_s(zone: tzinfo, instant: int) -> int:
    """What a zone's clock shows at an instant, as seconds of that clock since 1970."""
    offset = datetime.fromtimestamp(instant, zone).utcoffset()
    assert offset is not None
    return instant + offset // timedelta(seconds=1)
