"""A session on a MySQL or MariaDB server: PyMySQL logs in, then its socket speaks prepared statements."""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from dataduct.connectors.connecting import connect_with_retries
from dataduct.connectors.decoding import State, mysql_decoder
from dataduct.connectors.mysql_errors import BUSY, connection_failure, numbered, translated
from dataduct.connectors.mysql_settings import VERIFYING, MysqlSettings, wrong_option
from dataduct.connectors.mysql_types import wire_columns
from dataduct.connectors.mysql_wire import (
    COM_QUERY,
    COM_QUIT,
    ConnectionLostError,
    PacketStream,
    ProtocolBrokenError,
    ServerRefusedError,
)
from dataduct.errors import MissingDependencyError, TransientError

if TYPE_CHECKING:  # settings are checked while compiling, which needs no driver
    import pymysql

_SESSION = (
    "SET SESSION autocommit = 1, net_write_timeout = 3600, net_read_timeout = 3600, time_zone = '+00:00'"
)
_UNKNOWN_VARIABLE = 1193


class MysqlSession:
    """One session, whose answers are read in the order of its commands. One thread uses it at a time.

    Until `watch` is called an answer has to come within the time that connecting may take.

    Attributes:
        number: The server's number of the session.
        version: The server's version as it says it (`10.11.6-MariaDB`).
        stream: The packets.
    """

    def __init__(self, settings: MysqlSettings, connection: "pymysql.Connection[Any]") -> None:
        raw: Any = connection
        self.settings = settings
        self.version = str(raw.get_server_info())
        self._connection = connection
        self._watched = False
        self._silent_checks = 0
        self.stream = PacketStream(raw._sock, silence=settings.connect_timeout, on_silence=self._check_alive)
        self.number = int(raw.thread_id())

    @property
    def is_mariadb(self) -> bool:
        """Whether the server is MariaDB."""
        return "mariadb" in self.version.lower()

    @property
    def encrypted(self) -> bool:
        """Whether the connection is encrypted."""
        raw: Any = self._connection
        return isinstance(raw._sock, ssl.SSLSocket)

    def set_up(self) -> None:
        """Set what every session of Dataduct has: UTC, no time limit, patience with a slow reader of rows."""
        self.execute(_SESSION)
        try:
            limit = "max_statement_time" if self.is_mariadb else "max_execution_time"
            self.execute(f"SET SESSION {limit} = 0")
        except ServerRefusedError as error:
            if error.number != _UNKNOWN_VARIABLE:
                raise
        self.number = int(self.values("SELECT CONNECTION_ID()")[0][0])

    def watch(self) -> None:
        """Let answers take any time; after a silence a second connection asks whether the session still works."""
        self._watched = True
        self.stream.set_silence(self.settings.silence_timeout)

    def is_alive(self) -> bool:
        """Return whether the server answers in this session, which was idle; drop it if not."""
        self._watched = False
        self.stream.set_silence(self.settings.connect_timeout)
        try:
            self.execute("DO 0")
        except (ServerRefusedError, ConnectionLostError, ProtocolBrokenError):
            self.drop()
            return False
        self.watch()
        return True

    def execute(self, statement: str) -> None:
        """Run a statement that gives no rows.

        Raises:
            ServerRefusedError: The server refuses it.
            ConnectionLostError: The connection ended.
        """
        self.stream.send(COM_QUERY, statement.encode("utf-8"))
        self.stream.expect_ok()

    def values(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query of few rows; a value that Arrow has no place for is None.

        Raises:
            ServerRefusedError: The server refuses it.
            ConnectionLostError: The connection ended.
        """
        stream = self.stream
        prepared = stream.prepare(query)
        decoder = mysql_decoder(wire_columns(stream.execute(prepared)))
        rows: list[tuple[Any, ...]] = []
        while True:
            stream.start, state = decoder.decode(stream.buffer, stream.start, stream.end, 1024)
            if state is State.MORE:
                stream.fill()
                continue
            rows += zip(*(column.to_pylist() for column in decoder.take().columns), strict=True)
            if state is not State.FULL:
                break
        stream.expect_end()
        stream.forget(prepared)
        return rows

    def close(self) -> None:
        """Say goodbye and close the socket."""
        with suppress(ConnectionLostError):
            self.stream.send(COM_QUIT, b"")
        self.drop()

    def drop(self) -> None:
        """Close the socket without a word, as in the middle of an answer."""
        raw: Any = self._connection
        raw._force_close()

    def _check_alive(self) -> None:
        """Ask over a second connection whether this session still works on its query.

        Raises:
            ConnectionLostError: It does not, or the server does not answer, or it sends what does not arrive.
        """
        if not self._watched:
            raise ConnectionLostError(f"no answer came within {self.settings.connect_timeout:g} seconds")
        silence = f"no byte came for {self.settings.silence_timeout:g} seconds"
        try:
            with opened(self.settings, retries=0) as second:
                rows = second.values(
                    f"SELECT COMMAND, STATE FROM information_schema.PROCESSLIST WHERE ID = {self.number}"
                )
        except TransientError as error:
            if numbered(error.__cause__ or error)[0] in BUSY:
                return
            raise ConnectionLostError(f"{silence}, and the server does not answer") from error
        except (ServerRefusedError, ConnectionLostError) as error:
            raise ConnectionLostError(f"{silence}, and the server does not answer") from error
        if not rows:
            raise ConnectionLostError(f"{silence}, and the server has no such session any more")
        self._silent_checks = self._silent_checks + 1 if has_answered(*map(str, rows[0])) else 0
        if self._silent_checks > 1:
            raise ConnectionLostError(f"{silence}, though the server has sent an answer")


def has_answered(command: str, state: str) -> bool:
    """Return whether the process list says of a session that its client should have received something."""
    return command == "Sleep" or state.lower() in ("writing to net", "sending to client")


def open_session(settings: MysqlSettings) -> MysqlSession:
    """Log in and set up a session for queries, trying again while the server cannot be reached.

    Raises:
        MissingDependencyError: The driver is not installed.
        TransientError: The server cannot be reached (DD821).
        SourceError: Access is denied (DD822), there is no such database (DD823) or TLS failed (DD831).
    """
    session = connect_with_retries(lambda: _open_once(settings), retries=settings.connect_retries)
    session.watch()
    return session


@contextmanager
def opened(settings: MysqlSettings, *, retries: int) -> Iterator[MysqlSession]:
    """Open a session of quick commands for the block."""
    session = connect_with_retries(lambda: _open_once(settings), retries=retries)
    try:
        yield session
    finally:
        session.close()


def end_sessions(settings: MysqlSettings, numbers: Iterable[int]) -> None:
    """End sessions on the server over another connection, with what they run; does what it can and never raises."""
    with suppress(Exception), opened(settings, retries=0) as session:
        for number in numbers:
            with suppress(ServerRefusedError):
                session.execute(f"KILL {number}")


def _open_once(settings: MysqlSettings) -> MysqlSession:
    connection = _logged_in(settings)
    session = MysqlSession(settings, connection)
    try:
        if settings.tls not in ("disabled", "preferred") and not session.encrypted:
            raise ServerRefusedError(2026, "the server has no TLS")
        session.set_up()
    except Exception as error:
        session.drop()
        raise translated(error, server=settings.server) from error
    except BaseException:
        session.drop()
        raise
    return session


def _logged_in(settings: MysqlSettings) -> "pymysql.Connection[Any]":
    try:
        import pymysql
    except ImportError as error:
        raise MissingDependencyError("PyMySQL", "mysql") from error
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "unix_socket": settings.unix_socket,
        "user": settings.user,
        "password": settings.password.get_secret_value().encode("utf-8"),
        "database": settings.database,
        "charset": settings.charset,
        "connect_timeout": settings.connect_timeout,
        "read_timeout": settings.connect_timeout,
        "write_timeout": settings.connect_timeout,
        "program_name": "dataduct",
    }
    try:
        return pymysql.Connection(**options, **_tls_options(settings))
    except (pymysql.Error, OSError, RuntimeError) as error:
        raise connection_failure(error, server=settings.server) from error
    except UnicodeError:
        raise wrong_option("host", "it is not a host's name", "mend the connection's `host`") from None


def _tls_options(settings: MysqlSettings) -> dict[str, Any]:
    """Return PyMySQL's options; without any it encrypts where the server can and checks nothing."""
    if settings.tls == "disabled" or (settings.tls == "preferred" and settings.unix_socket):
        return {"ssl_disabled": True}
    if settings.tls == "preferred" and not settings.tls_cert:
        return {}
    try:
        context = ssl.create_default_context(cafile=settings.tls_ca)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.check_hostname = settings.tls == "verify-identity"
        if settings.tls not in VERIFYING:
            context.verify_mode = ssl.CERT_NONE
        if settings.tls_cert:
            context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError as error:
        files = [str(path) for path in (settings.tls_ca, settings.tls_cert, settings.tls_key) if path]
        reason = (error.strerror or str(error)).lower()
        raise wrong_option(
            "tls_cert" if settings.tls_cert else "tls_ca",
            f"{' or '.join(files)} cannot be read: {reason}",
            "name a file of certificates in PEM form",
        ) from error
    return {"ssl": context}
