"""Files of readings as frames: blocks of whole lines, or row ranges of columnar files.

A file read anew from the `end` of any frame gives the same readings; the borders of blocks may
differ. One line is one record: a quoted newline in CSV is not understood.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from schemas.reading import Frame
from streams.collect import form_of
from topologies.columnar_files import read_arrow, read_parquet
from topologies.unpack import CHUNK, CutShort, chunks

BLOCK_BYTES = 8 << 20
BLOCK_ROWS = 131_072
LONGEST_LINE = 64 << 20
SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class File:
    """A file of a source: where it is, what the books call it, when it was first opened.

    `whole`: it must be one frame (`SourceRules.whole_files`).
    """

    path: Path
    name: str
    received_us: int
    whole: bool = False

    def frame(
        self, position: int, end: int, payload: bytes, line: int = 1, problem: str = ""
    ) -> Frame:
        """A frame of this file."""
        modified = int(self.path.stat().st_mtime)
        return Frame(
            self.name, position, end, self.received_us, payload, line, modified, problem
        )  # fmt: skip


def discover(root: Path, pattern: str) -> list[Path]:
    """The files of a workspace that a source's glob names, in the order of their paths."""
    return sorted(path for path in root.glob(pattern) if path.is_file())


def read_frames(
    file: File,
    position: int = 0,
    block_bytes: int = BLOCK_BYTES,
    block_rows: int = BLOCK_ROWS,
) -> Iterator[Frame]:
    """The frames of a file from `position` on (where the last frame that was committed ended).

    What cannot be read (a cut gzip, a Parquet file without its end) is one frame with a `problem`,
    after what could be read; an empty file is one empty frame. OSError where it cannot be opened.
    """
    form = form_of(file.name)
    if form == "parquet":
        yield from read_parquet(file, position, block_rows)
    elif form == "arrow":
        yield from read_arrow(file, position, block_rows)
    elif form is None and not file.whole:
        yield from _unknown(file, position)
    elif file.whole or form == "json":
        yield from _whole(file, position)
    else:
        yield from _lines(file, position, block_bytes, header=form == "csv")


def _unknown(file: File, position: int) -> Iterator[Frame]:
    """The beginning of a file of a form that no decoder reads, for its reject."""
    if position == 0:
        with file.path.open("rb") as opened:
            yield file.frame(0, max(1, file.path.stat().st_size), opened.read(SHOWN))


def _whole(file: File, position: int) -> Iterator[Frame]:
    if position > 0:
        return
    parts: list[bytes] = []
    try:
        parts.extend(chunks(file.path))
    except CutShort as error:
        text = b"".join(parts)
        yield file.frame(0, len(text) + 1, text[:SHOWN], problem=str(error))
        return
    text = b"".join(parts)
    yield file.frame(0, max(1, len(text)), text)


def _lines(file: File, position: int, block_bytes: int, header: bool) -> Iterator[Frame]:
    """Blocks of whole lines; a last line without its end counts, unless the file was cut."""
    blocks = _Blocks(file, position, header)
    problem = ""
    try:
        for piece in chunks(file.path, min(CHUNK, block_bytes)):
            blocks.add(piece)
            if blocks.size >= block_bytes:
                yield from blocks.flush()
                if blocks.size > LONGEST_LINE:
                    raise CutShort(f"no line ends within {LONGEST_LINE >> 20} MiB; is this text?")
    except CutShort as error:
        problem = str(error)
    yield from blocks.last(problem)


class _Blocks:
    """Cuts a stream of bytes at line ends, from a position on."""

    def __init__(self, file: File, position: int, header: bool) -> None:
        self._file, self._wanted = file, position
        self._header: bytes | None = None if header else b""
        self._parts: list[bytes] = []
        self.size = 0
        self._at = 0
        self._line = 1

    def add(self, piece: bytes) -> None:
        """More bytes."""
        self._parts.append(piece)
        self.size += len(piece)

    def flush(self) -> Iterator[Frame]:
        """The lines that are whole."""
        text = b"".join(self._parts)
        cut = text.rfind(b"\n") + 1
        self._parts, self.size = [text[cut:]], len(text) - cut
        if cut:
            yield from self._frame(text[:cut])

    def last(self, problem: str) -> Iterator[Frame]:
        """What is left at the end of the file; after a problem an unfinished line is not trusted."""
        if problem:
            yield from self.flush()
            rest = b"".join(self._parts)
            end = self._at + len(rest) + 1
            if self._wanted < end:
                yield self._file.frame(self._at, end, rest[:SHOWN], self._line, problem)
        elif self.size:
            yield from self._frame(b"".join(self._parts))
        elif self._at == 0 and self._wanted == 0:
            yield self._file.frame(0, 1, b"")

    def _frame(self, text: bytes) -> Iterator[Frame]:
        """A frame of whole lines, less what was committed before."""
        begin, line = self._at, self._line
        self._at += len(text)
        self._line += text.count(b"\n")
        if self._header is None:
            head, newline, text = text.partition(b"\n")
            self._header, line = head + (newline or b"\n"), 2
            if self._wanted == 0:
                yield self._file.frame(0, self._at, self._header + text, line)
                return
            begin = len(head) + 1
        if self._wanted >= self._at:
            return
        if self._wanted > begin:
            skipped = self._wanted - begin
            line += text[:skipped].count(b"\n")
            begin, text = self._wanted, text[skipped:]
        yield self._file.frame(begin, self._at, self._header + text, line)
