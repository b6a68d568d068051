"""Asking work in another thread to stop."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Cancellation:
    """A flag that work looks at, and calls that interrupt what cannot look (a query, a process).

    One belongs to each attempt of a step. Thread-safe.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._interrupts: list[Callable[[], None]] = []
        self.reason: str | None = None

    @property
    def requested(self) -> bool:
        """Whether somebody asked the work to stop."""
        return self._event.is_set()

    def request(self, reason: str) -> None:
        """Ask the work to stop and interrupt what is under way. Later calls change nothing."""
        with self._lock:
            if self._event.is_set():
                return
            self.reason = reason
            self._event.set()
            interrupts = list(self._interrupts)
        for interrupt in interrupts:
            interrupt()

    def wait(self, seconds: float) -> bool:
        """Sleep for `seconds` or until the work is asked to stop; return whether it was."""
        return self._event.wait(seconds)

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Call `interrupt` if the work is asked to stop while the block runs (or was before it)."""
        with self._lock:
            already = self._event.is_set()
            self._interrupts.append(interrupt)
        if already:
            interrupt()
        try:
            yield
        finally:
            with self._lock:
                self._interrupts.remove(interrupt)
