"""Loading a dataset into a DuckDB table: every row as it is, or an error that names the rows that do not fit."""

from collections.abc import Sequence
from dataclasses import dataclass

from dataduct.errors import DataductError, DataError, SqlError
from dataduct.model.nearest import did_you_mean
from dataduct.model.operations import FileFormat
from dataduct.model.table import TableName
from dataduct.sql.dialect import quoted
from dataduct.warehouses.base import ColumnMatch, DatasetFiles, LoadResult
from dataduct.warehouses.dataset_files import source_position
from dataduct.warehouses.duckdb_catalog import CatalogTable, quoted_table, read_table
from dataduct.warehouses.duckdb_conversions import conversion
from dataduct.warehouses.duckdb_misfits import LoadedColumn, find_misfits, fitting_rows
from dataduct.warehouses.duckdb_session import Session
from dataduct.warehouses.duckdb_sources import Source, sources
from dataduct.warehouses.misfits import SHOWN_ROWS, Misfits, refusal

_VALUE_CODES = frozenset({"DD705", "DD715"})
"""Codes of what DuckDB says when a value cannot be converted or breaks a constraint."""


def load_dataset(
    session: Session,
    table: TableName,
    files: DatasetFiles,
    matches: Sequence[ColumnMatch],
    file_format: FileFormat,
) -> LoadResult:
    """Insert the dataset's rows into `table`; see `Transaction.load`."""
    catalog = read_table(session, table)
    if catalog is None:
        raise SqlError(f"there is no table {table}", code="DD705")
    rows = 0
    rejected: tuple[str, ...] = ()
    for source in sources(session, files, file_format):
        if not source.columns:
            continue
        columns = _loaded_columns(source, catalog, matches, table)
        loading = _Loading(session, table, catalog, source, columns)
        if file_format.max_errors:
            result = loading.insert_fitting(file_format.max_errors - len(rejected))
            rejected += result.rejected
            rows += result.rows
        else:
            rows += loading.insert_all()
    return LoadResult(rows, rejected)


@dataclass(frozen=True, slots=True)
class _Loading:
    """The load of one source into one table."""

    session: Session
    table: TableName
    catalog: CatalogTable
    source: Source
    columns: tuple[LoadedColumn, ...]

    def insert_all(self) -> int:
        """Insert every row; return their number. Raises `DataError` if there is a row that does not fit."""
        values = ", ".join(
            column.conversion.strict
            if column.plain is None
            else f"coalesce(dataduct_plain_{n}, {column.conversion.strict})"
            for n, column in enumerate(self.columns)
        )
        plain = [column.plain for column in self.columns]
        try:
            with self.source.relation(self.session, self._positions, numbered=False, plain=plain) as relation:
                return self._insert(f"SELECT {values} FROM ({relation})")
        except DataductError as error:
            if self.source.failure is not None:
                raise self.source.failure from error
            if error.code not in _VALUE_CODES:
                raise
            misfits = self._misfits(SHOWN_ROWS)
            if misfits.count:
                raise refusal(self.table, misfits) from error
            raise DataError(
                f"the dataset cannot be loaded into {self.table}: {error.message}",
                code="DD707",
                details=error.details,
            ) from error

    def insert_fitting(self, allowed: int) -> LoadResult:
        """Insert the rows that fit if at most `allowed` do not; raise `DataError` otherwise."""
        misfits = self._misfits(max(allowed + 1, SHOWN_ROWS))
        unreadable = self.source.rejected
        if misfits.count + len(unreadable) > allowed:
            raise refusal(
                self.table, Misfits(misfits.count + len(unreadable), unreadable + misfits.lines), allowed
            )
        try:
            with self.source.relation(self.session, self._positions, numbered=False) as relation:
                rows = self._insert(fitting_rows(relation, self.columns, self.catalog))
        except DataductError as error:
            raise self.source.failure or error from error
        return LoadResult(rows, unreadable + misfits.lines)

    @property
    def _positions(self) -> tuple[int, ...]:
        return tuple(column.position for column in self.columns)

    def _insert(self, query: str) -> int:
        targets = ", ".join(quoted(column.target) for column in self.columns)
        return self.session.execute(f"INSERT INTO {quoted_table(self.table)} ({targets}) {query}") or 0

    def _misfits(self, shown: int) -> Misfits:
        """Look for the rows that do not fit, outside the transaction, which may have failed."""
        sibling = self.session.sibling()
        try:
            return find_misfits(sibling, self.source, self.columns, self.catalog, shown=shown)
        except DataductError as error:
            if self.source.failure is not None:
                raise self.source.failure from error
            raise
        finally:
            sibling.close()


def _loaded_columns(
    source: Source, catalog: CatalogTable, matches: Sequence[ColumnMatch], table: TableName
) -> tuple[LoadedColumn, ...]:
    """Return how each matched column is loaded. Raises `DataError` for a column that does not exist."""
    names = [column.name for column in source.columns]
    loaded = []
    for number, match in enumerate(matches):
        position = source_position(names, match.source)
        target = catalog.column(match.target.name)
        if target is None:
            raise DataError(
                f"{table} has no column {match.target.name}",
                code="DD718",
                hint=did_you_mean(match.target.name, (column.name for column in catalog.columns)),
            )
        length = catalog.length(target.name)
        source_type = source.columns[position].type
        loaded.append(
            LoadedColumn(
                position=position,
                source_type=source_type,
                target=target.name,
                type=target.type,
                shown_type=target.type if length is None else f"{target.type}({length})",
                nullable=target.nullable,
                conversion=conversion(f"dataduct_{number}", source_type, target.type),
                plain=source.plain_type(position, target.type),
            )
        )
    return tuple(loaded)
