"""registry/entities*.yaml: the accounting tree, dated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field, ValidationError

from schemas.compiled import FOREVER
from schemas.dated import ALWAYS, I32, I64, Spans, overlapping, rings
from schemas.mapping import Strict
from schemas.mistakes import Mistake, did_you_mean
from schemas.scalars import parse_instant
from schemas.yaml_lines import Document, validation_mistakes


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_names(value: object) -> object:
    return {"": value} if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]
Names = Annotated[
    dict[str, str],
    BeforeValidator(_as_names, json_schema_input_type=str | dict[str, str]),
]


class Entity(Strict):
    """One row of the tree as it is written; an entity that changes has a row for each time."""

    id: Text = Field(description="Unique; text: 007 keeps its zeros.")
    name: Names = Field(
        default={}, description="Name, or names by language {en: Mill, zh: 钢厂}; default the id."
    )
    level: Text = Field(description="city, district, park, enterprise, line, … as you like.")
    parent: Text | None = Field(default=None, description="Id of the entity above.")
    region: Text | None = Field(
        default=None, description="Region code of the factors, like CN-JS; default the parent's."
    )
    tags: list[Text] = Field(default=[], description="Words to group by.")
    valid_from: Text | None = Field(default=None, description="A date; default always.")
    valid_to: Text | None = Field(default=None, description="A date, excluded; default for ever.")


@dataclass(frozen=True, slots=True)
class EntityRow:
    """A row of the tree with its times in epoch seconds (ALWAYS, FOREVER where silent)."""

    id: str
    names: dict[str, str]
    level: str
    parent: str | None
    region: str | None
    tags: tuple[str, ...]
    since: int
    until: int
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Entities:
    """The tree: rows as written, and as numbers (an entity's number is its place in `ids`)."""

    rows: list[EntityRow]
    ids: list[str]
    number: dict[str, int]
    entity: I32
    parent: I32
    """-1 at the top (and where the parent is unknown, which is a mistake)."""
    since: I64
    until: I64

    @property
    def spans(self) -> Spans:
        """When each entity is valid."""
        return Spans(self.entity, self.since, self.until)


@dataclass(frozen=True, slots=True)
class Grid:
    """The workspace's clock: dates are local midnights of `zone`, times lie on base intervals."""

    zone: tzinfo
    base_s: int


def parse_validity(since: Any, until: Any, grid: Grid) -> tuple[tuple[int, int], list[str]]:
    """`valid_from` and `valid_to` in epoch seconds, and what is wrong with them (R1)."""
    times, wrong = [ALWAYS, FOREVER], []
    for i, (name, value) in enumerate((("valid_from", since), ("valid_to", until))):
        if value is None or value == "":
            continue
        try:
            times[i] = parse_instant(value, grid.zone)
        except ValueError as error:
            wrong.append(f"{name}: {error}")
            continue
        if times[i] % grid.base_s:
            minutes = grid.base_s // 60
            wrong.append(f"{name}: '{value}' must lie on a base interval ({minutes} minutes)")
    if not wrong and times[0] >= times[1]:
        wrong.append("valid_to must be after valid_from (valid_to is excluded)")
    return (times[0], times[1]), wrong


def read_entities(documents: Sequence[Document], grid: Grid, mistakes: list[Mistake]) -> Entities:
    """The tree from its files; mistakes are added, rows that can't be read are left out."""
    rows: list[EntityRow] = []
    for document in documents:
        if document.node is None:
            continue
        if not isinstance(document.value, list):
            mistakes.append(
                Mistake(document.file, 1, "write a list of entities: - {id: …, level: …}")
            )
            continue
        for i, value in enumerate(document.value):
            row = _row(document, i, value, grid, mistakes)
            if row is not None:
                rows.append(row)
    entities = _numbered(rows)
    _check(entities, mistakes)
    return entities


def _row(
    document: Document, i: int, value: Any, grid: Grid, mistakes: list[Mistake]
) -> EntityRow | None:
    line = document.line([i])
    try:
        entity = Entity.model_validate(value)
    except ValidationError as error:
        mistakes.extend(validation_mistakes(error, document, Entity, (i,)))
        return None
    (since, until), wrong = parse_validity(entity.valid_from, entity.valid_to, grid)
    mistakes.extend(Mistake(document.file, line, message) for message in wrong)
    if wrong:
        since, until = ALWAYS, FOREVER
    names = {key: text for key, text in entity.name.items() if text} or {"": entity.id}
    return EntityRow(
        id=entity.id,
        names=names,
        level=entity.level,
        parent=entity.parent,
        region=entity.region,
        tags=tuple(entity.tags),
        since=since,
        until=until,
        file=document.file,
        line=line,
    )


def _numbered(rows: list[EntityRow]) -> Entities:
    ids = list(dict.fromkeys(row.id for row in rows))
    number = {name: i for i, name in enumerate(ids)}
    return Entities(
        rows=rows,
        ids=ids,
        number=number,
        entity=np.array([number[row.id] for row in rows], dtype=np.int32),
        parent=np.array([number.get(row.parent or "", -1) for row in rows], dtype=np.int32),
        since=np.array([row.since for row in rows], dtype=np.int64),
        until=np.array([row.until for row in rows], dtype=np.int64),
    )


def _check(tree: Entities, mistakes: list[Mistake]) -> None:
    """Unknown and too short parents, two rows at one time, rings, levels that change."""

    def tell(row: EntityRow, message: str) -> None:
        mistakes.append(Mistake(row.file, row.line, message))

    for row in tree.rows:
        if row.parent is not None and row.parent not in tree.number:
            hint = did_you_mean(row.parent, tree.ids) or "; add it, or correct the id"
            tell(row, f"parent '{row.parent}' of '{row.id}' is no entity{hint}")
    level: dict[str, str] = {}
    for row in tree.rows:
        if level.setdefault(row.id, row.level) != row.level:
            tell(row, f"'{row.id}' is a {level[row.id]} elsewhere; an entity's level never changes")
    for at, other in overlapping(tree.entity, tree.since, tree.until):
        row, first = tree.rows[at], tree.rows[other]
        two = "has two parents" if row.parent != first.parent else "is there twice"
        tell(
            row,
            f"'{row.id}' {two} at one time (see {first.file}:{first.line}); "
            "remove one, or date them with valid_from and valid_to",
        )
    for short in np.flatnonzero(~tree.spans.cover(tree.parent, tree.since, tree.until)).tolist():
        row = tree.rows[short]
        tell(row, f"parent '{row.parent}' is not valid as long as '{row.id}'; date one of them")
    for ring in rings(tree.entity, tree.parent, tree.since, tree.until):
        names = " > ".join(tree.rows[at].id for at in ring)
        tell(tree.rows[min(ring)], f"the tree runs in a ring: {names}; correct a parent")
