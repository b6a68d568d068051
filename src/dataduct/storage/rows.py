"""Files of any format that a table can be loaded from, as Arrow batches."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from dataduct.errors import StorageError
from dataduct.model.operations import FileFormat
from dataduct.storage.delimited import open_delimited
from dataduct.storage.failures import storage_errors
from dataduct.storage.json_lines import open_json_lines

TextFormat = Literal["tsv", "csv", "jsonl"]
"""Formats whose values are all text."""

RowFormat = Literal["tsv", "csv", "jsonl", "parquet"]
"""Formats that a table can be loaded from."""

_BATCH_ROWS = 65_536


def open_rows(
    paths: Sequence[str],
    format: RowFormat,
    file_format: FileFormat,
    *,
    on_bad_row: Callable[[str], None] | None = None,
) -> pa.RecordBatchReader:
    """Stream the rows of files, one after another, with bounded memory.

    Text formats give nullable strings, decompressed by the names of the files; see `open_delimited` and
    `open_json_lines`. Parquet gives the types of the first file, which all files have. No row in any text file: no
    column.

    Args:
        on_bad_row: Called with the message for each row of a text format that cannot be read; the row is left out.
            Without it such a row raises.

    Raises:
        DataError: A row that cannot be read; names file and row.
        StorageError: A file cannot be read, or is a Parquet file of other columns than the first.
    """
    match format:
        case "parquet":
            return _open_parquet(paths)
        case "jsonl":
            return open_json_lines(paths, file_format, on_bad_row=on_bad_row)
        case "tsv" | "csv":
            return open_delimited(paths, format, file_format, on_bad_row=on_bad_row)


def _open_parquet(paths: Sequence[str]) -> pa.RecordBatchReader:
    if not paths:
        return pa.RecordBatchReader.from_batches(pa.schema([]), iter(()))
    with _parquet_file(paths[0]) as first:
        schema = first.schema_arrow.remove_metadata()
    return pa.RecordBatchReader.from_batches(
        schema, chain.from_iterable(_batches(path, schema, paths[0]) for path in paths)
    )


def _batches(path: str, schema: pa.Schema, first: str) -> Iterator[pa.RecordBatch]:
    with _parquet_file(path) as file:
        found = file.schema_arrow.remove_metadata()
        if not found.equals(schema):
            raise StorageError(
                f"{path} has other columns than {first}",
                code="DD713",
                hint="load files of different columns in two steps",
                details=(f"{first}: {_shown(schema)}", f"{path}: {_shown(found)}"),
            )
        try:
            for batch in file.iter_batches(_BATCH_ROWS):
                yield batch.replace_schema_metadata(None)
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(path, error) from error


def _parquet_file(path: str) -> pq.ParquetFile:
    try:
        with storage_errors("read", path):
            return pq.ParquetFile(path)
    except pa.ArrowException as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: Exception) -> StorageError:
    lines = str(error).splitlines()
    return StorageError(
        f"{path} is not a Parquet file that can be read", code="DD713", details=tuple(lines[:1])
    )


def _shown(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
