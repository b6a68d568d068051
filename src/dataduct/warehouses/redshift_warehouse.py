"""The Amazon Redshift warehouse: transactions side by side, each on a connection of a small pool."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pyarrow as pa

from dataduct.connectors.postgres_connection import connect
from dataduct.errors import DataductError
from dataduct.model.cancellation import Cancellation
from dataduct.model.server import ServerInfo
from dataduct.warehouses.base import Execute, Transaction, Warehouse, WarehouseCapabilities
from dataduct.warehouses.connection_pool import ConnectionPool
from dataduct.warehouses.postgres_catalog import read_names
from dataduct.warehouses.postgres_rights import lacking_rights
from dataduct.warehouses.postgres_warehouse import commit
from dataduct.warehouses.redshift import RedshiftSettings
from dataduct.warehouses.redshift_commands import Commands
from dataduct.warehouses.redshift_guards import Guards, GuardTables
from dataduct.warehouses.redshift_load import Loader
from dataduct.warehouses.redshift_session import REDSHIFT_SESSION, RedshiftLockWatch, RedshiftSession
from dataduct.warehouses.redshift_staging import Staging
from dataduct.warehouses.redshift_stream import Unloader, require_query, stream_by_cursor
from dataduct.warehouses.redshift_transaction import RedshiftTransaction

_VERSION = re.compile(r"Redshift (\S+)")
_RIGHTS = """
SELECT version(), current_database(), current_user, has_database_privilege(current_database(), 'CREATE'),
    has_database_privilege(current_database(), 'TEMP'), current_schema(),
    has_schema_privilege(current_schema(), 'CREATE'),
    (SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = 'dataduct')
"""


class RedshiftWarehouse(Warehouse):
    """An open Amazon Redshift database."""

    def __init__(
        self,
        settings: RedshiftSettings,
        capabilities: WarehouseCapabilities,
        *,
        scratch: Path,
        lock_timeout: float,
        on_wait: Callable[[str], None],
    ) -> None:
        self.capabilities = capabilities
        self._settings = settings
        self._lock_timeout = lock_timeout
        self._server = settings.server()
        place = settings.staging_place
        assert place is not None
        staging = Staging(settings.s3_options(), place, scratch)
        commands = Commands(settings)
        self._loader = Loader(staging, commands, self._side, settings.copy_options)
        self._unloader = Unloader(staging, commands)
        self._guard_tables = GuardTables(self._side)
        self._watch = RedshiftLockWatch(self._connect, on_wait, lock_timeout)
        # Redshift cannot clear a session: one that holds something is not usable again.
        self._pool = ConnectionPool(self._connect)

    @contextmanager
    def transaction(self, cancellation: Cancellation) -> Iterator[Transaction]:
        """Begin a transaction on a connection of its own."""
        with self._session(cancellation) as session:
            guards = Guards(
                session,
                self._guard_tables,
                lock_timeout=self._lock_timeout,
                statement_timeout=self._settings.statement_timeout or 0,
            )
            transaction = RedshiftTransaction(session, self._loader, guards, self._guard_tables)
            try:
                yield transaction
                session.check()
                if transaction.begun:
                    commit(session)
            except BaseException:
                with suppress(psycopg.Error):
                    session.connection.rollback()
                raise

    @contextmanager
    def session(self, cancellation: Cancellation) -> Iterator[Execute]:
        """Give what runs statements that commit by themselves."""
        with self._session(cancellation) as session:
            session.is_clean = False
            yield session.execute

    @contextmanager
    def stream(
        self, query: str, cancellation: Cancellation, *, batch_rows: int = 65_536, bulk: bool = False
    ) -> Iterator[pa.RecordBatchReader]:
        """Stream a query's rows from a connection of its own."""
        query = require_query(query)
        with self._session(cancellation) as session:
            if bulk:
                with self._unloader.stream(session, query, batch_rows) as unloaded:
                    if unloaded is not None:
                        yield unloaded
                        return
            with stream_by_cursor(session, query, batch_rows) as fetched:
                yield fetched

    def server(self) -> ServerInfo:
        """Return Redshift's version, and the rights on the database that the user has not."""
        with self._session(Cancellation()) as session:
            row = session.fetch(_RIGHTS)[0]
        words, *rights = row
        found = _VERSION.search(str(words))
        return ServerInfo(
            version=f"Amazon Redshift {found[1] if found else words}", lacks=lacking_rights(*rights)
        )

    def close(self) -> None:
        """Close the connections that no transaction uses; the others close when theirs end."""
        self._watch.close()
        self._pool.close()

    def _connect(self) -> psycopg.Connection:
        return connect(self._settings, session=REDSHIFT_SESSION)

    @contextmanager
    def _session(self, cancellation: Cancellation) -> Iterator[RedshiftSession]:
        connection = self._pool.lease()
        session = RedshiftSession(
            connection, cancellation, server=self._server, watch=self._watch, names=self._names
        )
        try:
            yield session
        finally:
            self._pool.give_back(connection, usable=session.is_clean and not session.cancelled)

    @contextmanager
    def _side(self) -> Iterator[RedshiftSession]:
        with self._session(Cancellation()) as session:
            yield session

    def _names(self) -> tuple[str, ...]:
        """Return the names that a wrong one may mean, over another connection; none if that fails."""
        try:
            with self._side() as session:
                return read_names(session)
        except DataductError:
            return ()
