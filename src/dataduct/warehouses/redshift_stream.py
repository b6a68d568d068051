"""A query's rows out of Amazon Redshift: by a cursor, or for a large export by UNLOAD to S3."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from psycopg.types.string import TextLoader

from dataduct.errors import SqlError, StorageError
from dataduct.model.cancellation import Cancellation
from dataduct.model.table import TableName
from dataduct.sql.dialect import quoted
from dataduct.sql.statements import split_statements
from dataduct.warehouses.postgres_statements import read_statement
from dataduct.warehouses.redshift_commands import Commands
from dataduct.warehouses.redshift_results import ResultColumn, batch_of, result_columns, schema_of, times_of
from dataduct.warehouses.redshift_session import RedshiftSession
from dataduct.warehouses.redshift_staging import Area, Staging

_CURSOR = "dataduct_rows"
_DECLARE = f"DECLARE {_CURSOR} CURSOR FOR\n"
_DESCRIBE = "SELECT * FROM (\n"
_FIRST_FETCH = 1024
_FETCHED_BYTES = 4 * 1024 * 1024
_TEXT_OIDS = (16, 17, 20, 21, 23, 26, 700, 701, 1082, 1083, 1114, 1184, 1186, 1266, 1700)
_ROWS = TableName("unloaded")


def require_query(query: str) -> str:
    """Return the query without the semicolon behind it. Raises `SqlError` if it is not one query (DD716)."""
    wrong = SqlError("one query is expected", code="DD716", details=(query.strip(),))
    try:
        statement = read_statement(query)
    except SqlError as error:
        raise wrong from error
    if not statement.gives_rows:
        raise wrong
    return split_statements(query)[0]


@contextmanager
def stream_by_cursor(session: RedshiftSession, query: str, batch_rows: int) -> Iterator[pa.RecordBatchReader]:
    """Stream a query's rows for the block, over the session's connection, some megabytes at a time."""
    connection = session.connection
    with session.running_within(_DECLARE, query):
        connection.execute(b"BEGIN READ ONLY")
        connection.execute(f"{_DECLARE}{query}".encode())
    try:
        rows = min(_FIRST_FETCH, batch_rows)
        columns, first = _fetch(session, query, rows)
        batches = pa.RecordBatchReader.from_batches(
            schema_of(columns), _batches(session, query, columns, first, rows, batch_rows)
        )
        try:
            yield batches
        finally:
            batches.close()
    finally:
        with suppress(psycopg.Error):  # a connection that is lost has no transaction any more
            connection.rollback()


def _fetch(
    session: RedshiftSession, query: str, rows: int
) -> tuple[tuple[ResultColumn, ...], list[tuple[str | None, ...]]]:
    with session.running(query) as connection, connection.cursor() as cursor:
        for oid in _TEXT_OIDS:
            cursor.adapters.register_loader(oid, TextLoader)
        cursor.execute(f"FETCH FORWARD {rows} FROM {_CURSOR}".encode())
        return result_columns(cursor), cursor.fetchall()


def _batches(
    session: RedshiftSession,
    query: str,
    columns: Sequence[ResultColumn],
    fetched: list[tuple[str | None, ...]],
    wanted: int,
    most: int,
) -> Iterator[pa.RecordBatch]:
    while fetched:
        batch = batch_of(columns, fetched)
        ended = len(fetched) < wanted
        wanted = max(1, min(most, int(_FETCHED_BYTES * len(fetched) / max(1, batch.nbytes))))
        del fetched
        yield batch
        if ended:
            return
        _, fetched = _fetch(session, query, wanted)


class Unloader:
    """Large exports of one warehouse: UNLOAD writes Parquet into the staging area, which is read from there."""

    def __init__(self, staging: Staging, commands: Commands) -> None:
        self._staging = staging
        self._commands = commands

    @contextmanager
    def stream(
        self, session: RedshiftSession, query: str, batch_rows: int
    ) -> Iterator[pa.RecordBatchReader | None]:
        """Stream a query's rows for the block; None for a query whose columns have no names of their own."""
        columns = self._described(session, query)
        if len({column.name for column in columns}) < len(columns):
            yield None
            return
        with self._staging.area() as area:
            session.unload(self._commands.unload(_exported(query, columns), area.uri("rows_")))
            batches = pa.RecordBatchReader.from_batches(
                schema_of(columns), _read(area, schema_of(columns), session.cancellation, batch_rows)
            )
            try:
                yield batches
            finally:
                batches.close()

    @staticmethod
    def _described(session: RedshiftSession, query: str) -> tuple[ResultColumn, ...]:
        """Return the columns that a query gives, without its rows."""
        with session.running_within(_DESCRIBE, query) as connection, connection.cursor() as cursor:
            cursor.execute(f"{_DESCRIBE}{query}\n) AS {_ROWS} LIMIT 0".encode())
            return result_columns(cursor)


def _exported(query: str, columns: Sequence[ResultColumn]) -> str:
    """Return the query of an UNLOAD; what Parquet has no type for is unloaded as text."""
    selected = []
    for column in columns:
        name = quoted(column.name)
        if column.is_super:
            selected.append(f"JSON_SERIALIZE({name}) AS {name}")
        elif column.unloads_as_text:
            selected.append(f"CAST({name} AS VARCHAR) AS {name}")
        else:
            selected.append(name)
    return f"SELECT {', '.join(selected)} FROM (\n{query}\n) AS {_ROWS}"


def _read(
    area: Area, schema: pa.Schema, cancellation: Cancellation, batch_rows: int
) -> Iterator[pa.RecordBatch]:
    for wanted in area.downloads():
        path = area.fetch(wanted, cancellation)
        try:
            with pq.ParquetFile(path, pre_buffer=False) as file:
                for batch in file.iter_batches(batch_rows, use_threads=False):
                    arrays = [
                        times_of(column) if pa.types.is_time(field.type) else pc.cast(column, field.type)
                        for column, field in zip(batch.columns, schema, strict=True)
                    ]
                    yield pa.RecordBatch.from_arrays(arrays, schema=schema)
        except (pa.ArrowException, OSError) as error:
            raise StorageError(
                f"a file that Amazon Redshift unloaded cannot be read: {str(error).splitlines()[0]}",
                code="DD713",
            ) from error
        path.unlink()
