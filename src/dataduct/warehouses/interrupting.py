"""Interrupting a statement until it has ended."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dataduct.model.cancellation import Cancellation


@contextmanager
def interrupting_again(
    cancellation: Cancellation, interrupt: Callable[[], object], *, every: float, thread_name: str
) -> Iterator[None]:
    """Call `interrupt` every `every` seconds once the cancellation is requested, until the block ends.

    A database forgets a request that arrives before the statement has begun, so that one is not enough.
    """
    lock = threading.Lock()
    over = threading.Event()

    def repeat() -> None:
        while True:
            with lock:
                if over.is_set():
                    return
                interrupt()
            over.wait(every)

    def begin() -> None:
        threading.Thread(target=repeat, name=thread_name, daemon=True).start()

    with cancellation.interrupting(begin):
        try:
            yield
        finally:
            with lock:
                over.set()
