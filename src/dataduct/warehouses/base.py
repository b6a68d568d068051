"""The Warehouse port.

The exactly-once rule lives in `dataduct.warehouses.loads`, written once over `Transaction`; an implementation only
has to make a transaction a real one.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import Manifest
from dataduct.model.operations import FileFormat
from dataduct.model.server import ServerInfo
from dataduct.model.table import Column, TableName

if TYPE_CHECKING:  # capabilities are asked for while compiling, which needs no pyarrow
    import pyarrow as pa

Row = tuple[object, ...]
Execute = Callable[[str], int | None]


@dataclass(frozen=True, slots=True)
class WarehouseCapabilities:
    """What a warehouse can do, as data, known before it is opened.

    Attributes:
        dialect: Name of its SQL dialect: a key of `dataduct.sql.dialect.DIALECTS`.
        enforces_primary_key: Whether it refuses a second row of the same primary key by itself.
        transactional_ddl: Whether CREATE TABLE rolls back with its transaction.
        reads_uris: Whether it reads a dataset's parts itself where the storage has URIs for them; otherwise it is
            given local paths.
    """

    dialect: str
    enforces_primary_key: bool = False
    transactional_ddl: bool = True
    reads_uris: bool = False


@dataclass(frozen=True, slots=True)
class DatasetFiles:
    """A dataset as a warehouse loads it: its manifest and the paths or URIs of its parts."""

    manifest: Manifest
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """Which dataset column goes into which table column. `source` is a name, or a position (from 0)."""

    source: str | int
    target: Column


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did.

    Attributes:
        rows: Rows inserted.
        rejected: One line for each row left out, as `FileFormat.max_errors` allows: its number, column and value.
    """

    rows: int
    rejected: tuple[str, ...] = ()


class TableMemory:
    """Which tables are known to be committed, so that they need not be looked for again.

    A warehouse that other processes change meanwhile remembers nothing, which is the default.
    """

    def knows_table(self, table: TableName) -> bool:
        """Return whether `table` is known to be there, for all who begin now."""
        return False

    def remember_table(self, table: TableName) -> None:
        """Take note that `table` was found."""


class Transaction(TableMemory, ABC):
    """An open transaction. Leaving its block commits; an exception in the block rolls back."""

    @abstractmethod
    def execute(self, statement: str) -> int | None:
        """Run one statement; return the rows it changed, or None if it changes none.

        Raises `SqlError` with the statement, the database's words and, where known, the position in it;
        `DataError` where values do not fit; `TransientError` for conflicts and lost connections;
        `Interrupted` when the transaction's cancellation is requested.
        """

    @abstractmethod
    def fetch(self, query: str) -> list[Row]:
        """Run a query with a small result and return its rows."""

    def fetch_alone(self, table: TableName, query: str) -> list[Row]:
        """Run a query on what is committed to `table` now, which no other transaction changes before this one ends.

        Of transactions that ask for the same table one at a time goes on. A warehouse with one writer, which is the
        default, needs nothing for it.
        """
        return self.fetch(query)

    @abstractmethod
    def columns(self, table: TableName) -> tuple[Column, ...] | None:
        """Return the columns of an existing table in order, or None if there is no such table or view."""

    @abstractmethod
    def dataset_columns(self, files: DatasetFiles, file_format: FileFormat) -> tuple[str | None, ...]:
        """Return the dataset's column names in order; None for each column of a format without names."""

    @abstractmethod
    def load(
        self, table: TableName, files: DatasetFiles, matches: Sequence[ColumnMatch], file_format: FileFormat
    ) -> LoadResult:
        """Insert the dataset's rows into the matched columns; the other columns take their defaults.

        Raises `DataError` naming row, column and value for rows that do not fit the table's columns or would be
        changed by the conversion; `StorageError` for files that cannot be read.
        """


class Warehouse(TableMemory, ABC):
    """An open warehouse, shared by the threads of one run."""

    capabilities: WarehouseCapabilities

    @abstractmethod
    def transaction(self, cancellation: Cancellation) -> AbstractContextManager[Transaction]:
        """Begin a transaction; at most one writes at a time where the warehouse asks for that.

        When `cancellation` is requested the statement under way is interrupted and raises `Interrupted`; so does
        waiting for another transaction to end, and leaving the block before the commit has begun.
        """

    @abstractmethod
    def session(self, cancellation: Cancellation) -> AbstractContextManager[Execute]:
        """Give what runs one statement outside any transaction, as VACUUM asks for, and returns the rows it changed.

        Each statement commits by itself. Temporary tables last until the end of the block. At most one block writes
        at a time where the warehouse asks for that. A statement raises what `Transaction.execute` raises.
        """

    def execute(self, statement: str, cancellation: Cancellation) -> int | None:
        """Run one statement in a session of its own; return the rows it changed, or None if it changes none."""
        with self.session(cancellation) as execute:
            return execute(statement)

    @abstractmethod
    def stream(
        self, query: str, cancellation: Cancellation, *, batch_rows: int = 65_536, bulk: bool = False
    ) -> "AbstractContextManager[pa.RecordBatchReader]":
        """Run a query outside any transaction and stream its rows with bounded memory.

        `bulk` says that many rows are expected, for a warehouse that gives those in another way than few.
        It sees what was committed when it began. Raises `SqlError` if `query` is not one query.
        """

    @abstractmethod
    def server(self) -> ServerInfo:
        """Return what the warehouse says of itself, and which rights the user lacks."""

    @abstractmethod
    def close(self) -> None:
        """Release the warehouse."""


class WarehouseProvider(ABC):
    """A kind of warehouse. Classes of this kind register under the entry-point group `dataduct.warehouses`.

    Attributes:
        name: What `type:` says in the settings.
        dialect: Name of its SQL dialect, whatever the settings are.
    """

    name: ClassVar[str]
    dialect: ClassVar[str]

    @classmethod
    @abstractmethod
    def capabilities(cls, settings: Mapping[str, object]) -> WarehouseCapabilities:
        """Return what the warehouse can do, without any I/O. Raises `UserError` for wrong settings."""

    @classmethod
    @abstractmethod
    def open_warehouse(
        cls,
        settings: Mapping[str, object],
        *,
        project_directory: Path,
        lock_timeout: float,
        on_wait: Callable[[str], None],
    ) -> Warehouse:
        """Open the warehouse, waiting up to `lock_timeout` seconds for another process to leave it.

        `on_wait` is called with one line when it has to wait. Raises `UserError` for wrong settings,
        `LockTimeoutError`, and `WarehouseError` for one that cannot be opened.
        """
