"""An open transaction in Amazon Redshift.

It begins on the server with its first statement that changes something. What is read before sees what is committed at
that moment; what is read after sees the snapshot of the first statement behind the guards (see `redshift_guards`).
"""

from collections.abc import Sequence
from dataclasses import replace

from dataduct.errors import ProblemsError, SqlError
from dataduct.model.operations import FileFormat
from dataduct.model.table import Column, TableName
from dataduct.sql.statements import split_statements
from dataduct.warehouses.base import ColumnMatch, DatasetFiles, LoadResult, Row, Transaction
from dataduct.warehouses.loads import SCHEMA
from dataduct.warehouses.postgres_session import literal
from dataduct.warehouses.postgres_statements import Statement, read_statement, refuse_transaction_statements
from dataduct.warehouses.redshift_catalog import read_columns, read_encodings
from dataduct.warehouses.redshift_guards import Guards, GuardTables
from dataduct.warehouses.redshift_load import Loader
from dataduct.warehouses.redshift_session import RedshiftSession

_COMMITTING = ("TRUNCATE",)
_TEMPORARY = "dataduct_"
_SCHEMAS = "pg_namespace"
_OUTSIDE = ("VACUUM",)


class RedshiftTransaction(Transaction):
    """An open transaction on a connection of its own.

    Attributes:
        begun: Whether it has begun on the server.
    """

    def __init__(
        self, session: RedshiftSession, loader: Loader, guards: Guards, guard_tables: GuardTables
    ) -> None:
        self._session = session
        self._loader = loader
        self._guards = guards
        self._guard_tables = guard_tables
        self.begun = False

    def execute(self, statement: str) -> int | None:
        """Run one statement; see `Transaction.execute`."""
        parsed = read_statement(statement)
        refuse_transaction_statements(parsed)
        _refuse_commit(parsed)
        if not parsed.text or (parsed.gives_rows and not self.begun):
            return self._session.run(parsed)
        self._begin()
        if parsed.writes is not None:
            self._guard(parsed.writes)
        elif parsed.creates_table is not None:
            self._guard(parsed.creates_table)
        elif parsed.creates_schema is not None and parsed.if_missing:
            self._guard_schema(parsed.creates_schema)
        return self._session.run(parsed)

    def fetch(self, query: str) -> list[Row]:
        """Run a query with a small result and return its rows."""
        return self._session.fetch(query)

    def fetch_alone(self, table: TableName, query: str) -> list[Row]:
        """Return what is committed now, and let nobody else through here before this transaction ends."""
        self._begin()
        self._guards.take(table, changes=False)
        with self._loader.side() as side:
            if side.fetch(_table_exists(table)):
                return side.fetch(query)
        return self._session.fetch(query)

    def columns(self, table: TableName) -> tuple[Column, ...] | None:
        """Return the columns of a table or view in order, or None if there is none of that name."""
        found = read_columns(self._session, table)
        if found is None:
            return None
        encodings = read_encodings(self._session, table, found.schema)
        return tuple(replace(column, encoding=encodings.get(column.name)) for column in found.columns)

    def dataset_columns(self, files: DatasetFiles, file_format: FileFormat) -> tuple[str | None, ...]:
        """Return the dataset's column names; None for each column of a format without names."""
        return self._loader.dataset_columns(self._session, files, file_format)

    def load(
        self, table: TableName, files: DatasetFiles, matches: Sequence[ColumnMatch], file_format: FileFormat
    ) -> LoadResult:
        """Insert the dataset's rows with COPY."""

        def begin() -> None:
            self._begin()
            self._guard(table)

        return self._loader.load(self._session, table, files, matches, file_format, begin)

    def _begin(self) -> None:
        if self.begun:
            return
        self._guard_tables.prepare()
        self._session.is_clean = False
        with self._session.running("BEGIN") as connection:
            connection.execute(b"BEGIN")
        self.begun = True

    def _guard(self, table: TableName) -> None:
        """Keep other writers of a table out. Loads are recorded one at a time, and none fails for another one."""
        if table.schema is None and table.name.startswith(_TEMPORARY):
            return
        self._guards.take(table, changes=table.schema != SCHEMA)

    def _guard_schema(self, schema: str) -> None:
        """Let nobody else create a schema that is missing: IF NOT EXISTS does not wait, and fails afterwards."""
        exists = f"SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = {literal(schema.lower())}"
        with self._loader.side() as side:
            if side.fetch(exists):
                return
        self._guards.take(TableName(schema, _SCHEMAS), changes=False)


def _table_exists(table: TableName) -> str:
    return (
        f"SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = {literal((table.schema or 'public').lower())} "
        f"AND tablename = {literal(table.name.lower())}"
    )


def _refuse_commit(statement: Statement) -> None:
    try:
        bare = "".join(split_statements(statement.text)[:1])
    except ProblemsError:  # something is never closed: the server says where
        return
    words = bare.upper().split(None, 1)
    if words and words[0] in _COMMITTING:
        raise SqlError(
            "TRUNCATE commits the transaction that it stands in on Amazon Redshift",
            code="DD722",
            hint="write DELETE FROM in its place",
            details=(statement.text.strip(),),
        )
    if words and words[0] in _OUTSIDE:
        raise SqlError(
            f"{words[0]} cannot run inside a transaction on Amazon Redshift",
            code="DD722",
            hint="leave it out of the script: Redshift vacuums by itself, and a step can ask for ANALYZE",
            details=(statement.text.strip(),),
        )
