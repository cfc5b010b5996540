"""A disk that fills up stops the run with a clear error, and loses nothing that was committed.

A limit on the size of a file (RLIMIT_FSIZE) stands for the full disk, in a process of its own; a small
tmpfs would need rights that a test has not.
"""

import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]

BEGIN = """
import resource, signal, sys
from pathlib import Path
from sinks.errors import SinkError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
root = Path(sys.argv[1])
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
def full(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
"""

JOURNAL = """
import os
from sinks.journal import Journal, Mark, entries
from sinks.journal_check import check
journal = Journal.open(root / "j", Mark())
journal.append("a", 0, 1, 0, 1, b"committed")
mark = journal.flush()
full(mark.length + 5000)
try:
    for n in range(9):
        journal.append("a", n, n + 1, 0, 1, os.urandom(3000))
        journal.flush()
    print("no error")
except SinkError as error:
    print(error)
path = root / "j" / (mark.segment + ".open")
print("whole", check(root / "j") == [], path.stat().st_size <= mark.length + 5000)
full(most)
journal = Journal.open(root / "j", mark)
print([e.payload for e in entries(root / "j", mark)])
"""

TABLES = """
import numpy as np, pyarrow as pa
from sinks.chdb_tables import open_tables
from tests.sinks.rows import row, table
tables = open_tables("chdb:books", root, "UTC")
tables.setup()
tables.write("rollups", table(row(quantity="1")))
one = table(row(version=2))
noise = np.random.default_rng(0).integers(0, 2**62, (300_000, 2))
noise[:, 1] >>= 20
rows = one.take(np.zeros(len(noise), int)).combine_chunks()
def put(name, buffer):
    field = one.schema.field(name)
    column = pa.Array.from_buffers(field.type, len(noise), [None, pa.py_buffer(buffer)])
    return rows.set_column(rows.schema.get_field_index(name), field, column)
rows = put("quantity", noise)
rows = put("start", np.arange(len(noise)) * 4)
full(1_000_000)
try:
    tables.write("rollups", rows)
    print("no error")
except SinkError as error:
    print(error)
full(most)
print("before", tables.query("SELECT count() FROM rollups_current WHERE version = 1", "TSV"))
tables.write("rollups", rows)
tables.write("rollups", rows)
print("after", tables.query("SELECT count() FROM rollups_current WHERE version = 2", "TSV"))
tables.close()
"""


def run(code: str, root: Path) -> str:
    command = [sys.executable, "-c", BEGIN + code, str(root)]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_journal_says_so_and_stays_whole(tmp_path):
    out = run(JOURNAL, tmp_path).splitlines()
    assert "writing the journal failed: File too large" in out[0]
    assert "ulimit -f" in out[0]
    assert out[1] == "whole True True"
    assert out[2] == "[b'committed']"


@pytest.mark.slow
def test_the_tables_say_so_and_the_same_rows_again_are_all_there(tmp_path):
    out = run(TABLES, tmp_path).splitlines()
    assert "rows for rollups were cut off on their way to the disk" in out[0]
    assert "free some space" in out[0]
    assert out[1:] == [r"before b'1\n'", r"after b'300000\n'"]
