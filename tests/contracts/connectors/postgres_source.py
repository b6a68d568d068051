"""A PostgreSQL database for the suite that every Reader passes."""

from pathlib import Path

import pytest

from dataduct.connectors.base import Reader
from dataduct.connectors.postgres import open_reader
from servers.postgres import Postgres


class PostgresSource:
    """A database of its own on the PostgreSQL server that all tests share, read by a user who may only read.

    Subclasses choose whether the connection is encrypted, which decides how the rows are received.
    """

    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    sslmode = "disable"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._server: Postgres = request.getfixturevalue("postgres_server")
        self._database = self._server.fresh_database("reading")
        self._settings = {"type": "postgres", **self._server.restricted_user(), "sslmode": self.sslmode}
        self.execute("CREATE TABLE flights (id integer PRIMARY KEY, carrier varchar(10))")
        self.execute(
            "INSERT INTO flights SELECT i, CASE WHEN i % 3 <> 0 THEN 'é' || i END FROM generate_series(1, 1000) AS i"
        )

    def open(self) -> Reader:
        return open_reader(self._settings, database=self._database, project_directory=Path())

    def execute(self, statement: str) -> None:
        self._server.execute(statement, database=self._database)


class EncryptedPostgresSource(PostgresSource):
    """The same over TLS."""

    sslmode = "require"
