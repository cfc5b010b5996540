"""The floor below the pipeline: files to checked readings, one core, nothing booked.

`python -m benchmarks.decode [readings]` writes files of each form into `.bench/decode` and prints
readings per second and core: reading the file, decoding its frames, and both.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.compiled import FOREVER, Compiled, MeterFacts
from schemas.factor import Flow
from schemas.reading import Frame
from streams.collect import Collector, SourceRules
from topologies.files import File, read_frames

METERS = 20_000
FOLDER = Path(".bench/decode")
BEGIN = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
RECEIVED_US = (BEGIN + 400 * 86_400) * 1_000_000
CHINA = timezone(timedelta(hours=8))
IDS = [f"WX-{number:05d}/import" for number in range(METERS)]


def registry() -> Compiled:
    slots, none = np.arange(METERS, dtype=np.int32), np.zeros(0, np.int64)
    facts = MeterFacts(
        slot=slots,
        since=np.full(METERS, -FOREVER),
        until=np.full(METERS, FOREVER),
        multiplier_num=[1] * METERS,
        multiplier_den=[1] * METERS,
        unit=["kWh"] * METERS,
    )
    quarter = np.full(METERS, 900, np.int32)
    return Compiled(
        meters=IDS, meter_flow=np.zeros(METERS, np.int32), meter_cell_s=quarter,
        meter_interval_s=quarter, facts=facts, entities=[], levels=[], flows=["grid_import"],
        tree_entity=none, tree_parent=none, tree_since=none, tree_until=none, class_entity=none,
        class_upper=none, class_supplied=none, class_flow=none, class_region=[], class_contract=none,
        member_slot=none, member_class=none, member_weight=none, member_since=none, member_until=none,
    )  # fmt: skip


def table(readings: int, quantity: pa.DataType) -> pa.Table:
    """All meters, interval after interval; quantities of three decimals."""
    slot = np.arange(readings) % METERS
    start = BEGIN + np.arange(readings) // METERS * 900
    milli = np.random.default_rng(1).integers(0, 50_000, readings)
    instant = pa.timestamp("us", "UTC")
    amount = pa.array(milli * 1000)
    if pa.types.is_decimal(quantity):
        words = np.zeros((readings, 2), np.int64)
        words[:, 0] = milli
        amount = pa.Array.from_buffers(quantity, readings, [None, pa.py_buffer(words)])
    return pa.table(
        {
            "meter": pa.DictionaryArray.from_arrays(pa.array(slot.astype(np.int32)), pa.array(IDS)),
            "start": pa.array(start * 1_000_000).view(instant),
            "end": pa.array((start + 900) * 1_000_000).view(instant),
            "quantity": amount,
            "quality": pa.DictionaryArray.from_arrays(
                np.zeros(readings, np.int8), pa.array(["measured"])
            ),
            "revision": pa.array(np.zeros(readings, np.int64)),
        }
    )


def arrow(path: Path, rows: pa.Table, frame: int) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=frame)


def text_rows(readings: int) -> Iterator[tuple[str, str, str, str]]:
    milli = np.random.default_rng(1).integers(0, 50_000, readings).tolist()
    for number in range(readings):
        start = BEGIN + number // METERS * 900
        if number % METERS == 0:
            begin = datetime.fromtimestamp(start, CHINA).isoformat()
            end = datetime.fromtimestamp(start + 900, CHINA).isoformat()
        yield IDS[number % METERS], begin, end, f"{milli[number] / 1000:.3f}"


def write_json(path: Path, readings: int) -> None:
    with path.open("w") as file:
        for meter, start, end, quantity in text_rows(readings):
            file.write(
                f'{{"meter": "{meter}", "start": "{start}", "end": "{end}", "quantity": "{quantity}", '
                '"unit": "kWh", "quality": "measured", "revision": 0}\n'
            )


def write_csv(path: Path, readings: int) -> None:
    with path.open("w") as file:
        file.write("meter,start,end,quantity,unit,quality,revision\n")
        for row in text_rows(readings):
            file.write(",".join(row) + ",kWh,measured,0\n")


def forms(readings: int) -> dict[str, tuple[str, Callable[[Path], None]]]:
    micro, exact = pa.int64(), pa.decimal128(38, 3)
    text = readings // 4
    return {
        "Parquet, int64": (
            "int.parquet",
            lambda path: pq.write_table(table(readings, micro), path),
        ),
        "Parquet, decimal128": (
            "dec.parquet",
            lambda path: pq.write_table(table(readings, exact), path),
        ),
        "Arrow": ("whole.arrow", lambda path: arrow(path, table(readings, micro), 500_000)),
        "Arrow, frames of 1,000": (
            "small.arrow",
            lambda path: arrow(path, table(readings, micro), 1_000),
        ),
        "JSON lines": ("a.jsonl", lambda path: write_json(path, text)),
        "CSV": ("a.csv", lambda path: write_csv(path, text)),
    }


def cpu(work: Callable[[], object]) -> float:
    """The least CPU seconds of three runs."""
    best = float("inf")
    for _ in range(3):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return best


def main(readings: int = 2_000_000) -> None:
    pa.set_cpu_count(1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    flow = Flow("grid_import", "electricity", "2", "kWh", 1, 1)
    collector = Collector(
        registry(), {"grid_import": flow}, lambda _unit, _native: Fraction(1), BEGIN
    )
    rules = SourceRules()
    gc.disable()
    print(f"{'form':<24}{'read':>10}{'decode':>10}{'both':>10}   million readings/s and core")
    for form, (name, write) in forms(readings).items():
        path = FOLDER / name
        write(path)
        file = File(path, name, RECEIVED_US)
        frames = list(read_frames(file))

        def decode(frames: list[Frame] = frames) -> int:
            return sum(len(collector.decode(frame, rules).readings) for frame in frames)

        count = decode()
        read = cpu(lambda file=file: list(read_frames(file)))
        took = cpu(decode)
        print(
            f"{form:<24}{count / read / 1e6:>10.1f}{count / took / 1e6:>10.1f}"
            f"{count / (read + took) / 1e6:>10.1f}"
        )
        path.unlink()


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:]))
