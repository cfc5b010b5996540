"""The scanners and the exact path give identical results on arbitrary lines; nothing is lost."""

from __future__ import annotations

import json
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reading import Decoded, Rank
from streams.collect import SourceRules
from streams.collect.exact import Case
from streams.collect.gather import Gathering
from streams.collect.text_csv import _entry
from streams.collect.text_json import text_entries
from tests.collect.world import collector, frame

COLLECTOR = collector()
HEADER = [
    "meter",
    "start",
    "end",
    "quantity",
    "unit",
    "quality",
    "revision",
    "author",
    "reason",
    "site",
]
RULES = [
    SourceRules(),
    SourceRules(may=frozenset(Rank), align_s=30),
    SourceRules(revision="17", may=frozenset({Rank.EDITED, Rank.MEASURED})),
]

METERS = st.sampled_from(
    ["M1/import", "M2", "0012345", "水-1", "moved", "hourly", "M9", "", "M1/impor"]
)
TIMES = st.sampled_from(
    [
        "2026-11-20T08:00:00+08:00",
        "2026-11-20T00:15:00Z",
        "2026-11-20T00:15:20Z",
        "2026-11-20T00:15:00.5Z",
        "2026-02-10T00:00:00-03:30",
        "2026-02-29T00:00:00Z",
        "2024-02-29T00:00:00Z",
        "2026-11-20 08:30:00+08:00",
        "2026-11-20T24:00:00+08:00",
        "2026-11-20T08:30:00",
        "1999-12-31T00:00:00Z",
        "2099-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "",
    ]
)
QUANTITIES = st.one_of(
    st.decimals(-10, 2 * 10**9, places=3).map(str),
    st.decimals(0, 1000, places=9).map(lambda number: f"{number:f}"),
    st.integers(0, 10**20).map(str),
    st.sampled_from(
        ["", "0", "-0", "1e3", "1e400", "NaN", "01", "1.", ".5", "1_0", "1000000000.0000001"]
    ),
)
UNITS = st.sampled_from(["kWh", "MWh", "Wh", "GJ", "Nm3", "ton", "kwh", "万kWh", ""])
QUALITIES = st.sampled_from(
    ["measured", "estimated", "declared", "edited", "apportioned", "good", ""]
)
REVISIONS = st.one_of(st.integers(0, 2**54), st.sampled_from([0, 7]))
WORDS = st.sampled_from(["li", " ", "", "x y", "雨"])


@st.composite
def rows(draw: st.DrawFn) -> dict[str, object]:
    row: dict[str, object] = {
        "meter": draw(METERS),
        "start": draw(TIMES),
        "end": draw(TIMES),
        "quantity": draw(QUANTITIES),
        "unit": draw(UNITS),
        "quality": draw(QUALITIES),
        "revision": draw(REVISIONS),
        "author": draw(WORDS),
        "reason": draw(WORDS),
        "site": draw(WORDS),
    }
    names = draw(st.permutations(list(row)))
    kept = names[: draw(st.integers(3, len(names)))]
    return {name: row[name] for name in kept}


@st.composite
def json_line(draw: st.DrawFn) -> bytes:
    row = draw(rows())
    bare = draw(st.booleans())
    text = json.dumps(row, ensure_ascii=draw(st.booleans()))
    if bare and isinstance(row.get("quantity"), str) and row["quantity"]:
        text = text.replace(f'"{row["quantity"]}"', str(row["quantity"]))
    return draw(damaged(text.encode()))


@st.composite
def damaged(draw: st.DrawFn, line: bytes) -> bytes:
    """The line, sometimes with a byte changed, a piece cut out, or its end lost."""
    kind = draw(st.integers(0, 5))
    if kind > 2 or not line:
        return line
    at = draw(st.integers(0, len(line) - 1))
    if kind == 0:
        byte = draw(st.sampled_from(b'{}[]",:0 9.eE+-\\\x00\x7f\xff\xe6\t\rTZ'))
        return line[:at] + bytes([byte]) + line[at + draw(st.integers(0, 1)) :]
    if kind == 1:
        return line[:at] + line[draw(st.integers(at, len(line))) :]
    return line[:at]


