"""An open transaction in PostgreSQL.

It is READ COMMITTED, and a table is locked against other writers before it is first written: a statement that waited
for another load of the same table then sees the rows of that load, where REPEATABLE READ would fail after the wait, or
where the table was empty not notice the other load at all. Readers are never kept out. Two transactions that lock two
tables in opposite order are told so by the server, and one of them is tried again.
"""

from collections.abc import Mapping, Sequence

from dataduct.model.operations import FileFormat
from dataduct.model.table import Column, TableName
from dataduct.sql.dialect import quoted
from dataduct.warehouses.base import ColumnMatch, DatasetFiles, LoadResult, Row, Transaction
from dataduct.warehouses.dataset_files import column_names
from dataduct.warehouses.loads import SCHEMA
from dataduct.warehouses.postgres_catalog import model_column, read_columns
from dataduct.warehouses.postgres_load import load_dataset
from dataduct.warehouses.postgres_session import Session, literal
from dataduct.warehouses.postgres_statements import Statement, read_statement, refuse_transaction_statements

_WRITE_RIGHTS = "UPDATE, DELETE, TRUNCATE"

Grants = Mapping[str, Sequence[str]]
"""Right (`select`) → the roles that get it."""


class PostgresTransaction(Transaction):
    """An open transaction on a connection of its own."""

    def __init__(self, session: Session, grants: Grants) -> None:
        self._session = session
        self._grants = grants
        self._locked: set[TableName] = set()

    def execute(self, statement: str) -> int | None:
        """Run one statement; see `Transaction.execute`."""
        parsed = read_statement(statement)
        refuse_transaction_statements(parsed)
        if parsed.writes is not None:
            self._lock(parsed.writes)
        if parsed.creates_table is not None or parsed.creates_schema is not None:
            return self._create(parsed)
        return self._session.run(parsed)

    def fetch(self, query: str) -> list[Row]:
        """Run a query with a small result and return its rows."""
        return self._session.fetch(query)

    def fetch_alone(self, table: TableName, query: str) -> list[Row]:
        """Run a query after keeping other writers out of the table."""
        self._lock(table)
        return self.fetch(query)

    def columns(self, table: TableName) -> tuple[Column, ...] | None:
        """Return the columns of a table or view in order, or None if there is none of that name."""
        catalog = read_columns(self._session, table)
        return None if catalog is None else tuple(model_column(column) for column in catalog)

    def dataset_columns(self, files: DatasetFiles, file_format: FileFormat) -> tuple[str | None, ...]:
        """Return the dataset's column names; None for each column of a format without names."""
        return column_names(files, file_format)

    def load(
        self, table: TableName, files: DatasetFiles, matches: Sequence[ColumnMatch], file_format: FileFormat
    ) -> LoadResult:
        """Insert the dataset's rows with COPY."""
        self._lock(table)
        return load_dataset(self._session, table, files, matches, file_format)

    def _lock(self, table: TableName) -> None:
        """Keep other writers out of a table until the end of the transaction, where the user may."""
        if table in self._locked:
            return
        name = quoted(table.schema, table.name)
        lockable = self._session.fetch(
            f"SELECT 1 FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass({literal(name)}) "
            "AND relkind IN ('r', 'p') AND relpersistence <> 't' "
            f"AND pg_catalog.has_table_privilege(oid, '{_WRITE_RIGHTS}')"
        )
        if lockable:
            self._session.execute(f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE")
        self._locked.add(table)

    def _create(self, statement: Statement) -> int | None:
        """Create a table or a schema, and give the rights on it if it is new."""
        if statement.if_missing:
            # Two sessions that create the same thing at the same time would fail: IF NOT EXISTS does not wait.
            key = literal(statement.text)
            self._session.fetch(
                f"SELECT 1 FROM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended({key}, 0))"
            )
        is_new = not self._session.fetch(f"SELECT 1 WHERE {_exists(statement)}")
        changed = self._session.run(statement)
        if is_new:
            self._grant(statement)
        return changed

    def _grant(self, statement: Statement) -> None:
        table, schema = statement.creates_table, statement.creates_schema
        if schema == SCHEMA or (table is not None and table.schema == SCHEMA):
            return
        if table is not None:
            name = quoted(table.schema, table.name)
            for right, roles in self._grants.items():
                if roles:
                    self._session.execute(f"GRANT {right.upper()} ON TABLE {name} TO {_roles(roles)}")
        elif schema is not None:
            roles = sorted({role for some in self._grants.values() for role in some})
            if roles:
                self._session.execute(f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {_roles(roles)}")


def _exists(statement: Statement) -> str:
    if statement.creates_table is not None:
        table = statement.creates_table
        return f"pg_catalog.to_regclass({literal(quoted(table.schema, table.name))}) IS NOT NULL"
    return f"pg_catalog.to_regnamespace({literal(quoted(statement.creates_schema))}) IS NOT NULL"


def _roles(roles: Sequence[str]) -> str:
    return ", ".join("PUBLIC" if role.lower() == "public" else quoted(role) for role in roles)
