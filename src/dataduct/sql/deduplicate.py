"""Dropping rows so that each primary key stands once."""

from collections.abc import Sequence

from dataduct.errors import UserError
from dataduct.model.nearest import did_you_mean
from dataduct.model.operations import SqlStatement
from dataduct.model.table import Column, TableDefinition, TableName
from dataduct.sql.dialect import Dialect
from dataduct.sql.temporary import create_temporary_as, drop_temporary, temporary_name


def dedupe(table: TableDefinition, dialect: Dialect, by: str | None = None) -> tuple[SqlStatement, ...]:
    """Return the script that keeps one row of each primary key of `table`.

    Kept is the row with the greatest value in column `by`, NULL being the least. Among equals, and without `by`, it
    is the row that sorts last by all the columns that are not in the key, in the table's order, NULLs first. So the
    same rows give the same result, whatever order they stand in. Rows with a NULL in the key are left alone. Only
    rows whose key stands twice are sorted.

    Raises:
        UserError: The table has no primary key (DD422) or no column `by` (DD423).
    """
    require_primary_key(table, "duplicates cannot be dropped")
    return drop_duplicates(table.name, table.columns, table.primary_key, by, dialect, about=table.name)


def drop_duplicates(
    table: TableName,
    columns: Sequence[Column],
    key: tuple[str, ...],
    by: str | None,
    dialect: Dialect,
    *,
    about: TableName,
) -> tuple[SqlStatement, ...]:
    """Return the statements that keep one row of each key of `table`, which has `columns`; see `dedupe`.

    `about` is the table whose name the temporary tables carry.
    """
    repeated = temporary_name(about, "repeated_keys")
    kept = temporary_name(about, "kept_rows")
    names = tuple(column.name for column in columns)
    key_list = dialect.names(key)
    all_names = dialect.names(names)
    rows, keys = dialect.table(table), dialect.table(repeated)
    order = ", ".join(_sort_order(columns, key, by, dialect))
    ranked = (
        f"    SELECT {dialect.names(names, 'all_rows')}, ROW_NUMBER() OVER (\n"
        f"        PARTITION BY {dialect.names(key, 'all_rows')}\n        ORDER BY {order}\n    ) AS row_rank\n"
        f"    FROM {rows} AS all_rows\n"
        f"    INNER JOIN {keys} AS repeated ON {join_condition(key, 'all_rows', 'repeated', dialect)}"
    )
    return (
        *create_temporary_as(
            repeated,
            f"SELECT {key_list}\nFROM {rows}\nGROUP BY {key_list}\nHAVING COUNT(*) > 1",
            dialect,
            "find the keys that stand twice",
        ),
        *create_temporary_as(
            kept,
            f"SELECT {all_names}\nFROM (\n{ranked}\n) AS ranked\nWHERE row_rank = 1",
            dialect,
            "choose one row of each of these keys",
        ),
        SqlStatement(
            text=delete_matching(table, repeated, key, dialect), purpose="delete the rows of these keys"
        ),
        SqlStatement(
            text=f"INSERT INTO {rows} ({all_names})\nSELECT {all_names}\nFROM {dialect.table(kept)}",
            purpose="insert the chosen rows",
        ),
        drop_temporary(kept, dialect),
        drop_temporary(repeated, dialect),
    )


def delete_matching(table: TableName, keys: TableName, key: tuple[str, ...], dialect: Dialect) -> str:
    """Return the DELETE of the rows of `table` whose key stands in table `keys`."""
    target, other = dialect.table(table), dialect.table(keys)
    return f"DELETE FROM {target}\nUSING {other}\nWHERE {join_condition(key, target, other, dialect)}"


def join_condition(key: Sequence[str], left: str, right: str, dialect: Dialect) -> str:
    """Return the condition that two tables (names or aliases in SQL) agree in all key columns."""
    return " AND ".join(f"{left}.{dialect.quote(name)} = {right}.{dialect.quote(name)}" for name in key)


def require_primary_key(table: TableDefinition, consequence: str) -> None:
    """Raise UserError (DD422) if `table` has no primary key."""
    if not table.primary_key:
        where = f" in {table.source}" if table.source else ""
        raise UserError(
            f"table {table.name}{where} has no primary key, so {consequence}",
            code="DD422",
            hint="add PRIMARY KEY (...) to the table definition",
        )


def require_column(name: str, columns: Sequence[Column], table: TableName, code: str) -> Column:
    """Return the column of that name, compared without case. Raises UserError with `code` if there is none."""
    for column in columns:
        if column.name.casefold() == name.casefold():
            return column
    hint = did_you_mean(name, [column.name for column in columns])
    raise UserError(f"`{name}` is no column of table {table} that the source fills", code=code, hint=hint)


def _sort_order(
    columns: Sequence[Column], key: tuple[str, ...], by: str | None, dialect: Dialect
) -> list[str]:
    others = [column for column in columns if column.name not in key]
    first = [column for column in columns if column.name == by]
    ordered = [*first, *(column for column in others if column.name != by)] or list(columns)
    return [
        f"{dialect.comparable_column(f'all_rows.{dialect.quote(column.name)}', column.type)} DESC NULLS LAST"
        for column in ordered
    ]
