"""Refusals of MySQL and MariaDB in words for the user."""

import re
import ssl
from collections.abc import Callable, Iterable, Sequence

from dataduct.connectors.decoding import DecodingError
from dataduct.connectors.mysql_wire import ConnectionLostError, ProtocolBrokenError, ServerRefusedError
from dataduct.connectors.query_place import place_in_query
from dataduct.errors import (
    DataductError,
    Interrupted,
    MissingDependencyError,
    SourceError,
    TransientError,
)
from dataduct.model.cancellation import Cancellation
from dataduct.model.nearest import did_you_mean

BUSY = frozenset({1040, 1203, 1226})
"""Error numbers of a server that answers, and has no room for another session."""

_STARTING = frozenset({1053, 1077, 1079})
_DENIED_LOGIN = frozenset({1045, 1130, 1251, 1275, 1524, 1698, 1820, 1862, 3118, 3878, 3955, 4151})
_DENIED = frozenset({1044, 1142, 1143, 1227, 1356, 1370, 1410})
_LOST = frozenset({1152, 1158, 1159, 1160, 1161, 2006, 2013, 2055, 4031})
_ENDED = {
    1053: "the server is shutting down",
    1077: "the server is shutting down",
    1079: "the server is shutting down",
    1205: "another session held a lock for too long",
    1213: "the query was chosen to end a deadlock",
    1317: "an administrator or a limit of the server ended it",
    1412: "a table was altered while the query's snapshot was open",
    1927: "an administrator ended the session",
    1969: "it took longer than the server's `max_statement_time`",
    3024: "it took longer than the server's `max_execution_time`",
    3169: "an administrator ended the session",
}
_NO_RESOURCES = frozenset({5, 1021, 1037, 1041, 1114, 1135})
_HOST_BLOCKED = 1129
_NO_DATABASE = (1046, 1049)
_NO_TABLE, _NO_COLUMN, _SYNTAX, _NOT_PREPARABLE = 1146, 1054, 1064, 1295
_READ_ONLY = 1792
_PACKET_TOO_LARGE = 1153
_TLS_REQUIRED = frozenset({2026, 3159})
_UNREACHABLE = (2002, 2003, 2005)

_NEAR = re.compile(r"near '(?P<token>.*)' at line (?P<line>\d+)\s*$", re.DOTALL)
_MISSING_TABLE = re.compile(r"Table '(?:[^.']*\.)?(?P<name>.*)' doesn't exist")
_MISSING_COLUMN = re.compile(r"Unknown column '(?P<name>.*?)' in ")
_SHOWN = 60


def connection_failure(error: Exception, *, server: str) -> DataductError:
    """Return the error to raise when PyMySQL could not connect to `server`."""
    cause = getattr(error, "original_exception", error)
    if isinstance(cause, ssl.SSLError):
        return _tls(server, getattr(cause, "verify_message", "") or cause.reason or str(cause))
    if isinstance(cause, OSError):
        return _unreachable(server, (cause.strerror or str(cause) or type(cause).__name__).lower())
    if isinstance(error, RuntimeError) and "cryptography" in str(error):
        return MissingDependencyError("cryptography", "mysql")
    number, text = numbered(error)
    if number in _TLS_REQUIRED:
        return _tls(server, text)
    if number in (*_UNREACHABLE, *_LOST):
        return _unreachable(server, text[:1].lower() + text[1:])
    return refusal(number, text, server=server)


def numbered(error: BaseException) -> tuple[int, str]:
    """Return the error number and the words of an error of PyMySQL's; 0 if it has none."""
    match error.args:
        case (int() as number, str() as text, *_):
            return number, text
        case _:
            return 0, " ".join(map(str, error.args)) or type(error).__name__


def translated(
    error: Exception,
    *,
    server: str,
    query: str | None = None,
    names: Callable[[str], Iterable[str]] | None = None,
    cancellation: Cancellation | None = None,
) -> DataductError:
    """Return the error to raise for one that an open connection gave.

    Args:
        error: A `ServerRefusedError`, `ConnectionLostError`, `ProtocolBrokenError` or `DecodingError`.
        server: What messages call the server.
        query: The query as the user wrote it, where there is one.
        names: Gives the names of the tables, or of the columns of the query's tables (asked with `table` or `column`),
            to find the nearest one in.
        cancellation: Asked whether the query was ended on request.
    """
    if cancellation is not None and cancellation.requested:
        return interrupted(cancellation)
    match error:
        case ServerRefusedError():
            return refusal(error.number, error.text, server=server, query=query, names=names)
        case ConnectionLostError():
            return TransientError(
                f"the connection to the MySQL server {server} was lost: {error}", code="DD824"
            )
        case ProtocolBrokenError() | DecodingError():
            return TransientError(
                f"the MySQL server {server} sent what breaks its protocol: {error}", code="DD834"
            )
    raise error


