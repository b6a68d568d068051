"""A SQLite file for the suite that every Reader passes."""

import sqlite3
from pathlib import Path

import pytest

from dataduct.connectors.base import Reader
from dataduct.connectors.sqlite import open_reader


class SqliteSource:
    """A SQLite file in WAL mode, so that it can be changed while it is read."""

    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._directory: Path = request.getfixturevalue("tmp_path")
        self.execute("PRAGMA journal_mode = WAL")
        self.execute("CREATE TABLE flights (id INTEGER PRIMARY KEY, carrier VARCHAR(10))")
        self.execute(
            "INSERT INTO flights WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
            "SELECT i, CASE WHEN i % 3 THEN 'é' || i END FROM n"
        )

    def open(self) -> Reader:
        return open_reader({"path": "s.db"}, database=None, project_directory=self._directory)

    def execute(self, statement: str) -> None:
        connection = sqlite3.connect(self._directory / "s.db", isolation_level=None)
        connection.execute(statement)
        connection.close()