@st.composite
def csv_line(draw: st.DrawFn) -> bytes:
    row = draw(rows())
    cells = [str(row.get(name, "")) for name in HEADER]
    quoted = draw(st.sets(st.integers(0, len(HEADER) - 1)))
    cells = [f'"{cell}"' if place in quoted else cell for place, cell in enumerate(cells)]
    return draw(damaged(",".join(cells).encode()))


def plain(decoded: Decoded) -> tuple[list, list, int, dict, int]:
    r = decoded.readings
    columns = (r.slot, r.start, r.end, r.quantity, r.rank, r.revision)
    readings = sorted(zip(*(column.tolist() for column in columns), strict=True))
    rejects = [(one.position, one.reason, one.message, one.payload) for one in decoded.rejects]
    sums = {flow: Fraction(text) for flow, text in decoded.rounded_sum.items()}
    return readings, rejects, decoded.rounded, sums, decoded.aligned


def slowly(payload: bytes, rules: SourceRules, source: str, line: int, entries) -> Decoded:
    one = frame(payload, source, line)
    case = Case(one.received_us, rules.may, rules.align_s, None, 17 if rules.revision else 0)
    into = Gathering(one, COLLECTOR._known[0], case)
    into.judge_all(lambda: entries)
    return into.decoded()


@settings(max_examples=300)
@given(st.lists(json_line(), max_size=8), st.sampled_from(RULES))
def test_json_lines(lines: list[bytes], rules: SourceRules) -> None:
    payload = b"\n".join(lines)
    fast = COLLECTOR.decode(frame(payload, "a.jsonl"), rules) if payload else None
    entries = [
        entry
        for number, line in enumerate(lines, 1)
        if line.strip(b" \t\r")
        for entry in text_entries(line, f"line {number}")
    ]
    slow = slowly(payload, rules, "a.jsonl", 1, entries)
    if fast is not None:
        assert plain(fast) == plain(slow)
        assert len(fast.readings) + len(fast.rejects) == len(entries)


@settings(max_examples=300)
@given(st.lists(csv_line(), max_size=8), st.sampled_from(RULES), st.sampled_from([b"\n", b"\r\n"]))
def test_csv_lines(lines: list[bytes], rules: SourceRules, end: bytes) -> None:
    payload = end.join([",".join(HEADER).encode(), *lines])
    fast = COLLECTOR.decode(frame(payload, "a.csv", 2), rules)
    kept = [(number, line) for number, line in enumerate(lines, 2) if line.strip(b"\r")]
    if end == b"\r\n":
        lines = [line + b"\r" for line in lines]
        last = len(lines) + 1
        kept = [(n, line + (b"\r" if n < last else b"")) for n, line in kept]
    slow = slowly(
        payload,
        rules,
        "a.csv",
        2,
        [_entry(line, HEADER, f"line {number}") for number, line in kept],
    )
    assert plain(fast) == plain(slow)
    assert len(fast.readings) + len(fast.rejects) == len(kept)


@given(
    st.binary(max_size=400), st.sampled_from(["a.jsonl", "a.json", "a.csv", "a.parquet", "a.arrow"])
)
def test_arbitrary_bytes_end_in_rejects(payload: bytes, source: str) -> None:
    decoded = COLLECTOR.decode(frame(payload, source), SourceRules())
    assert len(decoded.readings) == 0
    for reject in decoded.rejects:
        reject.payload.encode()
        reject.message.encode()
        assert len(reject.payload) <= 2000


@settings(max_examples=200)
@given(json_line(), json_line(), st.data())
def test_a_reading_is_never_completed_by_its_neighbour(
    a: bytes, b: bytes, data: st.DataObject
) -> None:
    """A line cut anywhere changes nothing about the line after it."""
    good = b'{"meter": "M1/import", "start": "2026-11-20T08:00:00+08:00", "quantity": 12.345}'
    half = good[: data.draw(st.integers(1, len(good) - 1))]
    alone = COLLECTOR.decode(frame(b), SourceRules()) if b.strip(b" \t\r") else None
    decoded = COLLECTOR.decode(frame(half + b"\n" + b), SourceRules())
    assert decoded.rejects[0].position == "line 1"
    if alone is not None:
        assert len(decoded.readings) == len(alone.readings)
        assert len(decoded.rejects) == len(alone.rejects) + 1
