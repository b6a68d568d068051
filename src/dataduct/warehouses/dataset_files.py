"""What a dataset's files say of their columns, whichever warehouse loads them."""

from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from dataduct.errors import DataError, StorageError
from dataduct.model.nearest import did_you_mean
from dataduct.model.operations import FileFormat
from dataduct.warehouses.base import DatasetFiles


def column_names(files: DatasetFiles, file_format: FileFormat) -> tuple[str | None, ...]:
    """Return the dataset's column names; None for each column of a format without names."""
    if files.manifest.format == "parquet":
        if files.paths:
            return tuple(parquet_footer(files.paths[0])[0].names)
        return tuple(field.name for field in files.manifest.fields or ())
    kind = delimited_format(files)
    if not files.paths:
        return ()
    from dataduct.storage.rows import open_rows

    reader = open_rows(
        files.paths,
        kind,
        file_format,
        on_bad_row=(lambda message: None) if file_format.max_errors else None,
    )
    try:
        names = tuple(reader.schema.names)
    finally:
        reader.close()
    return (None,) * len(names) if kind == "tsv" else names


def delimited_format(files: DatasetFiles) -> Literal["tsv", "csv", "jsonl"]:
    """Return the dataset's text format. Raises `DataError` for a format that no table can be loaded from."""
    match files.manifest.format:
        case "tsv" | "csv" | "jsonl" as name:
            return name
        case other:
            raise DataError(
                f"a dataset of format {other} cannot be loaded into a table",
                code="DD717",
                hint="give the dataset the format `parquet`, `tsv`, `csv` or `jsonl`",
            )


def parquet_footer(path: str) -> tuple[pa.Schema, int]:
    """Return a Parquet file's columns and its number of rows. Raises `StorageError` if it cannot be read."""
    try:
        with pq.ParquetFile(path) as file:
            return file.schema_arrow.remove_metadata(), file.metadata.num_rows
    except FileNotFoundError:
        raise StorageError(f"the dataset's file {path} is missing", code="DD713") from None
    except (OSError, pa.ArrowException) as error:
        raise unreadable_parquet(path, error) from error


def unreadable_parquet(path: str, error: Exception) -> StorageError:
    """Return the error for a file that pyarrow cannot read."""
    return StorageError(
        f"{path} is not a Parquet file that can be read",
        code="DD713",
        details=(str(error).splitlines()[0],) if str(error) else (),
    )


def source_position(names: list[str], source: str | int) -> int:
    """Return the position of the dataset column that a load names. Raises `DataError` if there is none (DD718)."""
    if isinstance(source, int):
        if not 0 <= source < len(names):
            raise DataError(
                f"the dataset has {len(names)} columns; there is no column {source + 1}", code="DD718"
            )
        return source
    if source not in names:
        raise DataError(f"the dataset has no column {source}", code="DD718", hint=did_you_mean(source, names))
    return names.index(source)


class UnreadableRows:
    """Rows of delimited files that cannot be read, counted against `max_errors`."""

    def __init__(self, allowed: int) -> None:
        self.lines: tuple[str, ...] = ()
        self._allowed = allowed

    def __call__(self, message: str) -> None:
        """Note one row. Raises `DataError` if there are more than are allowed."""
        self.lines = (*self.lines, message)
        if len(self.lines) > self._allowed:
            raise DataError(
                f"more than {self._allowed} rows cannot be read",
                code="DD707",
                hint="mend the rows, or allow more to be left out with `max_errors`",
                details=self.lines[:3],
            )
