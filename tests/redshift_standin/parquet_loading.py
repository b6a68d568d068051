"""Parquet files as the input of PostgreSQL's COPY, as strict as Redshift's columnar reader."""

import io
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from redshift_standin.copy_options import Options
from redshift_standin.errors import RedshiftError
from redshift_standin.load_columns import LoadColumn, LoadTable
from redshift_standin.object_store import StoredObject

_BATCH_ROWS = 16_384
_MEMORY = 32 << 20


@dataclass
class ParquetLoad:
    """A COPY of Parquet files under way; `rows` counts the rows given to PostgreSQL."""

    table: LoadTable
    options: Options
    open_object: Callable[[StoredObject], IO[bytes]]
    query: int
    rows: int = 0

    def chunks(self, objects: Sequence[StoredObject]) -> Iterator[bytes]:
        """Input for COPY in CSV format. Raises `RedshiftError` for a file that does not fit the table."""
        for stored in objects:
            with tempfile.SpooledTemporaryFile(_MEMORY) as held:
                body = self.open_object(stored)
                while data := body.read(1 << 20):
                    held.write(data)
                held.seek(0)
                yield from self._file(stored, held)

    def _file(self, stored: StoredObject, held: IO[bytes]) -> Iterator[bytes]:
        try:
            file = pq.ParquetFile(held)
            self._check_schema(stored, file)
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                yield self._csv(stored, batch)
                self.rows += batch.num_rows
        except pa.ArrowInvalid as error:
            raise self._scan_error(15001, f"Invalid Parquet file '{stored.uri}': {error}") from error

    def _scan_error(self, code: int, context: str) -> RedshiftError:
        line = "-----------------------------------------------"
        detail = (
            f"\n  {line}\n  error:  Spectrum Scan Error\n  code:      {code}\n  context:   {context}\n"
            f"  query:     {self.query}\n  location:  dory_util.cpp:1777\n"
            f"  process:   worker_thread [pid=1]\n  {line}\n"
        )
        return RedshiftError("XX000", "Spectrum Scan Error", detail)

    def _check_schema(self, stored: StoredObject, file: pq.ParquetFile) -> None:
        schema, columns = file.schema_arrow, self.table.columns
        found = len(schema)
        missing = len(columns) - found
        if missing < 0 or (missing and not self.options.flag("fillrecord")):
            raise self._scan_error(
                15007,
                f"Unmatched number of columns between table and file. Table columns: {len(columns)}, "
                f"Data columns: {found}, File name: {stored.uri}",
            )
        for column, place in zip(columns, range(found), strict=False):
            if not self._fits(column, schema.field(place).type):
                raise self._scan_error(
                    15007,
                    f"File '{stored.uri}' has an incompatible Parquet schema for column '{stored.uri}.{column.name}'. "
                    f"Column type: {_declared(column)}, Parquet schema:\n{_physical(file, place)}",
                )

    def _fits(self, column: LoadColumn, kind: pa.DataType) -> bool:
        if column.type_name == "super":
            return self.options.flag("serializetojson")
        if column.type_name == "numeric":
            return pa.types.is_decimal(kind) and (kind.precision, kind.scale) == (
                column.precision,
                column.scale,
            )
        if column.is_text:
            return pa.types.is_string(kind) or pa.types.is_large_string(kind)
        if column.type_name == "timestamp":
            return pa.types.is_timestamp(kind) and kind.unit in ("ms", "us")
        if column.type_name == "timestamptz":
            return pa.types.is_timestamp(kind) and kind.unit in ("ms", "us") and kind.tz is not None
        if column.type_name == "varbyte":
            return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        exact = {
            "int2": (pa.int16(), pa.int8()),
            "int4": (pa.int32(),),
            "int8": (pa.int64(),),
            "float4": (pa.float32(),),
            "float8": (pa.float64(),),
            "bool": (pa.bool_(),),
            "date": (pa.date32(),),
        }
        return kind in exact.get(column.type_name, ())

    def _csv(self, stored: StoredObject, batch: pa.RecordBatch) -> bytes:
        arrays: list[pa.Array] = []
        for column, array in zip(self.table.columns, batch.columns, strict=False):
            arrays.append(self._column(stored, column, array))
        arrays += [pa.nulls(batch.num_rows) for _ in self.table.columns[len(arrays) :]]
        for column, array in zip(self.table.columns, arrays, strict=True):
            if column.not_null and array.null_count:
                raise RedshiftError("23502", f"Cannot insert a NULL value into column {column.name}")
        made = pa.table(arrays, names=[str(place) for place in range(len(arrays))])
        sink = io.BytesIO()
        pcsv.write_csv(made, sink, pcsv.WriteOptions(include_header=False))
        return sink.getvalue()

    def _column(self, stored: StoredObject, column: LoadColumn, array: pa.Array) -> pa.Array:
        if column.is_text:
            self._check_text(stored, column, array)
            return array
        if column.type_name == "varbyte":
            return pa.array(
                [None if value is None else "\\x" + value.hex() for value in array.to_pylist()], pa.string()
            )
        if column.type_name == "super":
            return pa.array(
                [None if value is None else json.dumps(value, default=str) for value in array.to_pylist()],
                pa.string(),
            )
        if column.type_name == "timestamp" and array.type.tz is not None:
            return array.cast(pa.timestamp(array.type.unit))
        return array

    def _check_text(self, stored: StoredObject, column: LoadColumn, array: pa.Array) -> None:
        longest = pc.max(pc.binary_length(array)).as_py() or 0
        if longest > column.length:
            raise self._scan_error(
                15001,
                f"The length of the data column {column.name} is longer than the length defined in the table. "
                f"Table: {column.length}, Data: {longest}, File name: {stored.uri}",
            )
        if column.type_name == "bpchar" and longest and not pc.all(pc.string_is_ascii(array)).as_py():
            raise self._scan_error(
                15001, f"CHAR column {column.name} has a multibyte character, File name: {stored.uri}"
            )


def _declared(column: LoadColumn) -> str:
    if column.type_name == "numeric":
        return f"DECIMAL({column.precision}, {column.scale})"
    return f"{column.label}({column.length})" if column.length else column.label


def _physical(file: pq.ParquetFile, place: int) -> str:
    name = file.schema_arrow.field(place).name
    leaf = next(
        (
            file.schema.column(at)
            for at in range(len(file.schema.names))
            if file.schema.column(at).path.split(".")[0] == name
        ),
        None,
    )
    if leaf is None:
        return name
    logical = str(leaf.logical_type)
    shown = "" if logical == "None" else f" ({logical})"
    return f"optional {leaf.physical_type.lower()} {leaf.path}{shown}"
