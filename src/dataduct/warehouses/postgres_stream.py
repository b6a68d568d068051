"""A query's rows out of PostgreSQL, as the connector reads them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from dataduct.connectors.postgres import PostgresReader
from dataduct.connectors.postgres_connection import PostgresSettings
from dataduct.errors import DataductError, DataError, SourceError, SqlError
from dataduct.model.cancellation import Cancellation
from dataduct.warehouses.postgres_refusals import excerpt


@contextmanager
def stream_query(
    settings: PostgresSettings, query: str, cancellation: Cancellation, batch_rows: int
) -> Iterator[pa.RecordBatchReader]:
    """Stream a query's rows for the block, over a connection of its own.

    The rows are those of one snapshot. Raises `SqlError` for a query that the server refuses, `DataError` for a value
    that no Arrow type holds.
    """
    source = PostgresReader(settings, None)
    try:
        try:
            rows = source.read(query, cancellation, batch_rows=batch_rows)
        except (SourceError, DataError) as error:
            raise _of_warehouse(error, query) from error
        batches = pa.RecordBatchReader.from_batches(rows.schema, _batches(rows, query))
        try:
            yield batches
        finally:
            batches.close()
    finally:
        source.close()


def _batches(rows: pa.RecordBatchReader, query: str) -> Iterator[pa.RecordBatch]:
    try:
        yield from rows
    except (SourceError, DataError) as error:
        raise _of_warehouse(error, query) from error


def _of_warehouse(error: SourceError | DataError, query: str) -> DataductError:
    """Return the connector's error as one of a warehouse."""
    match error.code:
        case "DD829":
            return SqlError(
                "one query is expected", code="DD716", hint=error.hint, details=(query.strip(), error.message)
            )
        case "DD825":
            return SqlError(
                error.message, code="DD705", hint=error.hint, details=error.details or excerpt(query)
            )
        case "DD826":
            return DataError(
                error.message,
                code="DD715",
                hint="cast the column to text in the query",
                details=error.details,
            )
        case _:
            return error
