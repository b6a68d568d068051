"""Loading a dataset into a PostgreSQL table by COPY: rows are fitted in one thread and sent in another."""

import queue
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pyarrow as pa

from dataduct.errors import DataError, SqlError
from dataduct.model.nearest import did_you_mean
from dataduct.model.operations import FileFormat
from dataduct.model.table import TableName
from dataduct.sql.dialect import quoted
from dataduct.warehouses.base import ColumnMatch, DatasetFiles, LoadResult
from dataduct.warehouses.dataset_files import parquet_footer, source_position
from dataduct.warehouses.fitting_rows import FittedColumn, FittedRows
from dataduct.warehouses.misfits import Misfits, Reason, misfit_line, refusal
from dataduct.warehouses.postgres_catalog import CatalogColumn, model_type, read_columns
from dataduct.warehouses.postgres_copy import BinaryFormat, CopyFormat, TextFormat, WireColumn, pieces
from dataduct.warehouses.postgres_refusals import warehouse_error
from dataduct.warehouses.postgres_session import Session
from dataduct.warehouses.postgres_targets import Target, target_of

_QUEUED_BATCHES = 2
_LOOK_AGAIN_SECONDS = 0.1
_SAVEPOINT = "dataduct_load"
_PLACE = re.compile(r"COPY [^\n]*?, \D*(\d+)")
_ROW_STATES = frozenset({"23502", "23514"})


def load_dataset(
    session: Session,
    table: TableName,
    files: DatasetFiles,
    matches: Sequence[ColumnMatch],
    file_format: FileFormat,
) -> LoadResult:
    """Insert the dataset's rows into `table`; see `Transaction.load`."""
    catalog = read_columns(session, table)
    if catalog is None:
        raise SqlError(f"there is no table {table}", code="DD705")
    if not files.paths:
        return LoadResult(0)
    loading = _Loading(session, table, files, file_format, _columns(table, catalog, matches))
    try:
        return loading.run()
    finally:
        pa.default_memory_pool().release_unused()


class _RowRefusedError(Exception):
    """The server refused one row.

    Attributes:
        row: Its number in the dataset, from 1.
        line: What is wrong with it.
    """

    def __init__(self, row: int, line: str) -> None:
        super().__init__(line)
        self.row = row
        self.line = line


@dataclass(frozen=True, slots=True)
class _Loading:
    """The load of one dataset into one table."""

    session: Session
    table: TableName
    files: DatasetFiles
    file_format: FileFormat
    columns: tuple[tuple[str | int, CatalogColumn], ...]

    def run(self) -> LoadResult:
        """Copy the rows; those that the server refuses are left out as `max_errors` allows."""
        allowed = self.file_format.max_errors
        refused: dict[int, str] = {}
        while True:
            if allowed:
                self.session.execute(f"SAVEPOINT {_SAVEPOINT}")
            rows = self._rows(frozenset(refused))
            try:
                return self._copy(rows, tuple(refused.values()))
            except _RowRefusedError as error:
                if len(refused) + rows.misfits.count + len(rows.unreadable) >= allowed:
                    lines = (*rows.unreadable, *refused.values(), *rows.misfits.lines, error.line)
                    count = rows.misfits.count + len(rows.unreadable) + len(refused) + 1
                    raise refusal(self.table, Misfits(count, lines), allowed) from error
                refused[error.row] = error.line
                self.session.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")

    def _rows(self, skipped: frozenset[int]) -> FittedRows:
        columns = [
            FittedColumn(source, column.name, lambda kind, column=column: target_of(column, kind).fit)  # type: ignore[misc]
            for source, column in self.columns
        ]
        return FittedRows(self.files, columns, self.file_format, skipped)

    def _copy(self, rows: FittedRows, refused: tuple[str, ...]) -> LoadResult:
        copy_format = self._format()
        names = ", ".join(quoted(column.name) for _, column in self.columns)
        statement = (
            f"COPY {quoted(self.table.schema, self.table.name)} ({names}) FROM STDIN ({copy_format.options})"
        )
        producer = _Producer(self.table, rows, copy_format, self.file_format.max_errors - len(refused))
        with producer.running(), self.session.running(statement) as connection, connection.cursor() as cursor:
            try:
                with cursor.copy(statement.encode()) as copy:
                    for piece in producer:
                        copy.write(piece)
            except psycopg.Error as error:
                producer.stop()
                if not self.session.cancellation.requested:
                    self._explain(error, rows, producer, statement)
                raise
        misfits = Misfits(
            rows.misfits.count + len(rows.unreadable) + len(refused),
            (*rows.unreadable, *refused, *rows.misfits.lines),
        )
        return LoadResult(rows.rows, misfits.lines)

    def _format(self) -> CopyFormat:
        """Return the binary format, or the text format where a value has no binary one that the client knows."""
        sources = self._source_types()
        wire = []
        for (_, column), kinds in zip(self.columns, sources, strict=True):
            targets = [target_of(column, kind) for kind in kinds]
            if (
                not all(target.is_binary for target in targets)
                or len({each.fit.type for each in targets}) > 1
            ):
                return TextFormat()
            stored: Target = targets[0]
            wire.append(WireColumn(column.name, stored.fit.type, column.built_in and column.base == "jsonb"))
        return BinaryFormat(wire)

    def _source_types(self) -> list[list[pa.DataType]]:
        """Return the types that each column has in the dataset's files."""
        if self.files.manifest.format != "parquet":
            return [[pa.string()]] * len(self.columns)
        found: list[list[pa.DataType]] = [[] for _ in self.columns]
        schemas: list[pa.Schema] = []
        for path in self.files.paths:
            schema, _ = parquet_footer(path)
            if not any(schema.equals(seen) for seen in schemas):
                schemas.append(schema)
        for schema in schemas:
            for kinds, (source, _) in zip(found, self.columns, strict=True):
                kinds.append(_plain_type(schema.field(source_position(list(schema.names), source)).type))
        return found

    def _explain(self, error: psycopg.Error, rows: FittedRows, producer: "_Producer", statement: str) -> None:
        """Raise what an error of the server says about the rows; return if it says nothing about them."""
        state, told = error.sqlstate or "", error.diag
        if state[:2] not in ("22", "23"):
            return
        words = told.message_primary or ""
        details = (told.message_detail,) if told.message_detail else ()
        place = _PLACE.search(told.context or "")
        row = producer.row_number(int(place[1])) if place else None
        if row is None or (state[:2] == "23" and state not in _ROW_STATES):
            translated = warehouse_error(error, server=self.session.server, statement=statement)
            if translated.code != "DD715":
                return
            where = (f"row {row}",) if row is not None else ()
            raise DataError(
                f"the dataset cannot be loaded into {self.table}: {words}",
                code="DD707",
                details=(*details, *where),
            ) from error
        raise _RowRefusedError(row, self._line(error, rows, row)) from error

    def _line(self, error: psycopg.Error, rows: FittedRows, row: int) -> str:
        told = error.diag
        words = told.message_primary or ""
        if error.sqlstate == "23502" and told.column_name:
            return misfit_line(row, told.column_name, Reason.NULL, "", "")
        if error.sqlstate == "23514":
            return f"row {row}: breaks CHECK {told.constraint_name}"
        after = (told.context or "")[_PLACE.search(told.context or "").end() :]  # type: ignore[union-attr]
        column = next((column for _, column in self.columns if _is_named(column.name, after)), None)
        if column is None:
            return f"row {row}: {words}"
        shown = rows.shown(row, column.name)
        line = misfit_line(row, column.name, Reason.TYPE, shown, str(model_type(column.type)))
        return f"{line} ({told.message_detail or words})"


