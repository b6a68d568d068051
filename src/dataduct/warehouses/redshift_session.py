"""One connection to Amazon Redshift at work for one attempt."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from dataduct.model.cancellation import Cancellation
from dataduct.warehouses.postgres_session import Session
from dataduct.warehouses.postgres_waiting import LockWatch
from dataduct.warehouses.redshift_commands import Command
from dataduct.warehouses.redshift_refusals import is_load_refusal, redshift_error

if TYPE_CHECKING:
    from psycopg import Connection

REDSHIFT_SESSION: Mapping[str, str] = {"timezone": "UTC", "datestyle": "ISO, YMD", "extra_float_digits": "2"}
"""Settings of a session that Redshift has, under which every value is printed in one exact way."""

_BLOCKERS = """
SELECT DISTINCT h.pid, 'unknown', trim(s.user_name)
FROM pg_catalog.pg_locks w
JOIN pg_catalog.pg_locks h ON h.relation = w.relation AND h.pid <> w.pid AND h.granted
JOIN stv_sessions s ON s.process = h.pid
WHERE w.pid = {pid} AND NOT w.granted
"""


class LoadRefusedError(Exception):
    """A COPY failed for the rows that it was given.

    Attributes:
        words: What the server said.
        detail: What it said besides, or None.
    """

    def __init__(self, error: psycopg.Error) -> None:
        self.words = error.diag.message_primary or str(error)
        self.detail = error.diag.message_detail
        super().__init__(self.words)


class RedshiftSession(Session):
    """A connection and the cancellation of the attempt that uses it. One thread uses it at a time.

    Attributes:
        is_clean: Whether nothing was run that the session would keep: settings, temporary tables.
    """

    def __init__(
        self,
        connection: "Connection",
        cancellation: Cancellation,
        *,
        server: str,
        watch: LockWatch,
        names: Callable[[], Iterable[str]],
    ) -> None:
        super().__init__(connection, cancellation, server=server, watch=watch, names=names)
        self.is_clean = True
        self._offset = 0

    @contextmanager
    def translating(self, statement: str | None = None) -> Iterator[None]:
        """Raise psycopg's exceptions of the block as Dataduct's."""
        try:
            yield
        except psycopg.Error as error:
            raise redshift_error(
                error,
                server=self.server,
                statement=statement,
                offset=self._offset,
                cancellation=self.cancellation,
                names=self._names,
            ) from error

    @contextmanager
    def running_within(self, beginning: str, query: str) -> Iterator["Connection"]:
        """Give the connection to run a user's query that stands behind `beginning` in what is sent."""
        self._offset = len(beginning)
        try:
            with self.running(query) as connection:
                yield connection
        finally:
            self._offset = 0

    def copy(self, command: Command) -> int:
        """Run a COPY; return the rows it loaded. Raises `LoadRefusedError` where the rows do not fit."""
        with self.running(command.shown) as connection:
            try:
                connection.execute(command.text.encode())
            except psycopg.Error as error:
                if not self.cancellation.requested and is_load_refusal(error):
                    raise LoadRefusedError(error) from error
                raise
        return int(str(self.fetch("SELECT pg_last_copy_count()")[0][0]))

    def unload(self, command: Command) -> None:
        """Run an UNLOAD."""
        with self.running(command.shown) as connection:
            connection.execute(command.text.encode())


class RedshiftLockWatch(LockWatch):
    """Looks after statements that take long; see `LockWatch`."""

    def _look(self, connection: "Connection", pid: int) -> None:
        blockers = connection.execute(_BLOCKERS.format(pid=pid).encode()).fetchall()
        with self._lock:
            if not blockers or pid not in self._running:
                return
            self._running[pid] = True
        who = ", ".join(f"{blocker} (user {user})" for blocker, _, user in blockers)
        self._on_wait(f"a statement waits for a lock of session {who}")
