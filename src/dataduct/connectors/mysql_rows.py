"""The rows of one query on MySQL or MariaDB, batch by batch."""

import threading
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import ExitStack, contextmanager, suppress

import pyarrow as pa

from dataduct.connectors.base import SourceColumn
from dataduct.connectors.column_names import refuse_unknown_columns
from dataduct.connectors.decoding import DecodingError, State, mysql_decoder
from dataduct.connectors.mysql_errors import interrupted, translated
from dataduct.connectors.mysql_query import (
    column_as_text,
    no_rows_error,
    parameter_error,
    text_literal,
    tokens,
)
from dataduct.connectors.mysql_session import MysqlSession, end_sessions
from dataduct.connectors.mysql_settings import MysqlSettings
from dataduct.connectors.mysql_types import source_columns, wire_columns
from dataduct.connectors.mysql_wire import (
    ConnectionLostError,
    PreparedStatement,
    ProtocolBrokenError,
    ServerRefusedError,
)
from dataduct.connectors.refused_values import refused_values
from dataduct.errors import DataductError
from dataduct.model.cancellation import Cancellation

SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
"""Begins the transaction that every query runs in."""

_MOST_NAMES = 10_000


class RowStream:
    """The rows of a query that a session runs.

    Args:
        session: A session in the transaction that the query is to see.
        batch_rows: Most rows of a batch; batches of large rows have fewer.
        allow_lossy: Columns whose refused values are NULL.
        partition: The condition that makes `query` a partition of the user's, for messages.

    Attributes:
        columns: The columns of the result.
        schema: Their Arrow types.
        ended: Whether all rows were read, so that the session is free.
    """

    def __init__(
        self,
        session: MysqlSession,
        query: str,
        *,
        batch_rows: int,
        allow_lossy: Set[str],
        partition: str = "",
    ) -> None:
        self._stream = session.stream
        self._batch_rows = batch_rows
        self._allow_lossy = allow_lossy
        self._partition = partition
        self._prepared = prepared(session, query)
        names = [column.name for column in source_columns(self._prepared.columns)]
        refuse_unknown_columns(allow_lossy, names)
        definitions = self._stream.execute(self._prepared)
        self.columns = source_columns(definitions)
        self.schema = pa.schema([pa.field(column.name, column.type) for column in self.columns])
        self.ended = False
        self._decoder = mysql_decoder(wire_columns(definitions))

    def next_batch(self) -> pa.RecordBatch | None:
        """Return the next rows, or None after the last.

        Raises:
            DataError: A value that its column's type has no place for (DD826).
            ServerRefusedError, ConnectionLostError, ProtocolBrokenError, DecodingError: The query broke off.
        """
        stream, decoder = self._stream, self._decoder
        while not self.ended:
            stream.start, state = decoder.decode(stream.buffer, stream.start, stream.end, self._batch_rows)
            match state:
                case State.MORE:
                    stream.fill()
                case State.FULL:
                    return self._taken()
                case State.END:
                    stream.expect_end()
                    stream.forget(self._prepared)
                    self.ended = True
                    return self._taken() if decoder.rows else None
                case State.OTHER:
                    stream.packet()
                    raise ProtocolBrokenError("a packet among the rows that is none")
        return None

    def _taken(self) -> pa.RecordBatch:
        refused = [each for each in self._decoder.refused if each.column not in self._allow_lossy]
        if refused:
            raise refused_values(refused, as_text=column_as_text, partition=self._partition)
        return self._decoder.take()


def prepared(session: MysqlSession, query: str) -> PreparedStatement:
    """Have the server prepare a query of the user's.

    Raises:
        SourceError: It has a parameter, or gives no rows (DD829).
        ServerRefusedError: The server refuses it.
    """
    statement = session.stream.prepare(query)
    if statement.parameters or not statement.columns:
        session.stream.forget(statement)
        raise parameter_error(query) if statement.parameters else no_rows_error()
    return statement


class Watch:
    """Ends what sessions run when the work is asked to stop, from a thread of its own.

    Afterwards the sessions are of no use. Leave it with `finish`.

    Attributes:
        sessions: The sessions that it watches over.
    """

    def __init__(
        self, settings: MysqlSettings, cancellation: Cancellation, sessions: Iterable[MysqlSession]
    ) -> None:
        self.sessions = list(sessions)
        self._settings = settings
        self._cancellation = cancellation
        self._thread: threading.Thread | None = None
        self._stack = ExitStack()
        self._stack.enter_context(cancellation.interrupting(self._interrupt))

    @property
    def stopping(self) -> bool:
        """Whether the work was asked to stop."""
        return self._cancellation.requested

    def check(self) -> None:
        """Raise `Interrupted` if the work was asked to stop."""
        if self.stopping:
            raise interrupted(self._cancellation)

    def finish(self) -> bool:
        """Stop watching, wait for sessions that are just being ended, and return whether they were ended."""
        self._stack.close()
        if self._thread is not None:
            self._thread.join()
        return self._thread is not None

    def _interrupt(self) -> None:
        self._thread = threading.Thread(target=self._end_queries, name="dataduct-mysql-kill", daemon=True)
        self._thread.start()

    def _end_queries(self) -> None:
        end_sessions(self._settings, [session.number for session in self.sessions])
        for session in self.sessions:
            session.stream.interrupt()


