"""Asking the process that has the tables open: a Unix socket in the workspace, reading only.

chDB lets one process open a folder. While `run` holds it, a thread there answers; else the asking
process opens the folder itself, for as long as the answer takes. Who holds it is told by a lock
(`flock`), which the system releases with the process: what a crash leaves is never in the way.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sinks import reading
from sinks.chdb_tables import Tables, folder_of, var_of
from sinks.errors import SinkError, writing

SOCKET = "everygram.sock"
LOCK = "everygram.lock"
PATH_BYTES = 100
"""A socket's path may have some 104 bytes; a longer one lies in a temporary folder."""

DATA, FAILED, END = b"D", b"E", b"Z"
HEAD = struct.Struct(">cI")
QUESTION_S, QUESTION_BYTES = 10.0, 16 << 20
"""A question is asked within so many seconds, in so many bytes."""

AT_ONCE = 8
"""Questions answered at the same time; more wait."""


class NobodyHomeError(Exception):
    """No process answers at this socket."""


class HeldError(SinkError):
    """Another process holds the workspace."""


@contextmanager
def hold(folder: Path, *, wait_s: float = 10.0) -> Iterator[None]:
    """Hold the workspace's `var` folder: one process at a time. SinkError tells who has it."""
    with writing("locking the workspace", folder):
        folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _lock(fd, folder, wait_s)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(fd)


def _lock(fd: int, folder: Path, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                pid = os.pread(fd, 32, 0).decode().strip() or "unknown"
                what = f"another process (pid {pid}) holds this workspace"
                remedy = "wait until it ends, or end it; `everygram query` works meanwhile"
                raise HeldError(what, str(folder), remedy) from None
        time.sleep(0.05)


class Server:
    """Answers questions to `tables` at `path` until `close`; see `serve`."""

    def __init__(self, tables: Tables, path: Path) -> None:
        self._tables = tables
        self._path = path
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._open: set[socket.socket] = set()
        self._listener = socket.socket(socket.AF_UNIX)
        with writing("opening the socket for queries", path):
            address = _address_to_bind(path)
            Path(address).unlink(missing_ok=True)
            self._listener.bind(address)
            os.chmod(address, 0o600)
            self._listener.listen(16)
        self._address = address
        self._thread = threading.Thread(target=self._accept, name="asking", daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(peer)
            threading.Thread(target=self._answer, args=(peer,), daemon=True).start()

    def _answer(self, peer: socket.socket) -> None:
        """Answer one question. Who asks nonsense, or nothing in time, gets no answer."""
        with suppress(OSError, ValueError, LookupError, TypeError), peer:
            peer.settimeout(QUESTION_S)
            question = json.loads(_receive(peer, QUESTION_BYTES)[1])
            sql, fmt = str(question["sql"]), str(question["format"])
            peer.settimeout(None)
            with self._room:
                try:
                    for piece in self._tables.stream(sql, fmt):
                        _send(peer, DATA, piece)
                    _send(peer, END, b"")
                except SinkError as error:
                    said = [error.what, error.where, error.remedy]
                    _send(peer, FAILED, json.dumps(said).encode())
        self._open.discard(peer)

    def close(self) -> None:
        """Stop answering; who is being answered sees the end of the process."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for peer in list(self._open):
            with suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
        Path(self._address).unlink(missing_ok=True)
        if self._address != str(self._path):
            self._path.with_suffix(".at").unlink(missing_ok=True)
            with suppress(OSError):
                Path(self._address).parent.rmdir()


def serve(tables: Tables, path: Path) -> Server:
    """Answer questions at the socket `path` in threads of this process, which holds the workspace.

    A socket that a killed process left is replaced.
    """
    return Server(tables, path)


def ask(path: Path, sql: str, fmt: str) -> Iterator[bytes]:
    """The answer of the process that serves at `path`, in pieces. NobodyHomeError where none does."""
    with socket.socket(socket.AF_UNIX) as peer:
        try:
            peer.connect(_address_to_ask(path))
            _send(peer, DATA, json.dumps({"sql": sql, "format": fmt}).encode())
        except OSError as error:
            raise NobodyHomeError(str(path)) from error
        while True:
            try:
                kind, data = _receive(peer)
            except OSError as error:
                what = "the process that was answering has ended"
                raise SinkError(what, str(path), "ask again") from error
            if kind == END:
                return
            if kind == FAILED:
                raise SinkError(*json.loads(data))
            yield data


def query_books(
    root: Path, sql: str, fmt: str, *, address: str = "chdb:var/books", wait_s: float = 30.0
) -> Iterator[bytes]:
    """The answer from the workspace `root`, whoever has its tables open, in pieces.

    Another process that is just opening or closing them is waited for.
    """
    var, folder = var_of(root), folder_of(address, root)
    if not folder.is_dir():
        raise SinkError("there are no books yet", str(folder), "run `everygram run` first")
    deadline = time.monotonic() + wait_s
    while True:
        with suppress(NobodyHomeError):
            yield from ask(var / SOCKET, sql, fmt)
            return
        try:
            with hold(var, wait_s=0.2):
                yield from reading.answer(folder, sql, fmt, var)
                return
        except HeldError:
            if time.monotonic() > deadline:
                raise


def _address_to_bind(path: Path) -> str:
    if len(os.fsencode(path)) <= PATH_BYTES:
        return str(path)
    address = str(Path(tempfile.mkdtemp(prefix="everygram-")) / SOCKET)
    path.with_suffix(".at").write_text(address)
    return address


def _address_to_ask(path: Path) -> str:
    if len(os.fsencode(path)) <= PATH_BYTES:
        return str(path)
    return path.with_suffix(".at").read_text()


def _send(peer: socket.socket, kind: bytes, data: bytes) -> None:
    for start in range(0, max(len(data), 1), 1 << 30):
        piece = memoryview(data)[start : start + (1 << 30)]
        peer.sendall(HEAD.pack(kind, len(piece)))
        peer.sendall(piece)


def _receive(peer: socket.socket, most: int = 1 << 30) -> tuple[bytes, bytes]:
    """One piece of at most `most` bytes. ConnectionError where the other side is gone."""
    kind, length = HEAD.unpack(_exactly(peer, HEAD.size))
    if length > most:
        raise ValueError(f"{length} bytes in one piece")
    return kind, _exactly(peer, length)


def _exactly(peer: socket.socket, length: int) -> bytes:
    got = bytearray()
    while len(got) < length:
        piece = peer.recv(min(length - len(got), 1 << 20))
        if not piece:
            raise ConnectionResetError("the other side is gone")
        got += piece
    return bytes(got)