class _Producer:
    """A thread that fits and encodes rows, and a short queue of their bytes.

    Once a row does not fit that has to, nothing more is encoded; the other rows are only judged, to be counted.
    """

    def __init__(self, table: TableName, rows: FittedRows, copy_format: CopyFormat, allowed: int) -> None:
        self._table = table
        self._rows = rows
        self._format = copy_format
        self._allowed = allowed
        self._queue: queue.Queue[bytes | memoryview | BaseException | None] = queue.Queue(_QUEUED_BATCHES)
        self._stopped = threading.Event()
        self._places: list[tuple[int, int, int]] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the thread for the block."""
        thread = threading.Thread(target=self._produce, name="postgres-load", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.stop()
            thread.join()

    def stop(self) -> None:
        """Let the thread end."""
        self._stopped.set()

    def __iter__(self) -> Iterator[memoryview]:
        """Yield the bytes to send. Raises what the thread raised, and `DataError` for rows that do not fit."""
        while (item := self._queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield from pieces(item)

    def row_number(self, sent: int) -> int | None:
        """Return the number in the dataset of the row that was the `sent`th to be sent, from 1."""
        for before, first, rows in reversed(self._places):
            if before < sent <= before + rows:
                return first + self._position(first, sent - before - 1)
        return None

    def _position(self, first: int, nth: int) -> int:
        """Return the position, in the batch that begins at row `first`, of its `nth` row that was sent, from 0."""
        left_out = self._rows.left_out.get(first)
        if left_out is None:
            return nth
        position = -1
        while nth >= 0:
            position += 1
            nth -= position not in left_out
        return position

    def _produce(self) -> None:
        try:
            self._put(self._format.begin())
            sent = 0
            for batch, first in self._rows.batches():
                if self._stopped.is_set():
                    return
                if self._excess():
                    continue
                self._places.append((sent, first, batch.num_rows))
                sent += batch.num_rows
                self._put(self._format.rows(batch))
            if self._excess():
                rows = self._rows
                lines = (*rows.unreadable, *rows.misfits.lines)
                count = rows.misfits.count + len(rows.unreadable)
                raise refusal(self._table, Misfits(count, lines), self._rows.file_format.max_errors)
            self._put(self._format.end())
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - the thread that sends raises it
            self._put(error)

    def _excess(self) -> bool:
        return self._rows.misfits.count + len(self._rows.unreadable) > self._allowed

    def _put(self, item: bytes | memoryview | BaseException | None) -> None:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=_LOOK_AGAIN_SECONDS)
            except queue.Full:
                continue
            return


def _columns(
    table: TableName, catalog: Sequence[CatalogColumn], matches: Sequence[ColumnMatch]
) -> tuple[tuple[str | int, CatalogColumn], ...]:
    """Return the source and the column of each match. Raises `DataError` for a column that does not exist."""
    by_name = {column.name: column for column in catalog}
    found = []
    for match in matches:
        column = by_name.get(match.target.name)
        if column is None:
            raise DataError(
                f"{table} has no column {match.target.name}",
                code="DD718",
                hint=did_you_mean(match.target.name, by_name),
            )
        found.append((match.source, column))
    return tuple(found)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    from dataduct.warehouses.fitting import plain

    return plain(pa.nulls(0, kind)).type


def _is_named(name: str, context: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", context.split(":")[0]) is not None
