"""Files of factors and flows, in the library and in a workspace's `factors/` (4.1, R7, R8)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

from schemas.mapping import Encoding, Strict
from schemas.scalars import Duration, Ratio, Template, Zone


def _exact_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Exact = Annotated[
    str,
    BeforeValidator(_exact_text),
    WithJsonSchema({"type": ["string", "number"], "examples": ["0.5827", "389.31 * 15.3e-3"]}),
]
"""A decimal, or a formula of decimals: read exactly, never through a float."""

When = Annotated[
    str,
    BeforeValidator(_exact_text),
    WithJsonSchema({"type": "string", "examples": ["2023-01-01", "2023-01-01T00:00:00+08:00"]}),
]
"""A date (local midnight in the workspace's zone) or an instant with its offset."""

Evidence = Literal["official", "two_sources", "one_source", "recalled"]
"""What a value rests on: the official text, two independent sources, one source, memory. The last
two are used only where the workspace accepts them."""

Name = dict[str, str]


class Row(Strict):
    """A value of a factor, with its dates and source. Any other key is a gas: co2, ch4, n2o …"""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Exact]

    valid_from: When = Field(description="From when the row holds.")
    valid_to: When | None = Field(
        default=None, description="Excluded; without it: to the next row, the last one onward."
    )
    calc: Exact | None = Field(
        default=None, description="CO2 as a formula: 389.31 * 15.3e-3 * 0.99 * 44/12"
    )
    gwp: str | None = Field(default=None, description="The GWP set of a published co2e.")
    data_year: int | None = Field(default=None, description="Year of the data.")
    published: str = Field(default="", description="Date of publication; left out if not known.")
    document: str = Field(default="", description="The official paper, number and table.")
    source: str = Field(default="", description="Where the value was read.")
    method: str = Field(default="", description="What the value means, and what not.")
    evidence: Evidence | None = Field(
        default=None, description="What it rests on; of the workspace's own rows it is not asked."
    )

    @property
    def gases(self) -> dict[str, str]:
        """Text by gas; `calc` is co2."""
        given = dict(self.__pydantic_extra__ or {})
        return {**given, "co2": self.calc} if self.calc is not None else given


class Csv(Strict):
    """A series in a CSV file that isn't ours; gases are templates like '{intensity}'."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Template]

    path: Annotated[list[str], BeforeValidator(_as_list)] = Field(
        min_length=1, description="File or glob, from the folder of this file; or a list of them."
    )
    encoding: Encoding = Field(default="utf-8", description="utf-8, gb18030, cp1252 …")
    delimiter: str = Field(default=",", min_length=1, max_length=1, description=", ; | or tab.")
    decimal: Literal[".", ","] = Field(default=".", description="The decimal mark.")
    skip_lines: int = Field(default=0, ge=0, description="Lines before the header.")
    time: Template | None = Field(default=None, description="Start (or end) of the row's hour.")
    time_format: str = Field(default="iso", description="iso, epoch, or like %d-%m-%Y %H:%M.")
    zone: Zone | None = Field(default=None, description="Zone of times without an offset.")
    label: Literal["start", "end"] = Field(
        default="start", description="Whether `time` is the start or the end of the row's hour."
    )
    step: Duration | None = Field(default=None, description="Length of a row.")
    first: When | None = Field(
        default=None, description="Without a time column: start of each file's first row."
    )
    scale: Ratio | None = Field(default=None, description="Exact factor to the unit.")

    @property
    def gases(self) -> dict[str, str]:
        """Template by gas."""
        return dict(self.__pydantic_extra__ or {})

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.time is None) == (self.first is None):
            raise ValueError("say when: either `time: '{column}'`, or `first` and `step`")
        if (self.first is not None or self.label == "end") and self.step is None:
            raise ValueError("`first` and `label: end` need `step: 1h`")
        if not self.gases:
            raise ValueError("say where the values are: `co2: '{column}'`")
        return self


def _csv_kind(value: object) -> str:
    return "name" if isinstance(value, str) else "form"


CsvFile = Annotated[
    Annotated[str, Tag("name")] | Annotated[Csv, Tag("form")], Discriminator(_csv_kind)
]
"""A CSV of ours by its name, or the form of one that isn't."""


