"""One session on a PostgreSQL server, in which every statement can be ended from another thread."""

import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import pq

from dataduct.connectors.postgres_connection import PostgresSettings, connect
from dataduct.connectors.postgres_errors import ServerReport, translated
from dataduct.errors import DataductError, Interrupted
from dataduct.model.cancellation import Cancellation

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

GRACE = 5.0
"""Seconds that a server has to answer a request to end a statement before its connection is dropped."""

Remaining = Callable[[], float | None]
"""Gives the seconds that a wait may still take, or None for no limit."""

_SNAPSHOT = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"


def _no_limit() -> None:
    """Let a wait take any time."""


class StatementFailedError(Exception):
    """A statement sent without psycopg's cursor failed.

    Attributes:
        report: What the server said, or why the connection broke.
        is_broken: Whether the connection is of no use any more.
    """

    def __init__(self, report: ServerReport, *, is_broken: bool = False) -> None:
        super().__init__(report.message)
        self.report = report
        self.is_broken = is_broken


class PostgresSession:
    """A connection and at most one read-only transaction on it. One thread uses it at a time.

    Attributes:
        server: What messages call the server.
    """

    def __init__(self, settings: PostgresSettings, database: str | None) -> None:
        self.server = settings.server(database)
        self._may_use_gss = settings.parameters(database)["gssencmode"] != "disable"
        self._connection = connect(settings, database=database)

    @property
    def pgconn(self) -> "pq.abc.PGconn":
        """libpq's connection."""
        return self._connection.pgconn

    @property
    def is_encrypted(self) -> bool:
        """Whether what the socket carries is, or may be, encrypted."""
        return self.pgconn.ssl_in_use or self._may_use_gss

    @property
    def is_broken(self) -> bool:
        """Whether the connection is closed or lost."""
        return self._connection.closed

    def begin(self, cancellation: Cancellation, *, snapshot: str | None = None) -> None:
        """Begin a read-only transaction that sees one snapshot: a new one, or the exported one of that name."""
        self.fetch(_SNAPSHOT, cancellation)
        if snapshot is not None:
            self.fetch(f"SET TRANSACTION SNAPSHOT '{snapshot}'", cancellation)

    def rollback(self) -> None:
        """End the transaction. A connection whose server does not answer in time is dropped."""
        if self.is_broken or self.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            return
        deadline = time.monotonic() + GRACE
        try:
            self.pgconn.send_query(b"ROLLBACK")
            self.results(lambda: deadline - time.monotonic())
        except (psycopg.Error, StatementFailedError, OSError):
            self.drop()

    def fetch(
        self, query: str, cancellation: Cancellation, parameters: Sequence[object] | None = None
    ) -> list[tuple[Any, ...]]:
        """Run one statement of Dataduct's own and return its rows, none if it gives none."""
        with self.working(cancellation):
            cursor = self._connection.execute(query.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def results(self, remaining: Remaining = _no_limit) -> "list[PGresult]":
        """Wait for what was sent with `pgconn` and return its results; rows of a COPY are left to come.

        Raises:
            StatementFailedError: The server refused it, or the connection broke.
            TimeoutError: No time is remaining.
        """
        pgconn = self.pgconn
        self.flush(remaining)
        results: list[PGresult] = []
        while not results or results[-1].status != pq.ExecStatus.COPY_OUT:
            while pgconn.is_busy():
                self.wait(select.POLLIN, remaining)
                if not self.take_input():
                    break
            result = pgconn.get_result()
            if result is None:
                break
            results.append(result)
        for result in results:
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise StatementFailedError(_report(result))
        return results

    def take_input(self) -> bool:
        """Let libpq read what has come; return False if the connection broke, which the next result tells of."""
        try:
            self.pgconn.consume_input()
        except psycopg.OperationalError:
            return False
        return True

    def flush(self, remaining: Remaining = _no_limit) -> None:
        """Send all that libpq holds back."""
        while self.pgconn.flush():
            self.wait(select.POLLIN | select.POLLOUT, remaining)
            self.pgconn.consume_input()

    def wait(self, events: int, remaining: Remaining = _no_limit) -> None:
        """Wait for the socket to be readable or writable. Raises TimeoutError when no time is remaining."""
        seconds = remaining()
        poll = select.poll()
        poll.register(self.pgconn.socket, events)
        if not poll.poll(None if seconds is None else max(0.0, seconds) * 1000):
            raise TimeoutError

    def duplicate_socket(self) -> socket.socket:
        """Return the connection's socket under a file descriptor of its own. The caller closes it."""
        return socket.socket(fileno=os.dup(self.pgconn.socket))

    @contextmanager
    def working(
        self,
        cancellation: Cancellation,
        *,
        query: str | None = None,
        offset: int = 0,
        names: Callable[[], Iterable[str]] | None = None,
    ) -> Iterator[None]:
        """Let `cancellation` end the statement of the block, and raise its errors as what they mean.

        Args:
            cancellation: Looked at before the block, too.
            query: The statement as the user wrote it, if it is the user's.
            offset: Characters that were sent before it.
            names: Gives names to find the nearest one in, after the transaction has ended.
        """
        if cancellation.requested:
            raise interrupted(cancellation)
        try:
            with self.interruptible(cancellation):
                yield
        except (psycopg.Error, StatementFailedError) as error:
            raise self._translated(error, cancellation, query, offset, names) from error
        except OSError as error:
            self.drop()
            report = ServerReport(None, error.strerror or type(error).__name__)
            raise translated(report, server=self.server, cancellation=cancellation) from error

    def _translated(
        self,
        error: psycopg.Error | StatementFailedError,
        cancellation: Cancellation,
        query: str | None,
        offset: int,
        names: Callable[[], Iterable[str]] | None,
    ) -> DataductError:
        report = error.report if isinstance(error, StatementFailedError) else ServerReport.of(error)
        is_broken = isinstance(error, StatementFailedError) and error.is_broken
        if is_broken or report.state is None or self.pgconn.status != pq.ConnStatus.OK:
            self.drop()
        return translated(
            report, server=self.server, query=query, offset=offset, cancellation=cancellation, names=names
        )

    @contextmanager
    def interruptible(self, cancellation: Cancellation) -> Iterator[None]:
        """End the statement of the block on the server when `cancellation` is requested.

        Where the server does not answer in time, the connection is cut off.
        """
        ended = threading.Event()
        threads: list[threading.Thread] = []

        def interrupt() -> None:
            thread = threading.Thread(
                target=self._end_statement, args=(ended,), name="dataduct-cancel", daemon=True
            )
            threads.append(thread)
            thread.start()

        try:
            with cancellation.interrupting(interrupt):
                yield
        finally:
            ended.set()
            for thread in threads:
                thread.join()

    def _end_statement(self, ended: threading.Event) -> None:
        if ended.is_set():
            return
        self.cancel()
        if not ended.wait(GRACE):
            self._cut_off()

    def cancel(self) -> None:
        """Ask the server to end the statement under way, over a connection of its own."""
        with suppress(psycopg.Error, OSError):
            self._connection.cancel_safe(timeout=GRACE)

    def _cut_off(self) -> None:
        """Make every wait for the server return."""
        with suppress(psycopg.Error, OSError), self.duplicate_socket() as duplicate:
            duplicate.shutdown(socket.SHUT_RDWR)

    def drop(self) -> None:
        """Close the connection without a word to the server."""
        self._cut_off()
        self._connection.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def interrupted(cancellation: Cancellation) -> Interrupted:
    """Return the error for work that was asked to stop."""
    return Interrupted(cancellation.reason or "asked to stop", code="DD779")


def _report(result: "PGresult") -> ServerReport:
    field = pq.DiagnosticField

    def text(code: pq.DiagnosticField) -> str | None:
        value = result.error_field(code)
        return value.decode("utf-8", "replace") if value is not None else None

    position = text(field.STATEMENT_POSITION)
    return ServerReport(
        text(field.SQLSTATE),
        text(field.MESSAGE_PRIMARY) or result.error_message.decode("utf-8", "replace").partition("\n")[0],
        text(field.MESSAGE_DETAIL),
        text(field.MESSAGE_HINT),
        int(position) if position else None,
    )
