"""PostgreSQL's refusals in words for the user."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataduct.connectors.postgres_query import ONE_SELECT
from dataduct.connectors.query_place import place_in_query
from dataduct.errors import (
    DataductError,
    Interrupted,
    SourceError,
    TerminalError,
    TransientError,
)
from dataduct.model.cancellation import Cancellation
from dataduct.model.nearest import did_you_mean

if TYPE_CHECKING:
    import psycopg


_NAME_AT = re.compile(r'(?:"(?:[^"]|"")*"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")*"|[\w$]+))*')
_LAST_NAME = re.compile(r'(?:"((?:[^"]|"")*)"|([\w$]+))$')
_ADDRESS = re.compile(
    r"^(?:connection failed: |consuming input failed: )?(?:connection to server [^\n]*? failed: )?"
)

_UNKNOWN_NAME = ("42P01", "42703", "3F000", "42883", "42704")
_ENDED_BY_SERVER = {
    "57P01": "an administrator ended the session",
    "57P02": "another session crashed the server",
    "57P05": "the session was idle for longer than the server allows",
    "25P03": "the transaction was idle for longer than the server allows",
    "25P04": "the transaction took longer than the server allows",
    "40001": "a change on the server made the query's snapshot unusable",
    "40P01": "the query was chosen to end a deadlock",
    "55P03": "another session held a lock for too long",
}
_NO_RESOURCES = ("53000", "53100", "53200", "53400")
_CANCELED, _READ_ONLY, _NO_RIGHT, _SYNTAX = "57014", "25006", "42501", "42601"
_MANY_STATEMENTS = "multiple commands into a prepared statement"
_BUSY = ("53300", "57P03")
_NO_DATABASE = ("3D000", "57P04")

_TLS_WORDS = re.compile(r"\bSSL\b|certificate|private key file|\bTLS\b", re.IGNORECASE)
_UNREACHABLE_WORDS = re.compile(
    r"refused|timeout|timed out|closed the connection|failed to resolve|could not translate|reset by peer|"
    r"unreachable|No such file or directory|starting up|shutting down|recovery mode|too many|"
    r"connection slots|SYSCALL error",
    re.IGNORECASE,
)
_DENIED_WORDS = re.compile(
    r"authentication|pg_hba\.conf|password|role .* does not exist|not permitted to log in|permission denied",
    re.IGNORECASE,
)
_NO_DATABASE_WORDS = re.compile(r"database .* does not exist|not currently accepting", re.IGNORECASE)


def connection_failure(error: "psycopg.Error", *, server: str) -> DataductError:
    """Return the error to raise when connecting to `server` failed.

    libpq gives no SQLSTATE for that, so its English words and the server's are told apart.
    """
    words = _first_words(error)
    if _NO_DATABASE_WORDS.search(words):
        return SourceError(
            f"the PostgreSQL server {server} has no such database: {words}",
            code="DD823",
            hint="mend the connection's `database`",
        )
    if "no pg_hba.conf entry" in words and re.search(r"no encryption|SSL off", words):
        return SourceError(
            f"the PostgreSQL server {server} denies access without encryption: {words}",
            code="DD822",
            hint="set `sslmode: require` in the connection, or have pg_hba.conf of the server allow it",
        )
    if _DENIED_WORDS.search(words) and not words.startswith("SSL"):
        return SourceError(
            f"the PostgreSQL server {server} denies access: {words}",
            code="DD822",
            hint="check the connection's `user` and `password`, and pg_hba.conf of the server",
        )
    if _TLS_WORDS.search(words) and "SYSCALL" not in words:
        return SourceError(
            f"no encrypted connection to the PostgreSQL server {server}: {words}",
            code="DD831",
            hint="check the connection's `sslmode` and `sslrootcert`; the certificate must name the `host`",
        )
    hint = None
    if not _UNREACHABLE_WORDS.search(words):
        hint = "the server's words are not in English or not known; check the connection's settings"
    said = words[:1].lower() + words[1:] if words[1:2].islower() else words
    return TransientError(
        f"the PostgreSQL server {server} cannot be reached: {said}", code="DD821", hint=hint
    )


@dataclass(frozen=True, slots=True)
class ServerReport:
    """What a server said went wrong.

    Attributes:
        state: The SQLSTATE; None if the connection broke before the server said anything.
        message: Its words, one sentence.
        detail: More of its words, or None.
        hint: Its advice, or None.
        position: Character of the statement that it points at, from 1, or None.
    """

    state: str | None
    message: str
    detail: str | None = None
    hint: str | None = None
    position: int | None = None

    @classmethod
    def of(cls, error: "psycopg.Error") -> "ServerReport":
        """Return what `error` holds."""
        told = error.diag
        position = told.statement_position
        return cls(
            error.sqlstate,
            told.message_primary or _first_words(error),
            told.message_detail,
            told.message_hint,
            int(position) if position else None,
        )


def translated(
    error: "psycopg.Error | ServerReport",
    *,
    server: str,
    query: str | None = None,
    offset: int = 0,
    cancellation: Cancellation | None = None,
    names: Callable[[], Iterable[str]] | None = None,
    refusal: type[TerminalError] = SourceError,
    code: str = "DD825",
) -> DataductError:
    """Return the Dataduct error for an error that a server of an open connection gave.

    Args:
        error: What psycopg raised, or what the server reported.
        server: What messages call the server.
        query: The statement as the user wrote it, where there is one.
        offset: Characters of the statement that was sent before `query` begins in it.
        cancellation: Asked whether the statement was ended on request.
        names: Gives names of tables and columns to find the nearest one in.
        refusal: Class of the error for a statement that is wrong.
        code: Its code.
    """
    if cancellation is not None and cancellation.requested:
        return Interrupted(cancellation.reason or "asked to stop", code="DD779")
    report = error if isinstance(error, ServerReport) else ServerReport.of(error)
    if report.state is None:
        return lost_connection(server, report.message)
    return (
        _ended(report.state, report.message, server)
        or (_not_one_select(report.state, report.message) if refusal is SourceError else None)
        or _refused(report, _Statement(query, offset), server, names, refusal, code)
    )


def lost_connection(server: str, words: str) -> TransientError:
    """Return the error for a connection that broke while it was used."""
    return TransientError(f"the connection to the PostgreSQL server {server} was lost: {words}", code="DD824")


def _ended(state: str, words: str, server: str) -> DataductError | None:
    """Return the error for a SQLSTATE that is about the server and not about the statement."""
    if state in _ENDED_BY_SERVER:
        return TransientError(
            f"the PostgreSQL server {server} ended the statement: {_ENDED_BY_SERVER[state]}",
            code="DD830",
            details=(words,),
        )
    if state == _CANCELED:
        return TransientError(
            f"the PostgreSQL server {server} ended the statement: {words}",
            code="DD830",
            hint="raise `statement_timeout` in the connection, or look for who ended it",
        )
    if state in _NO_RESOURCES:
        return TransientError(
            f"the PostgreSQL server {server} has run out of resources: {words}", code="DD830"
        )
    if state.startswith("08"):
        return lost_connection(server, words)
    if state in _BUSY:
        return TransientError(f"the PostgreSQL server {server} cannot be reached: {words}", code="DD821")
    if state in _NO_DATABASE:
        return SourceError(
            f"the PostgreSQL server {server} has no such database: {words}",
            code="DD823",
            hint="mend the connection's `database`",
        )
    if state.startswith("28"):
        return SourceError(
            f"the PostgreSQL server {server} denies access: {words}",
            code="DD822",
            hint="check the connection's `user` and `password`",
        )
    return None


def _not_one_select(state: str, words: str) -> SourceError | None:
    """Return the error for a statement of a source that would change it, or is more than one."""
    if state == _READ_ONLY:
        return SourceError(f"the query would change the source: {words}", code="DD829", hint=ONE_SELECT)
    if state == _SYNTAX and _MANY_STATEMENTS in words:
        return SourceError(
            "the query holds more than one statement, and an extract runs one SELECT",
            code="DD829",
            hint="keep the SELECT and drop what follows the semicolon",
        )
    return None


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement as the user wrote it, and where it began in what was sent."""

    text: str | None
    offset: int

    def index(self, position: int | None) -> int | None:
        """Return the index in the text of a position that the server gave, or None."""
        if self.text is None or position is None:
            return None
        at = position - 1 - self.offset
        return at if 0 <= at < len(self.text) else None


