"""What the workspace says about a source of readings, as `collect` needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from schemas.mapping import Mapping
from schemas.reading import QUALITIES, Rank
from schemas.settings import FileSource

OWN_DECODER = "everygram"
"""The decoder of the contract's own forms (design 4.2)."""

MAY_BY_DEFAULT = frozenset({Rank.ESTIMATED, Rank.DECLARED, Rank.MEASURED})
"""Ranks taken from a source that names none (R3): edits only where the workspace allows them."""


@dataclass(frozen=True, slots=True)
class SourceRules:
    """How the readings of one source are to be understood.

    `decoder` is `everygram` or a mapping · `zone` the clock of its naive local times (None: they are
    refused, R1) · `may` the ranks it may give (R3) · `align_s` how far a time may be off the grid to
    be moved onto it (R4) · `revision` the template of what stands for the revision of readings that
    carry none, `file_name` the pattern whose groups it may name.
    """

    decoder: str | Mapping = OWN_DECODER
    zone: tzinfo | None = None
    may: frozenset[Rank] = MAY_BY_DEFAULT
    align_s: int = 0
    revision: str | None = None
    file_name: str | None = None

    @classmethod
    def of(cls, source: FileSource) -> SourceRules:
        """The rules of a source of the settings; a mapping's file must be resolved before."""
        return cls(
            decoder=source.decoder,
            zone=source.zone,
            may=frozenset(Rank(QUALITIES.index(name)) for name in source.may),
            align_s=source.align or 0,
            revision=source.revision,
            file_name=source.file_name,
        )

    @property
    def whole_files(self) -> bool:
        """A file must be one frame: its naive times are resolved by the order of its rows (R1)."""
        return self.zone is not None or isinstance(self.decoder, Mapping)
