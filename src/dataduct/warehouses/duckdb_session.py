"""One DuckDB cursor at work for one attempt: statements that can be interrupted and never leak DuckDB's errors."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING

import duckdb

from dataduct.errors import Interrupted, SqlError
from dataduct.model.cancellation import Cancellation
from dataduct.model.table import TableName
from dataduct.warehouses.base import Row
from dataduct.warehouses.duckdb_errors import translating
from dataduct.warehouses.interrupting import interrupting_again

if TYPE_CHECKING:
    from dataduct.warehouses.duckdb_catalog import CatalogTable

_INTERRUPT_AGAIN_SECONDS = 0.05
_FETCH_ROWS = 10_000
_ONLY_ROWS = frozenset(
    {
        duckdb.StatementType.SELECT,
        duckdb.StatementType.INSERT,
        duckdb.StatementType.UPDATE,
        duckdb.StatementType.DELETE,
        duckdb.StatementType.MERGE_INTO,
    }
)
"""Statements that leave the catalog as it is."""


class Session:
    """A cursor of its own and the cancellation of the attempt that uses it. One thread uses it at a time.

    Attributes:
        creates: Whether a statement was run that may have made a table.
        catalog: What the catalog said of tables; forgotten when a statement may have changed it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, cancellation: Cancellation) -> None:
        self.cancellation = cancellation
        self.creates = False
        self._dropping: list[str] = []
        self.catalog: dict[TableName, CatalogTable | None] = {}
        with translating():
            self.cursor = connection.cursor()

    def close(self) -> None:
        """Release the cursor."""
        self.cursor.close()

    def sibling(self) -> "Session":
        """Return a session of the same warehouse that is outside this one's transaction."""
        return Session(self.cursor, self.cancellation)

    def forget(self, view: str) -> None:
        """Drop a registered reader, also where the transaction it was registered in has failed."""
        with suppress(duckdb.Error):
            self.cursor.unregister(view)

    def check(self) -> None:
        """Raise `Interrupted` if the work was asked to stop."""
        if self.cancellation.requested:
            raise Interrupted(self.cancellation.reason or "interrupted", code="DD710")

    @contextmanager
    def running(self, statement: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give the cursor for a block that is interrupted when the work is asked to stop."""
        self.check()
        with translating(statement, self.cancellation), self._interruptible():
            yield self.cursor

    def execute(self, statement: str) -> int | None:
        """Run one statement to its end; return the rows it changed, or None if it changes none."""
        with self.running(statement) as cursor:
            parsed = cursor.extract_statements(statement)
            if not parsed:
                return None
            self._refuse(parsed, statement)
            self._expect_changes(parsed[0].type, statement)
            counts = duckdb.ExpectedResultType.CHANGED_ROWS in parsed[0].expected_result_type
            cursor.execute(parsed[0])
            if counts and [column[0] for column in cursor.description or ()] == ["Count"]:
                count = cursor.fetchone()
                return None if count is None else int(count[0])
            rows = 0
            while batch := cursor.fetchmany(_FETCH_ROWS):
                rows += len(batch)
            return rows if counts else None

    def fetch(self, query: str) -> list[Row]:
        """Run a query and return its rows."""
        with self.running(query) as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def may_have_dropped(self, table: TableName) -> bool:
        """Return whether a statement was run that may have dropped or changed `table`: one that names it."""
        names = [name.lower() for name in (table.name, table.schema) if name]
        return any(name in text for text in self._dropping for name in names)

    def _expect_changes(self, kind: duckdb.StatementType, statement: str) -> None:
        """Forget what a statement of this kind may make untrue."""
        if kind not in _ONLY_ROWS:
            self.creates = True
            self.catalog.clear()
            if kind != duckdb.StatementType.CREATE:
                self._dropping.append(statement.lower())

    @staticmethod
    def _refuse(parsed: list[duckdb.Statement], statement: str) -> None:
        if len(parsed) > 1:
            raise SqlError(
                f"one statement is expected, not {len(parsed)}", code="DD716", details=(statement.strip(),)
            )
        if parsed[0].type == duckdb.StatementType.TRANSACTION:
            raise SqlError(
                "a script may not begin or end a transaction itself",
                code="DD716",
                hint="remove the statement: Dataduct runs the script in one transaction",
                details=(statement.strip(),),
            )

    def _interruptible(self) -> AbstractContextManager[None]:
        return interrupting_again(
            self.cancellation,
            self.cursor.interrupt,
            every=_INTERRUPT_AGAIN_SECONDS,
            thread_name="duckdb-interrupt",
        )
