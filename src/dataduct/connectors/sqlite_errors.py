"""SQLite's refusals in words for the user."""

import re
import sqlite3
from collections.abc import Callable, Iterable

from dataduct.errors import DataductError, Interrupted, SourceError, TransientError
from dataduct.model.cancellation import Cancellation
from dataduct.model.nearest import did_you_mean

_NO_TABLE = re.compile(r"no such table: (?P<name>.+)$")
_NO_COLUMN = re.compile(r"no such column: (?P<name>.+)$")
_NEAR = re.compile(r'near "(?P<token>.+)": syntax error$', re.DOTALL)
_RECOVER = (
    "open the database once with write access (`sqlite3 FILE 'SELECT 1'`) so that SQLite can recover it"
)


def query_error(
    error: sqlite3.Error,
    query: str,
    path: str,
    *,
    names: Callable[[], Iterable[str]],
    cancellation: Cancellation,
) -> DataductError:
    """Return the error to raise when SQLite refused `query` on the file `path`.

    Args:
        names: Gives the names of tables and columns to find the nearest one in.
    """
    words = str(error)
    condition = getattr(error, "sqlite_errorname", None) or ""
    if condition == "SQLITE_INTERRUPT" or cancellation.requested:
        return Interrupted(cancellation.reason or "asked to stop", code="DD779")
    if isinstance(error, sqlite3.ProgrammingError) and "one statement at a time" in words:
        return SourceError(
            "the query holds more than one statement, and an extract runs one SELECT",
            code="DD767",
            hint="keep the SELECT and drop what follows the semicolon",
        )
    if match := _NO_TABLE.search(words):
        name = match["name"]
        return SourceError(
            f"{path} has no table `{name}`{_place(query, name)}", code="DD764", hint=_nearest(name, names)
        )
    if match := _NO_COLUMN.search(words):
        name = match["name"]
        return SourceError(
            f"{path} has no column `{name}` in the tables of the query{_place(query, name)}",
            code="DD765",
            hint=_nearest(name, names),
        )
    if match := _NEAR.search(words):
        return SourceError(
            f"SQLite cannot read the query near `{match['token']}`{_place(query, match['token'])}",
            code="DD766",
            hint=_quoting(match["token"]),
        )
    return _known_file_error(condition, path) or SourceError(
        f"SQLite refuses the query: {words}", code="DD766"
    )


def _quoting(token: str) -> str | None:
    """Return how to write a word that SQLite stumbles over if it is meant as a name; None for no word."""
    if not token.isidentifier():
        return None
    return f'if it is the name of a column or table, write "{token}"; in a pattern the filter `quoted` does'


def file_error(error: sqlite3.Error, path: str) -> DataductError:
    """Return the error to raise when the file `path` cannot be opened as a database."""
    return _known_file_error(getattr(error, "sqlite_errorname", None) or "", path) or SourceError(
        f"cannot open the SQLite database {path}: {error}", code="DD772"
    )


def _known_file_error(condition: str, path: str) -> DataductError | None:
    if condition.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return TransientError(
            f"{path} is locked by another process",
            code="DD763",
            hint="let the other process finish its transaction; in WAL mode readers do not wait for writers",
        )
    if condition.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        what = "is not a SQLite database" if condition == "SQLITE_NOTADB" else "is damaged"
        return SourceError(
            f"{path} {what}",
            code="DD762",
            hint="check the connection's `path`; an encrypted file cannot be read",
        )
    if condition.startswith("SQLITE_READONLY"):
        return SourceError(
            f"{path} was left in the middle of a transaction and is opened for reading only",
            code="DD772",
            hint=_RECOVER,
        )
    if condition.startswith("SQLITE_CANTOPEN"):
        return SourceError(
            f"{path} cannot be opened for reading",
            code="DD772",
            hint="give this user the permission to read it; a database in WAL mode also needs its `-shm` file "
            "or write access to the directory",
        )
    return None


def _nearest(name: str, names: Callable[[], Iterable[str]]) -> str | None:
    try:
        return did_you_mean(name.rpartition(".")[2], names())
    except sqlite3.Error:
        return None


def _place(query: str, token: str) -> str:
    """Return ` (line 1, column 8)` if `token` stands in `query` exactly once, else nothing."""
    found = [
        match.start()
        for match in re.finditer(re.escape(token), query)
        if not _is_inside_word(query, match.start(), match.end())
    ]
    if len(found) != 1:
        return ""
    before = query[: found[0]]
    return f" (line {before.count(chr(10)) + 1}, column {found[0] - before.rfind(chr(10))})"


def _is_inside_word(text: str, start: int, end: int) -> bool:
    def is_word(character: str) -> bool:
        return character.isalnum() or character == "_"

    return (start > 0 and is_word(text[start - 1]) and is_word(text[start])) or (
        end < len(text) and is_word(text[end]) and is_word(text[end - 1])
    )
