"""everygram.yaml: the workspace's name, its clock, its accounting, what it reads and writes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from schemas.mapping import FILE_NAMES, FilePattern, Mapping, Strict
from schemas.scalars import Duration, Template, Zone, parse_instant, parse_zone, template_names

FORMAT = 1
"""Number of the workspace's form; a program that knows another form refuses it."""

Wire = Literal["estimated", "declared", "measured", "edited"]


def _workspace_zone(value: object) -> ZoneInfo:
    zone = parse_zone(value)
    if not isinstance(zone, ZoneInfo):
        raise ValueError(f"'{value}': name the zone, like Asia/Shanghai; days are cut in it")
    return zone


def _date_text(value: object) -> str:
    parse_instant(value, ZoneInfo("UTC"))
    return str(value)


NamedZone = Annotated[
    ZoneInfo,
    PlainValidator(_workspace_zone),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["Asia/Shanghai", "Europe/London"]}),
]
DateText = Annotated[str, BeforeValidator(_date_text)]


def _decoder_kind(value: object) -> str:
    return "name" if isinstance(value, str) else "mapping"


Decoder = Annotated[
    Annotated[str, Tag("name")] | Annotated[Mapping, Tag("mapping")], Discriminator(_decoder_kind)
]
"""`everygram`, a mapping, or the file of a mapping; a loaded workspace holds the mapping itself."""


def _inside(path: str) -> str:
    parts = path.replace("\\", "/").split("/")
    if not path or path.startswith("/") or ".." in parts:
        raise ValueError(f"'{path}' must be a path inside the workspace, like var/books")
    return path


class Accounting(Strict):
    """By which rules quantities become emissions."""

    standard: str = Field(
        min_length=1,
        description="Accounting standard: one of the library's, or the workspace's own.",
    )
    gwp: str = Field(min_length=1, description="GWP set that weighs the gases: AR4, AR5, AR6.")
    library: str | None = Field(
        default=None, description="Release of the factor library; default the newest installed."
    )
    accept: list[Literal["one_source", "recalled"]] = Field(
        default=[],
        description="Factor rows of these kinds of evidence may be used too; figures that rest on "
        "them say so.",
    )


class FileSource(Strict):
    """Files of readings: CSV, JSON lines, Parquet or Arrow by suffix, .gz and .zst too."""

    path: str = Field(
        min_length=1, description="Glob from the workspace's folder: data/*.csv, data/**/*.parquet."
    )
    decoder: Decoder = Field(
        default="everygram",
        description="everygram (its own columns), a mapping, or the name of a mapping's file.",
    )
    name: str | None = Field(default=None, description="Name in reports; default the path.")
    zone: Zone | None = Field(
        default=None, description="Zone of times without offset; without it they are refused."
    )
    may: list[Wire] = Field(
        default=["estimated", "declared", "measured"],
        min_length=1,
        description="Qualities this source may give; others are rejected (`not_allowed`).",
    )
    file_name: FilePattern | None = Field(
        default=None,
        description="Regular expression searched in the file's path, for `revision`: "
        "(?P<date>\\d{8}).",
    )
    revision: Template | None = Field(
        default=None,
        description="What stands for the revision of readings that carry none: {file.modified} "
        "(when the file was exported), {file.date} (a group of `file_name`) or a number.",
    )
    align: Duration | None = Field(
        default=None, description="Move times that miss the grid by at most this onto it; counted."
    )
    keep: Literal["copy", "reference"] = Field(
        default="copy",
        description="copy: the journal keeps the bytes; reference: it keeps path, size and SHA-256 "
        "of files that stay in place.",
    )

    @property
    def label(self) -> str:
        """The source's name in reports."""
        return self.name or self.path

    def unknown_names(self) -> list[str]:
        """Names in `revision` that neither every file nor `file_name` has."""
        groups = re.compile(self.file_name).groupindex if self.file_name else {}
        known = {f"file.{name}" for name in (*FILE_NAMES, *groups)}
        return [name for name in template_names(self.revision or "") if name not in known]


class Source(Strict):
    """Where readings come from."""

    files: FileSource


