"""Cutting the rows of a query into partitions, none of which shares a row with another or leaves one out."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from dataduct.connectors.base import Splits
from dataduct.connectors.postgres_describe import DescribedQuery, Partition
from dataduct.connectors.postgres_query import array, literal, whole_table
from dataduct.connectors.postgres_session import PostgresSession
from dataduct.errors import SourceError
from dataduct.model.cancellation import Cancellation
from dataduct.model.nearest import did_you_mean
from dataduct.sql.dialect import quoted

_INTEGERS = {21: "pg_catalog.int2", 23: "pg_catalog.int4", 20: "pg_catalog.int8"}
_MOMENTS = {1082: "pg_catalog.date", 1114: "pg_catalog.timestamp", 1184: "pg_catalog.timestamptz"}
_FIRST_WITH_TID_RANGES = 140_000

_UNSTABLE_NODES = {
    "Limit": "a LIMIT",
    "WindowAgg": "a window function",
    "Sample Scan": "a TABLESAMPLE",
    "LockRows": "a row lock",
}
_DISTINCT_ON = re.compile(r"\bDISTINCT\s+ON\b", re.IGNORECASE)
_CALL = re.compile(r'([\w$]+|"(?:[^"]|"")+")\s*\(')
_ONE_SNAPSHOT = "each partition runs the query again"

_VOLATILE = """
    SELECT DISTINCT proname::text FROM pg_catalog.pg_proc
    WHERE provolatile = 'v' AND proname = ANY($1::pg_catalog.text[]) ORDER BY 1
"""
_PRIMARY_KEY = """
    SELECT attnum FROM pg_catalog.pg_index, pg_catalog.unnest(indkey) WITH ORDINALITY AS keys(attnum, place)
    WHERE indrelid = $1::pg_catalog.oid AND indisprimary ORDER BY place
"""
_PAGES = """
    SELECT pg_catalog.pg_relation_size(oid) / pg_catalog.current_setting('block_size')::pg_catalog.int8
    FROM pg_catalog.pg_class
    WHERE oid = pg_catalog.to_regclass($1) AND relkind = 'r' AND NOT relhassubclass
"""


def partitions_of(
    session: PostgresSession, query: DescribedQuery, splits: Splits, cancellation: Cancellation
) -> tuple[Partition, ...]:
    """Return the partitions of `query`, at most `splits.count`; one with every row if there is too little to cut.

    `session` has the transaction open whose snapshot all partitions are read from.

    Raises:
        SourceError: The query cannot be split (DD828), for the reason that is named.
    """
    if splits.column is None:
        by_pages = _page_partitions(session, query, splits.count, cancellation)
        if by_pages:
            return by_pages
    _refuse_unstable(session, query, cancellation)
    column = (
        _key_column(session, query, cancellation)
        if splits.column is None
        else _named_column(query, splits.column)
    )
    boundaries = _boundaries(session, query, column, splits.count, cancellation)
    name = query.columns[column].wire.name
    return tuple(Partition(condition, column, quoted(name)) for condition in _ranges(boundaries))


def _ranges(boundaries: Sequence[str]) -> Iterator[str]:
    """Yield the conditions of the ranges between `boundaries`, which rise; NULLs are in the first one."""
    if not boundaries:
        yield "true"
        return
    yield f"({{column}} < {boundaries[0]} OR {{column}} IS NULL)"
    for low, high in pairwise(boundaries):
        yield f"{{column}} >= {low} AND {{column}} < {high}"
    yield f"{{column}} >= {boundaries[-1]}"


def _page_partitions(
    session: PostgresSession, query: DescribedQuery, count: int, cancellation: Cancellation
) -> tuple[Partition, ...]:
    """Return ranges of the pages of the one plain table that is read as a whole, or nothing."""
    table = whole_table(query.text)
    if table is None or session.pgconn.server_version < _FIRST_WITH_TID_RANGES:
        return ()
    rows = session.fetch(_PAGES, cancellation, table)
    if not rows or rows[0][0] in (None, "0"):
        return ()
    pages = int(rows[0][0] or 0)
    cuts = sorted({pages * number // count for number in range(1, count)} - {0})
    boundaries = [f"'({page},0)'::pg_catalog.tid" for page in cuts]
    conditions = [condition.replace(" OR {column} IS NULL", "") for condition in _ranges(boundaries)]
    return tuple(Partition(condition.replace("{column}", "ctid"), None, "ctid") for condition in conditions)


def _named_column(query: DescribedQuery, name: str) -> int:
    names = [column.wire.name for column in query.columns]
    if name not in names:
        raise SourceError(
            f"the query gives no column `{name}` to split by",
            code="DD828",
            hint=did_you_mean(name, names) or f"it gives {', '.join(f'`{each}`' for each in names)}",
        )
    position = names.index(name)
    type_ = query.columns[position].type
    if type_.oid not in _INTEGERS | _MOMENTS:
        raise SourceError(
            f"the column `{name}` is of type {type_.printed}, whose values cannot be cut into ranges",
            code="DD828",
            hint="split by an integer, date or timestamp column",
        )
    return position


def _key_column(session: PostgresSession, query: DescribedQuery, cancellation: Cancellation) -> int:
    """Return the position of a column of the primary key of the one table that the query's columns come from."""
    tables = {column.table[0] for column in query.columns if column.table}
    if len(tables) != 1:
        what = "more than one table" if tables else "no table itself"
        raise _no_key(f"the query's columns come from {what}")
    keys = session.fetch(_PRIMARY_KEY, cancellation, str(tables.pop()))
    if not keys:
        raise _no_key("what the query reads has no primary key")
    positions = {column.table[1]: position for position, column in enumerate(query.columns) if column.table}
    for (number,) in keys:
        position = positions.get(int(number or 0))
        if position is not None and query.columns[position].type.oid in _INTEGERS | _MOMENTS:
            return position
    raise _no_key("no integer, date or timestamp column of the primary key is among the query's columns")


