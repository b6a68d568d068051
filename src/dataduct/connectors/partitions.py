"""Partitions of one extract, read at the same time."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from typing import Protocol

import pyarrow as pa

from dataduct.errors import Interrupted
from dataduct.model.cancellation import Cancellation

_WAITING_BATCHES = 2


class Batches(Protocol):
    """Batches of one partition; `close` ends its query, also from the middle."""

    def __iter__(self) -> Iterator[pa.RecordBatch]: ...

    def close(self) -> None:
        """End the query if it still runs. A second call does nothing."""


ReadPartition = Callable[[Cancellation], Batches]
"""Begins to read one partition, whose work ends when the cancellation given is requested."""


class _StoppedError(Exception):
    """The batches of a partition are not wanted any more."""


class ParallelPartitions:
    """The batches of several partitions, each read in a thread of its own, in the order in which they come.

    At most two batches a partition wait to be taken. The first error of a partition ends all of them.
    """

    def __init__(self, partitions: Sequence[ReadPartition], cancellation: Cancellation) -> None:
        self._outer = cancellation
        self._inner = Cancellation()
        self._changed = threading.Condition()
        self._waiting: deque[pa.RecordBatch] = deque()
        self._limit = _WAITING_BATCHES * len(partitions)
        self._running = len(partitions)
        self._stopped = False
        self._failure: BaseException | None = None
        self._threads = [
            threading.Thread(
                target=self._read, args=(partition,), name=f"dataduct-partition-{number}", daemon=True
            )
            for number, partition in enumerate(partitions, start=1)
        ]
        for thread in self._threads:
            thread.start()

    def next_batch(self) -> pa.RecordBatch | None:
        """Return the next batch of any partition, or None after the last one of all.

        Raises:
            Interrupted: The work was asked to stop.
            DataductError: What the first partition that failed raised; all of them have ended then.
        """
        with self._outer.interrupting(self._interrupt), self._changed:
            self._changed.wait_for(
                lambda: self._waiting or not self._running or self._failure or self._stopped
            )
            failed = self._failure is not None or self._outer.requested
            batch = self._waiting.popleft() if self._waiting and not failed else None
            self._changed.notify_all()
        if batch is None:
            self.close()
            if self._outer.requested:
                raise Interrupted(self._outer.reason or "asked to stop", code="DD779")
            if self._failure is not None:
                raise self._failure
        return batch

    def close(self) -> None:
        """End every partition's query, and wait for its thread. Batches not yet taken are lost."""
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            self._changed.notify_all()
        self._inner.request("the rows are not read any more")
        for thread in self._threads:
            thread.join()

    def _interrupt(self) -> None:
        self._inner.request(self._outer.reason or "asked to stop")
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _read(self, partition: ReadPartition) -> None:
        failure: BaseException | None = None
        try:
            with suppress(_StoppedError), closing(partition(self._inner)) as batches:
                for batch in batches:
                    self._put(batch)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that reads
            failure = error
        with self._changed:
            self._running -= 1
            if failure is not None and not self._stopped and self._failure is None:
                self._failure = failure
            self._changed.notify_all()

    def _put(self, batch: pa.RecordBatch) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._failure or len(self._waiting) < self._limit)
            if self._stopped or self._failure:
                raise _StoppedError
            self._waiting.append(batch)
            self._changed.notify_all()
