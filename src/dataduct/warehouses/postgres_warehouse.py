"""The PostgreSQL warehouse: transactions side by side, each on a connection of a small pool."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
import pyarrow as pa

from dataduct.connectors.postgres_connection import SESSION, PostgresSettings, connect
from dataduct.errors import DataductError, SqlError, TransientError
from dataduct.model.cancellation import Cancellation
from dataduct.model.server import ServerInfo
from dataduct.warehouses.base import Execute, Transaction, Warehouse, WarehouseCapabilities
from dataduct.warehouses.connection_pool import ConnectionPool
from dataduct.warehouses.postgres_catalog import read_names
from dataduct.warehouses.postgres_rights import lacking_rights
from dataduct.warehouses.postgres_session import Session
from dataduct.warehouses.postgres_stream import stream_query
from dataduct.warehouses.postgres_transaction import Grants, PostgresTransaction
from dataduct.warehouses.postgres_waiting import LockWatch

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_RIGHTS = """
SELECT current_setting('server_version'), current_database(), current_user::text,
    has_database_privilege(current_database(), 'CREATE'),
    has_database_privilege(current_database(), 'TEMPORARY'),
    current_schema()::text, coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
    to_regnamespace('dataduct') IS NOT NULL
"""


class PostgresWarehouse(Warehouse):
    """An open PostgreSQL database."""

    def __init__(
        self,
        settings: PostgresSettings,
        capabilities: WarehouseCapabilities,
        *,
        grants: Grants,
        lock_timeout: float,
        on_wait: Callable[[str], None],
    ) -> None:
        self.capabilities = capabilities
        self._settings = settings
        self._grants = grants
        milliseconds = max(1, round(lock_timeout * 1000))
        self._session_settings = {**SESSION, "lock_timeout": str(milliseconds), "lc_monetary": "C"}
        self._watch = LockWatch(self._connect, on_wait, lock_timeout)
        self._server = settings.server()
        self._pool = ConnectionPool(self._connect, clear=self._clear)

    @contextmanager
    def transaction(self, cancellation: Cancellation) -> Iterator[Transaction]:
        """Begin a transaction on a connection of its own."""
        with self._session(cancellation) as session:
            with session.running(_BEGIN) as connection:
                connection.execute(_BEGIN.encode())
            try:
                yield PostgresTransaction(session, self._grants)
                session.check()
                commit(session)
            except BaseException:
                with suppress(psycopg.Error):
                    session.connection.rollback()
                raise

    @contextmanager
    def session(self, cancellation: Cancellation) -> Iterator[Execute]:
        """Give what runs statements that commit by themselves."""
        with self._session(cancellation) as session:
            yield session.execute

    @contextmanager
    def stream(
        self, query: str, cancellation: Cancellation, *, batch_rows: int = 65_536, bulk: bool = False
    ) -> Iterator[pa.RecordBatchReader]:
        """Stream a query's rows from a connection of its own."""
        with stream_query(self._settings, query, cancellation, batch_rows) as reader:
            yield reader

    def server(self) -> ServerInfo:
        """Return PostgreSQL's version, and the rights on the database that the user has not."""
        with self._session(Cancellation()) as session:
            row = session.fetch(_RIGHTS)[0]
        version, *rights = row
        return ServerInfo(version=f"PostgreSQL {str(version).split()[0]}", lacks=lacking_rights(*rights))

    def close(self) -> None:
        """Close the connections that no transaction uses; the others close when theirs end."""
        self._watch.close()
        self._pool.close()

    def _connect(self) -> psycopg.Connection:
        return connect(self._settings, session=self._session_settings)

    @contextmanager
    def _session(self, cancellation: Cancellation) -> Iterator[Session]:
        connection = self._pool.lease()
        session = Session(
            connection,
            cancellation,
            server=self._server,
            watch=self._watch,
            names=self._names,
        )
        try:
            yield session
        finally:
            self._pool.give_back(connection, usable=not session.cancelled)

    def _clear(self, connection: psycopg.Connection) -> bool:
        settings = "; ".join(f"SET {name} = '{value}'" for name, value in self._settings_to_restore())
        try:
            connection.execute(b"DISCARD ALL")
            connection.execute(settings.encode())
        except psycopg.Error:
            return False
        return True

    def _settings_to_restore(self) -> list[tuple[str, str]]:
        milliseconds = round((self._settings.statement_timeout or 0) * 1000)
        return [*self._session_settings.items(), ("statement_timeout", str(milliseconds))]

    def _names(self) -> tuple[str, ...]:
        """Return the names that a wrong one may mean, over another connection; none if that fails."""
        try:
            with self._session(Cancellation()) as session:
                return read_names(session)
        except DataductError:
            return ()


def commit(session: Session) -> None:
    """Commit. Raises `TransientError` (DD720) if the server's answer is lost: it may be committed or not."""
    try:
        with session.translating("COMMIT"), session.connection.cursor() as cursor:
            cursor.execute(b"COMMIT")
            done = cursor.statusmessage == "COMMIT"
    except TransientError as error:
        if session.connection.closed:
            raise TransientError(
                f"the connection to {session.server} was lost during COMMIT; whether it was done shows when it is "
                "tried again",
                code="DD720",
                hint="nothing is to be done: a load that was committed is found and not done twice",
                details=(error.message,),
            ) from error
        raise
    if not done:
        raise SqlError(
            "an earlier statement of this transaction failed, so all of it was rolled back", code="DD705"
        )
