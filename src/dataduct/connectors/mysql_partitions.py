"""Which ranges of which column cut a query's rows into partitions, so that every row is in exactly one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pyarrow as pa

from dataduct.connectors.base import SourceColumn, Splits
from dataduct.connectors.mysql_query import Token, quoted, text_literal, tokens
from dataduct.connectors.mysql_rows import prepared
from dataduct.connectors.mysql_session import MysqlSession
from dataduct.connectors.mysql_types import source_columns
from dataduct.connectors.mysql_wire import ColumnDefinition
from dataduct.errors import SourceError
from dataduct.model.nearest import did_you_mean

WITHOUT_SPLITS = "leave `splits` out, or set it to 1"

_INTEGER_CODES = (1, 2, 3, 8, 9)
_DATE_CODES = (10, 14)
_MOMENT_CODES = (7, 12)
_CHANGING = frozenset(
    {
        "LIMIT",
        "FETCH",
        "RAND",
        "UUID",
        "UUID_SHORT",
        "NEXTVAL",
        "ROW_NUMBER",
        "NTILE",
        "SYSDATE",
        "LAST_INSERT_ID",
    }
)
_NO_PLAIN_TABLE = frozenset(
    {"JOIN", "UNION", "GROUP", "DISTINCT", "WITH", "EXCEPT", "INTERSECT", "HAVING", "VALUES", "PROCEDURE"}
)
_AFTER_TABLE = frozenset({"WHERE", "ORDER", "AS", "USE", "FORCE", "IGNORE"})
_TRANSACTIONAL = ("InnoDB", "RocksDB", "TokuDB", "ndbcluster")
_FIRST_DAY = "0001-01-01"


@dataclass(frozen=True, slots=True)
class Partitions:
    """How a query is cut.

    Attributes:
        conditions: Of which every row fulfils exactly one.
        columns: The columns of the query.
    """

    conditions: tuple[str, ...]
    columns: tuple[SourceColumn, ...]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow types of the columns."""
        return pa.schema([pa.field(column.name, column.type) for column in self.columns])


def partitions(session: MysqlSession, query: str, splits: Splits) -> Partitions:
    """Return at most `splits.count` partitions of a query's rows, as the session's transaction sees them.

    Raises:
        SourceError: They cannot be cut safely (DD828).
        ServerRefusedError: The server refuses the query.
    """
    _refuse_changing(query)
    statement = prepared(session, query)
    session.stream.forget(statement)
    columns = source_columns(statement.columns)
    if [definition.name for definition in statement.columns] != [column.name for column in columns]:
        raise _unsplittable("two columns of the query have the same name", "name them apart with AS")
    _refuse_without_snapshot(session, query)
    name = splits.column or _primary_key(session, query, statement.columns)
    definition = next((one for one in statement.columns if one.name.casefold() == name.casefold()), None)
    if definition is None:
        raise _unsplittable(
            f"the query's result has no column `{name}` to split it by",
            did_you_mean(name, [column.name for column in columns]) or "select the column too",
        )
    literal = _literal_of(definition)
    if literal is None:
        column = columns[statement.columns.index(definition)]
        raise _unsplittable(
            f"the column `{column.name}` is of type {column.source_type}",
            "split by an integer, date, datetime or timestamp column",
        )
    bounds = _bounds(session, query, definition, splits.count)
    return Partitions(_conditions(quoted(definition.name), [literal(bound) for bound in bounds]), columns)


def of_partition(query: str, condition: str) -> str:
    """Return the query for the rows of `query` that fulfil `condition`."""
    return f"SELECT * FROM ({query}\n) AS partition_rows WHERE {condition}"


def _unsplittable(reason: str, hint: str) -> SourceError:
    return SourceError(
        f"the extract cannot be split: {reason}", code="DD828", hint=f"{hint}; or {WITHOUT_SPLITS}"
    )


def _refuse_changing(query: str) -> None:
    """Refuse a query that may give each partition other rows, so that some would be lost or doubled."""
    for token in tokens(query):
        if token.keyword in _CHANGING or (token.kind in ("word", "symbol") and token.text.startswith("@")):
            raise _unsplittable(
                f"with `{token.text}` the query may give other rows each time it runs",
                "take it out of the query",
            )


