"""DuckDB's exceptions as Dataduct's, with the statement's line and DuckDB's suggestion."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from dataduct.errors import (
    DataductError,
    DataError,
    Interrupted,
    SqlError,
    StorageError,
    TransientError,
    WarehouseError,
)
from dataduct.model.cancellation import Cancellation

_EXCERPT_LINES = 3
_CHARACTERS_SHOWN = 160
_KIND = re.compile(r"^([A-Za-z][A-Za-z ]*?) Error: ")
_LINE = re.compile(r"\n+LINE (\d+): (.*)\n( *)(\^+)", re.DOTALL)
_NAME = re.compile(r'[\w."]+')
_MISSING_TABLE = re.compile(r'Table with name "?([^"\n]+?)"? does not exist')
_DISK_FULL = re.compile(
    r"No space left on device|Could not write all bytes|Disk quota exceeded", re.IGNORECASE
)


def error_kind(error: BaseException) -> str:
    """Return DuckDB's own word for the kind of error (`Catalog`, `Conversion`), or an empty text."""
    match = _KIND.match(str(error))
    return match.group(1) if match else ""


@contextmanager
def translating(statement: str | None = None, cancellation: Cancellation | None = None) -> Iterator[None]:
    """Raise DuckDB's exceptions of the block as Dataduct's."""
    try:
        yield
    except duckdb.Error as error:
        raise translated(error, statement, cancellation) from error


def translated(
    error: BaseException, statement: str | None = None, cancellation: Cancellation | None = None
) -> DataductError:
    """Return the Dataduct error for an exception of DuckDB, or of a stream that DuckDB feeds.

    The kind is read from the message, because a stream carries DuckDB's errors as text only.
    """
    kind = error_kind(error)
    text = _KIND.sub("", str(error), count=1)
    summary = _summary(text)
    if _DISK_FULL.search(text):
        return StorageError(
            "the disk of the warehouse is full",
            code="DD709",
            hint="free some space and run again; nothing of this transaction is kept",
            details=(summary,),
        )
    if kind.upper() == "INTERRUPT":
        return Interrupted((cancellation and cancellation.reason) or "interrupted", code="DD710")
    if "conflict" in text.lower() and kind in {"TransactionContext", "Catalog"}:
        return TransientError(
            "another transaction changed the same rows or tables", code="DD706", details=(summary,)
        )
    if kind == "TransactionContext" and "onstraint" in text:
        return DataError(summary, code="DD707")
    if kind == "Out of Memory":
        return WarehouseError(
            "the statement needs more memory than the warehouse may use",
            code="DD708",
            hint="raise `memory_limit` in the warehouse's settings",
            details=(summary, *_excerpt(statement)),
        )
    if kind in {"Conversion", "Constraint", "Out of Range"}:
        return DataError(summary, code="DD715", details=_place(text) or _excerpt(statement))
    if kind == "IO":
        return StorageError(summary, code="DD713", details=_place(text))
    if kind.upper() in {"FATAL", "INTERNAL"}:
        return WarehouseError(
            "DuckDB met an error that it cannot go on from",
            code="DD714",
            hint="run again; what was committed is kept",
            details=(summary,),
        )
    if statement is None:
        return WarehouseError(summary, code="DD714")
    return SqlError(
        summary,
        code="DD705",
        hint=_suggestion(text),
        details=_place(text) or _place_of_table(text, statement) or _excerpt(statement),
    )


def _summary(text: str) -> str:
    """Return the first line of DuckDB's words as a sentence without a final mark."""
    first = text.strip().splitlines()[0] if text.strip() else "the statement failed"
    if "Current transaction is aborted" in first:
        return "an earlier statement of this transaction failed"
    return first.rstrip("!. ")


def _suggestion(text: str) -> str | None:
    names = re.search(r'(?:Did you mean|Candidate [a-z]+:) ?(".*)', text)
    if not names:
        return None
    found = re.findall(r'"([^"]+)"', names.group(1))[:3]
    return f"did you mean {' or '.join(f'`{name}`' for name in found)}?" if found else None


def _place(text: str) -> tuple[str, ...]:
    """Return the line DuckDB points at and a caret line below it, or nothing if it points nowhere."""
    match = _LINE.search(text)
    if not match:
        return ()
    number, line, indent, carets = match.groups()
    column = max(0, len(indent) - len(f"LINE {number}: "))
    name = _NAME.match(line, column)
    return _pointed(int(number), line, column, len(name.group()) if name else len(carets))


def _place_of_table(text: str, statement: str) -> tuple[str, ...]:
    """Return the line of a table that is missing, and a caret line, if the statement names it once."""
    missing = _MISSING_TABLE.search(text)
    if not missing:
        return ()
    named = re.compile(rf"""(?:[\w"]+\.)*"?{re.escape(missing[1])}\b"?""", re.IGNORECASE)
    places = [
        (number, line, match)
        for number, line in enumerate(statement.split("\n"), start=1)
        for match in named.finditer(line)
    ]
    if len(places) != 1 or len(places[0][1]) > _CHARACTERS_SHOWN:
        return ()
    number, line, match = places[0]
    return _pointed(number, line, match.start(), len(match.group()))


def _pointed(number: int, line: str, column: int, width: int) -> tuple[str, ...]:
    return (f"{number} | {line}", " " * len(str(number)) + " | " + " " * column + "^" * width)


def _excerpt(statement: str | None) -> tuple[str, ...]:
    lines = [line for line in (statement or "").strip().splitlines() if line.strip()]
    shown = [
        line if len(line) <= _CHARACTERS_SHOWN else line[: _CHARACTERS_SHOWN - 3] + "..."
        for line in lines[:_EXCERPT_LINES]
    ]
    return (*shown, "...") if len(lines) > _EXCERPT_LINES else tuple(shown)
