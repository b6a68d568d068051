"""Telling the user that a statement waits for another session's lock."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from dataduct.errors import DataductError

if TYPE_CHECKING:
    import psycopg

_LOOK_SECONDS = 1.0
_BLOCKERS = """
SELECT b.pid, coalesce(nullif(b.application_name, ''), 'unknown'), coalesce(b.usename::text, 'unknown')
FROM unnest(pg_blocking_pids({pid})) AS w(pid) JOIN pg_stat_activity b ON b.pid = w.pid
"""


class LockWatch:
    """Looks after statements that take longer than a second, over a connection of its own.

    Args:
        connect: Opens that connection, when it is first needed.
        on_wait: Called with one line for each statement that waits.
        lock_timeout: Seconds a statement may wait, for the line.
    """

    def __init__(
        self,
        connect: "Callable[[], psycopg.Connection]",
        on_wait: Callable[[str], None],
        lock_timeout: float,
    ) -> None:
        self._connect = connect
        self._on_wait = on_wait
        self._lock_timeout = lock_timeout
        self._lock = threading.Lock()
        self._running: dict[int, bool] = {}
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    @contextmanager
    def watching(self, pid: int) -> Iterator[None]:
        """Look after the session `pid` for the block."""
        with self._lock:
            self._running[pid] = False
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._watch, name="postgres-lock-watch", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._running.pop(pid, None)

    def close(self) -> None:
        """Stop looking."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _watch(self) -> None:
        connection: psycopg.Connection | None = None
        seen: set[int] = set()
        while not self._closed.wait(_LOOK_SECONDS):
            with self._lock:
                untold = {pid for pid, told in self._running.items() if not told}
            try:
                for pid in untold & seen:
                    if connection is None:
                        connection = self._connect()
                    self._look(connection, pid)
            except Exception:  # noqa: BLE001 - a line less must not end the work that is watched
                if connection is not None:
                    with suppress(Exception):
                        connection.close()
                connection = None
            seen = untold
        if connection is not None:
            with suppress(DataductError, Exception):
                connection.close()

    def _look(self, connection: "psycopg.Connection", pid: int) -> None:
        blockers = connection.execute(_BLOCKERS.format(pid=pid).encode()).fetchall()
        if not blockers:
            return
        with self._lock:
            if pid not in self._running:
                return
            self._running[pid] = True
        who = ", ".join(f"{blocker} ({application}, user {user})" for blocker, application, user in blockers)
        self._on_wait(
            f"a statement waits for a lock of session {who}; waiting up to {self._lock_timeout:g} s"
        )
