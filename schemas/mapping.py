"""How to read CSV or JSON that isn't ours: a declaration, and no code.

A *template* says where a text comes from. Without braces it is a constant (`kWh`); a name in braces
is the record's column (`{Volume}`), in JSON a path (`{power.solar}`), in a file without header the
column's number from 1 (`{3}`). `{file.NAME}` is a named group of `file_name`; `{file.stem}`,
`{file.name}` and `{file.modified}` (UTC, YYYYMMDDhhmmss) are always there. So a meter id is
`{EAN}/{Register}`, `{file.building}/gas` or just `M1/import`. All texts are trimmed of blanks, and
stay text: `0012345` keeps its zeros.
"""

from __future__ import annotations

import codecs
import re
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from schemas.scalars import Duration, Ratio, Template, Zone, template_names

FILE_NAMES = ("stem", "name", "modified")
"""What `{file.…}` gives without a `file_name` pattern."""

TIME_DIRECTIVES = "YymbBdHIpMSfzZ%"
"""What stands behind `%` in a form of times, as in strftime."""


def _encoding(value: str) -> str:
    try:
        return codecs.lookup(value).name
    except LookupError as error:
        raise ValueError(
            f"'{value}' is no encoding; write utf-8, gb18030, cp1252, utf-16, …"
        ) from error


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"'{value}' is no regular expression: {error}") from error
    return value


def _time_form(value: str) -> str:
    """`iso`, `epoch`, `epoch_ms`, or a pattern of directives that are read (`TIME_DIRECTIVES`)."""
    if value in ("iso", "epoch", "epoch_ms"):
        return value
    used = re.findall("%(.?)", value)
    odd = [f"%{one}" for one in used if one not in TIME_DIRECTIVES or not one]
    if odd or not used:
        raise ValueError(
            f"'{value}' is no form of times: {', '.join(odd) + ' is not read' if odd else 'no %'}; "
            "write iso, epoch, epoch_ms or like %d.%m.%Y %H:%M"
        )
    return value


def _instant_text(value: object) -> str:
    text = str(value)
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is no instant; write 2018-01-01T00:00:00+08:00") from error
    return text


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


TimeForm = Annotated[str, AfterValidator(_time_form)]
Encoding = Annotated[str, AfterValidator(_encoding)]
FilePattern = Annotated[str, AfterValidator(_pattern)]


