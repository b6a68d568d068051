"""The primary key of an existing table, asked in SQL that every warehouse reads."""

from dataduct.model.table import TableName
from dataduct.warehouses.base import Transaction

_PLACE = """SELECT table_schema FROM information_schema.tables
    WHERE table_name = {name} AND table_schema = ANY(current_schemas(false))
    ORDER BY array_position(CAST(current_schemas(false) AS VARCHAR[]), CAST(table_schema AS VARCHAR)) LIMIT 1"""
_KEY = """SELECT k.column_name
FROM information_schema.table_constraints c
JOIN information_schema.key_column_usage k ON k.constraint_schema = c.constraint_schema
    AND k.constraint_name = c.constraint_name AND k.table_name = c.table_name
WHERE c.constraint_type = 'PRIMARY KEY' AND c.table_name = {name} AND c.table_schema = ({schema})
ORDER BY k.ordinal_position"""


def primary_key(transaction: Transaction, table: TableName) -> tuple[str, ...]:
    """Return the columns of the table's primary key in order; empty if it has none or the user may not see it."""
    name = _literal(table.name)
    schema = _PLACE.format(name=name) if table.schema is None else _literal(table.schema)
    return tuple(str(row[0]) for row in transaction.fetch(_KEY.format(name=name, schema=schema)))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
