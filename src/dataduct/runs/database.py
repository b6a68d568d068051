"""The database behind a run store: an SQLite file by default, another one through a URL."""

import sqlite3
import time
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.pool import ConnectionPoolEntry

from dataduct.errors import MissingDependencyError, StorageError, UserError
from dataduct.runs.migrations import engine_name, migrate

LOCK_SECONDS = 30.0
_POSTGRESQL = ("postgresql", "postgres")
_CONNECT_SECONDS = 10
_ELSEWHERE = "name another place in `runs.path` of dataduct.yml"


def open_database(path_or_url: str | Path, lock_seconds: float = LOCK_SECONDS) -> Engine:
    """Open the database at a path (SQLite) or URL (`postgresql://...`), creating or migrating its tables.

    Args:
        path_or_url: Where the store is; the directories of a path are made.
        lock_seconds: Longest time to wait for another process that writes.

    Raises:
        StorageError: It cannot be opened (DD641).
        UserError: A newer Dataduct wrote it (DD640), or the URL names no database that can hold it (DD646).
        MissingDependencyError: The driver the URL asks for is not installed.
    """
    url = _url(path_or_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    engine = _sqlite_engine(url, lock_seconds) if is_sqlite else _postgresql_engine(url)
    try:
        migrate(engine)
    except DatabaseError as error:
        engine.dispose()
        reason = reason_of(error)
        raise StorageError(
            f"the run store {engine_name(engine)} cannot be opened: {reason}",
            code="DD641",
            hint=remedy(reason),
        ) from error
    except UserError:
        engine.dispose()
        raise
    return engine


def reason_of(error: DatabaseError) -> str:
    """Return the first line of the database's own words, without a final period."""
    lines = str(error.orig).strip().splitlines()
    return lines[0].strip().rstrip(".") if lines else type(error.orig).__name__


def remedy(reason: str) -> str | None:
    """Return what to do about a database that refuses for `reason`, in its own words; None if that is not known."""
    if "not a database" in reason or "malformed" in reason:
        return (
            "move the file away and a new history begins; what is loaded is known to the warehouse and is not "
            "loaded again"
        )
    if "disk" in reason or "unable to open" in reason or "readonly" in reason:
        return f"see whether its disk is full and its directory can be written; or {_ELSEWHERE}"
    return None


def _url(path_or_url: str | Path) -> URL:
    text = str(path_or_url)
    if "://" not in text:
        return _sqlite_url(Path(text))
    try:
        url = make_url(text)
    except ArgumentError:
        raise UserError(
            "the run store's URL cannot be read", code="DD646", hint="write `postgresql://user@host/database`"
        ) from None
    if url.get_backend_name() not in ("sqlite", *_POSTGRESQL):
        raise UserError(
            f"a run store cannot be kept in `{url.get_backend_name()}`",
            code="DD646",
            hint="name an SQLite file by its path, or a PostgreSQL database by its URL",
        )
    return url


def _sqlite_url(path: Path) -> URL:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        in_the_way = isinstance(error, FileExistsError | NotADirectoryError)
        reason = "a file is in its place" if in_the_way else (error.strerror or str(error)).lower()
        raise StorageError(
            f"the directory {path.parent} of the run store cannot be made: {reason}",
            code="DD641",
            hint=_ELSEWHERE,
        ) from error
    return URL.create("sqlite", database=str(path))


def _postgresql_engine(url: URL) -> Engine:
    """Return an engine whose sessions print times in UTC; psycopg is the driver unless the URL names another."""
    if url.drivername in _POSTGRESQL:
        url = url.set(drivername="postgresql+psycopg")
    own_timeout = "connect_timeout" in url.query or url.get_driver_name() != "psycopg"
    arguments = {} if own_timeout else {"connect_timeout": _CONNECT_SECONDS}
    try:
        engine = create_engine(url, pool_pre_ping=True, connect_args=arguments)
    except ModuleNotFoundError as error:
        raise MissingDependencyError(error.name or "a PostgreSQL driver", "postgres") from error

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.close()
        connection.commit()

    return engine


def _sqlite_engine(url: URL, lock_seconds: float) -> Engine:
    engine = create_engine(url, connect_args={"timeout": lock_seconds})

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        assert isinstance(connection, sqlite3.Connection)
        connection.isolation_level = None
        _use_wal(connection, lock_seconds)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _use_wal(connection: sqlite3.Connection, lock_seconds: float) -> None:
    """Switch the file to write-ahead logging: readers and the writer do not wait for each other.

    SQLite's own wait for locks does not cover the switch, which two processes may make at once.
    """
    deadline = time.monotonic() + lock_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
