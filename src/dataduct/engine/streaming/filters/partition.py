"""Give each line of the standard input to a file by the hash of its key.

`partition.py PARTITIONS SEPARATOR FIRST LAST PREFIX` appends to `PREFIX-0`, `PREFIX-1` and so on. The key are the
fields FIRST to LAST, from 1; LAST 0 is the last field of the line.
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from zlib import crc32

_BUFFER = 256 * 1024


def main(partitions: str, separator: str, first: str, last: str, prefix: str) -> int:
    """Distribute the lines; return the exit code."""
    count = int(partitions)
    key = key_function(separator.encode(), int(first), int(last))
    try:
        with ExitStack() as opened:
            paths = [Path(f"{prefix}-{number}") for number in range(count)]
            writes = [opened.enter_context(path.open("ab", _BUFFER)).write for path in paths]
            for line in sys.stdin.buffer:
                whole = line if line.endswith(b"\n") else line + b"\n"
                writes[crc32(key(whole)) % count](whole)
    except OSError as error:
        sys.stderr.write(f"cannot write {prefix}: {error}\n")
        return 1
    return 0


def key_function(separator: bytes, first: int, last: int) -> Callable[[bytes], bytes]:
    """Return what takes the key out of a line that ends with a line end."""
    if first == 1 and last == 1:

        def first_field(line: bytes) -> bytes:
            field, found, _ = line.partition(separator)
            return field if found else line[:-1]

        return first_field

    def fields(line: bytes) -> bytes:
        return separator.join(line[:-1].split(separator)[first - 1 : last or None])

    return fields


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
