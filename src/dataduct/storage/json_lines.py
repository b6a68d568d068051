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
from dataduct.storage.json_columns import Shape, shape_of
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
    names = list(dict.fromkeys(chain.from_iterable(_scan(path, replacement).keys for path in paths)))
    source = _Source(list(paths), names, replacement, on_bad_row)
    return pa.RecordBatchReader.from_batches(source.schema, source.batches())


def cut_lines(text: str, *, last: bool) -> int:
    """Return the length of the beginning of `text` that holds whole lines only, 0 if there is none."""
    return len(text) if last else text.rfind("\n") + 1


@dataclass(frozen=True)
class _Scan:
    """What one reading of a file has found.

    Attributes:
        keys: The keys of all objects, in the order in which they first appear.
        shape: How the first line is written, if that is plain.
        uniform: Whether all lines are written so.
    """

    keys: tuple[str, ...]
    shape: Shape | None
    uniform: bool

    def fitting(self, text: bytes) -> Shape | None:
        """Return the shape if all lines of `text`, which is the file's, are written so."""
        return self.shape if self.shape and (self.uniform or self.shape.fits(text)) else None


def _scan(path: str, replacement: str | None) -> _Scan:
    return _scanned_keys(path, replacement, *_version(path))


def _version(path: str) -> tuple[int, ...]:
    with storage_errors("read", path):
        status = Path(path).stat()
    return status.st_size, status.st_mtime_ns, status.st_ino


@lru_cache(maxsize=_FILES_REMEMBERED)
def _scanned_keys(path: str, replacement: str | None, *version: int) -> _Scan:
    """Scan a version of a file; a load asks for it several times."""
    names: dict[str, None] = {}
    shape: Shape | None = None
    begins = uniform = True
    for block in text_blocks(path, cut=cut_lines, replacement=replacement, skip_mark=True):
        text = block if isinstance(block, str) else block.before
        if begins:
            shape = shape_of(text[: text.find("\n")] if "\n" in text else text)
            begins = False
        if shape is not None and text and shape.fits(text.encode()):
            names.update(dict.fromkeys(shape.keys))
        else:
            uniform = False
            _add_keys(text, names)
    return _Scan(tuple(names), shape, uniform)


def _add_keys(text: str, names: dict[str, None]) -> None:
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    if has_only_keys(text, lines, names.keys()):
        return
    rows = plain_objects(text, lines)
    if rows is None:
        rows = [row for line in lines if (row := _object_or_none(line)) is not None]
    if not names.keys() >= set().union(*rows):
        names.update(dict.fromkeys(chain.from_iterable(rows)))


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
            version, scan = _version(path), _scan(path, self.replacement)
            for block in text_blocks(path, cut=cut_lines, replacement=self.replacement, skip_mark=True):
                text = block if isinstance(block, str) else block.before
                yield from self._block(text, scan)
                if isinstance(block, BadText):
                    raise DataError(
                        f"{path}, line {self.line + 1}: {block.what}", code=block.code, hint=block.hint
                    )
            if scan.uniform and _version(path) != version:
                raise self._changed()

    def _block(self, text: str, scan: _Scan) -> Iterator[pa.RecordBatch]:
        batch = self._plain_batch(text, scan)
        if batch is not None:
            self.line += batch.num_rows
            yield batch
            return
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

    def _plain_batch(self, text: str, scan: _Scan) -> pa.RecordBatch | None:
        data = text.encode()
        shape = scan.fitting(data) if data else None
        values = shape.columns(data) if shape else None
        if shape is None or values is None:
            return None
        columns = dict(zip(shape.keys, values, strict=True))
        if not columns.keys() <= set(self.names):
            raise self._changed()
        rows = len(values[0])
        return pa.RecordBatch.from_arrays(
            [columns[name] if name in columns else pa.nulls(rows, pa.string()) for name in self.names],
            schema=self.schema,
        )

    def _changed(self) -> DataError:
        return DataError(
            f"{self.path} changed while it was read",
            code="DD866",
            hint="let its writer finish, and run again",
        )

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
            raise self._changed()
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
