"""Rows out of a SQLite file."""

import random
import re
import sqlite3
from collections.abc import Mapping, Set
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa

from dataduct.config.options import check_options
from dataduct.connectors.base import NO_COLUMNS, Reader, ReaderCapabilities, SourceColumn, Splits
from dataduct.connectors.sqlite_errors import file_error
from dataduct.connectors.sqlite_ledger import described
from dataduct.connectors.sqlite_query import RunningQuery
from dataduct.connectors.sqlite_settings import SqliteSettings
from dataduct.errors import SourceError
from dataduct.model.cancellation import Cancellation
from dataduct.model.nearest import did_you_mean
from dataduct.model.server import ServerInfo

_FIRST_WORD = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?(?:\*/|$))*(?P<word>\w*)", re.DOTALL)
_BUSY_SECONDS = 5.0


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
        self,
        query: str,
        cancellation: Cancellation,
        *,
        batch_rows: int = 65_536,
        allow_lossy: Set[str] = NO_COLUMNS,
        splits: Splits | None = None,
    ) -> pa.RecordBatchReader:
        """See the port. An earlier query that was not read to its end is ended.

        Batches hold fewer rows than `batch_rows` where rows are large.
        """
        if splits is not None:
            raise SourceError(
                "a SQLite file is read in one part", code="DD828", hint="remove `splits` from the step"
            )
        return self._start(query, cancellation, batch_rows, allow_lossy)

    def describe(self, query: str, cancellation: Cancellation) -> tuple[SourceColumn, ...]:
        """See the port. Columns without a declared type are looked at as `read` does."""
        self._start(query, cancellation, 1, NO_COLUMNS)
        columns = self._running.columns if self._running else ()
        self._end_running()
        return tuple(described(column) for column in columns)

    def server(self) -> ServerInfo:
        """See the port."""
        return ServerInfo(f"SQLite {sqlite3.sqlite_version}")

    def close(self) -> None:
        """See the port."""
        self._end_running()
        self._connection.close()

    def _start(
        self, query: str, cancellation: Cancellation, batch_rows: int, allow_lossy: Set[str]
    ) -> pa.RecordBatchReader:
        self._end_running()
        _refuse_other_than_select(query)
        self._running = RunningQuery(self._connection, str(self._path), query, cancellation, allow_lossy)
        return self._running.start(batch_rows)

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
