"""Scripts that put new rows into a table in place of the old ones of the same primary key."""

from dataduct.errors import UserError
from dataduct.model.operations import SqlStatement
from dataduct.model.table import TableDefinition
from dataduct.sql.deduplicate import (
    delete_matching,
    drop_duplicates,
    require_column,
    require_primary_key,
)
from dataduct.sql.dialect import Dialect
from dataduct.sql.source_rows import MatchedSource, SourceRows, match_source
from dataduct.sql.temporary import analyze_temporary, create_temporary, drop_temporary, temporary_name

_DATE_TYPES = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


def upsert(
    destination: TableDefinition,
    source: SourceRows,
    dialect: Dialect,
    *,
    enforce_primary_key: bool = True,
    delete_existing: bool = False,
    dedupe_by: str | None = None,
) -> tuple[SqlStatement, ...]:
    """Return the script that replaces rows of `destination` by those of `source` with the same primary key.

    The new rows rest in a temporary table first, so the source may read the destination. A new row with a NULL in
    the key replaces nothing; the destination's NOT NULL refuses it.

    Args:
        destination: The table to write.
        source: The new rows.
        dialect: The warehouse's SQL.
        enforce_primary_key: If the source fills the primary key, keep one new row of each key, as
            `dataduct.sql.deduplicate.dedupe` chooses it.
        delete_existing: Delete all the old rows, not only those that are replaced.
        dedupe_by: Column whose greatest value decides which row of a key is kept.

    Raises:
        UserError: The columns do not match (DD420, DD421), there is no primary key where one is needed (DD422), or
            `dedupe_by` is no column that the source fills (DD423).
        ProblemsError: The source's SELECT is not one statement.
    """
    matched = match_source(source, destination.columns, dialect)
    return _script(
        destination,
        matched,
        matched.query(),
        dialect,
        enforce_primary_key=enforce_primary_key,
        delete_existing=delete_existing,
        dedupe_by=dedupe_by,
    )


def reload(
    destination: TableDefinition,
    source: SourceRows,
    dialect: Dialect,
    *,
    enforce_primary_key: bool = True,
    dedupe_by: str | None = None,
) -> tuple[SqlStatement, ...]:
    """Return the script that replaces all the rows of `destination` by those of `source`; see `upsert`."""
    return upsert(
        destination,
        source,
        dialect,
        enforce_primary_key=enforce_primary_key,
        delete_existing=True,
        dedupe_by=dedupe_by,
    )


def delta_load(
    destination: TableDefinition,
    source: SourceRows,
    dialect: Dialect,
    *,
    date_column: str,
    window: int = 0,
    enforce_primary_key: bool = True,
    delete_existing: bool = False,
    dedupe_by: str | None = None,
) -> tuple[SqlStatement, ...]:
    """Return the script of an upsert with only the source's newest rows.

    These are the rows whose `date_column` is at least the greatest one in the destination less `window` days; all
    rows if the destination is empty or holds no date. A row without a date is taken in that case only.

    Args:
        destination: The table to write.
        source: The rows to choose from, without a filter clause.
        dialect: The warehouse's SQL.
        date_column: A DATE or TIMESTAMP column of the destination.
        window: Days to look back.
        enforce_primary_key: As for `upsert`.
        delete_existing: As for `upsert`.
        dedupe_by: As for `upsert`.

    Raises:
        UserError: As `upsert`; or the date column or the window cannot be used (DD426).
    """
    if source.filter_clause:
        raise UserError("a delta load takes no filter clause beside its date column", code="DD426")
    if window < 0:
        raise UserError(f"the window is {window} days, expected zero or more", code="DD426")
    matched = match_source(source, destination.columns, dialect)
    column = require_column(date_column, matched.columns, destination.name, "DD426")
    if column.type.name not in _DATE_TYPES:
        raise UserError(
            f"date column `{column.name}` of table {destination.name} is {column.type}, expected DATE or TIMESTAMP",
            code="DD426",
        )
    name = dialect.quote(column.name)
    value = name if matched.select == ("*",) else matched.expression(column)
    latest = f"SELECT MAX({name}) FROM {dialect.table(destination.name)}"
    since = f"SELECT MAX({name}) - INTERVAL '{window} days' FROM {dialect.table(destination.name)}"
    condition = f"({latest}) IS NULL OR {value} >= ({since})"
    return _script(
        destination,
        matched,
        matched.query(condition),
        dialect,
        enforce_primary_key=enforce_primary_key,
        delete_existing=delete_existing,
        dedupe_by=dedupe_by,
    )


def _script(
    destination: TableDefinition,
    matched: MatchedSource,
    query: str,
    dialect: Dialect,
    *,
    enforce_primary_key: bool,
    delete_existing: bool,
    dedupe_by: str | None,
) -> tuple[SqlStatement, ...]:
    filled = tuple(column.name for column in matched.columns)
    has_key = bool(destination.primary_key) and set(destination.primary_key) <= set(filled)
    if not delete_existing:
        require_primary_key(destination, "no row can be replaced")
        for name in destination.primary_key:
            require_column(name, matched.columns, destination.name, "DD421")
    by = require_column(dedupe_by, matched.columns, destination.name, "DD423").name if dedupe_by else None
    staged = temporary_name(destination.name, "new_rows")
    names = dialect.names(filled)
    target = dialect.table(destination.name)
    statements = [
        *create_temporary(staged, matched.columns, dialect, destination.distribution_key),
        SqlStatement(
            text=f"INSERT INTO {dialect.table(staged)} ({names})\n{query}", purpose="read the new rows"
        ),
    ]
    if enforce_primary_key and has_key:
        key = destination.primary_key
        statements += drop_duplicates(staged, matched.columns, key, by, dialect, about=destination.name)
    statements += analyze_temporary(staged, dialect)
    if delete_existing:
        statements.append(SqlStatement(text=f"DELETE FROM {target}", purpose="delete all rows"))
    else:
        text = delete_matching(destination.name, staged, destination.primary_key, dialect)
        statements.append(SqlStatement(text=text, purpose="delete the rows that are replaced"))
    return (
        *statements,
        SqlStatement(
            text=f"INSERT INTO {target} ({names})\nSELECT {names}\nFROM {dialect.table(staged)}",
            purpose="insert the new rows",
        ),
        drop_temporary(staged, dialect),
    )