def _no_key(reason: str) -> SourceError:
    return SourceError(
        f"the query cannot be split: {reason}, and no column to split by is named",
        code="DD828",
        hint="name an integer, date or timestamp column of the query with `split_by`",
    )


def _refuse_unstable(session: PostgresSession, query: DescribedQuery, cancellation: Cancellation) -> None:
    """Refuse a query that may give other rows each time it runs, though on the same snapshot."""
    explained = session.fetch(f"EXPLAIN (VERBOSE, FORMAT JSON) {query.text}", cancellation)
    texts: list[str] = []
    reasons = set()
    for name, value in _leaves(json.loads(explained[0][0] or "[]")):
        if name == "Node Type" and value in _UNSTABLE_NODES:
            reasons.add(_UNSTABLE_NODES[value])
        texts.append(value)
    if _DISTINCT_ON.search(query.text):
        reasons.add("DISTINCT ON")
    calls = {call.strip('"') for text in (*texts, query.text) for call in _CALL.findall(text)}
    names = sorted(calls | {call.lower() for call in calls})
    reasons |= {f"the function {row[0]}()" for row in session.fetch(_VOLATILE, cancellation, array(names))}
    if reasons:
        raise SourceError(
            f"the query cannot be split: {_ONE_SNAPSHOT}, and {' and '.join(sorted(reasons))} may give other rows "
            "then",
            code="DD828",
            hint="leave `splits` out, or move that out of the query",
        )


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts in a JSON document, each with the name it stands under."""
    match value:
        case dict():
            for key, each in value.items():
                yield from _leaves(each, key)
        case list():
            for each in value:
                yield from _leaves(each, name)
        case str():
            yield name, value


def _boundaries(
    session: PostgresSession, query: DescribedQuery, column: int, count: int, cancellation: Cancellation
) -> list[str]:
    """Return rising values, as constants, that cut the range of a column into at most `count` ranges."""
    aliases = ", ".join(f"c{number}" for number in range(1, len(query.columns) + 1))
    alias, oid = f"c{column + 1}", query.columns[column].type.oid
    source = f"FROM (\n{query.text}\n) AS q({aliases})"
    if oid in _INTEGERS:
        ((lowest, highest),) = session.fetch(f"SELECT min({alias}), max({alias}) {source}", cancellation)
        if lowest is None or highest is None:
            return []
        low, high = int(lowest), int(highest)
        cuts = sorted({low + (high - low + 1) * number // count for number in range(1, count)} - {low})
        return [f"'{cut}'::{_INTEGERS[oid]}" for cut in cuts]
    type_ = _MOMENTS[oid]
    share = f"(high - low) * number / {count}" if oid == 1082 else f"(high - low) * (number / {count}.0)"
    rows = session.fetch(
        f"WITH ends AS (SELECT min({alias}) AS low, max({alias}) AS high {source} WHERE isfinite({alias})) "
        f"SELECT DISTINCT low + {share} AS cut, (low + {share})::text "
        f"FROM ends, generate_series(1, {count - 1}) AS number WHERE high > low ORDER BY 1",
        cancellation,
    )
    return [f"{literal(text)}::{type_}" for _, text in rows if text]
