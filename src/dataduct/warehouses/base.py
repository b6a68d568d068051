"""The Warehouse port.

The exactly-once rule lives in `dataduct.warehouses.loads`, written once over `Transaction`; an implementation only
has to make a transaction a real one.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pyarrow as pa

from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import Manifest
from dataduct.model.operations import FileFormat
from dataduct.model.table import Column, TableName

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class WarehouseCapabilities:
    """What a warehouse can do, as data, known before it is opened.

    Attributes:
        dialect: Name of its SQL dialect: a key of `dataduct.sql.dialect.DIALECTS`.
        enforces_primary_key: Whether it refuses a second row of the same primary key by itself.
        transactional_ddl: Whether CREATE TABLE rolls back with its transaction.
    """

    dialect: str
    enforces_primary_key: bool = False
    transactional_ddl: bool = True


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


class Transaction(ABC):
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

    @abstractmethod
    def columns(self, table: TableName) -> tuple[Column, ...] | None:
        """Return the columns of an existing table in order, or None if there is no such table or view."""

    @abstractmethod
    def dataset_columns(self, files: DatasetFiles, file_format: FileFormat) -> tuple[str | None, ...]:
        """Return the dataset's column names in order; None for each column of a format without names."""

    @abstractmethod
    def load(
        self, table: TableName, files: DatasetFiles, matches: Sequence[ColumnMatch], file_format: FileFormat
    ) -> int:
        """Insert the dataset's rows, columns named; return the number of rows inserted.

        Raises `DataError` naming row, column and value for rows that do not fit the table's columns.
        """


class Warehouse(ABC):
    """An open warehouse, shared by the threads of one run.

    Implementations register under the entry-point group `dataduct.warehouses` as objects with
    `capabilities(settings)` and `open_warehouse(settings, on_wait)`: the first without any I/O.
    """

    capabilities: WarehouseCapabilities

    @abstractmethod
    def transaction(self, cancellation: Cancellation) -> AbstractContextManager[Transaction]:
        """Begin a transaction; at most one writes at a time where the warehouse asks for that.

        When `cancellation` is requested the statement under way is interrupted and raises `Interrupted`.
        """

    @abstractmethod
    def stream(
        self, query: str, cancellation: Cancellation, *, batch_rows: int = 65_536
    ) -> AbstractContextManager[pa.RecordBatchReader]:
        """Run a query outside any transaction and stream its rows with bounded memory."""

    @abstractmethod
    def close(self) -> None:
        """Release the warehouse."""
