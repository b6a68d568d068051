"""A dataset's files as relations that DuckDB reads."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from dataduct.errors import DataductError, DataError
from dataduct.model.operations import FileFormat
from dataduct.sql.dialect import quoted
from dataduct.warehouses.base import DatasetFiles
from dataduct.warehouses.dataset_files import UnreadableRows, delimited_format, parquet_footer
from dataduct.warehouses.duckdb_catalog import literal
from dataduct.warehouses.duckdb_session import Session
from dataduct.warehouses.plain_values import plain_type, plain_values

_VIEW = "dataduct_delimited_rows"
_IN_ORDER = f"SELECT *, row_number() OVER () AS dataduct_order FROM {_VIEW}"
"""DuckDB takes rows that it numbers with one thread, which needs 30 MB less than two and hardly more time."""


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column of a source: its name, and its type as DuckDB spells it."""

    name: str
    type: str


class Source(ABC):
    """Rows of a dataset that have the same columns.

    Attributes:
        failure: What went wrong while the files were read, where DuckDB's own error cannot say it.
    """

    columns: tuple[SourceColumn, ...]
    failure: DataductError | None = None

    @property
    def rejected(self) -> tuple[str, ...]:
        """One line for each row that the reader itself left out."""
        return ()

    def plain_type(self, position: int, target: str) -> pa.DataType | None:
        """Return the Arrow type in which plain values of a column come for DuckDB's type `target`, None if in none."""
        return None

    @abstractmethod
    def relation(
        self,
        session: Session,
        positions: Sequence[int],
        *,
        numbered: bool,
        plain: Sequence[pa.DataType | None] = (),
    ) -> AbstractContextManager[str]:
        """Give SQL selecting the columns at `positions` as `dataduct_0`, `dataduct_1`, ...

        If `numbered`, it has the row's number too, `dataduct_row`, from 1 over the whole dataset. With the types of
        `plain`, one for each position, it has `dataduct_plain_0`, ...: each value stands there if it came in
        that type, else in `dataduct_0`, ... The SQL may be run once, within the block.
        """

    @abstractmethod
    def pieces(self) -> "Sequence[Source]":
        """Return the source cut into parts whose rows can be numbered."""


@dataclass
class ParquetSource(Source):
    """Parquet files of one schema; `first_row` is the number of their first row in the dataset."""

    paths: tuple[str, ...]
    rows: tuple[int, ...]
    first_row: int
    columns: tuple[SourceColumn, ...] = ()

    @contextmanager
    def relation(
        self,
        session: Session,
        positions: Sequence[int],
        *,
        numbered: bool,
        plain: Sequence[pa.DataType | None] = (),
    ) -> Iterator[str]:
        """Let DuckDB read the files itself."""
        selected = [
            f"{quoted(self.columns[position].name)} AS dataduct_{n}" for n, position in enumerate(positions)
        ]
        if numbered:
            selected.append(f"file_row_number + {self.first_row} AS dataduct_row")
        yield f"SELECT {', '.join(selected)} FROM {_read_parquet(self.paths, numbered=numbered)}"

    def pieces(self) -> Sequence[Source]:
        """Return one source for each file."""
        pieces, first_row = [], self.first_row
        for path, rows in zip(self.paths, self.rows, strict=True):
            pieces.append(replace(self, paths=(path,), rows=(rows,), first_row=first_row))
            first_row += rows
        return pieces


class DelimitedSource(Source):
    """Delimited files; every column is text. Rows that cannot be read are left out as `max_errors` allows."""

    def __init__(self, files: DatasetFiles, file_format: FileFormat) -> None:
        self._files = files
        self._file_format = file_format
        self._unreadable = UnreadableRows(file_format.max_errors)
        with _closing(self._open()) as reader:
            self.columns = tuple(SourceColumn(name, "VARCHAR") for name in reader.schema.names)

    @property
    def rejected(self) -> tuple[str, ...]:
        """The rows that could not be read the last time."""
        return self._unreadable.lines

    def plain_type(self, position: int, target: str) -> pa.DataType | None:
        """Return the Arrow type of `target`'s plain values: every column is text."""
        return plain_type(target)

    @contextmanager
    def relation(
        self,
        session: Session,
        positions: Sequence[int],
        *,
        numbered: bool,
        plain: Sequence[pa.DataType | None] = (),
    ) -> Iterator[str]:
        """Register the reader's batches for the block."""
        asked = _Asked(tuple(positions), tuple(plain) or (None,) * len(positions), numbered)
        with _closing(self._open()) as reader:
            batches = pa.RecordBatchReader.from_batches(asked.schema, self._batches(reader, asked))
            with session.running() as cursor:
                cursor.register(_VIEW, batches)
            try:
                yield f"SELECT {', '.join(asked.schema.names)} FROM ({_IN_ORDER}) WHERE dataduct_order > 0"
            finally:
                session.forget(_VIEW)

    def pieces(self) -> Sequence[Source]:
        """Return the source itself: its rows are numbered as they are read."""
        return (self,)

    def _open(self) -> pa.RecordBatchReader:
        from dataduct.storage.rows import open_rows

        self.failure, self._unreadable = None, UnreadableRows(self._file_format.max_errors)
        return open_rows(
            self._files.paths,
            delimited_format(self._files),
            self._file_format,
            on_bad_row=self._unreadable if self._file_format.max_errors else None,
        )

    def _batches(self, reader: pa.RecordBatchReader, asked: "_Asked") -> Iterator[pa.RecordBatch]:
        before = 0
        try:
            for batch in reader:
                yield asked.batch(batch, before)
                before += batch.num_rows
        except DataductError as error:
            self.failure = error
            raise


