"""What the decoders in Python have in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import pyarrow as pa

from dataduct.connectors.decoding.batches import Codec, OpenBatch, RowsSoFar, window
from dataduct.connectors.decoding.faults import DecodingError, MalformedValue
from dataduct.connectors.decoding.targets import Refused, State, WireColumn


class PythonDecoder(ABC):
    """A `RowDecoder` whose rows stand whole in the buffer: each is found first, then all are read by column."""

    def __init__(self, columns: Sequence[WireColumn], codecs: Sequence[Codec]) -> None:
        self._columns = tuple(columns)
        self._batch = OpenBatch(columns, codecs)
        self._failure: DecodingError | None = None
        self._needed = 0
        """Bytes that the next row has at least, where that is known."""

    @property
    def next_row(self) -> int:
        """Number of the row that follows, from 1, over the whole result."""
        return self._batch.next_row

    @property
    def rows(self) -> int:
        """Rows in the open batch."""
        return self._batch.rows

    @property
    def nbytes(self) -> int:
        """Bytes of the open batch's rows, and the digits of the numbers decoded as text."""
        return self._batch.nbytes

    @property
    def refused(self) -> list[Refused]:
        """What was refused so far."""
        return self._batch.refused.listed()

    def take(self) -> pa.RecordBatch:
        """Return the open batch and begin a new one."""
        if self._failure is not None:
            raise self._failure
        return self._batch.take()

    def decode(
        self, buffer: bytes | bytearray | memoryview, start: int, end: int, max_rows: int
    ) -> tuple[int, State]:
        """Append the whole rows of `buffer[start:end]`; see `RowDecoder.decode`."""
        view = window(buffer, start, end, max_rows)
        if self._failure is not None:
            raise self._failure
        found = RowsSoFar(self._batch, max_rows)
        if found.full():
            return start, State.FULL
        if len(view) < self._needed:
            return start, State.MORE
        self._needed = 0
        try:
            used, state = self._find_and_read(bytes(view), found)
        except DecodingError as failure:
            self._failure = failure
            raise
        return start + used, state

    def _find_and_read(self, data: bytes, found: RowsSoFar) -> tuple[int, State]:
        try:
            return self._find_rows(data, found)
        except MalformedValue as error:
            raise found.fault(error) from None
        finally:
            self._batch.append(found.rows)

    @abstractmethod
    def _find_rows(self, data: bytes, found: RowsSoFar) -> tuple[int, State]:
        """Add the whole rows of `data` to `found`; return the bytes used up, and why it stopped.

        Raises:
            MalformedValue: The bytes after the rows that were added break the protocol.
            DecodingError: So does a value of the row after them.
        """
