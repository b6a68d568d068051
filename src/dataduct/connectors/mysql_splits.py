"""One extract in parallel partitions of one snapshot: several sessions, each reading a range of one column."""

import queue
import re
import threading
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager, suppress

import pyarrow as pa

from dataduct.connectors.base import Splits
from dataduct.connectors.decoding import DecodingError
from dataduct.connectors.mysql_errors import translated
from dataduct.connectors.mysql_partitions import WITHOUT_SPLITS, Partitions, of_partition, partitions
from dataduct.connectors.mysql_rows import SNAPSHOT, RowStream, Watch, is_free, known_names
from dataduct.connectors.mysql_session import MysqlSession, end_sessions, open_session
from dataduct.connectors.mysql_wire import ConnectionLostError, ProtocolBrokenError, ServerRefusedError
from dataduct.errors import SourceError
from dataduct.model.cancellation import Cancellation

_LOCK_SECONDS = 30
_LOCK = (f"SET SESSION lock_wait_timeout = {_LOCK_SECONDS}", "FLUSH TABLES WITH READ LOCK")
_UNLOCK = ("UNLOCK TABLES", "SET SESSION lock_wait_timeout = DEFAULT")
_NOT_ALLOWED = frozenset({1142, 1227})
_LOCKING_RIGHTS = re.compile(r"\b(?:ALL PRIVILEGES|RELOAD|FLUSH_TABLES)\b.* ON \*\.\* TO ")
_WAIT_SECONDS = 0.2


