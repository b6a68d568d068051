"""One connection to PostgreSQL at work for one attempt: its statements can be interrupted and tell what failed."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import psycopg

from dataduct.errors import Interrupted
from dataduct.model.cancellation import Cancellation
from dataduct.warehouses.base import Row
from dataduct.warehouses.interrupting import interrupting_again
from dataduct.warehouses.postgres_refusals import warehouse_error
from dataduct.warehouses.postgres_statements import Statement, read_statement
from dataduct.warehouses.postgres_waiting import LockWatch

_CANCEL_AGAIN_SECONDS = 0.2
_CANCEL_TIMEOUT = 5.0
_COUNTING = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "COPY"})
_ROWS_AT_ONCE = 1000


class Session:
    """A connection and the cancellation of the attempt that uses it. One thread uses it at a time.

    Attributes:
        cancelled: Whether a statement was ended from outside, so that the connection is not to be used again.
    """

    def __init__(
        self,
        connection: psycopg.Connection,
        cancellation: Cancellation,
        *,
        server: str,
        watch: LockWatch,
        names: Callable[[], Iterable[str]],
    ) -> None:
        self.connection = connection
        self.cancellation = cancellation
        self.server = server
        self.cancelled = False
        self._watch = watch
        self._names = names

    def check(self) -> None:
        """Raise `Interrupted` if the work was asked to stop."""
        if self.cancellation.requested:
            raise Interrupted(self.cancellation.reason or "interrupted", code="DD710")

    @contextmanager
    def running(self, statement: str | None = None) -> Iterator[psycopg.Connection]:
        """Give the connection for a block that is cancelled on the server when the work is asked to stop."""
        self.check()
        with (
            self.translating(statement),
            self._interruptible(),
            self._watch.watching(self.connection.info.backend_pid),
        ):
            yield self.connection

    @contextmanager
    def translating(self, statement: str | None = None) -> Iterator[None]:
        """Raise psycopg's exceptions of the block as Dataduct's."""
        try:
            yield
        except psycopg.Error as error:
            raise warehouse_error(
                error,
                server=self.server,
                statement=statement,
                cancellation=self.cancellation,
                names=self._names,
            ) from error

    def execute(self, statement: str) -> int | None:
        """Run one statement to its end; return the rows it changed, or None if it changes none."""
        return self.run(read_statement(statement))

    def run(self, statement: Statement) -> int | None:
        """Run a statement; see `execute`."""
        if not statement.text:
            return None
        text = statement.text
        with self.running(text) as connection, connection.cursor() as cursor:
            if statement.gives_rows:
                return self._run_through(cursor, text)
            cursor.execute(text.encode())
            return _changed(cursor)

    def fetch(self, query: str) -> list[Row]:
        """Run a query and return its rows."""
        with self.running(query) as connection, connection.cursor() as cursor:
            cursor.execute(query.encode())
            return list(cursor.fetchall()) if cursor.description is not None else []

    @staticmethod
    def _run_through(cursor: psycopg.Cursor, text: str) -> int | None:
        """Run a query whose rows nobody wants, without keeping them."""
        try:
            for _ in cursor.stream(text.encode(), size=_ROWS_AT_ONCE):
                pass
        except psycopg.ProgrammingError as error:
            if error.sqlstate is not None:
                raise
        return _changed(cursor)

    def _interruptible(self) -> AbstractContextManager[None]:
        return interrupting_again(
            self.cancellation, self._cancel, every=_CANCEL_AGAIN_SECONDS, thread_name="postgres-cancel"
        )

    def _cancel(self) -> None:
        self.cancelled = True
        with suppress(psycopg.Error):
            self.connection.cancel_safe(timeout=_CANCEL_TIMEOUT)


def literal(text: str) -> str:
    """Return a text as a string literal, whatever the session's settings."""
    doubled = text.replace("'", "''").replace("\\", "\\\\")
    return f" E'{doubled}'" if "\\" in text else f"'{doubled}'"


def _changed(cursor: psycopg.Cursor) -> int | None:
    words = (cursor.statusmessage or "").split()
    return int(words[-1]) if words and words[0] in _COUNTING and words[-1].isdigit() else None
