"""A query's rows through COPY in its binary format, batch by batch."""

import time
from collections.abc import Iterator, Set

import pyarrow as pa

from dataduct.connectors.decoding import DecodingError, RowDecoder, State, postgres_decoder
from dataduct.connectors.postgres_describe import DescribedQuery, Partition, nearby_names
from dataduct.connectors.postgres_session import GRACE, PostgresSession, StatementFailedError, interrupted
from dataduct.connectors.postgres_wire import ProtocolBrokenError, open_wire
from dataduct.connectors.refused_values import refused_values
from dataduct.errors import TransientError
from dataduct.model.cancellation import Cancellation
from dataduct.sql.dialect import quoted

_BUFFER_BYTES = 1024 * 1024


class CopiedRows:
    """The rows of one query, or of one partition of it, from a session whose transaction is open.

    The transaction ends with the last row, or with `close`.
    """

    def __init__(
        self,
        session: PostgresSession,
        query: DescribedQuery,
        cancellation: Cancellation,
        *,
        batch_rows: int,
        allow_lossy: Set[str],
        partition: Partition | None = None,
    ) -> None:
        self._session = session
        self._query = query
        self._cancellation = cancellation
        self._batch_rows = batch_rows
        self._allow_lossy = allow_lossy
        self._condition = str(partition) if partition else ""
        statement, self._offset = query.copy_statement(partition)
        self._deadline: float | None = None
        self._wire = open_wire(session, self._remaining)
        self._decoder: RowDecoder = postgres_decoder(
            [column.wire for column in query.columns], framed=self._wire.framed
        )
        self._rows = self._decoded(statement)
        self._ended = False

    def next_batch(self) -> pa.RecordBatch | None:
        """Return the next rows, or None after the last one.

        Raises:
            DataError: A value has no place in its column's type.
            SourceError: The server refuses the query.
            TransientError: The connection was lost, or the server ended the query or broke the protocol.
            Interrupted: The work was asked to stop.
        """
        if self._ended:
            return None
        try:
            batch = self._waited_for()
            self._check_refused()
        except BaseException:
            self.close()
            raise
        if batch is None:
            self._release()
        return batch

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        while (batch := self.next_batch()) is not None:
            yield batch

    def close(self) -> None:
        """End the query on the server if it still runs, and its transaction. Rows not yet read are lost."""
        if self._ended:
            return
        if not self._wire.finished and not self._session.is_broken:
            self._session.cancel()
            self._deadline = time.monotonic() + GRACE
            self._drain()
        self._release()

    def _drain(self) -> None:
        """Read and drop what the server has sent before it noticed that it is to stop."""
        try:
            for _ in self._rows:
                pass
        except StatementFailedError:
            pass
        except (DecodingError, ProtocolBrokenError, OSError):
            self._session.drop()
        if not self._wire.finished:
            self._session.drop()

    def _release(self) -> None:
        self._ended = True
        self._wire.close()
        self._session.rollback()

    def _waited_for(self) -> pa.RecordBatch | None:
        session, query = self._session, self._query.text
        try:
            with session.working(
                self._cancellation,
                query=query,
                offset=self._offset,
                names=lambda: nearby_names(session, query),
            ):
                return next(self._rows, None)
        except (DecodingError, ProtocolBrokenError) as error:
            session.drop()
            if self._cancellation.requested:
                raise interrupted(self._cancellation) from error
            raise TransientError(
                f"the PostgreSQL server {session.server} broke the protocol: {error}", code="DD834"
            ) from error

    def _check_refused(self) -> None:
        refused = [each for each in self._decoder.refused if each.column not in self._allow_lossy]
        if refused:
            raise refused_values(
                refused, as_text=lambda name: f"{quoted(name)}::text", partition=self._condition
            )

    def _remaining(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()

    def _decoded(self, statement: str) -> Iterator[pa.RecordBatch]:
        wire, decoder = self._wire, self._decoder
        wire.send(statement)
        buffer = memoryview(bytearray(_BUFFER_BYTES))
        start = end = 0
        has_all = False
        while not wire.finished:
            start, state = decoder.decode(buffer, start, end, self._batch_rows)
            if state is State.FULL:
                yield decoder.take()
            elif state is State.MORE:
                buffer, start, end = _with_room(buffer, start, end)
                end += wire.receive(buffer[end:])
            else:
                has_all = has_all or state is State.END
                start = wire.other(buffer[:end], start)
        if not has_all:
            raise ProtocolBrokenError("the rows have no end mark")
        if decoder.rows:
            yield decoder.take()


def _with_room(buffer: memoryview, start: int, end: int) -> tuple[memoryview, int, int]:
    """Move the bytes from `start` to `end` to the front of a buffer that has room behind them.

    The buffer grows for a row that fills it, and shrinks after it.
    """
    left = end - start
    size = max(_BUFFER_BYTES, 2 * left)
    target = memoryview(bytearray(size)) if size != len(buffer) else buffer
    if start or target is not buffer:
        target[:left] = bytes(buffer[start:end])
    return target, 0, left