@dataclass(frozen=True)
class _Asked:
    """What a relation asks of batches of text; `plain` has a type or None for each position."""

    positions: tuple[int, ...]
    plain: tuple[pa.DataType | None, ...]
    numbered: bool

    @cached_property
    def schema(self) -> pa.Schema:
        fields: list[tuple[str, pa.DataType]] = []
        for n, kind in enumerate(self.plain):
            fields.append((f"dataduct_{n}", pa.string()))
            if kind is not None:
                fields.append((f"dataduct_plain_{n}", kind))
        if self.numbered:
            fields.append(("dataduct_row", pa.int64()))
        return pa.schema(fields)

    def batch(self, rows: pa.RecordBatch, before: int) -> pa.RecordBatch:
        """Return the columns asked for; `before` is the number of rows in earlier batches."""
        columns: list[pa.Array] = []
        for position, kind in zip(self.positions, self.plain, strict=True):
            text = rows.column(position)
            if kind is None:
                columns.append(text)
                continue
            values = plain_values(text, kind)
            if values is None:
                columns += (text, pa.nulls(rows.num_rows, kind))
            else:
                columns += (pa.nulls(rows.num_rows, pa.string()), values)
        if self.numbered:
            ones = pa.repeat(pa.scalar(1, pa.int64()), rows.num_rows)
            columns.append(pc.cumulative_sum(ones, start=before))
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def sources(session: Session, files: DatasetFiles, file_format: FileFormat) -> list[Source]:
    """Return the dataset's files as sources, in order: one for each run of files with the same columns."""
    if not files.paths:
        return []
    if files.manifest.format != "parquet":
        return [DelimitedSource(files, file_format)]
    groups: list[tuple[pa.Schema, ParquetSource]] = []
    first_row = 1
    for path in files.paths:
        schema, rows = _footer(path)
        if groups and groups[-1][0].equals(schema):
            group = groups[-1][1]
            group.paths, group.rows = (*group.paths, path), (*group.rows, rows)
        else:
            groups.append((schema, ParquetSource((path,), (rows,), first_row)))
        first_row += rows
    for schema, group in groups:
        described = session.fetch(f"DESCRIBE SELECT * FROM {_read_parquet(group.paths[:1], numbered=False)}")
        group.columns = tuple(
            SourceColumn(str(row[0]), _type_name(field, str(row[1])))
            for field, row in zip(schema, described, strict=True)
        )
    return [group for _, group in groups]


@contextmanager
def _closing(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatchReader]:
    """Close `reader` at the end of the block."""
    try:
        yield reader
    finally:
        reader.close()


def _read_parquet(paths: Sequence[str], *, numbered: bool) -> str:
    return (
        f"read_parquet([{', '.join(map(_path_literal, paths))}], file_row_number = {str(numbered).lower()})"
    )


def _path_literal(path: str) -> str:
    """Return a path as a literal that DuckDB does not read as a pattern."""
    return literal("".join(f"[{character}]" if character in "*?[" else character for character in path))


def _footer(path: str) -> tuple[pa.Schema, int]:
    schema, rows = parquet_footer(path)
    for field in schema:
        if pa.types.is_decimal256(field.type):
            raise DataError(
                f"column {field.name} is {field.type}; DuckDB holds at most 38 digits",
                code="DD707",
                hint=f"cast {field.name} to fewer digits or to text where it is extracted",
            )
    return schema, rows


def _type_name(field: pa.Field, described: str) -> str:
    """Return DuckDB's type of a column; a column of nothing but NULLs counts as text."""
    return "VARCHAR" if pa.types.is_null(field.type) else described
