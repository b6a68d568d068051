"""One writer of a table at a time, and readers that never wait.

Redshift's snapshot is that of a transaction's first statement, and its LOCK keeps readers out. So a writer takes one of
a few tables of its own instead, chosen by the written table's name: LOCK waits for the other writer and takes no
snapshot, so that the first statement after it sees what that writer has done. A transaction that had its snapshot
before would not; it changes the row in the guard, too, which Redshift refuses (1023) where another writer has changed
it after the snapshot, and the transaction is tried again.
"""

import hashlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

import psycopg

from dataduct.errors import LockTimeoutError, SqlError, TransientError
from dataduct.model.table import TableName
from dataduct.warehouses.loads import SCHEMA
from dataduct.warehouses.redshift_session import RedshiftSession

_GUARDS = 32
_OF_LOADS = f"writer_of_{SCHEMA}"
_NAMES = (*(f"writer_{number:02d}" for number in range(_GUARDS)), _OF_LOADS)
_CONFLICT = "DD706"
_DEFAULT_SCHEMA = "public"
_STATEMENT_ENDED = "DD830"

SideSession = Callable[[], AbstractContextManager[RedshiftSession]]
"""Gives a session beside the transaction's, in which each statement commits by itself."""


class GuardTables:
    """The guards of a database, made all at once before the first transaction. Shared by a warehouse's transactions."""

    def __init__(self, side: SideSession) -> None:
        self._side = side
        self._lock = threading.Lock()
        self._usable: frozenset[str] | None = None

    def prepare(self) -> None:
        """Make those that are missing, if the user may; a transaction must see them from its beginning on."""
        with self._lock:
            if self._usable is not None:
                return
            with self._side() as session:
                usable = _found(session)
                if len(usable) < len(_NAMES):
                    self._make(session)
                    usable = _found(session)
            self._usable = frozenset(name for name, may in usable.items() if may)

    def usable(self, guard: str) -> bool:
        """Whether there is such a guard, and the user may change it."""
        return self._usable is not None and guard in self._usable

    @staticmethod
    def _make(session: RedshiftSession) -> None:
        try:
            session.execute("BEGIN")
            session.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            for name in sorted(set(_NAMES) - set(_found(session))):
                session.execute(f"CREATE TABLE {SCHEMA}.{name} (changes BIGINT NOT NULL) DISTSTYLE ALL")
                session.execute(f"INSERT INTO {SCHEMA}.{name} (changes) VALUES (0)")
            session.execute("COMMIT")
        except (SqlError, TransientError) as error:
            with suppress(psycopg.Error):
                session.connection.rollback()
            # Another session made them at the same time, or the user may not: what is there is looked at again.
            if isinstance(error, TransientError) and error.code != _CONFLICT:
                raise


class Guards:
    """The guards that one transaction holds until its end."""

    def __init__(
        self, session: RedshiftSession, tables: GuardTables, *, lock_timeout: float, statement_timeout: float
    ) -> None:
        """Hold nothing yet. Both times are in seconds; a `statement_timeout` of 0 is no limit."""
        self._session = session
        self._tables = tables
        self._waiting = max(1, round(lock_timeout * 1000))
        self._working = round(statement_timeout * 1000)
        self._held: set[str] = set()
        self._changed: set[str] = set()

    def take(self, table: TableName, *, changes: bool = True) -> None:
        """Wait until no other transaction writes `table`.

        Args:
            changes: Whether this one changes it, so that another one with an earlier snapshot is to fail.

        Raises:
            LockTimeoutError: Another one held it for longer than `lock_timeout` (DD719).
            TransientError: Another one has changed it since this transaction's snapshot (DD706).
        """
        guard = _guard(table)
        if guard in self._changed or (guard in self._held and not changes) or not self._tables.usable(guard):
            return
        if guard not in self._held:
            self._wait(f"LOCK TABLE {SCHEMA}.{guard}", table)
            self._held.add(guard)
        if changes:
            if self._session.execute(f"UPDATE {SCHEMA}.{guard} SET changes = changes + 1") == 0:
                raise TransientError(
                    "another transaction changed the same rows or tables",
                    code=_CONFLICT,
                    details=(f"the guard {SCHEMA}.{guard} is younger than this transaction",),
                )
            self._changed.add(guard)

    def _wait(self, statement: str, table: TableName) -> None:
        self._session.execute(f"SET statement_timeout TO {self._waiting}")
        try:
            self._session.execute(statement)
        except TransientError as error:
            if error.code != _STATEMENT_ENDED:
                raise
            raise LockTimeoutError(
                f"another transaction wrote {table} for longer than `lock_timeout`",
                code="DD719",
                hint="run again when the other one has ended, or raise `lock_timeout`",
                details=error.details,
            ) from error
        self._session.execute(f"SET statement_timeout TO {self._working}")


def _found(session: RedshiftSession) -> dict[str, bool]:
    """Return the guards that are there, and whether the user may change each."""
    rows = session.fetch(
        "SELECT tablename, has_table_privilege(schemaname || '.' || tablename, 'UPDATE') "
        f"FROM pg_catalog.pg_tables WHERE schemaname = '{SCHEMA}'"
    )
    return {str(name): bool(may) for name, may in rows if name in _NAMES}


def _guard(table: TableName) -> str:
    if table.schema == SCHEMA:
        return _OF_LOADS
    name = f"{table.schema or _DEFAULT_SCHEMA}.{table.name}".lower()
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % _GUARDS
    return _NAMES[number]
