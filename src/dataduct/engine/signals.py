"""SIGINT and SIGTERM while a run is under way."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType
from typing import TypeVar

_HANDLED = (signal.SIGINT, signal.SIGTERM)
_LONGEST_SLEEP_SECONDS = 0.25

MessageT = TypeVar("MessageT")


@contextmanager
def handling_signals(on_first: Callable[[str], None], on_second: Callable[[], None]) -> Iterator[None]:
    """Handle SIGINT and SIGTERM while the block runs; outside the main thread, do nothing.

    The first signal calls `on_first` with the signal's name and the block goes on. The second calls `on_second` and
    ends the process at once with exit code 128 + the signal's number. Both are called from a signal handler, so they
    may take no lock that the interrupted thread could hold.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal received
        received += 1
        if received == 1:
            on_first(signal.Signals(number).name)
            return
        on_second()
        os._exit(128 + number)

    previous = {number: signal.signal(number, handle) for number in _HANDLED}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def take_message(inbox: SimpleQueue[MessageT], seconds: float | None = None) -> MessageT:
    """Return the next message of `inbox`, waking up now and then while there is none.

    The system may hand a signal to any thread, and Python handles it only when the main thread wakes up.

    Raises:
        queue.Empty: None came within `seconds`.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    while True:
        left = _LONGEST_SLEEP_SECONDS if deadline is None else max(0.0, deadline - time.monotonic())
        try:
            return inbox.get(timeout=min(_LONGEST_SLEEP_SECONDS, left))
        except Empty:
            if deadline is not None and time.monotonic() >= deadline:
                raise
