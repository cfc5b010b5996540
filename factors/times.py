"""When a factor row holds, in words."""

from __future__ import annotations

from datetime import datetime, tzinfo

from schemas.compiled import FOREVER


def in_words(seconds: int, zone: tzinfo) -> str:
    """A date where it is local midnight, else the instant with its offset; empty without an end."""
    if not -FOREVER < seconds < FOREVER:
        return ""
    moment = datetime.fromtimestamp(seconds, zone)
    at_midnight = moment.hour == moment.minute == moment.second == 0
    return moment.date().isoformat() if at_midnight else moment.isoformat()
