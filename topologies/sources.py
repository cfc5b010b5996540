"""Files as a stream of arrivals: what is new since the last commit, in a stable order."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.mistakes import Mistake, Mistakes
from schemas.reading import Frame
from schemas.settings import FileSource
from streams.collect import form_of
from streams.collect.rules import SourceRules
from topologies.files import File, discover, read_frames
from topologies.manifest import FileState


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame (or, with `frame` None, the end of a file) and the state that follows once it is booked."""

    source: FileSource
    rules: SourceRules
    file: Path
    name: str
    """The file's path inside the workspace: its key in the manifest."""
    state: FileState
    frame: Frame | None
    columnar: bool = False

    @property
    def starts_file(self) -> bool:
        """Is this the first frame of its file?"""
        return self.frame is not None and self.frame.position == 0


def arrivals(
    root: Path, sources: Sequence[FileSource], known: Mapping[str, FileState]
) -> Iterator[Arrival]:
    """Everything that files have beyond `known`, file by file in the order of their paths."""
    seen = set()
    for source in sources:
        rules = SourceRules.of(source)
        for file in discover(root, source.path):
            name = file.relative_to(root).as_posix()
            if name not in seen:
                seen.add(name)
                yield from _file(source, rules, file, name, known.get(name))


def source_of(name: str, sources: Sequence[FileSource]) -> FileSource | None:
    """The source whose pattern names this file, also when the file is there no more."""
    return next((s for s in sources if re.fullmatch(_pattern(s.path), name)), None)


def _pattern(glob: str) -> str:
    """A glob as a regular expression: `**/` any folders, `*` and `?` inside one name."""
    out = ""
    for piece in re.findall(r"\*\*/|\*\*|\*|\?|\[[^]]*\]|.", glob):
        known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
        out += known.get(piece) or (piece if piece[0] == "[" else re.escape(piece))
    return out


def _file(
    source: FileSource, rules: SourceRules, file: Path, name: str, state: FileState | None
) -> Iterator[Arrival]:
    stat = file.stat()
    unchanged = state is not None and (state.size, state.mtime_ns) == (
        stat.st_size,
        stat.st_mtime_ns,
    )
    if unchanged and state is not None and state.done:
        return
    if state is not None and not unchanged and _same_bytes(file, state, stat.st_size):
        return
    if state is not None and not unchanged and source.keep == "reference":
        text = (
            "the file has changed, but the journal keeps it by reference: bring it back as it was and "
            "put what is new into a file of its own, or write `keep: copy` before the next such change"
        )
        raise Mistakes([Mistake(name, 1, text)])
    start = FileState(time.time_ns() // 1000)
    grew = state is not None and not rules.whole_files and _grew(file, state, stat.st_size)
    if state is not None and (unchanged or grew):
        start = FileState(state.received_us, position=state.position)
    start.size, start.mtime_ns = stat.st_size, stat.st_mtime_ns
    columnar = form_of(name) in ("parquet", "arrow")
    opened = File(file, name, start.received_us, rules.whole_files)
    for frame in read_frames(opened, start.position):
        after = FileState(start.received_us, stat.st_size, stat.st_mtime_ns, frame.end)
        yield Arrival(source, rules, file, name, after, frame, columnar)
        start = after
    done = FileState(
        start.received_us,
        stat.st_size,
        stat.st_mtime_ns,
        start.position,
        done=True,
        sha256=digest_of(file),
    )
    yield Arrival(source, rules, file, name, done, None, columnar)


def digest_of(file: Path) -> str:
    """The SHA-256 of a file, by which the books know its bytes again."""
    with file.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def _same_bytes(file: Path, state: FileState, size: int) -> bool:
    """Was the file only copied or touched? Then nothing arrived."""
    return state.done and size == state.size and digest_of(file) == state.sha256


def _grew(file: Path, state: FileState, size: int) -> bool:
    """Did lines only come behind what was read? Then the rest is new; else the file is read anew."""
    if not state.done or size <= state.size or form_of(file.name) not in ("csv", "lines"):
        return False
    digest, left = hashlib.sha256(), state.size
    with file.open("rb") as f:
        while left and (block := f.read(min(left, 1 << 22))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest() == state.sha256