def interrupted(cancellation: Cancellation) -> Interrupted:
    """Return the error to raise when the work was asked to stop."""
    return Interrupted(cancellation.reason or "asked to stop", code="DD779")


def refusal(
    number: int,
    text: str,
    *,
    server: str,
    query: str | None = None,
    names: Callable[[str], Iterable[str]] | None = None,
) -> DataductError:
    """Return the error to raise for an error packet of the server."""
    if number in BUSY or (query is None and number in _STARTING):
        return _unreachable(server, text)
    if number in _LOST:
        return TransientError(f"the connection to the MySQL server {server} was lost: {text}", code="DD824")
    if number in _ENDED:
        return TransientError(
            f"the MySQL server {server} ended the query: {_ENDED[number]}", code="DD830", details=(text,)
        )
    if number in _NO_RESOURCES:
        return TransientError(f"the MySQL server {server} has run out of resources: {text}", code="DD830")
    return _denied(number, text, server) or _refused(number, text, server, query, names)


def _tls(server: str, words: str) -> SourceError:
    return SourceError(
        f"no encrypted connection to the MySQL server {server}: {words.strip().lower()}",
        code="DD831",
        hint="check the connection's `tls` and `tls_ca`; with `tls: verify-identity` the certificate must name the "
        "`host`",
    )


def _unreachable(server: str, words: str) -> TransientError:
    return TransientError(f"the MySQL server {server} cannot be reached: {words}", code="DD821")


def _denied(number: int, text: str, server: str) -> SourceError | None:
    if number in _DENIED_LOGIN:
        return SourceError(
            f"the MySQL server {server} denies access: {text}",
            code="DD822",
            hint="check the connection's `user` and `password`, and from which hosts the user may log in",
        )
    if number == _HOST_BLOCKED:
        return SourceError(
            f"the MySQL server {server} denies access: {text}",
            code="DD822",
            hint="run FLUSH HOSTS on the server as an administrator",
        )
    if number in _DENIED:
        return SourceError(
            f"the user of the connection may not do this on the MySQL server {server}: {text}",
            code="DD822",
            hint="have the right granted, such as GRANT SELECT ON the table TO the user",
        )
    if number in _NO_DATABASE:
        return SourceError(
            f"the MySQL server {server} has no such database: {text}"
            if number == _NO_DATABASE[1]
            else f"the connection to the MySQL server {server} names no database: {text}",
            code="DD823",
            hint="give the connection's or the step's `database`, or write `database.table` in the query",
        )
    return None


def _refused(
    number: int,
    text: str,
    server: str,
    query: str | None,
    names: Callable[[str], Iterable[str]] | None,
) -> SourceError:
    if number == _READ_ONLY:
        return SourceError(
            f"the query would change the source: {text}",
            code="DD829",
            hint="write one SELECT; it may begin with WITH",
        )
    hint = None
    if number == _NOT_PREPARABLE:
        hint = "the server cannot prepare this kind of statement; write it as one SELECT"
    elif number == _PACKET_TOO_LARGE:
        hint = "the query or a row is larger than the server's `max_allowed_packet`"
    place, details, said = _where(number, text, query)
    if names is not None and (found := _unknown_name(number, text)):
        kind, name = found
        hint = did_you_mean(name, names(kind))
    return SourceError(
        f"the MySQL server {server} refuses the query: {said}{place}",
        code="DD825",
        hint=hint,
        details=details,
    )


def _unknown_name(number: int, text: str) -> tuple[str, str] | None:
    """Return `table` or `column` and the name that the server does not know."""
    if number == _NO_TABLE and (match := _MISSING_TABLE.search(text)):
        return "table", match["name"]
    if number == _NO_COLUMN and (match := _MISSING_COLUMN.search(text)):
        return "column", match["name"].rpartition(".")[2]
    return None


def _where(number: int, text: str, query: str | None) -> tuple[str, Sequence[str], str]:
    """Return ` (line 1, column 8)`, the line with a caret below, and the server's words without the manual."""
    if query is None:
        return "", (), text
    if number == _SYNTAX and (match := _NEAR.search(text)):
        near = match["token"]
        said = f"it cannot read it near `{_short(near)}`" if near else "it ends too early"
        place, details = place_in_query(query, query.rfind(near) if near else len(query.rstrip()))
        return place, details, said
    if found := _unknown_name(number, text):
        name = re.search(rf"(?<![\w$]){re.escape(found[1])}(?![\w$])", query, re.IGNORECASE)
        place, details = place_in_query(query, name.start() if name else None)
        return place, details, text
    return "", (), text


def _short(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."
