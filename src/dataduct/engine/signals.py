"""SIGINT and SIGTERM while a run is under way."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_HANDLED = (signal.SIGINT, signal.SIGTERM)


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