def _refuse_without_snapshot(session: MysqlSession, query: str) -> None:
    """Refuse tables of engines without snapshots, in which partitions would see different moments."""
    said = ", ".join(text_literal(token.name) for token in tokens(query) if token.kind in ("word", "quoted"))
    engines = ", ".join(map(text_literal, _TRANSACTIONAL))
    rows = session.values(
        "SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' "
        f"AND TABLE_SCHEMA IN (DATABASE(), {said}) AND TABLE_NAME IN ({said}) AND ENGINE NOT IN ({engines}) LIMIT 1"
    )
    for table, engine in rows:
        raise _unsplittable(
            f"the table `{table}` has the engine {engine}, which has no snapshots", "use InnoDB tables"
        )


def _primary_key(session: MysqlSession, query: str, definitions: Sequence[ColumnDefinition]) -> str:
    """Return the name in the result of the primary key of the one table that `query` reads."""
    table = _one_table(query)
    hint = "name a column of the result to split by"
    if table is None:
        raise _unsplittable("the query reads other than one table, whose primary key could be taken", hint)
    schema, name = table
    database = "DATABASE()" if schema is None else text_literal(schema)
    key = session.values(
        "SELECT COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE CONSTRAINT_NAME = 'PRIMARY' "
        f"AND TABLE_SCHEMA = {database} AND TABLE_NAME = {text_literal(name)}"
    )
    if len(key) != 1:
        count = f"a primary key of {len(key)} columns" if key else "no primary key"
        raise _unsplittable(f"the table `{name}` has {count}", hint)
    column = str(key[0][0])
    for definition in definitions:
        if definition.source_name.casefold() == column.casefold():
            return definition.name
    raise _unsplittable(f"the query does not select the primary key `{column}`", f"select `{column}` too")


def _one_table(query: str) -> tuple[str | None, str] | None:
    """Return database (or None) and name of the table, if `query` is SELECT ... FROM one table without more."""
    found = list(tokens(query))
    words = [token.keyword for token in found]
    if words.count("SELECT") != 1 or words.count("FROM") != 1 or _NO_PLAIN_TABLE & set(words):
        return None
    after = found[words.index("FROM") + 1 :]
    names: list[Token] = []
    while after and after[0].kind in ("word", "quoted"):
        names.append(after.pop(0))
        if not after or after[0].keyword != ".":
            break
        after.pop(0)
    alias = bool(after) and after[0].kind in ("word", "quoted") and after[0].keyword not in _AFTER_TABLE
    following = after[1:] if alias else after
    if not 1 <= len(names) <= 2 or any(token.keyword == "," for token in following[:3]):
        return None
    return (names[0].name if len(names) > 1 else None), names[-1].name


def _literal_of(definition: ColumnDefinition) -> Callable[[int | date], str] | None:
    """Return how a bound of the column is written in SQL, or None if its type cannot be cut."""
    if definition.type_code in _INTEGER_CODES:
        return str
    if definition.type_code in _DATE_CODES:
        return lambda bound: f"DATE'{bound}'"
    if definition.type_code in _MOMENT_CODES:
        return lambda bound: f"TIMESTAMP'{bound:%Y-%m-%d %H:%M:%S}'"
    return None


def _bounds(session: MysqlSession, query: str, definition: ColumnDefinition, count: int) -> list[int | date]:
    """Return at most `count - 1` values, in order, that cut the column's range into equal parts."""
    column = quoted(definition.name)
    if definition.type_code not in _INTEGER_CODES:
        column = f"CASE WHEN {column} >= '{_FIRST_DAY}' THEN {column} END"
    ends = f"SELECT MIN({column}), MAX({column}) FROM ({query}\n) AS partition_rows"
    low, high = map(_without_zone, session.values(ends)[0])
    if low is None or high is None:
        return []
    return sorted({cut for cut in _cuts(low, high, count) if cut > low})


def _cuts(low: Any, high: Any, count: int) -> list[Any]:
    """Return the ends of `count` equal parts between two integers, dates or moments, but for the last."""
    width = high - low
    return [
        _rounded(low + width * part // count if isinstance(low, int) else low + width / count * part)
        for part in range(1, count)
    ]


def _without_zone(value: int | date | None) -> "int | date | None":
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _rounded(value: int | date) -> int | date:
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


def _conditions(column: str, bounds: Sequence[str]) -> tuple[str, ...]:
    """Return conditions of which every row fulfils exactly one; NULLs are in the first."""
    if not bounds:
        return ("TRUE",)
    between = [f"{column} >= {low} AND {column} < {high}" for low, high in pairwise(bounds)]
    return (f"({column} < {bounds[0]} OR {column} IS NULL)", *between, f"{column} >= {bounds[-1]}")
