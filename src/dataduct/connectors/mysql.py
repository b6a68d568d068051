"""Rows out of MySQL and MariaDB."""

import re
from collections.abc import Mapping, Set
from pathlib import Path

import pyarrow as pa

from dataduct.connectors.base import (
    NO_COLUMNS,
    Reader,
    ReaderCapabilities,
    SourceColumn,
    Splits,
)
from dataduct.connectors.mysql_errors import translated
from dataduct.connectors.mysql_query import one_select
from dataduct.connectors.mysql_rows import RunningQuery
from dataduct.connectors.mysql_session import MysqlSession, open_session
from dataduct.connectors.mysql_settings import MysqlSettings, checked_settings
from dataduct.connectors.mysql_splits import SplitQuery, may_lock
from dataduct.connectors.mysql_wire import ConnectionLostError, ProtocolBrokenError, ServerRefusedError
from dataduct.model.cancellation import Cancellation
from dataduct.model.server import ServerInfo

__all__ = ["MysqlReader", "MysqlSettings", "open_reader"]

_NUMBERS = re.compile(r"\d+(?:\.\d+)+")


def open_reader(settings: Mapping[str, object], *, database: str | None, project_directory: Path) -> Reader:
    """Connect to the server that `settings` name.

    Raises:
        UserError: The settings are wrong (DD820).
        MissingDependencyError: The driver is not installed.
        TransientError: The server cannot be reached (DD821).
        SourceError: Access is denied (DD822), there is no such database (DD823) or TLS failed (DD831).
    """
    checked = checked_settings(settings, database=database, project_directory=project_directory)
    return MysqlReader(checked)


class MysqlReader(Reader):
    """A connection to MySQL or MariaDB. Each query sees one snapshot of the tables that have snapshots (InnoDB).

    Columns of equal names get `_1`, `_2`, ... in the order they stand.
    """

    capabilities = ReaderCapabilities(dialect="mysql", random_order="RAND()", splits=True)

    def __init__(self, settings: MysqlSettings) -> None:
        self._settings = settings
        self._running: RunningQuery | SplitQuery | None = None
        self._session: MysqlSession | None = open_session(settings)

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
        self._end_running()
        query = one_select(query)
        session = self._taken_session()
        if splits is not None and splits.count > 1:
            split = SplitQuery(
                session, query, cancellation, splits, allow_lossy=allow_lossy, release=self._release
            )
            self._running = split
            return split.start(batch_rows)
        running = RunningQuery(session, query, cancellation, allow_lossy=allow_lossy, release=self._release)
        self._running = running
        return running.start(batch_rows)

    def describe(self, query: str, cancellation: Cancellation) -> tuple[SourceColumn, ...]:
        """See the port. The query is prepared and not run."""
        self._end_running()
        query = one_select(query)
        running = RunningQuery(
            self._taken_session(), query, cancellation, allow_lossy=NO_COLUMNS, release=self._release
        )
        return running.describe()

    def server(self) -> ServerInfo:
        """See the port."""
        self._end_running()
        session = self._taken_session()
        try:
            lacks = () if may_lock(session) else (_lacks_reload(session),)
        except (ServerRefusedError, ConnectionLostError, ProtocolBrokenError) as error:
            session.drop()
            raise translated(error, server=self._settings.server) from error
        self._release(session)
        return ServerInfo(product(session.version), lacks)

    def close(self) -> None:
        """See the port."""
        self._end_running()
        if self._session is not None:
            self._session.close()
            self._session = None

    def _taken_session(self) -> MysqlSession:
        session, self._session = self._session, None
        return session if session is not None and session.is_alive() else open_session(self._settings)

    def _release(self, session: MysqlSession) -> None:
        self._session = session

    def _end_running(self) -> None:
        if self._running is not None:
            self._running.end()
            self._running = None


def product(version: str) -> str:
    """Return product and version from what the server says (`5.5.5-10.11.6-MariaDB-log` is `MariaDB 10.11.6`)."""
    name = "MariaDB" if "mariadb" in version.lower() else "MySQL"
    number = _NUMBERS.search(version.removeprefix("5.5.5-"))
    return f"{name} {number.group() if number else version}"


def _lacks_reload(session: MysqlSession) -> str:
    user = session.values("SELECT CURRENT_USER()")[0][0]
    return f"the user {user} has no right RELOAD, so that an extract cannot be split into partitions of one snapshot"
