"""Files as blocks of decoded text that end where a record ends."""

import bz2
import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import pyarrow as pa

from dataduct.errors import StorageError
from dataduct.storage.failures import storage_errors

BLOCK_BYTES = 512 * 1024
_FIRST_BLOCK_BYTES = 64 * 1024
LONGEST_RECORD = 64 * 1024 * 1024


class Cut(Protocol):
    """How a format finds the end of the last whole record."""

    def __call__(self, text: str, *, last: bool) -> int:
        """Return the length of the beginning of `text` that holds whole records only, 0 if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class BadText:
    """Where reading cannot go on: the whole records before that place, and what is wrong with the next one."""

    before: str
    what: str
    code: str
    hint: str


def text_blocks(
    path: str, *, cut: Cut, replacement: str | None, skip_mark: bool, block_bytes: int = BLOCK_BYTES
) -> Iterator[str | BadText]:
    """Yield the text of a UTF-8 file, decompressed by the end of its name, in blocks of whole records.

    Names end in `.gz` (gzip), `.bz2` (bzip2) or `.zst` (zstd).

    Args:
        replacement: Put in place of each byte that is not UTF-8; None ends the blocks with a `BadText`.
        skip_mark: Whether a byte order mark at the beginning is left out.

    Raises:
        StorageError: The file cannot be read or decompressed.
    """
    rest = ""
    undecoded = b""
    begins = True
    for data in _read_blocks(path, block_bytes):
        last = not data
        text, undecoded, bad = _decode(undecoded + data, final=last, replacement=replacement)
        if begins and (text or last):
            text = text.removeprefix("\N{BYTE ORDER MARK}") if skip_mark else text
            begins = False
        text = rest + text
        length = cut(text, last=last and bad is None)
        if bad is not None:
            position = len(text[length:].encode("utf-8")) + 1
            yield BadText(
                text[:length],
                f"byte {position} of the row (0x{bad:02X}) is not UTF-8",
                code="DD751",
                hint="set `replace_invalid_char`, or write the file as UTF-8",
            )
            return
        if length:
            yield text[:length]
        rest = text[length:]
        if len(rest) > LONGEST_RECORD:
            yield BadText(
                "",
                f"no end of the row within {LONGEST_RECORD // 1024**2} MB",
                code="DD753",
                hint="look for a quote or a backslash that is never closed",
            )
            return


def first_text(path: str, size: int, *, replacement: str | None) -> str:
    """Return the whole lines at the beginning of a UTF-8 file, of about `size` bytes; what follows them is not read.

    The last line may end within a record that has several lines. A file that was cut short gives what is there.

    Raises:
        StorageError: The file cannot be read, or not even its beginning can be decompressed.
    """
    data = b""
    complete = False
    try:
        for block in _read_blocks(path, _FIRST_BLOCK_BYTES):
            complete = not block
            data += block
            if complete or len(data) >= size:
                break
    except StorageError as error:
        if not data or error.code != "DD754":
            raise
    text, _, _ = _decode(data, final=False, replacement=replacement)
    return text if complete else text[: text.rfind("\n") + 1]


def _decode(data: bytes, *, final: bool, replacement: str | None) -> tuple[str, bytes, int | None]:
    """Return the text, the bytes of a character cut in two at the end, and the first byte that is not UTF-8."""
    pieces: list[str] = []
    while True:
        try:
            text, consumed = codecs.utf_8_decode(data, "strict", final)
        except UnicodeDecodeError as error:
            pieces.append(data[: error.start].decode())
            if replacement is None:
                return "".join(pieces), b"", data[error.start]
            pieces.append(replacement * (error.end - error.start))
            data = data[error.end :]
        else:
            pieces.append(text)
            return "".join(pieces), data[consumed:], None


def _read_blocks(path: str, block_bytes: int) -> Iterator[bytes]:
    """Yield the blocks of a file, then an empty one."""
    with storage_errors("read", path):
        file = _open(path)
    with file:
        while True:
            try:
                with storage_errors("read", path):
                    data = file.read(block_bytes)
            except (EOFError, zlib.error, ValueError) as error:
                raise _damaged(path, error) from error
            except StorageError as error:
                if isinstance(error.__cause__, OSError) and error.__cause__.errno is None:
                    raise _damaged(path, error.__cause__) from error
                raise
            yield data
            if not data:
                return


def _open(path: str) -> BinaryIO:
    match Path(path).suffix.lower():
        case ".gz":
            return cast(BinaryIO, gzip.open(path, "rb"))
        case ".bz2":
            return cast(BinaryIO, bz2.open(path, "rb"))
        case ".zst":
            return cast(BinaryIO, pa.input_stream(path, compression="zstd"))
        case ".lzo" | ".lzop" | ".xz" | ".zip" | ".snappy" | ".lz4" | ".br" | ".z" as ending:
            raise StorageError(
                f"cannot read {path}: files compressed as {ending} are not supported",
                code="DD865",
                hint="compress them with gzip, bzip2 or zstd, so that their names end in `.gz`, `.bz2` or `.zst`",
            )
        case _:
            return Path(path).open("rb")


def _damaged(path: str, error: Exception) -> StorageError:
    return StorageError(
        f"cannot decompress {path}: {error}",
        code="DD754",
        hint="the file is cut short or is not what the end of its name says",
    )
