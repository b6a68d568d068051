"""The DuckDB warehouse: one writer at a time, readers that see what was committed when they began."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import duckdb
import pyarrow as pa

from dataduct.errors import Interrupted, SqlError
from dataduct.model.cancellation import Cancellation
from dataduct.model.operations import FileFormat
from dataduct.model.server import ServerInfo
from dataduct.model.table import Column, TableName
from dataduct.warehouses.base import (
    ColumnMatch,
    DatasetFiles,
    Execute,
    LoadResult,
    Row,
    Transaction,
    Warehouse,
    WarehouseCapabilities,
)
from dataduct.warehouses.dataset_files import column_names
from dataduct.warehouses.duckdb_catalog import model_column, read_table
from dataduct.warehouses.duckdb_errors import translated, translating
from dataduct.warehouses.duckdb_load import load_dataset
from dataduct.warehouses.duckdb_session import Session

_LOOK_AGAIN_SECONDS = 0.05


class DuckDbTransaction(Transaction):
    """An open transaction on a cursor of its own."""

    def __init__(self, session: Session, known: set[TableName]) -> None:
        self._session = session
        self._known = known

    def knows_table(self, table: TableName) -> bool:
        """Return whether `table` was committed before this transaction began and still stands in it."""
        return table in self._known and not self._session.may_have_dropped(table)

    def remember_table(self, table: TableName) -> None:
        """Take note of `table`, unless this transaction may have made it and may still be rolled back."""
        if not self._session.creates:
            self._known.add(table)

    def execute(self, statement: str) -> int | None:
        """Run one statement; see `Transaction.execute`."""
        return self._session.execute(statement)

    def fetch(self, query: str) -> list[Row]:
        """Run a query with a small result and return its rows."""
        return self._session.fetch(query)

    def columns(self, table: TableName) -> tuple[Column, ...] | None:
        """Return the columns of a table or view; a length that a CHECK bounds is the type's argument."""
        catalog = read_table(self._session, table)
        if catalog is None:
            return None
        return tuple(model_column(catalog, column) for column in catalog.columns)

    def dataset_columns(self, files: DatasetFiles, file_format: FileFormat) -> tuple[str | None, ...]:
        """Return the dataset's column names; None for each column of a format without names."""
        return column_names(files, file_format)

    def load(
        self, table: TableName, files: DatasetFiles, matches: Sequence[ColumnMatch], file_format: FileFormat
    ) -> LoadResult:
        """Insert the dataset's rows; DuckDB reads Parquet files itself."""
        return load_dataset(self._session, table, files, matches, file_format)


class DuckDbWarehouse(Warehouse):
    """An open DuckDB file, or a database in memory."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, capabilities: WarehouseCapabilities) -> None:
        self.capabilities = capabilities
        self._connection = connection
        self._writing = threading.Lock()
        self._known: set[TableName] = set()

    def knows_table(self, table: TableName) -> bool:
        """Return whether `table` is committed: no other process has the file, and what this one changed is known."""
        return table in self._known

    def remember_table(self, table: TableName) -> None:
        """Take note that `table` is committed."""
        self._known.add(table)

    @contextmanager
    def transaction(self, cancellation: Cancellation) -> Iterator[Transaction]:
        """Begin a transaction once no other thread of this process has one open."""
        with self._only_writer(cancellation), self._session(cancellation) as session:
            with session.running() as cursor:
                cursor.begin()
            try:
                yield DuckDbTransaction(session, self._known)
                session.check()
                with translating("COMMIT", cancellation):
                    session.cursor.commit()
            except BaseException:
                with suppress(duckdb.Error):
                    session.cursor.rollback()
                raise

    @contextmanager
    def session(self, cancellation: Cancellation) -> Iterator[Execute]:
        """Give what runs statements that commit by themselves."""
        with self._only_writer(cancellation), self._session(cancellation) as session:
            yield session.execute

    @contextmanager
    def stream(
        self, query: str, cancellation: Cancellation, *, batch_rows: int = 65_536, bulk: bool = False
    ) -> Iterator[pa.RecordBatchReader]:
        """Stream a query's rows from a cursor of its own."""
        with self._session(cancellation) as session:
            with session.running(query) as cursor:
                parsed = cursor.extract_statements(query)
                if len(parsed) != 1 or parsed[0].type != duckdb.StatementType.SELECT:
                    raise SqlError("one query is expected", code="DD716", details=(query.strip(),))
                source = cursor.sql(parsed[0].query).to_arrow_reader(batch_rows)
            batches = pa.RecordBatchReader.from_batches(source.schema, _batches(source, query, session))
            try:
                yield batches
            finally:
                batches.close()
                source.close()

    def server(self) -> ServerInfo:
        """Return DuckDB's version; the user of a file that is open lacks no right."""
        return ServerInfo(version=f"DuckDB {duckdb.__version__}")

    def close(self) -> None:
        """Close the file, which lets other processes open it."""
        with translating():
            self._connection.close()

    @contextmanager
    def _session(self, cancellation: Cancellation) -> Iterator[Session]:
        session = Session(self._connection, cancellation)
        try:
            yield session
        finally:
            session.close()
            gone = {table for table in tuple(self._known) if session.may_have_dropped(table)}
            self._known.difference_update(gone)

    @contextmanager
    def _only_writer(self, cancellation: Cancellation) -> Iterator[None]:
        while not self._writing.acquire(timeout=_LOOK_AGAIN_SECONDS):
            if cancellation.requested:
                raise Interrupted(cancellation.reason or "interrupted", code="DD710")
        try:
            yield
        finally:
            self._writing.release()


def _batches(source: pa.RecordBatchReader, query: str, session: Session) -> Iterator[pa.RecordBatch]:
    while True:
        try:
            with session.running(query):
                batch = source.read_next_batch()
        except StopIteration:
            return
        except (OSError, pa.ArrowException) as error:
            raise translated(error, query, session.cancellation) from error
        yield batch
