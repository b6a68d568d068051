"""The Reader port: rows out of a source system."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from dataduct.model.cancellation import Cancellation
from dataduct.model.server import ServerInfo

NO_COLUMNS: frozenset[str] = frozenset()


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


@dataclass(frozen=True, slots=True)
class SourceType:
    """One row of a source system's type ledger: what its values become.

    Attributes:
        name: The type as the source system calls it (`decimal(p,s), p <= 38`).
        arrow: The Arrow type, as `str(pyarrow.DataType)` spells it (`decimal128(p, s)`).
        reading: How the value is represented where that is not plain (`as text: hours may exceed 24`), or empty.
        refused: The values that the Arrow type has no place for (`NaN`). They are an error that names column and
            remedy; a step that allows a loss in the column reads them as NULL. Empty where every value is kept.
    """

    name: str
    arrow: str
    reading: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """One column of a query's result.

    Attributes:
        source_type: Its type as the source system prints it, with its arguments (`decimal(15,2) unsigned`).
        type: What it becomes.
        rule: The row of the type ledger that says so.
    """

    name: str
    source_type: str
    type: pa.DataType
    rule: SourceType


@dataclass(frozen=True, slots=True)
class Splits:
    """Parallel partitions of one extract.

    Attributes:
        count: How many partitions are read at the same time, each over a connection of its own.
        column: Column of the query, an integer, date or timestamp, whose range is cut; None lets the reader choose
            the primary key of the one table that is read.
    """

    count: int
    column: str | None = None


class Reader(ABC):
    """An open connection to a source system. One thread uses it at a time.

    Implementations register under the entry-point group `dataduct.connectors` as
    `open_reader(settings, *, database, project_directory)` functions that return a Reader, raising `UserError` for
    wrong settings, `SourceError` for a source that cannot work and `TransientError` for one that may work later.

    The pydantic model of the options registers under the same name in the group `dataduct.connectors.settings`
    (`dataduct.warehouses.settings`, `dataduct.storage.settings`), in a module that imports neither a driver nor
    pyarrow: opening a project checks the options against it and reports what is wrong with its place. A `url` never
    reaches it whole: `dataduct.config.urls` splits one into `host`, `port`, `user`, `password`, `database` (`path`
    where the model has no `host`; `bucket` and `prefix` where it has a `bucket`) and an option for each parameter.
    """

    capabilities: ReaderCapabilities

    @abstractmethod
    def read(
        self,
        query: str,
        cancellation: Cancellation,
        *,
        batch_rows: int = 65_536,
        allow_lossy: Set[str] = NO_COLUMNS,
        splits: Splits | None = None,
    ) -> pa.RecordBatchReader:
        """Run one SELECT and stream its rows, never holding more than a few batches.

        Types follow the source's declared types exactly. A value that does not fit its column's type raises
        `DataError` naming row (from 1), column and value; in the columns of `allow_lossy` it is NULL instead. With
        `splits` the partitions are read at the same time from one snapshot, in no particular order; where that
        cannot be, `SourceError` says why. A wrong query raises `SourceError`; a lost connection
        `TransientError`. When `cancellation` is requested the query is interrupted on the server and raises
        `Interrupted`.
        """

    @abstractmethod
    def describe(self, query: str, cancellation: Cancellation) -> tuple[SourceColumn, ...]:
        """Return the columns that `read` would give, without reading rows. Raises what `read` raises."""

    @abstractmethod
    def server(self) -> ServerInfo:
        """Return what the server says of itself, and which rights the user lacks."""

    @abstractmethod
    def close(self) -> None:
        """Release the connection; a query under way is ended on the server."""


@contextmanager
def closing_reader(reader: Reader) -> Iterator[Reader]:
    """Close `reader` at the end of the block."""
    try:
        yield reader
    finally:
        reader.close()
