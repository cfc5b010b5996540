"""YAML with line numbers, read exactly: numbers with a point and dates stay text.

`0.4585` never becomes a float and `2018-01-01` stays as written: what they mean is decided by the
record that holds them. Whole numbers, booleans and null are themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from schemas.mistakes import Mistake, did_you_mean

_CLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file: its value and where each part of it stands."""

    file: str
    value: Any
    node: yaml.Node | None

    def line(self, path: Sequence[str | int] = ()) -> int:
        """Line (from 1) of the part at `path` (keys, positions), or of the nearest part above."""
        if self.node is None:
            return 1
        node, line = self.node, self.node.start_mark.line
        for step in path:
            found = _step(node, step)
            if found is None:
                continue  # a name that a validator put into the path, not a key of the file
            line, node = found
        return line + 1

    def known(self, path: Sequence[str | int]) -> list[str | int]:
        """The steps of `path` that the file has (a validator's own are left out), and the last."""
        out: list[str | int] = []
        node = self.node
        for i, step in enumerate(path):
            found = _step(node, step) if node is not None else None
            if found is not None:
                node = found[1]
            if found is not None or i == len(path) - 1:
                out.append(step)
        return out


def _step(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None


def read_yaml(text: str, file: str, mistakes: list[Mistake]) -> Document:
    """Parse YAML text; what is wrong with its form (or a key given twice) goes to `mistakes`."""
    try:
        # an alias may hold itself, or grow without end: nothing here needs one
        events = yaml.parse(text, Loader=_CLoader) if "*" in text and "&" in text else ()
        for event in events:
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark is not None else 1
                message = f"aliases (*{event.anchor}) are not read; write the value out"
                mistakes.append(Mistake(file, line, message))
                return Document(file, None, None)
        node = yaml.compose(text, Loader=_CLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        line = mark.line + 1 if mark is not None else 1
        mistakes.append(Mistake(file, line, f"this is no valid YAML: {problem}"))
        return Document(file, None, None)
    return Document(file, _value(node, file, mistakes) if node is not None else None, node)


def _value(node: yaml.Node, file: str, mistakes: list[Mistake]) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, file, mistakes) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        out: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in out:
                line = key.start_mark.line + 1
                mistakes.append(Mistake(file, line, f"'{name}' is given twice; keep one"))
            out[name] = _value(value, file, mistakes)
        return out
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    text: str = node.value
    if getattr(node, "style", None):  # quoted or block text
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    digits = text[1:] if text[:1] == "-" else text
    if digits.isascii() and digits.isdigit() and len(digits) < 19:
        return int(text) if digits == "0" or digits[0] != "0" else text
    return text


def validation_mistakes(
    error: ValidationError, document: Document, model: type[BaseModel], base: tuple[int, ...] = ()
) -> list[Mistake]:
    """What pydantic found, as mistakes with the line of the key each is about."""
    out = []
    for one in error.errors(include_url=False):
        path = document.known((*base, *one["loc"]))
        where = ".".join(str(step) for step in path[len(base) :])
        out.append(Mistake(document.file, document.line(path), _message(one, where, model)))
    return out


def _message(one: Any, where: str, model: type[BaseModel]) -> str:
    key = where.rpartition(".")[2]
    if one["type"] == "extra_forbidden":
        hint = did_you_mean(key, all_keys(model))
        return f"'{where}' is unknown here{hint or '; remove it'}"
    if one["type"] == "missing":
        return f"'{where}' is missing; add it"
    if one["type"] == "value_error":
        text = str(one["ctx"]["error"])
        return f"{where}: {text}" if where else text
    what = f"{one['msg'][:1].lower()}{one['msg'][1:]}, not {_short(one['input'])}"
    if one["type"] in {"model_type", "model_attributes_type"}:
        what = f"write keys and values here, not {_short(one['input'])}"
    elif one["type"] == "string_type" and isinstance(one["input"], int):
        what = f"write it in quotes: '{one['input']}'"
    return f"{where}: {what}" if where else what


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def all_keys(model: type[BaseModel]) -> list[str]:
    """Every key that a model or a model inside it takes, as written in files."""
    keys: list[str] = []

    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            keys.extend(schema.get("properties", {}))
            for part in schema.values():
                walk(part)
        elif isinstance(schema, list):
            for part in schema:
                walk(part)

    walk(model.model_json_schema(by_alias=True))
    return list(dict.fromkeys(keys))
