"""The column that holds every value of an Arrow type, in each warehouse.

Arrow types are texts here, as manifests spell them.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from dataduct.model.table import ColumnType
from dataduct.sql.column_types import VARCHAR_MAX
from dataduct.sql.dialect import Dialect

_DECIMAL = re.compile(r"decimal(?:32|64|128|256)\((\d+), (-?\d+)\)")
_TIMESTAMP = re.compile(r"timestamp\[(s|ms|us|ns)(, tz=.+)?\]")
_FOLDED: Mapping[str, ColumnType] = MappingProxyType(
    {
        arrow: ColumnType(name)
        for arrow, name in {
            "bool": "BOOLEAN",
            "int8": "TINYINT",
            "int16": "SMALLINT",
            "int32": "INTEGER",
            "int64": "BIGINT",
            "uint8": "UTINYINT",
            "uint16": "USMALLINT",
            "uint32": "UINTEGER",
            "uint64": "UBIGINT",
            "float": "REAL",
            "double": "DOUBLE PRECISION",
            "string": "TEXT",
            "large_string": "TEXT",
            "binary": "VARBYTE",
            "large_binary": "VARBYTE",
            "date32[day]": "DATE",
            "time64[us]": "TIME",
            "null": "TEXT",
        }.items()
    }
)
_REDSHIFT = "redshift"
_REDSHIFT_BYTES = 1_024_000
_NARROW: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        _REDSHIFT: MappingProxyType(
            {
                "TEXT": "texts of more than 65,535 bytes",
                "VARBYTE": "values of more than 1,024,000 bytes",
            }
        )
    }
)


def column_of(arrow: str, dialect: Dialect) -> str | None:
    """Return the type, as the warehouse spells it, of a column that holds the values of Arrow type `arrow`.

    None if no column of the warehouse does.
    """
    folded = folded_type(arrow)
    if folded is None or (folded.arguments and folded.arguments[0] > (dialect.numeric_digits or 1000)):
        return None
    if dialect.name == _REDSHIFT:
        folded = _with_length(folded)
    return dialect.column_type(folded)


def narrower_than(arrow: str, dialect: Dialect) -> str:
    """Return the values of Arrow type `arrow` that `column_of` has no room for, in words; empty if there are none."""
    folded = folded_type(arrow)
    return _NARROW.get(dialect.name, {}).get(folded.name, "") if folded else ""


def folded_type(arrow: str) -> ColumnType | None:
    """Return the column type, in no warehouse's dialect, that stands for an Arrow type; None if there is none."""
    if decimal := _DECIMAL.fullmatch(arrow):
        return ColumnType("NUMERIC", (int(decimal[1]), int(decimal[2])))
    if timestamp := _TIMESTAMP.fullmatch(arrow):
        if timestamp[1] == "ns":
            return None if timestamp[2] else ColumnType("TIMESTAMP_NS")
        return ColumnType("TIMESTAMP WITH TIME ZONE" if timestamp[2] else "TIMESTAMP")
    return _FOLDED.get(arrow)


def _with_length(folded: ColumnType) -> ColumnType:
    match folded.name:
        case "TEXT":
            return ColumnType("VARCHAR", (VARCHAR_MAX,))
        case "VARBYTE":
            return ColumnType("VARBYTE", (_REDSHIFT_BYTES,))
        case _:
            return folded
