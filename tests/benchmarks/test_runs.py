"""Every benchmark runs, checks its own result, and is told: on a city of a few hundred meters."""

import json
import re
import sys

import pyarrow as pa
import pytest

from benchmarks import checks, docs, results
from benchmarks.__main__ import main
from benchmarks.child import RUNS
from benchmarks.plan import QUICK, benches
from benchmarks.watch import Memory, Stages, anonymous_kb

TINY = ["--meters", "400", "--days", "1", "--year-days", "2", "--larger", "450", "--rounds", "1"]
ONE_OF_EACH = [
    "parquet-few",
    "arrow-few",
    "json",
    "decode-json",
    "duckdb",
    "chdb",
    "year",
    "start-up",
]


def _burn():
    return sum(i * i for i in range(200_000))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory and CPU are read from /proc")
def test_every_benchmark_runs_and_is_written_down(tmp_path):
    assert main([*ONE_OF_EACH, *TINY, "--folder", str(tmp_path)]) == 0
    told = results.load(tmp_path / "results.json")
    assert {bench["run"] for bench in told["benches"].values()} == set(RUNS)
    for bench in told["benches"].values():
        assert len(bench["rounds"]) == 1
    page = docs.page(told)
    assert "None" not in page
    for bench in told["benches"].values():
        if bench["run"] == "ingest":
            assert bench["title"] in page
            stages = bench["rounds"][0]["stages"]
            assert set(stages) == set(docs.STAGES)
            assert sum(stages.values()) == pytest.approx(bench["rounds"][0]["cpu_s_per_million"])
            assert bench["rounds"][0]["rows_per_reading"] > 0.1


def test_every_run_that_is_planned_exists():
    planned = benches(QUICK)
    assert {b.run for b in planned} == set(RUNS)
    assert len({b.name for b in planned}) == len(planned)


def test_an_unknown_name_is_told(capsys, tmp_path):
    assert main(["nonsense", "--folder", str(tmp_path)]) == 2
    assert "parquet-few" in capsys.readouterr().out


def test_a_wrong_figure_is_not_timed():
    truth = pa.table({"entity": ["a", "b"], "flow": ["f", "f"], "start": [0, 0], "q": [1, None]})
    assert checks.equal_tables("t", truth.take([1, 0]), truth) == 2
    for wrong in ([2, None], [1, 1], [None, 1]):
        with pytest.raises(checks.WrongError, match="the truth is"):
            checks.equal_tables("t", truth.set_column(3, "q", pa.array(wrong)), truth)
    with pytest.raises(checks.WrongError, match="rows"):
        checks.equal_tables("t", truth.slice(0, 1), truth)


def test_a_stage_is_charged_without_the_stages_inside_it():
    stages = Stages()
    inner = stages.timed("inner", _burn)
    stages.timed("outer", lambda: inner() and None)()
    assert list(stages.iterated("steps", lambda: iter([1, 2]))()) == [1, 2]
    assert stages.cpu["inner"] > 10 * stages.cpu["outer"] > 0


def test_the_peak_of_memory_is_seen():
    if not sys.platform.startswith("linux"):
        pytest.skip("memory is read from /proc")
    with Memory() as memory:
        held = bytearray(b"x") * (200 << 20)
        kept = anonymous_kb()
        del held
    assert memory.peak_mb - memory.start_mb > 150
    assert kept / 1024 <= memory.peak_mb + 50


def test_results_say_median_and_span_and_whether_it_was_reached(tmp_path):
    bench = {"target": 5e6, "figure": "rate", "rounds": [{"rate": r * 1e6} for r in (4, 6, 5)]}
    assert results.spanned(bench, "rate") == "5.00 M/s (4.00 M/s to 6.00 M/s)"
    assert results.reached(bench) is True
    assert results.reached(bench | {"target": 5.1e6}) is False
    late = {"target": 15, "figure": "visible_s", "rounds": [{"visible_s": 16.0}]}
    assert results.reached(late) is False
    assert results.target(late) == "15 s"
    path = tmp_path / "results.json"
    kept = results.Results(path, QUICK)
    kept.add(benches(QUICK)[0], {"rate": 1.0})
    again = results.Results(path, QUICK)
    again.add(benches(QUICK)[1], {"rate": 2.0})
    assert len(json.loads(path.read_text())["benches"]) == 2
    assert re.search(r"1\.00|0\.00 M/s", results.text_table(results.load(path)))
