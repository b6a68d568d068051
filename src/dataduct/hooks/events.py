"""Hooks of events: called one after the other in a thread of their own, so that a run does not wait for them."""

import threading
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue

from dataduct.errors import HookError
from dataduct.hooks.event import HookEvent
from dataduct.hooks.hook import Hook

Warn = Callable[[HookError, HookEvent], None]


class EventHooks:
    """Calls event hooks with events in the order they are told.

    A hook that raises is told to `warn` and called again with the next event; one that takes too long is told to
    `warn` and not called again.

    Args:
        hooks: Functions by event point.
        timeout: Longest time one of them may take, in seconds.
        warn: Told what went wrong, from the thread of the hooks.
    """

    def __init__(self, hooks: Mapping[str, tuple[Hook, ...]], *, timeout: float, warn: Warn) -> None:
        self._hooks = hooks
        self._timeout = timeout
        self._warn = warn
        self._queue: SimpleQueue[HookEvent | None] = SimpleQueue()
        self._hanging: set[Hook] = set()
        self._thread = threading.Thread(target=self._work, name="dataduct hooks", daemon=True)
        self._given_up = threading.Event()
        if hooks:
            self._thread.start()

    def tell(self, event: HookEvent) -> None:
        """Have the hooks of the event's point called soon; returns at once."""
        if event.point in self._hooks:
            self._queue.put(event)

    def close(self) -> int:
        """Wait until every event is told, at most twice as long as one hook may take; return how many are left."""
        if not self._thread.is_alive():
            return 0
        self._queue.put(None)
        self._thread.join(2 * self._timeout)
        if not self._thread.is_alive():
            return 0
        self._given_up.set()
        return self._drained()

    def _drained(self) -> int:
        left = 0
        while True:
            try:
                left += self._queue.get_nowait() is not None
            except Empty:
                return left

    def _work(self) -> None:
        while (event := self._queue.get()) is not None:
            for hook in self._hooks[event.point]:
                if hook not in self._hanging and not self._given_up.is_set():
                    self._call(hook, event)

    def _call(self, hook: Hook, event: HookEvent) -> None:
        try:
            hook.call(self._timeout, event)
        except HookError as error:
            if error.code == "DD896":
                self._hanging.add(hook)
            self._warn(error, event)
