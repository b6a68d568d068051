"""The Reader port: rows out of a source system."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from dataduct.model.cancellation import Cancellation


@dataclass(frozen=True, slots=True)
class ReaderCapabilities:
    """What a source system can do, as data.

    Attributes:
        dialect: sqlglot's name of its SQL dialect.
        random_order: SQL expression to order rows by for a random sample (`RANDOM()`).
        splits: Whether one extract can be read in parallel partitions.
    """

    dialect: str
    random_order: str
    splits: bool = False


class Reader(ABC):
    """An open connection to a source system. One thread uses it at a time.

    Implementations register under the entry-point group `dataduct.connectors` as
    `open_reader(settings, *, database, project_directory)` functions that return a Reader, raising `UserError` for
    wrong settings, `SourceError` for a source that cannot work and `TransientError` for one that may work later.
    """

    capabilities: ReaderCapabilities

    @abstractmethod
    def read(
        self, query: str, cancellation: Cancellation, *, batch_rows: int = 65_536
    ) -> pa.RecordBatchReader:
        """Run one SELECT and stream its rows, never holding more than a few batches.

        Types follow the source's declared types exactly. A value that does not fit its column's type raises
        `DataError` naming row (from 1), column and value. A wrong query raises `SourceError`; a lost connection
        `TransientError`. When `cancellation` is requested the query is interrupted and raises `Interrupted`.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the connection."""


@contextmanager
def closing_reader(reader: Reader) -> Iterator[Reader]:
    """Close `reader` at the end of the block."""
    try:
        yield reader
    finally:
        reader.close()
