"""LoadTable: datasets into a table, in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dataduct.engine.committed import committed_before, record
from dataduct.engine.context import AttemptContext, Outcome
from dataduct.errors import DataError, SchemaMismatchError
from dataduct.model.dataset import DatasetRef
from dataduct.model.nearest import did_you_mean
from dataduct.model.operations import Extract, LoadTable, SqlStatement
from dataduct.model.table import Column, TableName
from dataduct.registry import CATALOGS
from dataduct.sql.columns import match_columns
from dataduct.sql.deduplicate import delete_matching, join_condition
from dataduct.sql.dialect import DIALECTS, Dialect
from dataduct.sql.queries import duplicates_query
from dataduct.sql.temporary import create_temporary, create_temporary_as, drop_temporary, temporary_name
from dataduct.warehouses.base import ColumnMatch, DatasetFiles, Transaction, Warehouse
from dataduct.warehouses.loads import create_or_compare
from dataduct.warehouses.primary_keys import primary_key

_KEYS_SHOWN = 10

Inputs = Sequence[tuple[DatasetRef, DatasetFiles]]


def handle(operation: LoadTable, attempt: AttemptContext) -> Outcome:
    """Create the table if it is missing, load the datasets into it and record the load.

    Raises:
        DataError: Rows do not fit, or other rows were loaded than the datasets hold (DD787).
        SchemaMismatchError: The table differs from its definition, or is missing (DD785).
    """
    target = attempt.workbench.target(operation.connection)
    before = committed_before(target, attempt)
    if before is not None:
        return before
    with (
        _inputs(operation, attempt, target) as inputs,
        target.transaction(attempt.cancellation) as transaction,
    ):
        before = committed_before(transaction, attempt)
        if before is not None:
            return before
        dialect = DIALECTS[target.capabilities.dialect]
        loading = _Loading(operation, attempt, transaction, dialect, inputs)
        rows = loading.run()
        record(transaction, attempt, rows=rows, watermark=loading.watermark)
    return Outcome(rows=rows, bytes=loading.bytes)


@contextmanager
def _inputs(operation: LoadTable, attempt: AttemptContext, target: Warehouse) -> Iterator[Inputs]:
    """Give the files of every input for the block, as the target reads them.

    They are fetched before the transaction begins, which would stand idle meanwhile.
    """
    storage = attempt.workbench.storage
    with ExitStack() as fetched:
        inputs: list[tuple[DatasetRef, DatasetFiles]] = []
        for dataset in operation.inputs:
            key, manifest = attempt.published(dataset)
            paths = storage.uris(key, manifest) if target.capabilities.reads_uris else None
            if paths is None:
                paths = fetched.enter_context(storage.fetched(key, manifest))
            inputs.append((dataset, DatasetFiles(manifest, paths)))
        yield inputs


class _Loading:
    """One load inside its transaction."""

    def __init__(
        self,
        operation: LoadTable,
        attempt: AttemptContext,
        transaction: Transaction,
        dialect: Dialect,
        inputs: Inputs,
    ) -> None:
        self._operation = operation
        self._attempt = attempt
        self._transaction = transaction
        self._dialect = dialect
        self._where = operation.connection or "warehouse"
        self._inputs = inputs
        self.bytes = sum(files.manifest.bytes for _, files in inputs)

    @property
    def watermark(self) -> str | None:
        """The watermark of the only input, or None."""
        return self._inputs[0][1].manifest.watermark if len(self._inputs) == 1 else None

    def run(self) -> int:
        """Load every input; return the number of rows that went into the table."""
        operation, definition = self._operation, self._operation.definition
        if definition is not None:
            create_or_compare(self._transaction, definition, self._dialect)
        columns = self._transaction.columns(operation.table)
        if columns is None:
            raise SchemaMismatchError(
                f"table {operation.table} does not exist",
                code="DD785",
                hint="create it first, or use `create-load` with its table definition",
            )
        match operation.mode:
            case "replace":
                table = self._dialect.table(operation.table)
                self._execute(SqlStatement(text=f"DELETE FROM {table}", purpose="empty the table"))
                return self._load_inputs(operation.table, columns)
            case "append":
                return self._load_inputs(operation.table, columns)
            case "overwrite-existing" | "keep-existing":
                return self._load_by_key(columns)

    def _execute(self, statement: SqlStatement) -> int:
        with self._attempt.statement(self._where, statement.text, statement.purpose) as run:
            run.rows = self._transaction.execute(statement.text)
        return run.rows or 0

    def _load_inputs(self, table: TableName, columns: Sequence[Column]) -> int:
        loaded = 0
        for dataset, files in self._inputs:
            loaded += self._load_input(dataset, files, table, columns)
            self._attempt.progress(loaded, self.bytes)
        return loaded

    def _load_input(
        self, dataset: DatasetRef, files: DatasetFiles, table: TableName, columns: Sequence[Column]
    ) -> int:
        operation, log = self._operation, self._attempt.log
        file_format = operation.file_format
        label = f"load dataset {dataset} into {operation.table}"
        matches = self._matches(files, columns)
        if not matches:
            log.write(f"dataset {dataset} holds no rows")
            return 0
        with self._attempt.statement(self._where, f"-- {label}", label) as run:
            result = self._transaction.load(table, files, matches, file_format)
            run.rows = result.rows
        for line in result.rejected:
            log.write(f"left out: {line}", "warning")
        expected = files.manifest.rows
        if expected is not None and not file_format.max_errors and result.rows != expected:
            raise DataError(
                f"dataset `{dataset}` holds {expected:,} rows and {result.rows:,} were loaded into {operation.table}",
                code="DD787",
                hint="nothing was committed; run the step again",
            )
        return result.rows

    def _matches(self, files: DatasetFiles, columns: Sequence[Column]) -> list[ColumnMatch]:
        """Return what goes where; nothing for delimited files without a single row, which show no columns."""
        operation = self._operation
        names = self._transaction.dataset_columns(files, operation.file_format)
        if not names:
            return []
        if operation.columns is not None:
            return self._named_columns(len(names), columns)
        return [
            ColumnMatch(source, target)
            for source, target in match_columns(
                names,
                columns,
                operation.match_columns,
                remedy=self._remedy_for_unfilled(),
                remedy_for_new=self._remedy_for_new(),
            )
        ]

    def _remedy_for_unfilled(self) -> str | None:
        """Return what helps where a column of the table is left over; None for what always does."""
        if self._operation.connection is None:
            return None
        return "add it to the source, or name the columns to fill in `insert_query`"

    def _remedy_for_new(self) -> str | None:
        """Return what helps where the source has a column that the table has not; None for what always does."""
        definition = self._operation.definition
        if definition is None or definition.source is None:
            return None
        alias = self._generated_from(definition.source)
        also = f", or run `dataduct generate from-database {alias}`" if alias else ""
        return f"add it to {definition.source}{also}"

    def _generated_from(self, file: str) -> str | None:
        """Return the connection that a definition was generated from, as its name shows, or None."""
        if not Path(file).name.startswith("staging."):
            return None
        connections = self._attempt.workbench.project.settings.connections
        for step in self._attempt.session.bound.steps:
            match step.operation:
                case Extract(connection=alias, output=output) if output in self._operation.inputs:
                    return alias if str(connections.get(alias, {}).get("type")) in CATALOGS else None
        return None

    def _named_columns(self, found: int, columns: Sequence[Column]) -> list[ColumnMatch]:
        """Return the columns that the step names, each filled by the dataset's column at its place."""
        operation = self._operation
        named = operation.columns or ()
        by_name = {column.name: column for column in columns}
        unknown = [name for name in named if name not in by_name]
        if unknown:
            raise SchemaMismatchError(
                f"table {operation.table} has no column {unknown[0]}",
                code="DD718",
                hint=did_you_mean(unknown[0], by_name),
            )
        if found != len(named):
            raise SchemaMismatchError(
                f"the dataset has {found} columns, and the step fills {len(named)} of {operation.table}: "
                + ", ".join(named),
                code="DD718",
            )
        return [ColumnMatch(position, by_name[name]) for position, name in enumerate(named)]

    def _load_by_key(self, columns: Sequence[Column]) -> int:
        """Load into a temporary table first, then bring its rows in by primary key."""
        operation, dialect = self._operation, self._dialect
        temporary = temporary_name(operation.table, "loaded_rows")
        filled = self._filled_columns(columns)
        if not filled:
            return 0
        key = self._key([column.name for column in filled])
        for statement in self._temporary_statements(temporary, filled):
            self._execute(statement)
        self._load_inputs(temporary, filled)
        self._refuse_repeated_keys(temporary, key)
        target, source = dialect.table(operation.table), dialect.table(temporary)
        names = dialect.names(tuple(column.name for column in filled))
        insert = f"INSERT INTO {target} ({names})\nSELECT {names} FROM {source}"
        if operation.mode == "overwrite-existing":
            deletion = delete_matching(operation.table, temporary, key, dialect)
            self._execute(SqlStatement(text=deletion, purpose="delete replaced rows"))
            inserted = self._execute(SqlStatement(text=insert, purpose="insert rows"))
        else:
            same = join_condition(key, target, source, dialect)
            insert += f"\nWHERE NOT EXISTS (SELECT 1 FROM {target} WHERE {same})"
            inserted = self._execute(SqlStatement(text=insert, purpose="insert new rows"))
        self._execute(drop_temporary(temporary, dialect))
        return inserted

    def _key(self, filled: Sequence[str]) -> tuple[str, ...]:
        """Return the primary key that the definition declares, or that the table has if there is no definition."""
        operation = self._operation
        definition = operation.definition
        if definition is not None:
            key, remedy = definition.primary_key, "declare PRIMARY KEY in the table definition"
        else:
            key, remedy = primary_key(self._transaction, operation.table), "give the table a PRIMARY KEY"
        if not key:
            raise SchemaMismatchError(
                f"the mode `{operation.mode}` finds rows by their primary key, and {operation.table} has none",
                code="DD786",
                hint=f"{remedy}, or use `insert_mode: append` or `replace`",
            )
        unfilled = [name for name in key if name not in filled]
        if unfilled:
            raise SchemaMismatchError(
                f"the mode `{operation.mode}` finds rows by their primary key ({', '.join(key)}), and the dataset "
                f"fills no column {unfilled[0]}",
                code="DD786",
                hint="load its columns too, or use `insert_mode: append` or `replace`",
            )
        return key

    def _temporary_statements(self, name: TableName, filled: Sequence[Column]) -> tuple[SqlStatement, ...]:
        """Return the statements that make the temporary table, its columns of the very types of the table's."""
        operation, dialect = self._operation, self._dialect
        if operation.definition is not None:
            return create_temporary(name, filled, dialect)
        names = dialect.names(tuple(column.name for column in filled))
        query = f"SELECT {names} FROM {dialect.table(operation.table)} WHERE 1 = 0"
        return create_temporary_as(name, query, dialect, f"create temporary table {name}")

    def _filled_columns(self, columns: Sequence[Column]) -> tuple[Column, ...]:
        """Return the table's columns that some input fills, in the table's order."""
        filled = {match.target.name for _, files in self._inputs for match in self._matches(files, columns)}
        return tuple(column for column in columns if column.name in filled)

    def _refuse_repeated_keys(self, temporary: TableName, key: tuple[str, ...]) -> None:
        query = duplicates_query(temporary, key, self._dialect, _KEYS_SHOWN)
        repeated = self._transaction.fetch(query)
        if repeated:
            raise DataError(
                f"the rows to load into {self._operation.table} hold the same primary key more than once",
                code="DD788",
                hint="load them with `append` into a staging table, and upsert from there",
                details=tuple(
                    ", ".join(f"{name}={value}" for name, value in zip(key, row, strict=False))
                    + f": {row[-1]} rows"
                    for row in repeated
                ),
            )
