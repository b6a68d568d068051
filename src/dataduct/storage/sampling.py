"""What the first rows of files say of their columns: names, likely types, an example of each."""

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath

import pyarrow as pa

from dataduct.errors import DataError
from dataduct.model.dataset import COMPRESSED_ENDINGS
from dataduct.model.operations import FileFormat
from dataduct.storage.failures import storage_errors
from dataduct.storage.rows import RowFormat, open_rows
from dataduct.storage.text_blocks import first_text

_SAMPLED_BYTES = 1024 * 1024
_SAMPLED_ROWS = 1_000
_LONGEST_EXAMPLE = 60
_DIGITS = 38

_INTEGER = re.compile(r"[+-]?\d{1,18}")
_DECIMAL = re.compile(r"[+-]?(\d*)\.?(\d*)")
_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|infinity|nan)", re.IGNORECASE)
_BOOLEAN = re.compile(r"true|false|t|f|yes|no", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_TIME = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"
_TIMESTAMP = re.compile(rf"{_DATE.pattern}[ T]{_TIME}")
_ZONED = re.compile(rf"{_TIMESTAMP.pattern}\s*(Z|UTC|[+-]\d\d(:?\d\d)?)")


@dataclass(frozen=True, slots=True)
class SampledColumn:
    """A column as a sample shows it.

    Attributes:
        type: The Arrow type that all sampled values fit, as `str(pyarrow.DataType)` spells it; `null` without a value.
        example: The first value that is not NULL, as text and cut at 60 characters, or None.
    """

    name: str
    type: str
    example: str | None


def sample_schema(
    paths: Sequence[str], format: RowFormat, file_format: FileFormat, *, rows: int = _SAMPLED_ROWS
) -> tuple[SampledColumn, ...]:
    """Return the columns of files from the first rows of the first file that has any.

    Of a text file at most a megabyte is read. The types of text are guesses: a later row may need another one.

    Raises:
        DataError: A sampled row cannot be read; names file and row.
        StorageError: A file cannot be read.
    """
    for path in paths:
        columns = _sampled(path, format, file_format, rows)
        if columns:
            return columns
    return ()


def _sampled(path: str, format: RowFormat, file_format: FileFormat, rows: int) -> tuple[SampledColumn, ...]:
    if format == "parquet":
        return _columns(open_rows([path], format, file_format), rows, lambda field, _: str(field.type))
    text = first_text(path, _SAMPLED_BYTES, replacement=file_format.replace_invalid_char)
    with tempfile.TemporaryDirectory(prefix="dataduct-") as directory:
        beginning = Path(directory) / _plain_name(path)
        with storage_errors("write", beginning):
            beginning.write_text(text, encoding="utf-8", newline="")
        try:
            reader = open_rows([str(beginning)], format, file_format, on_bad_row=_ignore)
            return _columns(reader, rows, lambda _, values: text_type(values))
        except DataError as error:
            message = error.message.replace(str(beginning), path)
            raise DataError(message, code=error.code, hint=error.hint, details=error.details) from error


def _ignore(message: str) -> None:
    """Leave out a row that cannot be read: the load says so."""


def _plain_name(path: str) -> str:
    name = PurePath(path)
    return name.stem if name.suffix.lower() in COMPRESSED_ENDINGS else name.name


def _columns(
    reader: pa.RecordBatchReader, rows: int, type_of: Callable[[pa.Field, list[str]], str]
) -> tuple[SampledColumn, ...]:
    with reader:
        values: list[list[str]] = [[] for _ in reader.schema]
        taken = 0
        for batch in reader:
            for column, found in zip(batch.slice(0, rows - taken).columns, values, strict=True):
                found += [str(value) for value in column.to_pylist() if value is not None]
            taken += batch.num_rows
            if taken >= rows:
                break
        return tuple(
            SampledColumn(field.name, type_of(field, found), _example(found))
            for field, found in zip(reader.schema, values, strict=True)
        )


def _example(values: Sequence[str]) -> str | None:
    first = next(islice(values, 1), None)
    return first if first is None or len(first) <= _LONGEST_EXAMPLE else f"{first[: _LONGEST_EXAMPLE - 1]}…"


def text_type(values: Sequence[str]) -> str:
    """Return the narrowest Arrow type that every text is a value of, `string` if there is none."""
    if not values:
        return "null"
    for pattern, name in (
        (_INTEGER, "int64"),
        (_BOOLEAN, "bool"),
        (_DATE, "date32[day]"),
        (_TIMESTAMP, "timestamp[us]"),
        (_ZONED, "timestamp[us, tz=UTC]"),
    ):
        if all(map(pattern.fullmatch, values)):
            return name if name != "int64" or not _has_leading_zero(values) else "string"
    return _decimal_type(values) or ("double" if all(map(_FLOAT.fullmatch, values)) else "string")


def _has_leading_zero(values: Sequence[str]) -> bool:
    """Return whether some number begins with a needless zero, as codes do."""
    return any(
        len(value) > 1 and value.lstrip("+-").startswith("0") and value.lstrip("+-") != "0"
        for value in values
    )


def _decimal_type(values: Sequence[str]) -> str | None:
    whole = fraction = 0
    for value in values:
        match = _DECIMAL.fullmatch(value)
        if match is None or not (match[1] or match[2]):
            return None
        whole, fraction = max(whole, len(match[1].lstrip("0"))), max(fraction, len(match[2]))
    precision = max(whole + fraction, 1)
    return f"decimal128({precision}, {fraction})" if precision <= _DIGITS else None
