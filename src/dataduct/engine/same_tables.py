"""Whether a table is what its file says, so that there is nothing to make anew."""

from dataduct.database.existing import Existing, conflicts
from dataduct.model.table import TableDefinition
from dataduct.sql.create import checked_length
from dataduct.sql.dialect import Dialect
from dataduct.warehouses.base import Transaction
from dataduct.warehouses.primary_keys import primary_key

_RULES = """SELECT count(*) FROM information_schema.table_constraints
WHERE lower(table_schema) = {schema} AND lower(table_name) = {name} AND (constraint_type IN ('UNIQUE', 'FOREIGN KEY')
    OR constraint_type = 'CHECK' AND constraint_name NOT LIKE '%not_null')"""
_COMPARED = ("duckdb", "postgres")


def is_same(transaction: Transaction, table: TableDefinition, existing: Existing, dialect: Dialect) -> bool:
    """Return whether making the table anew would change nothing; false where that is not known.

    It is not known of defaults, IDENTITY and CHECK, of foreign keys and UNIQUE where the warehouse keeps them, of a
    table without a schema, and of anything on Amazon Redshift, whose distribution and sort keys are not compared.
    """
    if dialect.name not in _COMPARED or table.name.schema is None or conflicts(table, existing, dialect):
        return False
    columns = (*table.columns, *existing.columns)
    if table.checks or any(column.default is not None or column.identity is not None for column in columns):
        return False
    if dialect.keeps_keys:
        if table.unique or table.foreign_keys or any(column.unique for column in table.columns):
            return False
        if primary_key(transaction, table.name) != table.primary_key:
            return False
    schema, name = (dialect.literal(part.lower()) for part in (table.name.schema, table.name.name))
    [(rules,)] = transaction.fetch(_RULES.format(schema=schema, name=name))
    return rules == sum(checked_length(column, dialect) is not None for column in table.columns)
