"""Scripts that create, drop and grant tables and views: definitions in, statements out."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from dataduct.config.settings import Permission
from dataduct.database.existing import WarehouseState
from dataduct.database.grants import grant_statements
from dataduct.database.ordering import Ordering
from dataduct.database.relations import Relation, View
from dataduct.model.operations import SqlStatement
from dataduct.model.table import ForeignKey, TableDefinition, TableName
from dataduct.sql.create import create_table, sequence_name
from dataduct.sql.dialect import Dialect

LOADS = "dataduct.loads"


def create_script(
    ordering: Ordering,
    dialect: Dialect,
    *,
    permissions: Sequence[Permission] = (),
    state: WarehouseState | None = None,
) -> list[SqlStatement]:
    """Return the statements that create what is missing, with its rights.

    Args:
        ordering: The relations.
        dialect: The warehouse's SQL.
        permissions: Rights that each created relation gets.
        state: What the warehouse has; None creates everything.
    """
    present: Collection[TableName] = state.relations if state else ()
    wanted = [
        each
        for each in ordering.relations
        if each.name not in present or (isinstance(each, View) and each.replaces)
    ]
    statements = schema_statements(wanted, dialect, state)
    for relation in wanted:
        if isinstance(relation, View):
            statements.append(view_statement(relation, dialect))
        else:
            statements += table_statements(without_keys(relation, ordering.deferred), dialect)
    for table in wanted:
        statements += (
            foreign_key_statement(table.name, key, dialect)
            for key in ordering.deferred.get(table.name, ())
            if dialect.keeps_keys
        )
    created = [each.name for each in wanted if each.name not in present]
    return statements + grant_statements(created, permissions, dialect)


def drop_script(
    ordering: Ordering, dialect: Dialect, *, state: WarehouseState | None = None
) -> list[SqlStatement]:
    """Return the statements that drop what exists, and nothing else: what depends on it is never dropped with it.

    Views go first, then the tables that refer to others. Where the warehouse keeps a table of loads, the loads of the
    dropped tables are forgotten, so that a run loads them again.
    """
    dropped = [each for each in reversed(ordering.relations) if state is None or each.name in state.relations]
    views = [each for each in dropped if isinstance(each, View)]
    tables = [each for each in dropped if isinstance(each, TableDefinition)]
    statements = [
        SqlStatement(text=f"DROP VIEW IF EXISTS {dialect.table(view.name)}", purpose="drop the view")
        for view in views
    ]
    statements += drop_tables(tables, ordering, dialect)
    if dialect.identity is None:
        statements += (
            SqlStatement(
                text=f"DROP SEQUENCE IF EXISTS {dialect.table(sequence_name(table, column))}",
                purpose=f"drop the sequence of column {column.name}",
            )
            for table in tables
            for column in table.columns
            if column.identity
        )
    if state is not None and state.has_loads and tables:
        statements.append(forget_loads(tables, dialect))
    return statements


def drop_tables(
    tables: Sequence[TableDefinition], ordering: Ordering, dialect: Dialect
) -> Iterator[SqlStatement]:
    """Yield the statements that drop tables in this order, those that refer to each other in a circle too."""
    circle = [table for table in tables if ordering.deferred.get(table.name) and dialect.keeps_keys]
    if circle and dialect.name == "postgres":
        names = ", ".join(dialect.table(table.name) for table in tables)
        yield SqlStatement(text=f"DROP TABLE IF EXISTS {names}", purpose="drop the tables")
        return
    for table in circle:
        for key in ordering.deferred[table.name]:
            constraint = dialect.quote(constraint_name(table.name, key))
            yield SqlStatement(
                text=f"ALTER TABLE {dialect.table(table.name)} DROP CONSTRAINT {constraint}",
                purpose="open the circle of foreign keys",
            )
    for table in tables:
        yield SqlStatement(text=f"DROP TABLE IF EXISTS {dialect.table(table.name)}", purpose="drop the table")


def grant_script(
    ordering: Ordering, dialect: Dialect, permissions: Sequence[Permission]
) -> list[SqlStatement]:
    """Return the statements that grant the permissions on every relation."""
    return grant_statements([each.name for each in ordering.relations], permissions, dialect)


def schema_statements(
    relations: Iterable[Relation], dialect: Dialect, state: WarehouseState | None
) -> list[SqlStatement]:
    """Return the statements that create the relations' schemas; not those known to be there."""
    present = state.schemas if state else frozenset()
    schemas = dict.fromkeys(each.name.schema for each in relations if each.name.schema)
    return [
        SqlStatement(text=f"CREATE SCHEMA IF NOT EXISTS {dialect.quote(schema)}", purpose="create the schema")
        for schema in schemas
        if schema not in present
    ]


def table_statements(
    table: TableDefinition, dialect: Dialect, *, name: TableName | None = None
) -> tuple[SqlStatement, ...]:
    """Return the statements that create a table, under another name if one is given."""
    return create_table(table, dialect, if_missing=False, with_schema=False, name=name)


def view_statement(view: View, dialect: Dialect) -> SqlStatement:
    """Return the statement that creates a view; its query stays as it is written."""
    head = "CREATE OR REPLACE VIEW" if view.replaces else "CREATE VIEW"
    columns = f" ({view.columns})" if view.columns else ""
    return SqlStatement(
        text=f"{head} {dialect.table(view.name)}{columns} AS\n{view.query}", purpose="create the view"
    )


def without_keys(
    table: TableDefinition, left_out: Mapping[TableName, tuple[ForeignKey, ...]]
) -> TableDefinition:
    """Return the table without those of its foreign keys that are added later."""
    later = left_out.get(table.name, ())
    kept = tuple(key for key in table.foreign_keys if key not in later)
    return replace(table, foreign_keys=kept)


def foreign_key_statement(table: TableName, key: ForeignKey, dialect: Dialect) -> SqlStatement:
    """Return the statement that adds a foreign key to a table that exists."""
    references = f" ({dialect.names(key.references)})" if key.references else ""
    return SqlStatement(
        text=f"ALTER TABLE {dialect.table(table)} ADD CONSTRAINT {dialect.quote(constraint_name(table, key))} "
        f"FOREIGN KEY ({dialect.names(key.columns)}) REFERENCES {dialect.table(key.table)}{references}",
        purpose="add the foreign key",
    )


def constraint_name(table: TableName, key: ForeignKey) -> str:
    """Return the name of a foreign key that is added to its table: the one PostgreSQL itself would choose."""
    return f"{table.name}_{'_'.join(key.columns)}_fkey"[:63]


def forget_loads(tables: Sequence[TableDefinition], dialect: Dialect) -> SqlStatement:
    """Return the statement after which no load of the tables counts as done."""
    names = ", ".join(dialect.literal(str(table.name)) for table in tables)
    return SqlStatement(
        text=f"DELETE FROM {LOADS} WHERE table_name IN ({names})",
        purpose="forget the loads, so that a run loads again",
    )
