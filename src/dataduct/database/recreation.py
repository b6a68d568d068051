"""A script that makes tables anew and keeps their rows: beside the old ones, copied, swapped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dataduct.config.settings import Permission
from dataduct.database.existing import Existing, WarehouseState
from dataduct.database.grants import grant_statements
from dataduct.database.ordering import Ordering
from dataduct.database.scripts import (
    create_script,
    drop_script,
    drop_tables,
    foreign_key_statement,
    schema_statements,
    table_statements,
    view_statement,
)
from dataduct.model.operations import SqlStatement
from dataduct.model.table import Column, TableDefinition, TableName
from dataduct.sql.create import checked_length
from dataduct.sql.dialect import Dialect

_SUFFIX = "__new"
_COPY = "copy the rows"
_LONGEST_NAME = 50


@dataclass(frozen=True, slots=True)
class Limit:
    """A rule of the new definition that rows may break, how to say so, and the query that counts those which do."""

    broken: str
    query: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """A column whose rows take another type, and the query that counts the values which that would change."""

    table: TableName
    column: str
    before: str
    after: str
    query: str


def recreate_script(
    ordering: Ordering,
    dialect: Dialect,
    *,
    permissions: Sequence[Permission] = (),
    state: WarehouseState | None = None,
    empty: bool = False,
) -> list[SqlStatement]:
    """Return the statements that make every relation anew as its file defines it.

    The rows of the columns that both have are copied. Without `state` every table counts as there, with the columns
    that its file defines.

    Args:
        ordering: The relations.
        dialect: The warehouse's SQL.
        permissions: Rights that each relation gets: those of the old one end with it.
        state: What the warehouse has, or None.
        empty: Drop the rows instead of copying them.
    """
    if empty:
        after_drop = replace(state, relations={}) if state else None
        return [
            *drop_script(ordering, dialect, state=state),
            *create_script(ordering, dialect, permissions=permissions, state=after_drop),
        ]
    old = [table for table in ordering.tables if state is None or table.name in state.relations]
    statements = [*_locks(old, dialect), *_drop_views(ordering, dialect, state)]
    statements += schema_statements(ordering.relations, dialect, state)
    for table in ordering.tables:
        statements += _beside(table, dialect, state) if table in old else _new(table, dialect)
    statements += drop_tables(tuple(reversed(old)), ordering, dialect)
    for table in old:
        statements += _rename(table, dialect)
    if dialect.keeps_keys:
        statements += (
            foreign_key_statement(table.name, key, dialect)
            for table in ordering.tables
            for key in table.foreign_keys
        )
    statements += (view_statement(view, dialect) for view in ordering.views)
    return statements + grant_statements([each.name for each in ordering.relations], permissions, dialect)


def kept_columns(table: TableDefinition, existing: Existing | None) -> list[tuple[Column, Column]]:
    """Return the columns whose rows are copied, each as it is in the old table and in the new one."""
    if existing is None:
        return [(column, column) for column in table.columns]
    before = {column.name.casefold(): column for column in existing.columns}
    return [
        (before[column.name.casefold()], column)
        for column in table.columns
        if column.name.casefold() in before
    ]


def lost_columns(table: TableDefinition, existing: Existing) -> list[str]:
    """Return the columns of the old table that the new one does not have."""
    wanted = {name.casefold() for name in table.column_names}
    return [column.name for column in existing.columns if column.name.casefold() not in wanted]


def unfilled_columns(table: TableDefinition, existing: Existing) -> list[str]:
    """Return the new columns that every row must have a value for and that nothing gives one."""
    kept = {new.name for _, new in kept_columns(table, existing)}
    return [
        column.name
        for column in table.columns
        if column.name not in kept
        and not column.nullable
        and column.default is None
        and column.identity is None
    ]


def conversions(table: TableDefinition, existing: Existing, dialect: Dialect) -> Iterator[Conversion]:
    """Yield the columns that take another type, with the query that counts the values it would change."""
    for before, after in kept_columns(table, existing):
        old, new = dialect.stored_type(before.type), dialect.stored_type(after.type)
        if old == new:
            continue
        name = dialect.quote(before.name)
        there_and_back = f"CAST(CAST({name} AS {new}) AS {old})"
        differ = dialect.distinct(
            dialect.comparable_column(there_and_back, before.type),
            dialect.comparable_column(name, before.type),
        )
        yield Conversion(
            table=table.name,
            column=before.name,
            before=str(before.type),
            after=str(after.type),
            query=f"SELECT count(*) FROM {dialect.table(table.name)} WHERE {name} IS NOT NULL AND {differ}",
        )


def limits(table: TableDefinition, existing: Existing, dialect: Dialect) -> Iterator[Limit]:
    """Yield what the new definition asks of rows beyond types: lengths that DuckDB checks, and NOT NULL."""
    relation = dialect.table(table.name)
    for before, after in kept_columns(table, existing):
        name = dialect.quote(before.name)
        length = checked_length(after, dialect)
        if length is not None and dialect.stored_type(before.type) == dialect.stored_type(after.type):
            yield Limit(
                f"values of `{after.name}` do not fit {after.type}",
                f"SELECT count(*) FROM {relation} WHERE length({name}) > {length}",
            )
        if before.nullable and not after.nullable:
            yield Limit(
                f"values of `{after.name}` are NULL, and the definition says NOT NULL",
                f"SELECT count(*) FROM {relation} WHERE {name} IS NULL",
            )


def copied_table(statement: SqlStatement, ordering: Ordering, dialect: Dialect) -> TableName | None:
    """Return the table whose rows a statement of the script copies, or None if it copies none."""
    if statement.purpose != _COPY:
        return None
    names = (table.name for table in ordering.tables)
    return next((name for name in names if statement.text.endswith(f"\nFROM {dialect.table(name)}")), None)


def without_beside_names(text: str) -> str:
    """Return a message of the warehouse with the tables' own names in place of those they have until the swap."""
    return text.replace(_SUFFIX, "")


