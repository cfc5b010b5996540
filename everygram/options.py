"""Kinds of options that several commands have."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

Flag = Annotated[bool, Parameter(negative=(), show_default=False)]
"""Said or not said."""
Answer = Annotated[Literal["table", "csv", "json"], Parameter(alias="-o")]
"""How rows are put on stdout."""
Report = Annotated[Literal["text", "json"], Parameter(alias="-o")]
"""How a report is put on stdout."""
