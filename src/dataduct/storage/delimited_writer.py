"""Arrow batches to tab-separated files in the style of PostgreSQL's COPY."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dataduct.errors import DataError
from dataduct.storage.failures import storage_errors

_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
_NULL = "\\N"


def write_delimited(reader: pa.RecordBatchReader, path: Path) -> int:
    r"""Write `reader` to the file `path` and return the number of rows.

    No header, tabs, `\N` for NULL, backslash escapes.

    Binary values are written in hexadecimal (`\\x6869`), times in ISO 8601, booleans as `true` and `false`.

    Raises:
        DataError: A column's type has no text form (lists, structs).
        StorageError: The disk is full or cannot be written.
    """
    rows = 0
    with storage_errors("write", path):
        file = path.open("wb")
    try:
        for batch in reader:
            if batch.num_columns and batch.num_rows:
                with storage_errors("write", path):
                    file.write(delimited_lines(batch))
            rows += batch.num_rows
        with storage_errors("write", path):
            file.flush()
    finally:
        with storage_errors("write", path):
            file.close()
    return rows


def delimited_lines(batch: pa.RecordBatch) -> memoryview:
    """Return the rows of a batch that has columns, as the lines of such a file. Raises DataError, see above."""
    columns = [_text(column, field.name) for column, field in zip(batch.columns, batch.schema, strict=True)]
    end = pa.scalar("", pa.large_string())
    joined = pc.binary_join_element_wise(*columns, pa.scalar("\t", pa.large_string()))
    lines = pc.binary_join_element_wise(joined, end, pa.scalar("\n", pa.large_string()))
    return _values(lines)


def _values(array: pa.LargeStringArray) -> memoryview:
    """Return the bytes of all values of `array`, one after another, without copying them."""
    offsets = memoryview(array.buffers()[1]).cast("q")
    first, last = offsets[array.offset], offsets[array.offset + len(array)]
    return memoryview(array.buffers()[2])[first:last]


def _text(column: pa.Array, name: str) -> pa.LargeStringArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        text = _escaped(column.cast(pa.large_string()))
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        text = pa.array(
            [None if value is None else f"\\\\x{value.hex()}" for value in column.to_pylist()],
            pa.large_string(),
        )
    else:
        try:
            text = column.cast(pa.string()).cast(pa.large_string())
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
            raise DataError(
                f"column `{name}` of type {kind} cannot be written as delimited text",
                code="DD756",
                hint="turn it into text in the query that extracts it",
            ) from error
    return pc.fill_null(text, _NULL)


def _escaped(column: pa.LargeStringArray) -> pa.LargeStringArray:
    for raw, escaped in _ESCAPES:
        if pc.any(pc.match_substring(column, raw)).as_py():
            column = pc.replace_substring(column, raw, escaped)
    return column
