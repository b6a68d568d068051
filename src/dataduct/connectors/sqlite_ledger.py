"""SQLite's type ledger: what its declared types become."""

from collections.abc import Mapping
from types import MappingProxyType

from dataduct.connectors.base import SourceColumn, SourceType
from dataduct.connectors.sqlite_types import Kind
from dataduct.connectors.sqlite_types import SourceColumn as DeclaredColumn

_RULES: Mapping[Kind, SourceType] = MappingProxyType(
    {
        Kind.INTEGER: SourceType(
            "INTEGER, INT, BIGINT, ... (integer affinity)", "int64", refused="text, blobs and fractions"
        ),
        Kind.FLOAT: SourceType("REAL, DOUBLE, FLOAT (real affinity)", "double", refused="text and blobs"),
        Kind.TEXT: SourceType("TEXT, VARCHAR(n), CHAR(n), CLOB (text affinity)", "string", refused="blobs"),
        Kind.BLOB: SourceType("BLOB", "binary", refused="text and numbers"),
        Kind.BOOLEAN: SourceType("BOOLEAN", "bool", refused="anything but 0, 1, true and false"),
        Kind.DATE: SourceType("DATE", "date32[day]", refused="anything but `2026-01-31`"),
        Kind.TIMESTAMP: SourceType(
            "DATETIME, TIMESTAMP", "timestamp[us]", refused="finer than a microsecond, or no timestamp"
        ),
        Kind.ZONED_TIMESTAMP: SourceType(
            "DATETIME, TIMESTAMP, where the values name their zone",
            "timestamp[us, tz=UTC]",
            "as the moment in UTC",
            "finer than a microsecond, or no timestamp",
        ),
        Kind.UTC_TIMESTAMP: SourceType(
            "TIMESTAMP WITH TIME ZONE",
            "timestamp[us, tz=UTC]",
            "as the moment in UTC; a value that names no zone is UTC",
            "finer than a microsecond, or no timestamp",
        ),
        Kind.DECIMAL: SourceType(
            "DECIMAL(p,s), NUMERIC(p,s), p <= 38",
            "decimal128(p, s)",
            refused="more digits than declared",
        ),
        Kind.CONTENT: SourceType(
            "an expression, NUMERIC without a precision, no declared type",
            "int64, double, string or binary",
            "as the values are; NULL alone is a string",
            "values without a common type",
        ),
    }
)

LEDGER: tuple[SourceType, ...] = tuple(_RULES.values())


def described(column: DeclaredColumn) -> SourceColumn:
    """Return a column of a query as the port describes it."""
    return SourceColumn(column.name, column.declared or "no declared type", column.type, _RULES[column.kind])
