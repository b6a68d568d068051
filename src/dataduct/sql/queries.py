"""Small queries about a table: counts, duplicates, NULLs in a key."""

from dataduct.model.operations import SqlStatement
from dataduct.model.table import TableName
from dataduct.sql.dialect import Dialect
from dataduct.sql.statements import single_statement
from dataduct.sql.tokens import tokenize

_COMPARING = frozenset(("=", "<", ">", "<=", ">=", "<>", "!=", "IS", "IN", "LIKE", "BETWEEN", "NOT"))


def count_query(rows: TableName | str, dialect: Dialect) -> str:
    """Return the query of the number of rows of a table or of a SELECT.

    Raises:
        ProblemsError: The text is not one statement (DD411).
    """
    relation = (
        dialect.table(rows)
        if isinstance(rows, TableName)
        else f"(\n{single_statement(rows)}\n) AS counted_rows"
    )
    return f"SELECT COUNT(*) AS row_count\nFROM {relation}"


def gives_one_count(query: str) -> bool:
    """Whether a SELECT gives one row with a count: `SELECT COUNT(*) FROM t` does, one with GROUP BY does not."""
    words = [token.upper for token in tokenize(query) if token.is_significant]
    return words[:3] == ["SELECT", "COUNT", "("] and "GROUP" not in words and "OVER" not in words


def lacks_where(clause: str) -> bool:
    """Whether a clause that follows FROM is a bare condition, such as `id > 5`."""
    tokens = [token for token in tokenize(clause) if token.is_significant]
    return len(tokens) > 1 and tokens[0].kind in ("word", "quoted") and tokens[1].upper in _COMPARING


def duplicates_query(table: TableName, key: tuple[str, ...], dialect: Dialect, limit: int | None = 10) -> str:
    """Return the query of keys that stand more than once, with `row_count`, the most frequent first.

    Keys with a NULL are left out; see `null_keys_query`.
    """
    keys = dialect.names(key)
    not_null = " AND ".join(f"{dialect.quote(name)} IS NOT NULL" for name in key)
    tail = "" if limit is None else f"\nORDER BY row_count DESC, {keys}\nLIMIT {limit}"
    return (
        f"SELECT {keys}, COUNT(*) AS row_count\nFROM {dialect.table(table)}\nWHERE {not_null}\n"
        f"GROUP BY {keys}\nHAVING COUNT(*) > 1{tail}"
    )


def null_keys_query(table: TableName, key: tuple[str, ...], dialect: Dialect, limit: int | None = 10) -> str:
    """Return the query of the keys of rows that have a NULL in a key column."""
    null = " OR ".join(f"{dialect.quote(name)} IS NULL" for name in key)
    tail = "" if limit is None else f"\nLIMIT {limit}"
    return f"SELECT {dialect.names(key)}\nFROM {dialect.table(table)}\nWHERE {null}{tail}"


def analyze(table: TableName, dialect: Dialect) -> tuple[SqlStatement, ...]:
    """Return the statement that refreshes the planner's statistics of a table."""
    return (SqlStatement(text=f"ANALYZE {dialect.table(table)}", purpose="refresh the table's statistics"),)
