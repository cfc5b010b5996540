"""Compressed files as a stream of bytes, and whether they were whole."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHUNK = 1 << 18
PACKED = (".gz", ".zst")


class CutShort(Exception):  # noqa: N818
    """The compressed stream ends in the middle, or goes wrong there."""


def chunks(path: Path, size: int = CHUNK) -> Iterator[bytes]:
    """The uncompressed bytes of a file (.gz, .zst or neither), `size` bytes of it at a time.

    Raises CutShort after the bytes that could be had, OSError where the file cannot be read at all.
    """
    with path.open("rb") as file:
        pieces = iter(lambda: file.read(size), b"")
        packing = path.suffix.lower()
        if packing in PACKED:
            yield from _unpacked(pieces, packing)
        else:
            yield from pieces


def _unpacked(pieces: Iterator[bytes], packing: str) -> Iterator[bytes]:
    one, begun = _unpacker(packing), False
    for piece in pieces:
        rest = piece
        while rest:
            if not begun and not rest.strip(b"\0"):
                break
            begun = True
            try:
                data = one.decompress(rest)
            except _errors() as error:
                raise CutShort(f"the {packing} stream cannot be read on: {error}") from error
            if data:
                yield data
            rest = b""
            if one.eof:
                rest, one, begun = one.unused_data, _unpacker(packing), False
    if begun:
        raise CutShort(f"the {packing} stream ends in the middle; was its copy broken off?")


def _unpacker(packing: str) -> Any:
    """An object with decompress(bytes), eof and unused_data."""
    if packing == ".gz":
        return zlib.decompressobj(wbits=31)
    if sys.version_info >= (3, 14):
        from compression import zstd

        return zstd.ZstdDecompressor()
    import zstandard

    return zstandard.ZstdDecompressor().decompressobj()


def _errors() -> tuple[type[Exception], ...]:
    if sys.version_info >= (3, 14):
        from compression import zstd

        return (zlib.error, zstd.ZstdError)
    import zstandard

    return (zlib.error, zstandard.ZstdError)
