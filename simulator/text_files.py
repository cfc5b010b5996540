"""Readings as JSON lines and CSV: columns of pieces joined by Arrow, odd lines one by one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reading import QUALITIES
from simulator.broken import Line, Page
from simulator.exact import decimals
from simulator.stories import LONGEST

CHINA = timezone(timedelta(hours=8))
HEADER = "meter,start,end,quantity,unit,quality,revision"
REVISIONS = 3


@dataclass(frozen=True, slots=True)
class Form:
    """How a line is put together: what stands before and between its fields."""

    before: str
    start: str
    end: str
    quantity: str
    unit: str
    quality: str
    revision: str
    after: str


JSONL = Form(
    '{"meter": "', '", "start": "', '", "end": "', '", "quantity": "', '", "unit": "',
    '", "quality": "', '", "revision": ', "}\n",
)  # fmt: skip
CSV = Form("", *(",",) * 6, "\n")


def write_text(path: Path, page: Page, *, form: Form) -> None:
    """Write the readings, a line for each."""
    every = _bulk(page, form)
    if page.bad:
        odd = pa.array([line_text(x, form) for x in page.bad], pa.large_string())
        every = pa.concat_arrays([every, odd]).take(pa.array(page.order()))
    _, ends, data = every.buffers()
    last = int(np.frombuffer(ends, dtype=np.int64)[every.offset + len(every)])
    first = int(np.frombuffer(ends, dtype=np.int64)[every.offset])
    with path.open("wb") as out:
        if form is CSV:
            out.write(f"{HEADER}\n".encode())
        if last > first:
            out.write(memoryview(data)[first:last])


def _bulk(page: Page, form: Form) -> pa.LargeStringArray:
    """The good readings' lines: meter, times, number, rest, each piece taken from a short table."""
    block, sent, zero = page.block, page.sent, page.zero
    text = pa.large_string()
    heads = pa.array([f"{form.before}{m.id}{form.start}" for m in block.meters], text)
    first = int(sent.start.min()) if len(sent) else 0
    slots = int(sent.start.max()) - first + 1 if len(sent) else 0
    stamps = [iso(zero + (first + k) * 900) for k in range(slots + LONGEST)]
    times = pa.array(
        [
            f"{stamps[k]}{form.end}{stamps[k + n]}{form.quantity}"
            for k in range(slots)
            for n in range(1, LONGEST + 1)
        ],
        text,
    )
    units = sorted({m.shown_unit for m in block.meters})
    tails = pa.array(
        [
            f"{form.unit}{u}{form.quality}{q}{form.revision}{r}{form.after}"
            for u in units
            for q in QUALITIES
            for r in range(REVISIONS)
        ],
        text,
    )
    unit = np.array([units.index(m.shown_unit) for m in block.meters])
    tail = (unit[sent.row] * len(QUALITIES) + sent.rank) * REVISIONS + sent.revision
    return pc.binary_join_element_wise(
        heads.take(pa.array(sent.row)),
        times.take(pa.array((sent.start - first) * LONGEST + sent.length - 1)),
        decimals(page.shown(), pa.decimal128(18, 6)).cast(text),
        tails.take(pa.array(tail)),
        pa.scalar("", text),
    )


def line_text(x: Line, form: Form, more: tuple[str, str] | None = None) -> str:
    """One line; `more` are an edit's author and reason."""
    start, end = (iso(t, naive=x.naive) for t in (x.start, x.end))
    number = x.text or ("" if x.number is None else plain(x.number))
    if form is CSV:
        fields = [x.meter or "", start, end, number, x.unit, x.quality, str(x.revision)]
        return ",".join([*fields, *(more or ())]) + "\n"
    record: dict[str, object] = {"meter": x.meter or "WX-", "start": start, "end": end}
    if number:
        record["quantity"] = number
    record |= {"unit": x.unit, "quality": x.quality, "revision": x.revision}
    if more:
        record |= {"author": more[0], "reason": more[1]}
    text = json.dumps(record, ensure_ascii=False)
    return (text[: len(text) // 2] if x.cut else text) + "\n"


def iso(epoch: int, *, naive: bool = False) -> str:
    """Local time with its offset (or, wrongly, without)."""
    local = datetime.fromtimestamp(epoch, UTC).astimezone(CHINA)
    return (local.replace(tzinfo=None) if naive else local).isoformat()


def plain(micro: int) -> str:
    """A count of 10**-6 as decimal text."""
    whole, part = divmod(abs(micro), 10**6)
    return f"{'-' if micro < 0 else ''}{whole}.{part:06d}"
