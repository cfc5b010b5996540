"""Reading everygram.yaml: values from the environment, mappings from the files that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping as Variables
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from schemas.mapping import Mapping
from schemas.mistakes import Mistake
from schemas.settings import FileSource, Settings, Source
from schemas.yaml_lines import Document, read_yaml, validation_mistakes

SETTINGS = "everygram.yaml"

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PASSWORD = re.compile(
    r"://[^/\s:@]*:(?!\$\{)[^/\s@]+@|\bpassword['\"]?\s*:\s*(?!['\"]?\$\{)[^\s]", re.IGNORECASE
)
_COMMENT = re.compile(r"(^|\s)#.*")


def read_text(path: Path, file: str, mistakes: list[Mistake]) -> str:
    """A file's text; '' with a mistake where it is no UTF-8."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        mistakes.append(Mistake(file, line, "this is no UTF-8; save the file as UTF-8"))
        return ""


def read_document(root: Path, path: Path, mistakes: list[Mistake]) -> Document:
    """A YAML file of the workspace, named from its root."""
    file = path.relative_to(root).as_posix()
    return read_yaml(read_text(path, file, mistakes), file, mistakes)


def read_settings(
    root: Path, variables: Variables[str, str], mistakes: list[Mistake]
) -> Settings | None:
    """The settings, or None (with the mistakes) where they can't be used."""
    path = root / SETTINGS
    if not path.is_file():
        message = f"there is no {SETTINGS} in {root}; `everygram init` writes a workspace"
        mistakes.append(Mistake(SETTINGS, 1, message))
        return None
    text = read_text(path, SETTINGS, mistakes)
    _check_variables(text, variables, mistakes)
    known = len(mistakes)
    document = read_yaml(text, SETTINGS, mistakes)
    if document.node is None and len(mistakes) > known:
        return None
    value = {} if document.value is None else _filled(document.value, variables)
    try:
        settings = Settings.model_validate(value)
    except ValidationError as error:
        mistakes.extend(validation_mistakes(error, document, Settings))
        return None
    return _with_mappings(root, settings, document, mistakes)


def _filled(value: Any, variables: Variables[str, str]) -> Any:
    """The value with `${NAME}` from the environment in all its texts."""
    if isinstance(value, dict):
        return {key: _filled(part, variables) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, variables) for part in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), value)
    return value


def _check_variables(text: str, variables: Variables[str, str], mistakes: list[Mistake]) -> None:
    """Names that the environment lacks, and passwords in plain, are mistakes."""
    for number, line in enumerate(text.splitlines(), 1):
        code = _COMMENT.sub("", line)
        if _PASSWORD.search(code):
            message = "a password in plain; write ${NAME} and set NAME in the environment"
            mistakes.append(Mistake(SETTINGS, number, message))
        for name in _VARIABLE.findall(code):
            if name not in variables:
                message = f"${{{name}}} is not set in the environment; set {name}"
                mistakes.append(Mistake(SETTINGS, number, message))


def _with_mappings(
    root: Path, settings: Settings, document: Document, mistakes: list[Mistake]
) -> Settings:
    """Settings whose sources hold their mappings themselves, read from the files they name."""
    sources = []
    for i, source in enumerate(settings.sources):
        place: list[str | int] = ["sources", i, "files"]
        resolved = source
        if isinstance(source.decoder, str) and source.decoder != "everygram":
            line = document.line([*place, "decoder"])
            mapping = _read_mapping(root, source.decoder, line, mistakes)
            resolved = source.model_copy(update={"decoder": mapping or "everygram"})
        _check_file_names(resolved, document.line([*place, "revision"]), mistakes)
        sources.append(Source(files=resolved))
    return settings.model_copy(update={"listed_sources": sources})


def _read_mapping(root: Path, name: str, line: int, mistakes: list[Mistake]) -> Mapping | None:
    path = root / name
    if not path.is_file():
        message = (
            f"decoder: '{name}' is no file of the workspace; write everygram, a mapping's file "
            "(like mappings/utility.yaml) or the mapping itself"
        )
        mistakes.append(Mistake(SETTINGS, line, message))
        return None
    document = read_document(root, path, mistakes)
    try:
        return Mapping.model_validate(document.value)
    except ValidationError as error:
        mistakes.extend(validation_mistakes(error, document, Mapping))
        return None


def _check_file_names(source: FileSource, line: int, mistakes: list[Mistake]) -> None:
    for name in source.unknown_names():
        message = f"revision: '{{{name}}}' is nothing of a file's; give `file_name` such a group"
        mistakes.append(Mistake(SETTINGS, line, message))
