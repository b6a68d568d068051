"""Rows out of a SQLite file."""

import random
import re
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from dataduct.config.options import check_options
from dataduct.connectors.base import Reader, ReaderCapabilities
from dataduct.connectors.sqlite_errors import file_error
from dataduct.connectors.sqlite_query import RunningQuery
from dataduct.errors import SourceError
from dataduct.model.cancellation import Cancellation
from dataduct.model.nearest import did_you_mean

_FIRST_WORD = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?(?:\*/|$))*(?P<word>\w*)", re.DOTALL)
_BUSY_SECONDS = 5.0


class SqliteSettings(BaseModel):
    """A connection of type `sqlite`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    type: Literal["sqlite"] = Field("sqlite", description="Kind of connection.")
    path: str = Field(
        min_length=1,
        description="Path of the database file; a relative path is below the project directory.",
        examples=["data/shop.db"],
    )


def open_reader(settings: Mapping[str, object], *, database: str | None, project_directory: Path) -> Reader:
    """Open the SQLite file that `settings` name, for reading only.

    A file is one database: `database`, which pipelines written for a server name, has no effect.

    Raises:
        UserError: The settings are wrong.
        SourceError: The file is missing, a directory, no SQLite database, or may not be read.
        TransientError: Another process holds the file locked.
    """
    checked = check_options(SqliteSettings, settings, owner="the sqlite connection", code="DD760")
    return SqliteReader(project_directory / Path(checked.path).expanduser())


class SqliteReader(Reader):
    """An open SQLite file. Each query sees one snapshot of it.

    Types follow the declared types of the columns; those of expressions, which have none, follow their values.
    Columns of equal names get `_1`, `_2`, ... in the order they stand.
    """

    capabilities = ReaderCapabilities(dialect="sqlite", random_order="RANDOM()")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._running: RunningQuery | None = None
        self._connection = _connect(path)

    def read(
        self, query: str, cancellation: Cancellation, *, batch_rows: int = 65_536
    ) -> pa.RecordBatchReader:
        """See the port. An earlier query that was not read to its end is ended.

        Batches hold fewer rows than `batch_rows` where rows are large.
        """
        self._end_running()
        _refuse_other_than_select(query)
        self._running = RunningQuery(self._connection, str(self._path), query, cancellation)
        return self._running.start(batch_rows)

    def close(self) -> None:
        """See the port."""
        self._end_running()
        self._connection.close()

    def _end_running(self) -> None:
        if self._running is not None:
            self._running.end()
            self._running = None


def _connect(path: Path) -> sqlite3.Connection:
    if path.is_dir():
        raise SourceError(
            f"{path} is a directory, and a SQLite connection needs a file",
            code="DD761",
            hint="name the database file in the connection's `path`",
        )
    if not path.exists():
        siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise SourceError(
            f"there is no SQLite database {path}", code="DD761", hint=did_you_mean(path.name, siblings)
        )
    connection = None
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro",
            uri=True,
            isolation_level=None,
            timeout=_BUSY_SECONDS,
            check_same_thread=False,
        )
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
        _add_functions(connection)
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise file_error(error, str(path)) from error
    return connection


def _add_functions(connection: sqlite3.Connection) -> None:
    """Add functions of MySQL that queries written for it use: RAND(), and CONCAT where SQLite has none."""
    connection.create_function("RAND", 0, random.random)
    try:
        connection.execute("SELECT CONCAT('')").fetchall()
    except sqlite3.OperationalError:
        connection.create_function("CONCAT", -1, _concat, deterministic=True)


def _concat(*values: int | float | str | bytes | None) -> str:
    """Join as SQLite 3.44's own CONCAT does: NULL is the empty text."""
    return "".join(
        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for value in values
        if value is not None
    )


def _refuse_other_than_select(query: str) -> None:
    match = _FIRST_WORD.match(query)
    word = match["word"].upper() if match else ""
    if word not in ("SELECT", "WITH", "VALUES"):
        what = f"a query that begins with {word}" if word else "an empty query"
        raise SourceError(
            f"{what} cannot be extracted", code="DD767", hint="write one SELECT; it may begin with WITH"
        )
