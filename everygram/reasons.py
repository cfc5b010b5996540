"""What each reject reason means and what to do about it, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.reading import Reason


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason in words."""

    meaning: str
    remedy: str


EXPLAINED: dict[Reason, Explained] = {
    Reason.UNKNOWN_DECODER: Explained(
        "The file is of a form that nothing here reads.",
        "Name it .csv, .jsonl, .parquet or .arrow (.gz and .zst too), or give its source a mapping.",
    ),
    Reason.MALFORMED: Explained(
        "It cannot be read: broken text, a cut file, a wrong header, a field that is missing or of "
        "the wrong type.",
        "Look at the payload; send the record or the file again. Does a whole file fail, then its "
        "source needs a mapping.",
    ),
    Reason.NOT_A_NUMBER: Explained(
        "The quantity is no finite number: NaN, infinity, words, or out of all range.",
        "Send it as a decimal. If the text stands for a missing value, list it in the mapping's "
        "`missing`.",
    ),
    Reason.NOT_ALLOWED: Explained(
        "The source gives a quality that it may not give; edits are taken only where that is said.",
        "Correct the source, or allow it: `may: [edited]` at that source in everygram.yaml.",
    ),
    Reason.UNKNOWN_METER: Explained(
        "The registry has no meter of this id.",
        "Add the meter to registry/meters.csv, or correct the id (it is text: 007 is not 7).",
    ),
    Reason.UNIT_MISMATCH: Explained(
        "The unit has no exact ratio to the native unit of the meter's flow, or means several.",
        "Write the exact unit (Nm3, t_short, …), or give the meter the flow that is metered in it.",
    ),
    Reason.NAIVE_TIME: Explained(
        "A local time without offset, or one that the clock skipped or showed twice.",
        "Send times with offset, or declare the source's `zone`.",
    ),
    Reason.BAD_INTERVAL: Explained(
        "The interval is empty, reversed, or does not lie on the grid of its meter.",
        "Correct the meter's `interval`; if the source's clock is off by a little, declare `align: "
        "30s`.",
    ),
    Reason.OUT_OF_VALIDITY: Explained(
        "The meter was not valid at this time (or it is before the workspace's `since`).",
        "Correct valid_from and valid_to of the meter, or the time of the reading.",
    ),
    Reason.IN_THE_FUTURE: Explained(
        "The interval ends more than an hour after the reading was received.",
        "Correct the device's clock or zone; `future_tolerance` in everygram.yaml sets the hour.",
    ),
    Reason.NEGATIVE_QUANTITY: Explained(
        "A reading is never negative: what flows back has its own register.",
        "Split import and export into two meters, such as M1/import and M1/export.",
    ),
    Reason.IMPLAUSIBLE: Explained(
        "More than a thousand million native units in one reading.",
        "Look for a wrong unit, or a register value sent as an interval's quantity.",
    ),
}
"""By reason, in order of precedence: the first that holds is the one that is told."""


def reasons_in_text() -> str:
    """All reasons with meaning and remedy."""
    lines = ["A reading is rejected for the first of these reasons that holds:", ""]
    for reason, words in EXPLAINED.items():
        lines += [reason.value, f"    {words.meaning}", f"    {words.remedy}", ""]
    return "\n".join(lines)
