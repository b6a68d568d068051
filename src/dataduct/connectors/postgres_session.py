"""One session on a PostgreSQL server, in which every statement can be ended from another thread."""

import math
import os
import re
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg
from psycopg import pq

from dataduct.connectors.postgres_connection import PostgresSettings, connect
from dataduct.connectors.postgres_errors import ServerReport, translated
from dataduct.connectors.postgres_query import literal
from dataduct.errors import DataductError, Interrupted, TransientError
from dataduct.model.cancellation import Cancellation

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

GRACE = 5.0
"""Seconds that a server has to answer a request to end a statement before its connection is dropped."""

Remaining = Callable[[], float | None]
"""Gives the seconds that a wait may still take, or None for no limit."""

TextRow = tuple[str | None, ...]

_ACTIVITY = """
    SELECT CASE WHEN wait_event = 'ClientWrite' THEN wait_event ELSE state END
    FROM pg_catalog.pg_stat_activity WHERE pid = %s
"""
_HAS_SENT = frozenset({"ClientWrite", "idle", "idle in transaction", "idle in transaction (aborted)"})
_HAS_NO_ROOM = re.compile(r"too many|connection slots", re.IGNORECASE)
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
        self._settings = settings
        self._database = database
        self._number: int | None = None
        self._checks_in_doubt = 0
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
        self._number = None
        self.fetch(_SNAPSHOT, cancellation)
        if snapshot is not None:
            self.fetch(f"SET TRANSACTION SNAPSHOT {literal(snapshot)}", cancellation)
        ((number,),) = self.fetch("SELECT pg_catalog.pg_backend_pid()", cancellation)
        self._number = int(number or 0)

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

    def fetch(self, query: str, cancellation: Cancellation, *parameters: str) -> list[TextRow]:
        """Run one statement of Dataduct's own and return its rows, every value as text; none if it gives none.

        Args:
            query: The statement, with `$1`, `$2`, ... in place of the parameters.
            cancellation: Ends it.
            parameters: Texts that the server reads as the types that the statement asks for.
        """
        with self.working(cancellation):
            self.pgconn.send_query_params(query.encode(), [text.encode() for text in parameters])
            result = self.results()[-1]
            return [
                tuple(_text(result.get_value(row, column)) for column in range(result.nfields))
                for row in range(result.ntuples)
            ]

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
        """Wait for the socket to be readable or writable.

        After a long silence a second connection asks whether the session still works.

        Raises:
            TimeoutError: No time is remaining.
            StatementFailedError: The session does not work any more.
        """
        poll = select.poll()
        poll.register(self.pgconn.socket, events)
        while True:
            seconds = remaining()
            silence = self._settings.silence_timeout
            limit = silence if seconds is None else max(0.0, min(seconds, silence))
            if poll.poll(math.ceil(limit * 1000)):
                self._checks_in_doubt = 0
                return
            if seconds is not None and remaining() <= 0:  # type: ignore[operator]
                raise TimeoutError
            self._check_alive()

    def _check_alive(self) -> None:
        """Raise if the server does not answer, has no such session, or has sent what never came."""
        silence = f"no byte came for {self._settings.silence_timeout:g} seconds"
        try:
            state = self._seen_from_outside()
        except TransientError as error:
            if _HAS_NO_ROOM.search(error.message):
                return
            raise _silent(f"{silence}, and the server does not answer") from error
        except DataductError:
            return
        if state is None:
            raise _silent(f"{silence}, and the server has no such session any more")
        self._checks_in_doubt = self._checks_in_doubt + 1 if state in _HAS_SENT else 0
        if self._checks_in_doubt > 1:
            raise _silent(f"{silence}, though the server has sent an answer")

    def _seen_from_outside(self) -> str | None:
        """Return what another session sees of this one: what it does or waits for; None if it is gone."""
        settings = self._settings.model_copy(update={"connect_retries": 0, "statement_timeout": GRACE})
        number = self._number or self.pgconn.backend_pid
        with connect(settings, database=self._database) as second:
            row = second.execute(_ACTIVITY, (number,)).fetchone()
        return None if row is None else str(row[0])

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


def _silent(words: str) -> StatementFailedError:
    return StatementFailedError(ServerReport(None, words), is_broken=True)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _report(result: "PGresult") -> ServerReport:
    field = pq.DiagnosticField

    def text(code: pq.DiagnosticField) -> str | None:
        value = result.error_field(code)
        return None if value is None else value.decode("utf-8", "replace")

    position = text(field.STATEMENT_POSITION)
    return ServerReport(
        text(field.SQLSTATE),
        text(field.MESSAGE_PRIMARY) or result.error_message.decode("utf-8", "replace").partition("\n")[0],
        text(field.MESSAGE_DETAIL),
        text(field.MESSAGE_HINT),
        int(position) if position else None,
    )