class FactorEntry(Strict):
    """The rows of one factor, in one standard and region."""

    standard: str = Field(min_length=1, description="An accounting standard, or one's own.")
    factor: str = Field(min_length=1, description="The key that flows name.")
    variant: str = Field(default="", description="average, fossil …: where there are several.")
    region: str = Field(min_length=1, description="A region code, or * for everywhere.")
    unit: str = Field(min_length=1, description="A mass per a unit: kg/kWh, t/万Nm3.")
    rows: list[Row] | None = Field(default=None, description="Its values; or `csv`.")
    csv: CsvFile | None = Field(default=None, description="A series: valid_from, co2.")
    gwp: str | None = Field(default=None, description="GWP set of a series published as co2e.")
    valid_to: When | None = Field(default=None, description="End of a series (excluded).")
    data_year: int | None = Field(default=None, description="Year of the data.")
    published: str = Field(default="", description="Date of publication; left out if not known.")
    document: str = Field(default="", description="The official paper, number and table.")
    source: str = Field(default="", description="Where the value was read.")
    method: str = Field(default="", description="What the value means, and what not.")
    evidence: Evidence | None = Field(
        default=None, description="What it rests on; of the workspace's own rows it is not asked."
    )
    deducts: bool | None = Field(
        default=None, description="Of one's own standard: what is sold is deducted."
    )
    arrears: bool | None = Field(
        default=None, description="Of one's own standard: the latest row stands in after its end."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.rows is None) == (self.csv is None):
            raise ValueError("give either `rows` or `csv`")
        return self


class CoalEntry(Strict):
    """Standard coal per unit of a carrier: kgce."""

    coal: str = Field(min_length=1, description="The key that flows name.")
    basis: Literal["equivalent", "primary"] = Field(description="当量 or 等价.")
    arrears: bool = Field(default=False, description="The latest row stands in after its end.")
    unit: str = Field(min_length=1, description="kgce/kWh, kgce/Nm3, tce/t …")
    rows: list[Row] = Field(description="Its values; the key is `kgce`.")


class FlowEntry(Strict):
    """A flow: a carrier and how it is obtained or used (R7)."""

    flow: str = Field(min_length=1, description="Its name, as meters.csv uses it.")
    carrier: str = Field(min_length=1, description="electricity, natural_gas, steam …")
    unit: str = Field(min_length=1, description="Native unit.")
    scope: Literal["1", "2", "3", "-"] = Field(
        default="-", description="Scope, where the standard does not say another."
    )
    role: Literal["use", "export", "process"] = Field(
        default="use", description="export: -1 in consumption; process: no consumption."
    )
    factor: str = Field(default="", description="Factor key; default the flow's own name.")
    coal: str = Field(default="", description="Key in standard coal; empty: not counted there.")
    name: Name = Field(default={}, description="Names by language: {en: …, zh: …}.")

    @model_validator(mode="before")
    @classmethod
    def _scope_is_text(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("scope"), int):
            return {**value, "scope": str(value["scope"])}
        return value


class Standard(Strict):
    """An accounting standard (R7, R8)."""

    name: Name = Field(default={})
    deducts: bool = Field(default=False, description="What is sold is deducted.")
    arrears: bool = Field(default=False, description="Published in arrears: a row may stand in.")
    variant: str = Field(default="average", description="The variant of the location view.")
    residual: str = Field(default="", description="The variant of the market view, if any.")
    takes: dict[str, list[str]] = Field(
        default={}, description="Standard -> the factor keys whose rows are taken of it."
    )
    scopes: dict[str, Literal["1", "2", "3", "-"]] = Field(default={}, description="Flow -> scope.")
    notes: str = ""


class Region(Strict):
    """A region by its code; without `parent`: the code without its last `-` part."""

    parent: str = ""
    name: Name = Field(default={})


class Gas(Strict):
    """Global warming potential of a gas in a set."""

    value: Exact
    source: str = ""
    document: str = ""
    evidence: Evidence = "official"


class Release(Strict):
    """A release of the library."""

    release: str
    published: str
    notes: str = ""
