"""Connections of psycopg that wait for the next transaction."""

import threading
from collections.abc import Callable

import psycopg
from psycopg.pq import TransactionStatus

_MOST_IDLE = 4


class ConnectionPool:
    """A few open connections that no transaction uses. Thread-safe.

    Args:
        connect: Opens one more; called once at the start, so that a server that cannot be reached shows at once.
        clear: Leaves nothing of a transaction's session in a connection that is given back; returns whether it did.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        *,
        clear: Callable[[psycopg.Connection], bool] = lambda connection: True,
    ) -> None:
        self._connect = connect
        self._clear = clear
        self._lock = threading.Lock()
        self._idle: list[psycopg.Connection] = [connect()]
        self._closed = False

    def lease(self) -> psycopg.Connection:
        """Return a connection that works: one that waits, or a new one."""
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._connect()
            try:
                connection.execute(b"SELECT 1")
            except psycopg.Error:  # the server ended it meanwhile
                connection.close()
            else:
                return connection

    def give_back(self, connection: psycopg.Connection, *, usable: bool) -> None:
        """Keep a connection for the next transaction, or close it if it is not usable or not needed."""
        is_idle = not connection.closed and connection.info.transaction_status == TransactionStatus.IDLE
        cleared = usable and is_idle and self._clear(connection)
        with self._lock:
            if cleared and not self._closed and len(self._idle) < _MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close the connections that wait; those on lease close when they are given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
