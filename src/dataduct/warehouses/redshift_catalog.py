"""What Amazon Redshift's catalog says of one table or view."""

import re
from dataclasses import dataclass

from dataduct.model.table import Column, TableName
from dataduct.warehouses.base import Row
from dataduct.warehouses.postgres_catalog import model_type
from dataduct.warehouses.postgres_session import Session, literal

# pg_table_def and to_regclass are no help: the one sees the search path only, the other is not there.
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), n.nspname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relname = {table} AND {schema} AND c.relkind IN ('r', 'v', 'm', 'p')
ORDER BY a.attnum
"""
_ENCODINGS = """
SELECT "column", encoding FROM pg_catalog.pg_table_def WHERE tablename = {table} AND schemaname = {schema}
"""
_VISIBLE = "pg_table_is_visible(c.oid)"
_IDENTITY = re.compile(r"identity\"?\s*\(.*?'?\(?(-?\d+)\s*,\s*(-?\d+)\)?'", re.IGNORECASE)
_NOT_ENCODED = "none"


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The columns of a table, and the schema that it was found in."""

    schema: str
    columns: tuple[Column, ...]


def read_columns(session: Session, table: TableName) -> TableColumns | None:
    """Return the columns of a table or view in order, or None if there is none of that name."""
    named = "" if table.schema is None else f"n.nspname = {literal(table.schema.lower())}"
    rows = session.fetch(_COLUMNS.format(table=literal(table.name.lower()), schema=named or _VISIBLE))
    if not rows:
        return None
    return TableColumns(str(rows[0][4]), tuple(_column(row) for row in rows))


def read_encodings(session: Session, table: TableName, schema: str) -> dict[str, str]:
    """Return how columns are encoded, by name; nothing for a table outside the search path."""
    query = _ENCODINGS.format(table=literal(table.name.lower()), schema=literal(schema))
    rows = session.fetch(query)
    return {str(name): str(encoding) for name, encoding in rows if encoding not in (None, _NOT_ENCODED)}


def _column(row: Row) -> Column:
    name, kind, not_null, default, _ = row
    expression = None if default is None else str(default)
    identity = _IDENTITY.search(expression) if expression else None
    return Column(
        name=str(name),
        type=model_type(str(kind)),
        nullable=not not_null,
        default=None if identity else expression,
        identity=(int(identity[1]), int(identity[2])) if identity else None,
    )
