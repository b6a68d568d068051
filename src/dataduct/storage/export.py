"""A dataset's files for readers outside of Dataduct: copied as they are, or rows written in the format wanted."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Literal

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from dataduct.errors import DataError
from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import Manifest, Part, format_of_name
from dataduct.model.operations import FileFormat
from dataduct.storage.base import Storage
from dataduct.storage.datasets import check_cancelled, copy_file, part_name
from dataduct.storage.delimited_writer import delimited_lines
from dataduct.storage.failures import storage_errors
from dataduct.storage.rows import open_rows

ExportFormat = Literal["tsv", "csv", "jsonl", "parquet"]

_Write = Callable[[pa.RecordBatch], None]
_ROWS_FOR_JSON = 4_096
_COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file to put in place.

    Attributes:
        name: Its name within the directory that is exported to, or an empty text for the one file.
        write: Writes it to a local path.
    """

    name: str
    write: Callable[[Path], None]


def has_rows(manifest: Manifest) -> bool:
    """Return whether Dataduct wrote the dataset's rows, and it is not files of a command or of the user's."""
    return manifest.format == "parquet" and manifest.fields is not None


def exported_files(
    storage: Storage, key: str, manifest: Manifest, *, file: str | None, cancellation: Cancellation
) -> list[ExportedFile]:
    """Return the files that a dataset is exported as.

    Rows become one TSV file for each part, in the style of PostgreSQL's COPY, or the one file `file` in the format
    of its ending. Files of a command or of the user's are copied as they are.

    Args:
        file: Name of the one file to write, or None for a directory. A dataset of files then has one.
    """
    if file is None:
        return [_of_part(storage, key, manifest, part, cancellation) for part in manifest.parts]
    if has_rows(manifest):
        format = format_of_name(file)
        assert format != "files"

        def write(path: Path) -> None:
            write_rows_as(
                _batches(storage, key, manifest, cancellation), path, format, compression=_compression(file)
            )

        return [ExportedFile("", write)]
    return [replace(_of_part(storage, key, manifest, manifest.parts[0], cancellation), name="")]


def _compression(name: str) -> str | None:
    return _COMPRESSIONS.get(Path(name).suffix.lower())


def _of_part(
    storage: Storage, key: str, manifest: Manifest, part: Part, cancellation: Cancellation
) -> ExportedFile:
    only = replace(manifest, parts=(part,))
    if has_rows(manifest):
        return ExportedFile(
            Path(part_name(part)).with_suffix(".tsv").as_posix(),
            lambda path: write_rows_as(_batches(storage, key, only, cancellation), path, "tsv"),
        )

    def copy(path: Path) -> None:
        with storage.fetched(key, only) as (source,):
            copy_file(Path(source), path, cancellation)

    return ExportedFile(part_name(part), copy)


def _batches(
    storage: Storage, key: str, manifest: Manifest, cancellation: Cancellation
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of the parts, one part fetched at a time; an empty first batch gives the columns."""
    for number, part in enumerate(manifest.parts):
        with storage.fetched(key, replace(manifest, parts=(part,))) as paths:
            reader = open_rows(paths, "parquet", FileFormat())
            if number == 0:
                yield pa.RecordBatch.from_pylist([], reader.schema)
            for batch in reader:
                check_cancelled(cancellation)
                yield batch


def write_rows_as(
    batches: Iterable[pa.RecordBatch], path: Path, format: ExportFormat, *, compression: str | None = None
) -> None:
    r"""Write batches of one schema, at least one, to the file `path`, holding one batch at a time.

    `tsv` has no header, `\N` for NULL and backslash escapes. `csv` has a header, an empty field for NULL and `""` for
    an empty text. `jsonl` has an object a line. Binary values are hexadecimal (`\x6869`) in all of these.

    Raises:
        DataError: A column has no text form (DD756).
        StorageError: The disk is full or cannot be written.
    """
    remaining = iter(batches)
    first = next(remaining)
    with (
        storage_errors("write", path),
        _opened(path, compression) as file,
        _WRITERS[format](file, first.schema) as write,
    ):
        write(first)
        for batch in remaining:
            write(batch)


@contextmanager
def _opened(path: Path, compression: str | None) -> Iterator[IO[bytes]]:
    with path.open("wb") as file:
        if compression is None:
            yield file
            return
        with pa.CompressedOutputStream(file, compression) as packed:
            yield packed


@contextmanager
def _tsv(file: IO[bytes], schema: pa.Schema) -> Iterator[_Write]:
    def write(batch: pa.RecordBatch) -> None:
        if batch.num_columns and batch.num_rows:
            file.write(delimited_lines(batch))

    yield write


@contextmanager
def _csv(file: IO[bytes], schema: pa.Schema) -> Iterator[_Write]:
    plain = pa.schema([pa.field(field.name, _csv_type(field)) for field in schema])
    with pyarrow.csv.CSVWriter(file, plain) as writer:

        def write(batch: pa.RecordBatch) -> None:
            columns = [_csv_column(column) for column in batch.columns]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=plain))

        yield write


def _csv_type(field: pa.Field) -> pa.DataType:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_nested(kind):
        raise DataError(
            f"column `{field.name}` of type {kind} cannot be written as CSV",
            code="DD756",
            hint="turn it into text in the query that extracts it, or write `.jsonl`",
        )
    if _is_binary(kind) or pa.types.is_decimal(kind) or pa.types.is_duration(kind):
        return pa.string()
    return kind


def _csv_column(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if _is_binary(column.type):
        return pa.array(
            [None if value is None else _hexadecimal(value) for value in column.to_pylist()], pa.string()
        )
    if pa.types.is_decimal(column.type) or pa.types.is_duration(column.type):
        return column.cast(pa.string())
    return column


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    )


@contextmanager
def _json_lines(file: IO[bytes], schema: pa.Schema) -> Iterator[_Write]:
    def write(batch: pa.RecordBatch) -> None:
        for start in range(0, batch.num_rows, _ROWS_FOR_JSON):
            rows = batch.slice(start, _ROWS_FOR_JSON).to_pylist()
            lines = (json.dumps(row, ensure_ascii=False, default=_json_text) for row in rows)
            file.write("".join(f"{line}\n" for line in lines).encode())

    yield write


def _json_text(value: object) -> str:
    match value:
        case bytes():
            return _hexadecimal(value)
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal() | timedelta():
            return str(value)
        case _:
            raise DataError(f"a value of type {type(value).__name__} has no form in JSON", code="DD756")


def _hexadecimal(value: bytes) -> str:
    return f"\\x{value.hex()}"


@contextmanager
def _parquet(file: IO[bytes], schema: pa.Schema) -> Iterator[_Write]:
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:

        def write(batch: pa.RecordBatch) -> None:
            if batch.num_rows:
                writer.write_batch(batch)

        yield write


_WRITERS: dict[ExportFormat, Callable[[Any, pa.Schema], AbstractContextManager[_Write]]] = {
    "tsv": _tsv,
    "csv": _csv,
    "jsonl": _json_lines,
    "parquet": _parquet,
}
