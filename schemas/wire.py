"""A reading as it travels: JSON on a line or in an array, the same names in CSV and Parquet (4.2)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

_DECIMAL = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
_OFFSET = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$"

Decimal = Annotated[
    str,
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": _DECIMAL}, {"type": "number"}]}),
]
Time = Annotated[str, WithJsonSchema({"type": "string", "pattern": _OFFSET})]


class WireReading(BaseModel):
    """An interval reading. Unknown fields are ignored; a missing required one is `malformed`."""

    model_config = ConfigDict(extra="ignore")

    meter: str = Field(description="The meter's id: text, 0012345 keeps its zeros.")
    start: Time = Field(
        description="Start of the interval with its offset; without one the source's zone counts."
    )
    end: Time | None = Field(
        default=None, description="End, excluded; default start + the meter's interval."
    )
    quantity: Decimal | None = Field(
        default=None,
        description="An exact decimal, as text or number; only an edit may leave it out (it voids).",
    )
    unit: str | None = Field(default=None, description="Default the meter's unit.")
    quality: Literal["estimated", "declared", "measured", "edited"] = Field(
        default="measured", description="How the quantity came to be."
    )
    revision: int = Field(
        default=0, ge=0, lt=2**53, description="The higher one stands, at equal quality."
    )
    author: str | None = Field(default=None, description="Of an edit: who made it.")
    reason: str | None = Field(default=None, description="Of an edit: why.")
