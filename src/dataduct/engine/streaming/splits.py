"""The input of a job, cut into one piece for each map task."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dataduct.errors import StorageError
from dataduct.model.dataset import COMPRESSED_ENDINGS
from dataduct.storage.failures import storage_errors

_BLOCK = 64 * 1024
_SLOP = 1.1
"""A last piece may be this much larger than the others, as in Hadoop, so that no tiny one is left."""

_UNREADABLE = (".lzo", ".lzop", ".xz", ".zip", ".snappy", ".lz4", ".br", ".z")


@dataclass(frozen=True, slots=True)
class Split:
    """What one map task reads.

    Attributes:
        path: Absolute path of the file.
        start: First byte.
        length: Number of bytes; None for all of a compressed file.
        plain: Whether it is a whole file whose last line has its end, so that it can be read as it is.
    """

    path: str
    start: int
    length: int | None
    plain: bool


def input_splits(paths: Iterable[str], split_bytes: int) -> Iterator[Split]:
    """Yield the pieces of the files in their order, cut at line ends; a compressed file is one piece.

    Raises:
        StorageError: A file cannot be read, or is compressed in a way that is not known (DD865).
    """
    for path in paths:
        ending = Path(path).suffix.lower()
        if ending in _UNREADABLE:
            raise StorageError(
                f"cannot read {path}: files compressed as {ending} are not supported",
                code="DD865",
                hint="compress them with gzip, bzip2 or zstd, so that their names end in `.gz`, `.bz2` or `.zst`",
            )
        if ending in COMPRESSED_ENDINGS:
            yield Split(path, 0, None, plain=False)
        else:
            with storage_errors("read", path):
                yield from _pieces(path, split_bytes)


def input_bytes(paths: Iterable[str]) -> int:
    """Return the bytes of the files as they are stored."""
    return sum(Path(path).stat().st_size for path in paths)


def _pieces(path: str, split_bytes: int) -> Iterator[Split]:
    with Path(path).open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        start = 0
        while size - start > split_bytes * _SLOP:
            end = _line_end(file.fileno(), start + split_bytes - 1, size)
            if end >= size:
                break
            yield Split(path, start, end - start, plain=False)
            start = end
        whole = start == 0 and (size == 0 or os.pread(file.fileno(), 1, size - 1) == b"\n")
        yield Split(path, start, size - start, plain=whole)


def _line_end(descriptor: int, position: int, size: int) -> int:
    """Return the place after the first line end at or behind `position`, or the size of the file."""
    while position < size:
        block = os.pread(descriptor, _BLOCK, position)
        if not block:
            break
        found = block.find(b"\n")
        if found >= 0:
            return position + found + 1
        position += len(block)
    return size
