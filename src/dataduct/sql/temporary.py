"""Temporary tables of a script: their names, and how they come and go."""

from collections.abc import Sequence
from hashlib import sha256

from dataduct.model.operations import SqlStatement
from dataduct.model.table import Column, TableName
from dataduct.sql.dialect import Dialect

_LONGEST_NAME = 63
"""Bytes of a name that every warehouse keeps (PostgreSQL cuts longer ones off)."""


def temporary_name(table: TableName, content: str) -> TableName:
    """Return the name of the temporary table that holds `content` (`new_rows`) while `table` is worked on.

    The same table always gives the same name, and different tables different ones.
    """
    name = f"dataduct_{'_'.join(part for part in (table.schema, table.name) if part)}_{content}"
    if len(name.encode()) > _LONGEST_NAME:
        digest = sha256(f"{table.schema}\0{table.name}".encode()).hexdigest()[:16]
        name = f"dataduct_{digest}_{content}"
    return TableName(name)


def create_temporary(
    name: TableName, columns: Sequence[Column], dialect: Dialect, distribution_key: str | None = None
) -> tuple[SqlStatement, ...]:
    """Return the statements that make an empty temporary table, in place of one an earlier attempt left."""
    listed = ", ".join(
        f"{dialect.quote(column.name)} {dialect.column_type(column.type)}" for column in columns
    )
    names = [column.name for column in columns]
    storage = ""
    if dialect.keeps_storage and distribution_key in names and distribution_key is not None:
        storage = f" DISTKEY ({dialect.quote(distribution_key)})"
    content = _content(name)
    return (
        drop_temporary(name, dialect, purpose=f"drop {content} of an earlier attempt"),
        SqlStatement(
            text=f"CREATE TEMPORARY TABLE {dialect.table(name)} ({listed}){storage}",
            purpose=f"create {content}",
        ),
    )


def create_temporary_as(
    name: TableName, query: str, dialect: Dialect, purpose: str
) -> tuple[SqlStatement, ...]:
    """Return the statements that make a temporary table of a query's rows."""
    statements = [
        drop_temporary(name, dialect, purpose=f"drop {_content(name)} of an earlier attempt"),
        SqlStatement(text=f"CREATE TEMPORARY TABLE {dialect.table(name)} AS\n{query}", purpose=purpose),
    ]
    return (*statements, *analyze_temporary(name, dialect))


def analyze_temporary(name: TableName, dialect: Dialect) -> tuple[SqlStatement, ...]:
    """Return the statement that lets the warehouse plan joins with a filled temporary table, if it needs one."""
    if not dialect.analyzes_temporary:
        return ()
    return (
        SqlStatement(
            text=f"ANALYZE {dialect.table(name)}", purpose=f"measure {_content(name)} for the planner"
        ),
    )


def drop_temporary(name: TableName, dialect: Dialect, purpose: str | None = None) -> SqlStatement:
    """Return the statement that drops a temporary table if it is there."""
    return SqlStatement(
        text=f"DROP TABLE IF EXISTS {dialect.table(name)}", purpose=purpose or f"drop {_content(name)}"
    )


def _content(name: TableName) -> str:
    return f"temporary table {name}"
