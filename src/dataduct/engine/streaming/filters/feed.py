"""Write lines of a file, decompressed by the end of its name, to the standard output: `feed.py PATH START LENGTH`.

A last line without an end is given one. Whoever reads may stop early.
"""

import bz2
import gzip
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_BLOCK = 1024 * 1024


def main(path: str, start: str, length: str) -> int:
    """Feed the bytes from `start` on, `length` of them; return the exit code."""
    try:
        last = b"\n"
        with _opened(path) as file:
            if int(start):
                file.seek(int(start))
            for block in _blocks(file, int(length) if int(length) >= 0 else None):
                last = block[-1:]
                if not _written(block):
                    return 0
        if last != b"\n":
            _written(b"\n")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        sys.stderr.write(f"cannot read {path}: {error}\n")
        return 1
    return 0


def _opened(path: str) -> Any:
    ending = Path(path).suffix.lower()
    if ending == ".gz":
        return gzip.open(path, "rb")
    if ending == ".bz2":
        return bz2.open(path, "rb")
    if ending == ".zst":
        import pyarrow as pa

        return pa.input_stream(path, compression="zstd")
    return Path(path).open("rb", buffering=0)


def _blocks(file: Any, left: int | None) -> Iterator[bytes]:
    while left is None or left > 0:
        block = file.read(_BLOCK if left is None else min(_BLOCK, left))
        if not block:
            return
        if left is not None:
            left -= len(block)
        yield block


def _written(block: bytes) -> bool:
    """Write all of `block`; return False if nobody reads any more."""
    view = memoryview(block)
    try:
        while view:
            view = view[os.write(1, view) :]
    except BrokenPipeError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
