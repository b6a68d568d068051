"""SQL of the original Dataduct, written for Amazon Redshift, run on DuckDB and PostgreSQL.

What those two do not know is put right, and nothing else: table attributes of Redshift's and the length MAX are left
out; primary keys are left out, which Redshift does not enforce and the original's scripts rely on that; and a derived
table gets the alias that PostgreSQL 15 asks for.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from dataduct.sql.statements import split_statements

_ATTRIBUTES = re.compile(
    r"\s*\b(?:DISTSTYLE\s+\w+|(?:COMPOUND\s+|INTERLEAVED\s+)?SORTKEY\s*\([^)]*\)|DISTKEY\s*\([^)]*\)"
    r"|DISTKEY|SORTKEY|ENCODE\s+\w+)",
    re.IGNORECASE,
)
_KEY = re.compile(r",?\s*PRIMARY KEY(?:\s*\([^)]*\))?", re.IGNORECASE)
_DERIVED = re.compile(r"FROM \((?:[^()]|\([^()]*\))*\)(?!\s+AS\b)")
Rows = dict[str, list[tuple[Any, ...]]]


def adapted(statement: str) -> str:
    """Return a statement of the original as DuckDB and PostgreSQL take it."""
    if statement.upper().startswith("CREATE"):
        statement = _KEY.sub("", _ATTRIBUTES.sub("", statement))
        statement = statement.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ")
        statement = statement.replace("VARCHAR(MAX)", "VARCHAR(65535)")
    return _DERIVED.sub(r"\g<0> AS derived", statement)


class OriginalDatabase(ABC):
    """A database on which the original's scripts run."""

    def run(self, script: str, parameters: Sequence[Any] = ()) -> None:
        """Run a script of the original; `%s` stand for the parameters in order."""
        for parameter in parameters:
            script = script.replace("%s", str(parameter), 1)
        for statement in split_statements(script):
            self.execute(adapted(statement))

    def create(self, definition: str) -> None:
        """Create the table of a definition, and its schema, if they are missing."""
        name = definition.split("(")[0].split()[-1]
        self.execute(f"CREATE SCHEMA IF NOT EXISTS {name.split('.')[0]}")
        self.run(definition)

    def load(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Put rows in place of those that the table holds, as the original's COPY did after its TRUNCATE."""
        self.execute(f"DELETE FROM {table}")
        for row in rows:
            self.execute(f"INSERT INTO {table} VALUES ({', '.join(map(_literal, row))})")

    @abstractmethod
    def execute(self, statement: str) -> None:
        """Run one statement."""

    @abstractmethod
    def new_session(self) -> None:
        """Leave the session's temporary tables behind, which the original forgot to drop."""

    @abstractmethod
    def close(self) -> None:
        """End the session for good."""

    @abstractmethod
    def tables(self) -> Rows:
        """Return the rows of every table by its name with schema, sorted."""


class DuckDbDatabase(OriginalDatabase):
    """A DuckDB file, which others may open between two calls of `new_session`; without a path, a database in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._connection: duckdb.DuckDBPyConnection | None = None
        if path is None:
            self._memory = duckdb.connect()

    def execute(self, statement: str) -> None:
        self._connected().execute(statement)

    def new_session(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def close(self) -> None:
        self.new_session()
        if self._path is None:
            self._memory.close()

    def tables(self) -> Rows:
        connection = self._connected()
        found = _tables(lambda query: connection.execute(query).fetchall())
        self.new_session()
        return found

    def _connected(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._connection = duckdb.connect(str(self._path)) if self._path else self._memory.cursor()
        return self._connection


class PostgresDatabase(OriginalDatabase):
    """A database of a PostgreSQL server."""

    def __init__(self, server: Any, name: str) -> None:
        self._connection = server.connect(name)

    def execute(self, statement: str) -> None:
        self._connection.execute(statement)

    def new_session(self) -> None:
        self._connection.execute("DISCARD TEMP")

    def close(self) -> None:
        self._connection.close()

    def tables(self) -> Rows:
        return _tables(lambda query: self._connection.execute(query).fetchall())


def _tables(fetch: Any) -> Rows:
    names = fetch(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
        "AND table_schema NOT IN ('information_schema', 'pg_catalog', 'dataduct') AND table_schema NOT LIKE 'pg_temp%' "
        "ORDER BY 1"
    )
    return {name: sorted(fetch(f"SELECT * FROM {name}"), key=repr) for (name,) in names}


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