class SplitQuery:
    """A query read in parallel partitions, from `start` to `end`. Each has a session and a thread of its own.

    Args:
        session: A free session; it is used to plan the partitions, then for the first of them.
        release: Takes the session back when the query has ended and the session is free.
    """

    def __init__(
        self,
        session: MysqlSession,
        query: str,
        cancellation: Cancellation,
        splits: Splits,
        *,
        allow_lossy: Set[str],
        release: Callable[[MysqlSession], None],
    ) -> None:
        self._settings = session.settings
        self._sessions = [session]
        self._query = query
        self._splits = splits
        self._allow_lossy = allow_lossy
        self._release = release
        self._cancellation = cancellation
        self._watch = Watch(session.settings, cancellation, [session])
        self._threads: list[threading.Thread] = []
        self._streams: list[RowStream] = []
        self._batches: queue.Queue[pa.RecordBatch | Exception | None] = queue.Queue(splits.count)
        self._stopping = threading.Event()
        self._answering = False
        self._over = False

    def start(self, batch_rows: int) -> pa.RecordBatchReader:
        """Begin the snapshot and start reading every partition.

        Raises:
            SourceError: The query cannot be split (DD828), or what `RunningQuery.start` raises.
        """
        try:
            with self._translated():
                self._open_sessions()
                self._begin_snapshot()
                cut = partitions(self._sessions[0], self._query, self._splits)
            self._start_threads(cut, batch_rows)
            batches = self._rows(len(self._threads))
            first = next(batches, None)
        except BaseException:
            self.end()
            raise
        return pa.RecordBatchReader.from_batches(cut.schema, _chained(first, batches))

    def end(self) -> None:
        """End the transactions, and the queries on the server if they still run; batches not yet read are lost."""
        if self._over:
            return
        self._over = True
        self._stopping.set()
        whole = not (self._watch.finish() or self._answering) and self._is_read()
        if not whole:
            end_sessions(self._settings, [session.number for session in self._sessions])
            for session in self._sessions:
                session.stream.interrupt()
        for thread in self._threads:
            thread.join()
        first, *others = self._sessions
        for session in others:
            session.close() if whole else session.drop()
        if whole and is_free(first, "SET SESSION timestamp = DEFAULT"):
            self._release(first)
        else:
            first.drop()

    def _is_read(self) -> bool:
        """Return whether every partition was read to its end, so that the sessions are free."""
        return len(self._streams) == len(self._threads) and all(rows.ended for rows in self._streams)

    def _open_sessions(self) -> None:
        while len(self._sessions) < self._splits.count:
            self._watch.check()
            self._sessions.append(open_session(self._settings))
            self._watch.sessions[:] = self._sessions

    def _begin_snapshot(self) -> None:
        """Begin all transactions while no session of the server can write, so that they see the same rows."""
        first = self._sessions[0]
        try:
            for statement in _LOCK:
                first.execute(statement)
        except ServerRefusedError as error:
            if error.number not in _NOT_ALLOWED:
                raise
            raise SourceError(
                f"an extract in {self._splits.count} partitions needs the right RELOAD on the MySQL server "
                f"{self._settings.server}, to begin their transactions at one moment, and the user lacks it",
                code="DD828",
                hint=f"GRANT RELOAD ON *.* TO the user, or {WITHOUT_SPLITS}",
            ) from error
        for session in self._sessions:
            session.execute(SNAPSHOT)
        for statement in _UNLOCK:
            first.execute(statement)
        self._stop_clock()

    def _stop_clock(self) -> None:
        """Let NOW() be the same in all sessions, where the server allows it."""
        now = self._sessions[0].values("SELECT UNIX_TIMESTAMP(NOW(6))")[0][0]
        with suppress(ServerRefusedError):
            for session in self._sessions:
                session.execute(f"SET SESSION timestamp = {now}")

    def _start_threads(self, cut: Partitions, batch_rows: int) -> None:
        for session, condition in zip(self._sessions, cut.conditions, strict=False):
            thread = threading.Thread(
                target=self._read_partition,
                args=(session, condition, cut.schema, batch_rows),
                name="dataduct-mysql-partition",
                daemon=True,
            )
            self._threads.append(thread)
            thread.start()

    def _read_partition(
        self, session: MysqlSession, condition: str, schema: pa.Schema, batch_rows: int
    ) -> None:
        """Put the partition's batches into the queue, then None; or the error that ended it.

        A derived table may have other types than its query where those depend on nothing (NULL is binary).
        """
        try:
            rows = RowStream(
                session,
                of_partition(self._query, condition),
                batch_rows=batch_rows,
                allow_lossy=self._allow_lossy,
                partition=condition,
            )
            self._streams.append(rows)
            while (batch := rows.next_batch()) is not None:
                if not self._put(batch if batch.schema.equals(schema) else batch.cast(schema)):
                    return
        except Exception as error:  # noqa: BLE001 - the reading thread raises it
            self._put(error)
        else:
            self._put(None)

    def _put(self, item: pa.RecordBatch | Exception | None) -> bool:
        """Wait for room in the queue; return False if nobody will take from it any more."""
        while not self._stopping.is_set():
            with suppress(queue.Full):
                self._batches.put(item, timeout=_WAIT_SECONDS)
                return True
        return False

    def _rows(self, running: int) -> Iterator[pa.RecordBatch]:
        try:
            while running:
                with self._translated():
                    item = self._taken()
                    if isinstance(item, Exception):
                        raise item
                if item is None:
                    running -= 1
                else:
                    yield item
            for thread in self._threads:
                thread.join()
        finally:
            self.end()

    def _taken(self) -> pa.RecordBatch | Exception | None:
        while True:
            self._watch.check()
            with suppress(queue.Empty):
                return self._batches.get(timeout=_WAIT_SECONDS)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise the errors of the wire as what they mean."""
        self._watch.check()
        self._answering = True
        try:
            yield
        except (ServerRefusedError, ConnectionLostError, ProtocolBrokenError, DecodingError) as error:
            raise translated(
                error,
                server=self._settings.server,
                query=self._query,
                names=lambda kind: [] if self._threads else known_names(self._sessions[0], self._query, kind),
                cancellation=self._cancellation,
            ) from error
        self._answering = False


def may_lock(session: MysqlSession) -> bool:
    """Return whether the user may begin several transactions at one moment, which takes the right RELOAD."""
    return any(_LOCKING_RIGHTS.search(str(row[0])) for row in session.values("SHOW GRANTS"))


def _chained(first: pa.RecordBatch | None, others: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    if first is not None:
        yield first
    yield from others
