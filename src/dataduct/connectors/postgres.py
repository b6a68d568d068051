"""Rows out of a PostgreSQL database."""

import re
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import pyarrow as pa

from dataduct.config.options import check_options
from dataduct.connectors.base import NO_COLUMNS, Reader, ReaderCapabilities, SourceColumn, Splits
from dataduct.connectors.column_names import refuse_unknown_columns
from dataduct.connectors.partitions import ParallelPartitions, ReadPartition
from dataduct.connectors.postgres_connection import PostgresSettings
from dataduct.connectors.postgres_copy import CopiedRows
from dataduct.connectors.postgres_describe import DescribedQuery, Partition, described
from dataduct.connectors.postgres_session import PostgresSession
from dataduct.connectors.postgres_splits import partitions_of
from dataduct.model.cancellation import Cancellation
from dataduct.model.server import ServerInfo

_LOCK_SECONDS = 10
_VERSION = re.compile(r"^(\S+) (\S+)")
_RIGHTS = """
    SELECT pg_catalog.version(), pg_catalog.current_database()::text, current_user::text,
           pg_catalog.count(*),
           pg_catalog.count(*) FILTER (
               WHERE pg_catalog.has_schema_privilege(relnamespace, 'USAGE')
               AND pg_catalog.has_any_column_privilege(tables.oid, 'SELECT')
           )
    FROM pg_catalog.pg_class AS tables
    JOIN pg_catalog.pg_namespace AS schemas ON schemas.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
"""


def open_reader(settings: Mapping[str, object], *, database: str | None, project_directory: Path) -> Reader:
    """Connect to the PostgreSQL server that `settings` name.

    Args:
        settings: The connection; see `PostgresSettings`.
        database: Database to read in place of the connection's own.
        project_directory: Directory that relative paths of certificate files are below.

    Raises:
        UserError: The settings are wrong.
        SourceError: Access is denied, there is no such database, or TLS failed.
        TransientError: The server cannot be reached now.
    """
    checked = check_options(PostgresSettings, settings, owner="the postgres connection", code="DD820")
    return PostgresReader(checked.below(project_directory), database)


class PostgresReader(Reader):
    """An open connection to a PostgreSQL database. Each query sees one snapshot of it.

    Types follow the declared types of the columns; a domain is read as its base type. Columns of equal names get
    `_1`, `_2`, ... in the order they stand.
    """

    capabilities = ReaderCapabilities(dialect="postgres", random_order="random()", splits=True)

    def __init__(self, settings: PostgresSettings, database: str | None) -> None:
        self._settings = settings
        self._database = database
        self._session = PostgresSession(settings, database)
        self._others: list[PostgresSession] = []
        self._running: CopiedRows | ParallelPartitions | None = None

    def read(
        self,
        query: str,
        cancellation: Cancellation,
        *,
        batch_rows: int = 65_536,
        allow_lossy: Set[str] = NO_COLUMNS,
        splits: Splits | None = None,
    ) -> pa.RecordBatchReader:
        """See the port. An earlier query that was not read to its end is ended.

        Batches hold fewer rows than `batch_rows` where rows are large.
        """
        try:
            found = self._begin(query, cancellation)
            refuse_unknown_columns(allow_lossy, [column.wire.name for column in found.columns])
            partitions = (
                partitions_of(self._session, found, splits, cancellation)
                if splits and splits.count > 1
                else ()
            )
            reading = _Reading(found, batch_rows, allow_lossy)
            if len(partitions) > 1:
                self._running = self._in_parallel(reading, partitions, cancellation)
            else:
                self._running = reading.rows(self._session, cancellation)
            first = self._running.next_batch()
        except BaseException:
            self._end_running()
            raise
        schema = pa.schema([pa.field(column.wire.name, column.wire.type) for column in found.columns])
        return pa.RecordBatchReader.from_batches(schema, self._batches(first, self._running))

    def describe(self, query: str, cancellation: Cancellation) -> tuple[SourceColumn, ...]:
        """See the port."""
        try:
            return tuple(column.described() for column in self._begin(query, cancellation).columns)
        finally:
            self._end_running()

    def server(self) -> ServerInfo:
        """See the port."""
        self._end_running()
        ((version, database, user, tables, readable),) = self._open().fetch(_RIGHTS, Cancellation())
        match = _VERSION.match(version or "")
        lacks: tuple[str, ...] = ()
        if tables != "0" and readable == "0":
            lacks = (
                f"The user {user} may not SELECT from any of the {tables} tables and views of the database {database}.",
            )
        return ServerInfo(f"{match[1]} {match[2]}" if match else version or "", lacks)

    def close(self) -> None:
        """See the port."""
        self._end_running()
        self._session.close()

    def _begin(self, query: str, cancellation: Cancellation) -> DescribedQuery:
        """Begin a transaction and have the server read the query in it."""
        self._end_running()
        session = self._open()
        session.begin(cancellation)
        return described(session, query, cancellation)

    def _open(self) -> PostgresSession:
        """Return the session, a new one if the connection was lost."""
        if self._session.is_broken:
            self._session = PostgresSession(self._settings, self._database)
        return self._session

    def _in_parallel(
        self, reading: "_Reading", partitions: tuple[Partition, ...], cancellation: Cancellation
    ) -> ParallelPartitions:
        """Read each partition over a connection of its own, in the snapshot of this reader's transaction.

        Every session has its locks on the tables before the first one reads, so that no table is rewritten between.
        """
        ((snapshot,),) = self._session.fetch("SELECT pg_catalog.pg_export_snapshot()", cancellation)
        for _ in partitions[1:]:
            other = PostgresSession(self._settings, self._database)
            self._others.append(other)
            other.begin(cancellation, snapshot=snapshot or "")
            other.fetch(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'", cancellation)
            described(other, reading.query.text, cancellation)
            other.fetch("SET LOCAL lock_timeout TO DEFAULT", cancellation)
        sessions = (self._session, *self._others)
        return ParallelPartitions(
            [
                reading.later(session, partition)
                for session, partition in zip(sessions, partitions, strict=True)
            ],
            cancellation,
        )

    def _batches(
        self, first: pa.RecordBatch | None, running: CopiedRows | ParallelPartitions
    ) -> Iterator[pa.RecordBatch]:
        batch = first
        try:
            while batch is not None:
                yield batch
                if self._running is not running:
                    raise RuntimeError(
                        "the reader was closed or read another query before the end of these rows"
                    )
                batch = running.next_batch()
        finally:
            if self._running is running:
                self._end_running()

    def _end_running(self) -> None:
        try:
            if self._running is not None:
                self._running.close()
        finally:
            self._running = None
            for session in self._others:
                session.close()
            self._others.clear()
            self._session.rollback()


class _Reading:
    """A described query and how its rows are wanted."""

    def __init__(self, query: DescribedQuery, batch_rows: int, allow_lossy: Set[str]) -> None:
        self.query = query
        self._batch_rows = batch_rows
        self._allow_lossy = allow_lossy

    def rows(
        self, session: PostgresSession, cancellation: Cancellation, partition: Partition | None = None
    ) -> CopiedRows:
        """Begin to read the rows, or those of one partition."""
        return CopiedRows(
            session,
            self.query,
            cancellation,
            batch_rows=self._batch_rows,
            allow_lossy=self._allow_lossy,
            partition=partition,
        )

    def later(self, session: PostgresSession, partition: Partition) -> ReadPartition:
        """Return the function that begins to read a partition."""
        return lambda cancellation: self.rows(session, cancellation, partition)
