"""What DuckDB's catalog says about one table or view."""

import re
from dataclasses import dataclass

from dataduct.model.table import Column, ColumnType, TableName
from dataduct.sql.dialect import quoted
from dataduct.warehouses.duckdb_session import Session

_TYPE = re.compile(r"([A-Z][A-Z0-9_ ]*)\((\d+(?:, *\d+)*)\)")
_LENGTH_CHECK = re.compile(
    r"\b(?:length|len|char_length|character_length|strlen|octet_length)\((?:encode\()?\"?(?P<column>[^()\"]+)\"?\)?\)"
    r" <= (?P<length>\d+)"
)


@dataclass(frozen=True, slots=True)
class CatalogColumn:
    """A column as DuckDB describes it; `type` in DuckDB's own spelling."""

    name: str
    type: str
    nullable: bool
    default: str | None


@dataclass(frozen=True, slots=True)
class CatalogCheck:
    """A CHECK constraint. `length` is set if it only bounds the length of its one column."""

    expression: str
    columns: tuple[str, ...]
    length: int | None


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """A table or view and its constraints."""

    columns: tuple[CatalogColumn, ...]
    checks: tuple[CatalogCheck, ...] = ()

    def column(self, name: str) -> CatalogColumn | None:
        """Return the column of that name, compared as DuckDB does, without case."""
        return next((column for column in self.columns if column.name.lower() == name.lower()), None)

    def length(self, name: str) -> int | None:
        """Return the greatest length that a CHECK allows in a column, or None."""
        return next(
            (check.length for check in self.checks if check.length is not None and check.columns == (name,)),
            None,
        )


def quoted_table(table: TableName) -> str:
    """Return a table's name as quoted identifiers."""
    return quoted(table.schema, table.name)


def literal(text: str) -> str:
    """Return a text as a string literal."""
    return "'" + text.replace("'", "''") + "'"


def read_table(session: Session, table: TableName) -> CatalogTable | None:
    """Return what the catalog says of `table`, or None if there is no such table or view.

    DuckDB goes through the whole catalog for it, so the session keeps the answer.
    """
    if table not in session.catalog:
        session.catalog[table] = _described(session, table)
    return session.catalog[table]


def _described(session: Session, table: TableName) -> CatalogTable | None:
    schema = literal(table.schema.lower()) if table.schema else "lower(current_schema())"
    place = (
        f"lower(table_name) = {literal(table.name.lower())} AND ((database_name = current_database() AND "
        f"lower(schema_name) = {schema}) OR ({str(table.schema is None).upper()} AND database_name = 'temp'))"
    )
    rows = session.fetch(
        "SELECT column_name, data_type, is_nullable, column_default FROM duckdb_columns() "
        f"WHERE {place} ORDER BY database_name = 'temp' DESC, column_index"
    )
    if not rows:
        return None
    checks = session.fetch(
        "SELECT expression, constraint_column_names FROM duckdb_constraints() "
        f"WHERE constraint_type = 'CHECK' AND {place} ORDER BY constraint_index"
    )
    return CatalogTable(
        tuple(_column(row) for row in rows),
        tuple(_check(str(expression), columns) for expression, columns in checks),
    )


def model_column(table: CatalogTable, column: CatalogColumn) -> Column:
    """Return a catalog column in the model's terms: folded type, VARCHAR with the length its CHECK allows."""
    return Column(
        name=column.name,
        type=_model_type(column.type, table.length(column.name)),
        nullable=column.nullable,
        default=column.default,
    )


def _model_type(text: str, length: int | None) -> ColumnType:
    from dataduct.sql.column_types import SYNONYMS, folded_type

    match = _TYPE.fullmatch(text)
    name = match.group(1) if match else text
    arguments = tuple(int(number) for number in match.group(2).split(",")) if match else ()
    if name == "FLOAT":
        return ColumnType("REAL")
    if name == "VARCHAR" and length is not None:
        arguments = (length,)
    return folded_type(SYNONYMS.get(name, name), arguments)


def _column(row: tuple[object, ...]) -> CatalogColumn:
    name, kind, nullable, default = row
    return CatalogColumn(str(name), str(kind), bool(nullable), None if default is None else str(default))


def _check(expression: str, columns: object) -> CatalogCheck:
    names = tuple(str(name) for name in columns) if isinstance(columns, list | tuple) else ()
    match = _LENGTH_CHECK.search(expression)
    return CatalogCheck(expression, names, int(match["length"]) if match and len(names) == 1 else None)
