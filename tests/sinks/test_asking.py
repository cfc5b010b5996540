"""Asking the process that has the tables open, or opening them: one process at a time."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sinks.asking import LOCK, SOCKET, HeldError, NobodyHomeError, ask, hold, query_books, serve
from sinks.errors import SinkError
from tests.sinks.rows import row, table

RUN = """
import sys, time
from pathlib import Path
from sinks.asking import SOCKET, hold, serve
from sinks.chdb_tables import open_tables
from tests.sinks.rows import row, table
root = Path(sys.argv[1])
with hold(root / "var"):
    tables = open_tables("chdb:var/books", root, "Asia/Shanghai")
    tables.setup()
    tables.write("rollups", table(row(quantity="1.5")))
    server = serve(tables, root / "var" / SOCKET)
    print("ready", flush=True)
    sys.stdin.read()
    server.close()
    tables.close()
"""

REPO = Path(__file__).parents[2]
SQL = "SELECT quantity FROM rollups_current"


@pytest.fixture
def running(tmp_path):
    """Another process that holds a workspace and answers."""
    process = start(tmp_path)
    yield process
    with contextlib.suppress(BrokenPipeError):
        process.communicate()


def start(root: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", RUN, str(root)]
    process = subprocess.Popen(
        command, cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def answer(root: Path, sql: str = SQL, fmt: str = "csv") -> bytes:
    """As another process would ask: chDB opens in a process of its own."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom sinks.asking import query_books\n"
        "for piece in query_books(Path(sys.argv[1]), sys.argv[2], sys.argv[3]):\n"
        "    sys.stdout.buffer.write(piece)\n"
    )
    command = [sys.executable, "-c", code, str(root), sql, fmt]
    return subprocess.run(command, cwd=REPO, check=True, capture_output=True).stdout


def test_the_running_process_answers_and_after_its_end_the_asking_one(tmp_path, running):
    want = b'"quantity"\n1.5\n'
    assert b"".join(query_books(tmp_path, SQL, "csv")) == want
    with pytest.raises(SinkError, match="only reads"):
        list(query_books(tmp_path, "DROP TABLE rollups", "csv"))
    with pytest.raises(SinkError, match="nothing"):
        list(query_books(tmp_path, "SELECT nothing FROM rollups_current", "csv"))
    running.communicate()
    assert answer(tmp_path) == want


def test_a_large_answer_comes_through_the_socket_in_pieces(tmp_path, running):
    sql = "SELECT number, 'some text that makes it long' AS t FROM numbers(500000)"
    pieces = list(query_books(tmp_path, sql, "csv"))
    assert len(pieces) > 3
    assert b"".join(pieces).count(b"\n") == 500001


def test_what_a_killed_process_leaves_is_not_in_the_way(tmp_path):
    process = start(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (tmp_path / "var" / SOCKET).exists()
    with pytest.raises(NobodyHomeError):
        next(ask(tmp_path / "var" / SOCKET, SQL, "csv"))
    assert answer(tmp_path) == b'"quantity"\n1.5\n'
    again = start(tmp_path)
    assert b"".join(query_books(tmp_path, SQL, "csv")) == b'"quantity"\n1.5\n'
    again.communicate()


def test_one_process_holds_a_workspace_and_the_other_is_told_which(tmp_path, running):
    with (
        pytest.raises(HeldError, match=rf"pid {running.pid}\) holds this workspace"),
        hold(tmp_path / "var", wait_s=0.1),
    ):
        pass
    running.communicate()
    with hold(tmp_path / "var", wait_s=0):
        assert (tmp_path / "var" / LOCK).read_text() == f"{os.getpid()}\n"


def test_the_end_of_the_process_within_an_answer_is_an_error(tmp_path, running):
    pieces = query_books(tmp_path, "SELECT number FROM numbers(100000000)", "csv")
    next(pieces)
    running.kill()
    with pytest.raises(SinkError, match="has ended"):
        for _ in pieces:
            pass


def test_a_question_waits_while_another_opens_or_closes_the_tables(tmp_path, running):
    running.communicate()
    with hold(tmp_path / "var"):
        code = "from tests.sinks.test_asking import *; print(answer(Path(sys.argv[1])))"
        command = [sys.executable, "-c", code, str(tmp_path)]
        asking = subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE)
        time.sleep(2)
        assert asking.poll() is None
    out, _ = asking.communicate(timeout=60)
    assert b"1.5" in out


def test_no_books_yet_says_what_to_run(tmp_path):
    with pytest.raises(SinkError, match="everygram run"):
        list(query_books(tmp_path, "SELECT 1", "csv"))
    assert list(tmp_path.iterdir()) == []


def test_a_path_too_long_for_a_socket_is_answered_too(tables, tmp_path):
    tables.write("rollups", table(row(quantity="2")))
    deep = tmp_path / ("d" * 120) / "var"
    deep.mkdir(parents=True)
    server = serve(tables, deep / SOCKET)
    assert json.loads(b"".join(ask(deep / SOCKET, SQL, "json"))) == [{"quantity": "2"}]
    server.close()
    assert list(deep.iterdir()) == []
    with pytest.raises(NobodyHomeError):
        next(ask(deep / SOCKET, SQL, "csv"))


def test_who_says_nothing_or_nonsense_does_not_stop_the_others(tables, tmp_path):
    path = tmp_path / "s.sock"
    server = serve(tables, path)
    silent = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    for peer in silent:
        peer.connect(str(path))
    silent[0].sendall(b"GET / HTTP/1.1\r\n\r\n")
    silent[1].sendall(b"D\x00\x00\x00\x02{}")
    assert b"".join(ask(path, "SELECT 1", "TSV")) == b"1\n"
    server.close()
    for peer in silent:
        peer.close()


def test_the_tables_are_not_used_after_a_fork(tables):
    tables._process -= 1
    try:
        with pytest.raises(SinkError, match="before a fork"):
            tables.write("rollups", table(row()))
        with pytest.raises(SinkError, match="before a fork"):
            tables.query("SELECT 1")
    finally:
        tables._process += 1
