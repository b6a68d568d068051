"""JSON lines as Arrow batches of strings: every value as it is written, streaming."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataduct.errors import DataError
from dataduct.model.operations import FileFormat
from dataduct.storage.failures import storage_errors
from dataduct.storage.json_objects import BadLine, Row, has_only_keys, json_object, plain_objects
from dataduct.storage.text_blocks import BadText, text_blocks

_BATCH_ROWS = 65_536
_FILES_REMEMBERED = 4_096
_SHOWN = 200
_WORDS = {True: "true", False: "false"}
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def open_json_lines(
    paths: Sequence[str],
    file_format: FileFormat,
    *,
    on_bad_row: Callable[[str], None] | None = None,
) -> pa.RecordBatchReader:
    """Stream the objects of JSON lines files, one after another; every column is a nullable string.

    Each key of any object is a column, in the order in which they first appear; the files are read once before for
    that. A key that an object lacks, and `null`, are NULL. A number keeps its text (`1.10`, `1e400`), a text is given
    without its quotes and escapes, `true` and `false` are these words, and an array or an object is the JSON text that
    stands in the file. Empty lines are left out. Of `file_format` only `replace_invalid_char` counts.

    Args:
        on_bad_row: Called with the message for each line that is no JSON object; the line is left out. Without it
            such a line raises.

    Raises:
        DataError: A line that is no JSON object or has a key twice, bytes that are not UTF-8; names file and line.
        StorageError: A file cannot be read.
    """
    replacement = file_format.replace_invalid_char
    names = list(dict.fromkeys(chain.from_iterable(_keys(path, replacement) for path in paths)))
    source = _Source(list(paths), names, replacement, on_bad_row)
    return pa.RecordBatchReader.from_batches(source.schema, source.batches())


def cut_lines(text: str, *, last: bool) -> int:
    """Return the length of the beginning of `text` that holds whole lines only, 0 if there is none."""
    return len(text) if last else text.rfind("\n") + 1


def _keys(path: str, replacement: str | None) -> tuple[str, ...]:
    """Return the keys of a file's objects in the order in which they first appear."""
    with storage_errors("read", path):
        status = Path(path).stat()
    return _scanned_keys(path, replacement, status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=_FILES_REMEMBERED)
def _scanned_keys(path: str, replacement: str | None, *version: int) -> tuple[str, ...]:
    """Return the keys of a version of a file; a load asks for them several times."""
    names: dict[str, None] = {}
    for block in text_blocks(path, cut=cut_lines, replacement=replacement, skip_mark=True):
        text = block if isinstance(block, str) else block.before
        lines = [line for line in text.split("\n") if line and not line.isspace()]
        if has_only_keys(text, lines, names.keys()):
            continue
        rows = plain_objects(text, lines)
        if rows is None:
            rows = [row for line in lines if (row := _object_or_none(line)) is not None]
        if not names.keys() >= set().union(*rows):
            names.update(dict.fromkeys(chain.from_iterable(rows)))
    return tuple(names)


def _object_or_none(line: str) -> Row | None:
    try:
        return json_object(line)
    except BadLine:
        return None


@dataclass
class _Source:
    """The files of one dataset while they are read. `line` counts the lines of the current file."""

    paths: list[str]
    names: list[str]
    replacement: str | None
    on_bad_row: Callable[[str], None] | None
    path: str = ""
    line: int = 0
    schema: pa.Schema = field(init=False)

    def __post_init__(self) -> None:
        self.schema = pa.schema([pa.field(name, pa.string()) for name in self.names])

    def batches(self) -> Iterator[pa.RecordBatch]:
        for path in self.paths:
            self.path, self.line = path, 0
            for block in text_blocks(path, cut=cut_lines, replacement=self.replacement, skip_mark=True):
                text = block if isinstance(block, str) else block.before
                yield from self._block(text)
                if isinstance(block, BadText):
                    raise DataError(
                        f"{path}, line {self.line + 1}: {block.what}", code=block.code, hint=block.hint
                    )

    def _block(self, text: str) -> Iterator[pa.RecordBatch]:
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        first, self.line = self.line + 1, self.line + len(lines)
        filled = [line for line in lines if line and not line.isspace()]
        rows = plain_objects(text, filled)
        numbers: Sequence[int] = range(first, first + len(lines))
        if len(filled) != len(lines):
            numbers = [number for number, line in zip(numbers, lines, strict=True) if line.strip()]
        if rows is None:
            rows, numbers = self._one_by_one(filled, numbers)
        for start in range(0, len(rows), _BATCH_ROWS):
            end = start + _BATCH_ROWS
            yield self._batch(rows[start:end], numbers[start:end])

    def _one_by_one(self, lines: Sequence[str], numbers: Sequence[int]) -> tuple[list[Row], list[int]]:
        rows: list[Row] = []
        kept: list[int] = []
        for number, line in zip(numbers, lines, strict=True):
            try:
                rows.append(json_object(line))
                kept.append(number)
            except BadLine as error:
                self._bad_line(number, str(error), line)
        return rows, kept

    def _batch(self, rows: list[Row], numbers: Sequence[int]) -> pa.RecordBatch:
        if not set(self.names) >= set().union(*rows):
            raise DataError(
                f"{self.path} changed while it was read",
                code="DD866",
                hint="let its writer finish, and run again",
            )
        if not self.names:
            raise DataError(
                f"{self.path} holds {len(rows)} objects without any key",
                code="DD866",
                hint="write objects with keys, which become the columns",
            )
        try:
            columns = [_column([row.get(name) for row in rows]) for name in self.names]
        except UnicodeEncodeError:
            return self._batch(*self._without_surrogates(rows, numbers))
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _without_surrogates(self, rows: list[Row], numbers: Sequence[int]) -> tuple[list[Row], list[int]]:
        """Leave out the lines in which an escape stands for half a character, or put the replacement in its place."""
        kept: list[Row] = []
        places: list[int] = []
        for number, row in zip(numbers, rows, strict=True):
            broken = [
                name
                for name, value in row.items()
                if isinstance(value, str) and _HALF_CHARACTER.search(value)
            ]
            if broken and self.replacement is None:
                self._bad_line(number, f"`{broken[0]}` holds half a surrogate pair", "")
                continue
            for name in broken:
                row[name] = _HALF_CHARACTER.sub(self.replacement or "", row[name])
            kept.append(row)
            places.append(number)
        return kept, places

    def _bad_line(self, number: int, what: str, line: str) -> None:
        message = f"{self.path}, line {number}: {what}"
        if self.on_bad_row is None:
            raise DataError(
                message,
                code="DD866",
                hint="write one JSON object on each line, or allow some to be left out with `max_errors`",
                details=(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…",) if line else (),
            )
        self.on_bad_row(message)


def _column(values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except pa.ArrowException:
        words = [_WORDS[value] if isinstance(value, bool) else value for value in values]
        return pa.array(words, pa.string())
