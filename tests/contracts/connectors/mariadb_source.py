"""A MariaDB database for the suite that every Reader passes."""

from pathlib import Path
from typing import Any

import pytest

from dataduct.connectors.base import Reader
from dataduct.connectors.mysql import open_reader


class MariadbSource:
    """A database of its own on the server that all tests share."""

    endless = "SELECT count(*) FROM seq_1_to_1000000000 a, seq_1_to_1000000000 b"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._server: Any = request.getfixturevalue("mariadb_server")
        self._database = self._server.fresh_database("reader")
        self._directory: Path = request.getfixturevalue("tmp_path")
        self.execute(
            "CREATE TABLE flights (id INTEGER PRIMARY KEY, carrier VARCHAR(10)) CHARACTER SET utf8mb4"
        )
        self.execute("INSERT INTO flights SELECT seq, IF(seq % 3, CONCAT('é', seq), NULL) FROM seq_1_to_1000")

    def open(self) -> Reader:
        return open_reader(
            self._server.root_settings(), database=self._database, project_directory=self._directory
        )

    def execute(self, statement: str) -> None:
        self._server.execute(statement, database=self._database)
