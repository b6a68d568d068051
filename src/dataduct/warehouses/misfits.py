"""Rows that do not fit a table, as messages say them: which row, which column, which value, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from dataduct.errors import DataError
from dataduct.model.table import TableName

SHOWN_ROWS = 3
"""Rows that an error about rows names."""

_SHOWN_CHARACTERS = 40


class Reason(Enum):
    """Why a value does not fit its column."""

    NULL = "null"
    TYPE = "type"
    CHANGED = "changed"
    LENGTH = "length"
    NUL = "nul"


@dataclass(frozen=True, slots=True)
class Misfits:
    """Rows that do not fit: how many, and a line for each of the first ones."""

    count: int
    lines: tuple[str, ...]


def misfit_line(row: int, column: str, reason: Reason, value: str, shown_type: str) -> str:
    """Return the line about one row.

    Args:
        row: Number of the row in the dataset, from 1.
        value: The value as `shown_value` gives it.
        shown_type: The column's type as messages say it.
    """
    match reason:
        case Reason.NULL:
            what = "NULL in a column that is NOT NULL"
        case Reason.TYPE:
            what = f"{value} is not {shown_type}"
        case Reason.CHANGED:
            what = f"{value} would be changed by going into {shown_type}"
        case Reason.LENGTH:
            what = f"{value} is longer than {shown_type}"
        case Reason.NUL:
            what = f"{value} holds the character NUL, which {shown_type} has no place for"
    return f"row {row}, column {column}: {what}"


def shown_value(text: str | None, *, quoted: bool) -> str:
    """Return a value's text shortened for a message; a text is put in quotes, its odd characters escaped."""
    shown = text or ""
    if len(shown) > _SHOWN_CHARACTERS:
        shown = shown[: _SHOWN_CHARACTERS - 3] + "..."
    if not quoted:
        return shown
    escaped = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in shown)
    return f"'{escaped}'"


def refusal(table: TableName, misfits: Misfits, allowed: int = 0) -> DataError:
    """Return the error for rows that do not fit `table`, of which `allowed` may be left out."""
    rows = "1 row does" if misfits.count == 1 else f"{misfits.count} rows do"
    lines: Sequence[str] = misfits.lines[:SHOWN_ROWS]
    more = misfits.count - len(lines)
    limit = f"; `max_errors` allows {allowed}" if allowed else ""
    return DataError(
        f"{rows} not fit {table}{limit}",
        code="DD707",
        hint="mend the values where they come from, or give the column a type that holds them",
        details=(*lines, *([f"and {more} more"] if more else [])),
    )
