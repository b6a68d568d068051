"""The column of a table definition that holds what an extract of a source's column gives."""

import re

from dataduct.connectors.catalog import CatalogColumn
from dataduct.errors import ProblemsError
from dataduct.sql.arrow_types import column_of, folded_type
from dataduct.sql.column_types import VARCHAR_MAX
from dataduct.sql.dialect import Dialect
from dataduct.sql.type_grammar import parse_column_type

_BYTES_PER_CHARACTER = 4
_LENGTHS = re.compile(r"(?:var)?char(?:acter)?(?: varying)?\((\d+)\)")
_FIXED_LENGTHS = {"uuid": 36, "tinytext": 1020}
_OWN_SPELLINGS = {("duckdb", "VARBYTE"): "BLOB"}


def column_type(column: CatalogColumn, dialect: Dialect, *, lengths_hold: bool = True) -> str | None:
    """Return the type of a column as a table definition for that warehouse says it; None if no type fits.

    A text has no length where the warehouse needs none: a source's column that is made longer then loads as before.
    Amazon Redshift needs one, in bytes: four for each character that the source allows.

    Args:
        column: The column of the source.
        dialect: The warehouse's SQL.
        lengths_hold: Whether the source keeps the lengths that it declares, which SQLite does not.
    """
    arrow = str(column.described.type)
    folded = folded_type(arrow)
    if folded is None or column_of(arrow, dialect) is None:
        return None
    if dialect.name == "redshift" and folded.name == "TEXT":
        return f"VARCHAR({_bytes(column.described.source_type, lengths_hold)})"
    if (own := _OWN_SPELLINGS.get((dialect.name, folded.name))) is not None:
        return own
    return str(folded) if dialect.name == "duckdb" else _spelled(arrow, dialect, str(folded))


def _bytes(source_type: str, lengths_hold: bool) -> int:
    match = _LENGTHS.fullmatch(source_type)
    if not lengths_hold or (match is None and source_type not in _FIXED_LENGTHS):
        return VARCHAR_MAX
    characters = int(match[1]) * _BYTES_PER_CHARACTER if match else _FIXED_LENGTHS[source_type]
    return max(1, min(characters, VARCHAR_MAX))


def _spelled(arrow: str, dialect: Dialect, folded: str) -> str:
    """Return the warehouse's own name of the type, if a table definition may say it."""
    own = column_of(arrow, dialect) or folded
    try:
        parse_column_type(own)
    except ProblemsError:
        return folded
    return own