def _chdb(address: str) -> str:
    if not address.startswith("chdb:"):
        raise ValueError(f"'{address}' is no address of books; write chdb:var/books")
    _inside(address.removeprefix("chdb:"))
    return address


class Sink(Strict):
    """Where the books' tables are written."""

    clickhouse: Annotated[str, AfterValidator(_chdb)] = Field(
        description="chdb: and a path inside the workspace."
    )

    @property
    def path(self) -> str:
        """The folder of the tables, from the workspace."""
        return self.clickhouse.removeprefix("chdb:")


class Settings(Strict):
    """The workspace's settings, everygram.yaml."""

    format: Literal[1] = Field(default=1, description="Form of the workspace.")
    name: str = Field(min_length=1, description="What the workspace is called.")
    timezone: NamedZone = Field(
        default=ZoneInfo("Asia/Shanghai"), description="Hours, days, months are cut in this zone."
    )
    base_interval_s: Duration = Field(
        default=900, alias="base_interval", description="The finest grain of the books."
    )
    accounting: Accounting
    listed_sources: list[Source] = Field(default=[], alias="sources", description="What is read.")
    sinks: list[Sink] = Field(
        default=[Sink(clickhouse="chdb:var/books")],
        min_length=1,
        max_length=1,
        description="What is written.",
    )
    max_rejects: int | None = Field(
        default=None, ge=0, description="More rejects than this end a run with exit code 1."
    )
    since: DateText = Field(
        default="2000-01-02", description="Readings that start before it are `out_of_validity`."
    )
    future_tolerance_s: Duration = Field(
        default=3600,
        alias="future_tolerance",
        description="A reading that ends later than this after its receipt is `in_the_future`.",
    )

    @property
    def sources(self) -> list[FileSource]:
        """The file sources, in order."""
        return [source.files for source in self.listed_sources]

    @property
    def since_s(self) -> int:
        """`since` in epoch seconds."""
        return parse_instant(self.since, self.timezone)

    @field_validator("base_interval_s")
    @classmethod
    def _base_fits(cls, base_s: int, info: ValidationInfo) -> int:
        if 3600 % base_s:
            raise ValueError("it must divide 60 minutes: 5m, 10m, 15m, 30m, 1h")
        zone = info.data.get("timezone")
        odd = _odd_offset(zone, base_s) if zone is not None else None
        if odd is not None:
            raise ValueError(f"it does not divide the offset {odd} of {zone}; take 15m")
        return base_s

    @field_validator("since")
    @classmethod
    def _since_fits(cls, since: str, info: ValidationInfo) -> str:
        zone, base_s = info.data.get("timezone"), info.data.get("base_interval_s")
        if zone is not None and base_s is not None and parse_instant(since, zone) % base_s:
            raise ValueError(f"'{since}' must lie on a base interval ({base_s // 60} minutes)")
        return since

    @field_validator("listed_sources")
    @classmethod
    def _labels_differ(cls, sources: list[Source]) -> list[Source]:
        labels = [source.files.label for source in sources]
        for label in labels:
            if labels.count(label) > 1:
                raise ValueError(f"two sources are called '{label}'; give one a `name`")
        return sources

    def figures_rest_on(self) -> dict[str, dict[str, Any]]:
        """What moves a figure, as plain values: `settings`, and `source LABEL` for each source.

        Names, sinks and limits of a run move none; nor does where a source's files lie.
        """
        dump = self.model_dump(mode="json", by_alias=True)
        for key in ("name", "sinks", "sources", "max_rejects"):
            dump.pop(key)
        out = {"settings": dump}
        for source in self.sources:
            facts = source.model_dump(mode="json", exclude={"name", "path", "keep"})
            out[f"source {source.label}"] = facts
        return out


def _odd_offset(zone: ZoneInfo, base_s: int) -> timedelta | None:
    """An offset of the zone, in years that readings may have, that base intervals don't divide."""
    day = datetime(2000, 1, 1, tzinfo=zone)
    for week in range(60 * 52):
        offset = (day + timedelta(weeks=week)).utcoffset() or timedelta()
        if offset.total_seconds() % base_s:
            return offset
    return None
