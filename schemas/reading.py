"""What a meter says: ranks, reject reasons, frames, readings as columns (design 2, 4.2, 4.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

QUANTITY_SCALE = 1_000_000
"""A quantity is an Int64 count of 10**-6 native units (R2)."""

QUANTITY_MAX = 10**9 * QUANTITY_SCALE
"""More than 10**9 native units in one reading is `implausible` (R2)."""

REVISION_END = 2**53
"""Revisions are 0 <= revision < 2**53 (R3)."""

VOID = -1
"""The quantity of an edit that carries none: the interval is missing. At a tie a quantity stands."""


class Rank(IntEnum):
    """How a quantity came to be; the higher rank stands (R3)."""

    ESTIMATED = 0
    DECLARED = 1
    APPORTIONED = 2
    MEASURED = 3
    EDITED = 4


QUALITIES = ("estimated", "declared", "apportioned", "measured", "edited")
"""Wire names of the ranks, by rank. `apportioned` is computed (R4) and never taken from a source."""


class Reason(StrEnum):
    """Why a reading was rejected, in order of precedence (design 4.3): the first that holds is told."""

    UNKNOWN_DECODER = "unknown_decoder"
    MALFORMED = "malformed"
    NOT_A_NUMBER = "not_a_number"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN_METER = "unknown_meter"
    UNIT_MISMATCH = "unit_mismatch"
    NAIVE_TIME = "naive_time"
    BAD_INTERVAL = "bad_interval"
    OUT_OF_VALIDITY = "out_of_validity"
    IN_THE_FUTURE = "in_the_future"
    NEGATIVE_QUANTITY = "negative_quantity"
    IMPLAUSIBLE = "implausible"


REGISTRY_REASONS = tuple(list(Reason)[list(Reason).index(Reason.UNKNOWN_METER) :])
"""Rejections that the registry had a say in (unit, interval, validity, multiplier of the meter): judged
again when what it says of the meter changes (R12)."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A block of a file (or one message) as it arrived.

    `source` names the input (`data/2018.csv`), `position` is where the frame starts in it (byte
    offset in the uncompressed text; for Parquet and Arrow the row number), `end` where the next one
    starts, `line` the 1-based number of its first line where the format has lines, `received_us` the
    receipt in microseconds since the epoch (R1). `payload` is text cut at record ends, or a
    RecordBatch of a columnar file. CSV text always begins with the header, so that each frame can be
    read alone; `line` is then that of the first line after it.
    """

    source: str
    position: int
    end: int
    received_us: int
    payload: bytes | pa.RecordBatch
    line: int = 1
    modified_s: int = 0
    """When the file was last changed, epoch seconds: `{file.modified}` of a revision (R3)."""
    problem: str = ""
    """Why the reader could not read on (a cut gzip, a Parquet file without its end): the frame is one
    reject, its payload what was left over."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One reading (or one undecodable frame) that could not be taken, with the reason and the place."""

    reason: Reason
    message: str
    source: str
    position: str
    """`line 17`, `row 4211`, `byte 8192`: where in the source, in the words of its format."""
    payload: str
    """The reading as it came, cut to 2,000 characters, undecodable bytes escaped."""
    received_us: int
    meter: str = ""
    """The meter's id as far as one was read: whose registry rows decide over it (R12)."""


@dataclass(slots=True)
class Readings:
    """Decoded, converted and checked interval readings as columns of equal length.

    slot: int32, the meter's slot · start, end: int64 epoch seconds · quantity: int64 in 10**-6
    native units, rounded once (R2), VOID for a voiding edit · rank: uint8 · revision: int64.
    """

    slot: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    quantity: NDArray[np.int64]
    rank: NDArray[np.uint8]
    revision: NDArray[np.int64]

    def __len__(self) -> int:
        """How many readings."""
        return len(self.slot)


@dataclass(slots=True)
class Decoded:
    """What `collect` made of a frame: readings, rejects, and what it counted on the way.

    received = len(readings) + len(rejects), every copy counted; `rounded` and `rounded_sum` are the
    number of roundings of R2 and their signed sum (rounded - exact) in 10**-6 native units as a
    fraction's text per flow; `aligned` counts readings that `align` moved.
    """

    readings: Readings
    rejects: list[Reject] = field(default_factory=list)
    rounded: int = 0
    rounded_sum: dict[str, str] = field(default_factory=dict)
    aligned: int = 0