class Strict(BaseModel):
    """A record of a workspace file: an unknown key is a mistake, never silently left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Series(Strict):
    """One quantity of a record and whose it is."""

    meter: Template = Field(description="The meter's id.")
    quantity: Template | None = Field(
        default=None, description="The quantity; left out where `wide` names the columns."
    )
    unit: Template | None = Field(default=None, description="Its unit; default the meter's own.")
    scale: Ratio = Field(
        default=Fraction(1), description="Exact factor to the unit: 0.001, 4/1000."
    )
    quality: Template | None = Field(
        default=None, description="Its quality, after `qualities`; default that of the mapping."
    )


class Wide(Strict):
    """A record that holds a whole day: a date (`time`) and 24, 48 or 96 columns in order of time.

    The k-th column holds the k-th step of the local day, counted as elapsed time from its midnight;
    on a day of 23 or 25 hours the columns beyond its end must be empty.
    """

    first: str | int = Field(
        description="Name (or number from 1) of the first column of the day; in JSON the path of "
        "the list that holds the day's values."
    )
    count: Literal[24, 48, 96, 288, 1440] = Field(description="How many columns a day has.")

    @property
    def step_s(self) -> int:
        """Seconds of a column."""
        return 86400 // self.count


class Mapping(Strict):
    """A dialect of CSV or JSON.

    Times without an offset are in `zone`, else in the source's zone, else `naive_time`. `24:00` is
    the next midnight. A time that occurs twice (clocks go back) is told apart by the order of its
    meter's rows in the file. A cell whose text is in `missing` is no reading; a JSON null likewise.
    """

    format: Literal["csv", "json"] = Field(default="csv", description="What the files are.")
    encoding: Encoding = Field(
        default="utf-8", description="utf-8 (with or without mark), gb18030 …"
    )

    delimiter: str = Field(
        default=",", min_length=1, max_length=1, description="CSV: , ; | or tab."
    )
    decimal: Literal[".", ","] = Field(
        default=".", description="The decimal mark; with a comma, dots group thousands."
    )
    thousands: Literal[",", ".", " ", "'"] | None = Field(
        default=None, description="What groups thousands: 1,234.5 or 1 234,5."
    )
    header: bool = Field(
        default=True, description="CSV: the first line after `skip_lines` names the columns."
    )
    skip_lines: int = Field(default=0, ge=0, description="CSV: lines before the header or data.")
    records: str = Field(
        default="",
        description="JSON: path to the records (`energy.values`); empty: array or lines. Lists on "
        "the way are walked through (`devices.points`), and what stands beside them is each "
        "record's too.",
    )
    file_name: FilePattern | None = Field(
        default=None,
        description="Regular expression searched in the file's path; its named groups are "
        "{file.NAME}.",
    )

    meter: Template | None = Field(default=None, description="The meter's id.")
    quantity: Template | None = Field(default=None, description="The quantity, e.g. {Volume}.")
    unit: Template | None = Field(default=None, description="Its unit; default the meter's own.")
    scale: Ratio = Field(default=Fraction(1), description="Exact factor to the unit.")
    series: list[Series] | None = Field(
        default=None,
        min_length=1,
        description="Several quantities per record, each its own meter; instead of meter, "
        "quantity, unit and scale.",
    )

    time: Template | None = Field(
        default=None, description="Start (or end, see `label`) of the interval: `{date} {hour}`."
    )
    end: Template | None = Field(
        default=None, description="End of the interval; default: `step`, else the meter's interval."
    )
    time_format: Annotated[list[TimeForm], BeforeValidator(_as_list)] = Field(
        default=["iso"],
        min_length=1,
        description="Tried in order: iso, epoch, epoch_ms, or like %d-%m-%Y %H:%M:%S %z.",
    )
    zone: Zone | None = Field(default=None, description="Zone of times without an offset.")
    label: Literal["start", "end"] = Field(
        default="start", description="Whether `time` is the start or the end of the interval."
    )
    step: Duration | None = Field(
        default=None, description="Length of every interval; default the meter's own interval."
    )
    first: Annotated[str, BeforeValidator(_instant_text)] | None = Field(
        default=None,
        description="Without a time column: start of the first record's interval in each file; "
        "the n-th record (missing ones counted) starts n steps later.",
    )
    wide: Wide | None = Field(default=None, description="A record holds a whole day of columns.")

    quality: Template = Field(default="measured", description="Quality of the readings.")
    qualities: dict[str, Literal["estimated", "declared", "measured", "edited"]] = Field(
        default={}, description="The file's words for a quality; a word not listed must be ours."
    )
    revision: Template | None = Field(
        default=None,
        description="What stands for the revision: a whole number, or a date or time whose digits "
        "are taken in order (2026-11-20 is 20261120); default the source's, else 0.",
    )
    missing: list[str] = Field(default=[""], description="Texts that mean: no value here.")

    @property
    def all_series(self) -> list[Series]:
        """The quantities of a record: those of `series`, else the one of the mapping itself."""
        if self.series is not None:
            return self.series
        meter = self.meter or ""
        return [Series(meter=meter, quantity=self.quantity, unit=self.unit, scale=self.scale)]

    @property
    def file_groups(self) -> list[str]:
        """Names that `{file.…}` may use."""
        own = re.compile(self.file_name).groupindex if self.file_name else {}
        return [*FILE_NAMES, *own]

    def columns(self) -> list[str]:
        """Every column (or path) that the templates name, each once; those of the file left out."""
        names = [name for text in self.templates() for name in template_names(text)]
        return list(dict.fromkeys(name for name in names if not name.startswith("file.")))

    def templates(self) -> list[str]:
        """All templates of the mapping."""
        texts = [self.time, self.end, self.quality, self.revision]
        for one in self.all_series:
            texts += [one.meter, one.quantity, one.unit, one.quality]
        return [text for text in texts if text is not None]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        complaints = _complaints(self)
        if complaints:
            raise ValueError("; ".join(dict.fromkeys(complaints)))
        return self


def _complaints(mapping: Mapping) -> list[str]:
    """What does not fit together in a mapping."""
    out = []
    if mapping.series is not None and (mapping.meter or mapping.quantity or mapping.unit):
        out.append("with `series`, meter, quantity and unit belong to each of its entries")
    if mapping.series is None and mapping.meter is None:
        out.append("say whose the quantities are: `meter`, or `series`")
    without = [one for one in mapping.all_series if one.quantity is None]
    if without and mapping.wide is None:
        out.append("say where the quantity is: `quantity: '{Volume}'`, or `wide`")
    if mapping.wide is not None and len(without) != len(mapping.all_series):
        out.append("with `wide`, `quantity` is left out: the day's columns are the quantities")
    if (mapping.time is None) == (mapping.first is None):
        out.append("say when: either `time: '{column}'`, or `first` and `step`")
    if mapping.first is not None and mapping.step is None:
        out.append("`first` needs `step: 1h`, the distance from record to record")
    if mapping.thousands == mapping.decimal:
        out.append(f"'{mapping.decimal}' can't be both the decimal mark and that of thousands")
    numbered = mapping.format == "csv" and not mapping.header
    for name in (name for text in mapping.templates() for name in template_names(text)):
        if name.startswith("file."):
            if name[5:] not in mapping.file_groups:
                out.append(f"'{{{name}}}' needs `file_name` with a group (?P<{name[5:]}>…)")
        elif numbered and not re.fullmatch("[1-9][0-9]*", name):
            out.append(f"without header, '{{{name}}}' must be a column's number from 1")
    return out