def _locks(tables: Sequence[TableDefinition], dialect: Dialect) -> Iterator[SqlStatement]:
    """Yield what keeps others from adding rows that would be lost; DuckDB has one writer and needs nothing."""
    if tables and dialect.name != "duckdb":
        names = ", ".join(dialect.table(table.name) for table in tables)
        yield SqlStatement(text=f"LOCK TABLE {names}", purpose="let nobody write until the swap")


def _drop_views(ordering: Ordering, dialect: Dialect, state: WarehouseState | None) -> Iterator[SqlStatement]:
    for view in reversed(ordering.views):
        if state is None or view.name in state.relations:
            yield SqlStatement(
                text=f"DROP VIEW IF EXISTS {dialect.table(view.name)}", purpose="drop the view"
            )


def _new(table: TableDefinition, dialect: Dialect) -> tuple[SqlStatement, ...]:
    return table_statements(replace(table, foreign_keys=()), dialect)


def _beside(table: TableDefinition, dialect: Dialect, state: WarehouseState | None) -> list[SqlStatement]:
    """Return the statements that create the new table under another name and copy the rows."""
    existing = state.relations[table.name] if state else None
    beside = _beside_name(table.name)
    definition = replace(table, foreign_keys=(), columns=_numbered(table, existing))
    statements = list(table_statements(definition, dialect, name=beside))
    kept = kept_columns(table, existing)
    if kept:
        targets = dialect.names(tuple(new.name for _, new in kept))
        values = ", ".join(_value(before, new, dialect) for before, new in kept)
        statements.append(
            SqlStatement(
                text=f"INSERT INTO {dialect.table(beside)} ({targets})\nSELECT {values}\nFROM "
                f"{dialect.table(table.name)}",
                purpose=_COPY,
            )
        )
    return statements


def _numbered(table: TableDefinition, existing: Existing | None) -> tuple[Column, ...]:
    """Return the columns; IDENTITY columns go on behind the rows that are copied."""
    following = existing.next_values if existing else {}
    return tuple(
        replace(column, identity=(following[column.name], column.identity[1]))
        if column.identity and column.name in following
        else column
        for column in table.columns
    )


def _value(before: Column, new: Column, dialect: Dialect) -> str:
    name = dialect.quote(before.name)
    if dialect.stored_type(before.type) == dialect.stored_type(new.type):
        return name
    return f"CAST({name} AS {dialect.stored_type(new.type)})"


def _rename(table: TableDefinition, dialect: Dialect) -> Iterator[SqlStatement]:
    beside = _beside_name(table.name)
    yield SqlStatement(
        text=f"ALTER TABLE {dialect.table(beside)} RENAME TO {dialect.quote(table.name.name)}",
        purpose="put it in the old one's place",
    )
    if dialect.name == "postgres" and table.primary_key and len(table.name.name) <= _LONGEST_NAME:
        before, after = (dialect.quote(f"{each.name}_pkey") for each in (beside, table.name))
        yield SqlStatement(
            text=f"ALTER TABLE {dialect.table(table.name)} RENAME CONSTRAINT {before} TO {after}",
            purpose="name the primary key as before",
        )


def _beside_name(name: TableName) -> TableName:
    return TableName(f"{name.name[:_LONGEST_NAME]}{_SUFFIX}", name.schema)