def _refused(
    report: ServerReport,
    statement: _Statement,
    server: str,
    names: Callable[[], Iterable[str]] | None,
    refusal: type[TerminalError],
    code: str,
) -> DataductError:
    at = statement.index(report.position)
    place, excerpt = place_in_query(statement.text or "", at)
    details = (*excerpt, report.detail) if report.detail else excerpt
    if report.state == _NO_RIGHT:
        return refusal(
            f"the user of the connection lacks a right on the PostgreSQL server {server}: {report.message}{place}",
            code="DD822" if refusal is SourceError else code,
            hint=report.hint or "have the right granted, such as GRANT SELECT ON the table TO the user",
            details=details,
        )
    return refusal(
        f"the PostgreSQL server {server} refuses the query: {report.message}{place}",
        code=code,
        hint=_nearest(report.state, statement.text, at, names) or report.hint,
        details=details,
    )


def _nearest(
    state: str | None, query: str | None, at: int | None, names: Callable[[], Iterable[str]] | None
) -> str | None:
    if names is None or query is None or at is None or state not in _UNKNOWN_NAME:
        return None
    name = _NAME_AT.match(query, at)
    last = _LAST_NAME.search(name.group()) if name else None
    if last is None:
        return None
    return did_you_mean(last[2] or last[1].replace('""', '"'), names())


def _first_words(error: BaseException) -> str:
    """Return the first line of libpq's message without the address that it begins with."""
    line = str(error).strip().partition("\n")[0].strip()
    return _ADDRESS.sub("", line).removeprefix("FATAL:").strip() or type(error).__name__
