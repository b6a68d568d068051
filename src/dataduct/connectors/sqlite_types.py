"""SQLite's declared column types as Arrow types."""

import re
from dataclasses import dataclass, replace
from enum import Enum

import pyarrow as pa

from dataduct.errors import DataError

_DECLARED = re.compile(
    r"^\s*(?P<name>[^()]*?)\s*(?:\(\s*(?P<first>\d+)\s*(?:,\s*(?P<second>\d+)\s*)?\)\s*(?P<rest>[^()]*))?$"
)
_DECIMALS = frozenset({"DECIMAL", "NUMERIC", "DEC", "NUMBER"})
_TIMESTAMPS = frozenset({"DATETIME", "TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE"})
_ZONED = frozenset({"TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", "DATETIMEOFFSET"})
_WIDEST_DECIMAL = 38
EXACT_IN_FLOAT = 2**53
"""Integers up to this size, and down to its negative, are exact as 64-bit floats."""


class Kind(Enum):
    """How the values of a column are read."""

    INTEGER = "an integer"
    FLOAT = "a number"
    TEXT = "text"
    BLOB = "a blob"
    BOOLEAN = "a boolean (0, 1, true or false)"
    DATE = "a date (`2026-01-31`)"
    TIMESTAMP = "a timestamp (`2026-01-31 12:00:00`, at most 6 digits of a second, no zone)"
    ZONED_TIMESTAMP = "a timestamp with its zone (`2026-01-31T12:00:00Z`)"
    UTC_TIMESTAMP = "a timestamp (`2026-01-31T12:00:00Z`; UTC if it has no zone)"
    DECIMAL = "a decimal of that precision and scale"
    CONTENT = "decided by the values"


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """One column of a query.

    Attributes:
        declared: The type as the table declares it, empty for an expression.
        type: The Arrow type; for `Kind.CONTENT` only known once the values were looked at.
    """

    name: str
    declared: str
    kind: Kind
    type: pa.DataType


_FIXED: dict[Kind, pa.DataType] = {
    Kind.INTEGER: pa.int64(),
    Kind.FLOAT: pa.float64(),
    Kind.TEXT: pa.string(),
    Kind.BLOB: pa.binary(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.ZONED_TIMESTAMP: pa.timestamp("us", "UTC"),
    Kind.UTC_TIMESTAMP: pa.timestamp("us", "UTC"),
    Kind.CONTENT: pa.string(),
}


def source_column(name: str, declared: str) -> SourceColumn:
    """Return the column `name` of declared type `declared`.

    DATE, DATETIME, TIMESTAMP, BOOLEAN and DECIMAL(p, s) up to 38 digits go by their names, everything else by
    SQLite's rules of affinity. Numeric affinity without a precision is decided by the values.
    """
    match = _DECLARED.match(declared)
    words = " ".join(f"{match['name']} {match['rest'] or ''}".upper().split()) if match else declared.upper()
    if match and words in _DECIMALS and match["first"]:
        precision, scale = int(match["first"]), int(match["second"] or 0)
        if 0 < precision <= _WIDEST_DECIMAL and scale <= precision:
            return SourceColumn(name, declared, Kind.DECIMAL, pa.decimal128(precision, scale))
    kind = _kind(words)
    return SourceColumn(name, declared, kind, _FIXED[kind])


def _kind(words: str) -> Kind:
    if words in ("BOOLEAN", "BOOL"):
        return Kind.BOOLEAN
    if words == "DATE":
        return Kind.DATE
    if words in _TIMESTAMPS:
        return Kind.TIMESTAMP
    if words in _ZONED:
        return Kind.UTC_TIMESTAMP
    if "INT" in words and "POINT" not in words:
        return Kind.INTEGER
    if any(part in words for part in ("CHAR", "CLOB", "TEXT")):
        return Kind.TEXT
    if "BLOB" in words:
        return Kind.BLOB
    if any(part in words for part in ("REAL", "FLOA", "DOUB")):
        return Kind.FLOAT
    return Kind.CONTENT


def with_zone(column: SourceColumn) -> SourceColumn:
    """Return the timestamp column as one whose values all name their zone."""
    return replace(column, kind=Kind.ZONED_TIMESTAMP, type=_FIXED[Kind.ZONED_TIMESTAMP])


def with_content(column: SourceColumn, kinds: frozenset[str], *, exact_in_float: bool) -> SourceColumn:
    """Return the column as the storage classes of its values say.

    Args:
        kinds: What SQLite's `typeof` says of the values, without `null`.
        exact_in_float: Whether all integers among them are exact as 64-bit floats.

    Raises:
        DataError: The values have no common type.
    """
    match sorted(kinds):
        case [] | ["text"]:
            kind = Kind.TEXT
        case ["integer"]:
            kind = Kind.INTEGER
        case ["real"]:
            kind = Kind.FLOAT
        case ["integer", "real"] if exact_in_float:
            kind = Kind.FLOAT
        case ["blob"]:
            kind = Kind.BLOB
        case _:
            size = ", integers beyond 2^53 among them" if kinds == {"integer", "real"} else ""
            raise DataError(
                f"column `{column.name}` has no declared type and holds {' and '.join(sorted(kinds))} values{size}",
                code="DD769",
                hint=f"give it one type in the query: CAST({_identifier(column.name)} AS TEXT)",
            )
    return replace(column, kind=kind, type=_FIXED[kind])


def _identifier(name: str) -> str:
    return name if name.isidentifier() else "..."
