"""JSON values as readings, exactly: numbers stay text, duplicates and envelopes are seen."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any

from schemas.reading import Reason
from streams.collect.raw import Number, Raw, Refused
from streams.collect.scan import FIELDS


class Object(dict[str, Any]):
    """A JSON object that knows which of its names stood there twice."""

    twice: frozenset[str] = frozenset()


def _object(pairs: list[tuple[str, Any]]) -> Object:
    value = Object(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        value.twice = frozenset(name for name in names if names.count(name) > 1)
    return value


DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=Number
)
"""Numbers become their own text; NaN and Infinity too, so that a quantity of NaN is told as such."""


def read_value(text: str) -> Any:
    """The JSON value of a text; Refused (`malformed`) where it is none."""
    try:
        return DECODER.decode(text)
    except ValueError as error:
        detail = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise Refused(Reason.MALFORMED, f"this is no JSON: {detail}") from error
    except RecursionError as error:
        raise Refused(Reason.MALFORMED, "this JSON is nested too deeply") from error


def read_text(data: bytes) -> str:
    """Bytes as UTF-8; Refused (`malformed`) where they are not."""
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        where = f"byte {error.start} of the reading is not UTF-8"
        raise Refused(Reason.MALFORMED, f"{where}; write UTF-8, or declare the encoding in a mapping") \
            from error  # fmt: skip


def is_event(value: Any) -> bool:
    """Whether an object is a CloudEvent (structured mode)."""
    return isinstance(value, Object) and "specversion" in value


def event_data(value: Object) -> Any:
    """What a CloudEvent carries: a JSON value, or bytes."""
    if "data_base64" in value:
        try:
            return base64.b64decode(value["data_base64"], validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise Refused(Reason.MALFORMED, f"`data_base64` of the event: {error}") from error
    if "data" not in value:
        raise Refused(Reason.MALFORMED, "the event carries no `data`")
    return value["data"]


def raw_of(value: Any) -> Raw:
    """The reading that an object writes; Refused (`malformed`) where it is no object."""
    if not isinstance(value, Object):
        raise Refused(Reason.MALFORMED, "a reading is a JSON object with meter, start and quantity")
    if value.twice.intersection(FIELDS):
        names = ", ".join(sorted(value.twice.intersection(FIELDS)))
        raise Refused(
            Reason.MALFORMED, f"{names} stands twice in one reading: two readings in one?"
        )
    return Raw(**{name: value[name] for name in FIELDS if name in value})


def elements(text: str) -> Iterator[tuple[str, bool]]:
    """The elements of an array that is not whole, as texts; the last may be cut (False).

    Brackets are counted outside of texts, so that one bad element costs only itself.
    """
    begin = text.index("[") + 1
    depth, quoted, escaped, closed = 0, False, False, False
    for at in range(begin, len(text)):
        sign = text[at]
        if quoted:
            quoted = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            quoted = True
        elif depth == 0 and sign in ",]":
            yield text[begin:at], True
            begin = at + 1
            closed = sign == "]"
            if closed:
                break
        elif sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
    rest = text[begin:].strip()
    if rest or not closed:
        yield rest, False