class RunningQuery:
    """A query in its own read-only transaction, from `start` to `end`.

    Args:
        session: A free session.
        release: Takes the session back when the query has ended and the session is free.
    """

    def __init__(
        self,
        session: MysqlSession,
        query: str,
        cancellation: Cancellation,
        *,
        allow_lossy: Set[str],
        release: Callable[[MysqlSession], None],
    ) -> None:
        self._session = session
        self._query = query
        self._allow_lossy = allow_lossy
        self._release = release
        self._cancellation = cancellation
        self._watch = Watch(session.settings, cancellation, [session])
        self._rows: RowStream | None = None
        self._answering = False
        self._over = False

    def start(self, batch_rows: int) -> pa.RecordBatchReader:
        """Run the query and wait for its first rows.

        Raises:
            SourceError: The server refuses the query.
            TransientError: The connection was lost, or the server ended the query.
            DataError: A value that its column's type has no place for.
            Interrupted: The work was asked to stop.
        """
        try:
            with self._translated():
                self._session.execute(SNAPSHOT)
                self._rows = RowStream(
                    self._session, self._query, batch_rows=batch_rows, allow_lossy=self._allow_lossy
                )
                first = self._rows.next_batch()
        except BaseException:
            self.end()
            raise
        return pa.RecordBatchReader.from_batches(self._rows.schema, self._batches(self._rows, first))

    def describe(self) -> tuple[SourceColumn, ...]:
        """Return the columns of the query, which is not run, and end. Raises what `start` raises."""
        try:
            with self._translated():
                self._session.execute(SNAPSHOT)
                statement = prepared(self._session, self._query)
                self._session.stream.forget(statement)
                return source_columns(statement.columns)
        finally:
            self.end()

    def end(self) -> None:
        """End the transaction, and the query on the server if it still runs; batches not yet read are lost."""
        if self._over:
            return
        self._over = True
        ended = self._watch.finish()
        session = self._session
        half_read = self._rows is not None and not self._rows.ended
        if not (ended or self._answering or half_read) and is_free(session):
            self._release(session)
            return
        session.drop()
        if not ended:
            end_sessions(session.settings, [session.number])

    def _batches(self, rows: RowStream, batch: pa.RecordBatch | None) -> Iterator[pa.RecordBatch]:
        try:
            while batch is not None:
                yield batch
                with self._translated():
                    batch = rows.next_batch()
        finally:
            self.end()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise the errors of the wire as what they mean, and note whether an answer was cut short."""
        self._watch.check()
        self._answering = True
        try:
            yield
        except (ConnectionLostError, ProtocolBrokenError, DecodingError) as error:
            raise self._error(error) from error
        except ServerRefusedError as error:
            self._answering = False
            raise self._error(error) from error
        except DataductError:
            self._answering = False
            raise
        self._answering = False

    def _error(self, error: Exception) -> DataductError:
        return translated(
            error,
            server=self._session.settings.server,
            query=self._query,
            names=lambda kind: known_names(self._session, self._query, kind),
            cancellation=self._cancellation,
        )


def is_free(session: MysqlSession, *resets: str) -> bool:
    """End the session's transaction and return whether it can take another query; drop it if not.

    Args:
        resets: Statements that undo what was set for the query.
    """
    try:
        for statement in ("ROLLBACK", *resets):
            session.execute(statement)
    except (ServerRefusedError, ConnectionLostError, ProtocolBrokenError):
        session.drop()
        return False
    return True


def known_names(session: MysqlSession, query: str, kind: str) -> list[str]:
    """Return the names of the tables of the query's databases, or of the columns of its tables.

    Args:
        kind: `table` or `column`.
    """
    said = ", ".join(text_literal(token.name) for token in tokens(query) if token.kind in ("word", "quoted"))
    source = f"FROM information_schema.{kind}S WHERE TABLE_SCHEMA IN (DATABASE(), {said})"
    if kind == "column":
        source += f" AND TABLE_NAME IN ({said})"
    with suppress(ServerRefusedError, ConnectionLostError, ProtocolBrokenError):
        return [str(row[0]) for row in session.values(f"SELECT {kind}_NAME {source} LIMIT {_MOST_NAMES}")]
    return []
