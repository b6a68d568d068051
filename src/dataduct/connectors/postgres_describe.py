"""What a query gives: its columns, and the statement that reads them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from dataduct.connectors.column_names import unique_names
from dataduct.connectors.postgres_query import ONE_SELECT, array, one_select, tokens
from dataduct.connectors.postgres_session import PostgresSession
from dataduct.connectors.postgres_types import PostgresColumn, PostgresType, postgres_column
from dataduct.errors import DataductError, SourceError
from dataduct.model.cancellation import Cancellation

_COPY = "COPY ("
_ENDING = "\n) TO STDOUT (FORMAT binary)"
_MOST_NAMES = 20_000

_TYPES = """
    SELECT pg_catalog.format_type(asked.oid, asked.modifier), typname, typtype::text, typcategory::text
    FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.oid[]), pg_catalog.unnest($2::pg_catalog.int4[]))
    WITH ORDINALITY AS asked(oid, modifier, place)
    JOIN pg_catalog.pg_type AS types ON types.oid = asked.oid
    ORDER BY asked.place
"""
_NAMES = f"""
    SELECT relname::text FROM pg_catalog.pg_class
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace <> 'pg_toast'::pg_catalog.regnamespace
    UNION
    SELECT attname::text FROM pg_catalog.pg_attribute AS attributes
    JOIN pg_catalog.pg_class AS tables ON tables.oid = attributes.attrelid
    WHERE attnum > 0 AND NOT attisdropped AND relname = ANY($1::pg_catalog.text[])
    UNION
    SELECT nspname::text FROM pg_catalog.pg_namespace
    LIMIT {_MOST_NAMES}
"""


@dataclass(frozen=True, slots=True)
class Partition:
    """Some of a query's rows.

    Attributes:
        condition: Which ones, `{column}` standing for the column that is split.
        column: Position (from 0) of that column in the result, or None for a condition on the table itself.
        name: Its name, for messages.
    """

    condition: str
    column: int | None
    name: str

    def of(self, expression: str) -> str:
        """Return the condition on the column's expression."""
        return self.condition.replace("{column}", expression)

    def __str__(self) -> str:
        return self.of(self.name)


@dataclass(frozen=True, slots=True)
class DescribedQuery:
    """A query that the server has read.

    Attributes:
        text: The query, without a semicolon at its end.
        columns: What it gives, each under a name of its own.
    """

    text: str
    columns: tuple[PostgresColumn, ...]

    def copy_statement(self, partition: Partition | None = None) -> tuple[str, int]:
        """Return the COPY statement of the rows, and the number of characters before the query in it."""
        text = self.text
        column = None
        if partition is not None:
            column = partition.column
            text += "" if column is not None else f"\nWHERE {partition.condition}"
        if column is None and all(each.cast is None for each in self.columns):
            return f"{_COPY}{text}{_ENDING}", len(_COPY)
        aliases = [f"c{number}" for number in range(1, len(self.columns) + 1)]
        read = [
            each.cast(alias) if each.cast else alias
            for each, alias in zip(self.columns, aliases, strict=True)
        ]
        before = f"{_COPY}SELECT {', '.join(read)} FROM (\n"
        after = f"\n) AS q({', '.join(aliases)})"
        if partition is not None and column is not None:
            after += f" WHERE {partition.of(aliases[column])}"
        return f"{before}{text}{after}{_ENDING}", len(before)


def described(session: PostgresSession, query: str, cancellation: Cancellation) -> DescribedQuery:
    """Have the server read `query`, in the open transaction of `session`.

    Raises:
        SourceError: The server refuses it (DD825, DD822), or it is not one SELECT (DD829).
        TransientError: The connection was lost, or the server ended it.
        Interrupted: The work was asked to stop.
    """
    text = one_select(query)
    pgconn = session.pgconn
    with session.working(cancellation, query=text, names=lambda: nearby_names(session, text)):
        pgconn.send_prepare(b"", text.encode())
        session.results()
        pgconn.send_describe_prepared(b"")
        result = session.results()[0]
    if result.nparams:
        raise SourceError(
            "the query holds a parameter such as `$1`, which stands for a value that an extract does not give",
            code="DD829",
            hint="write the value into the query, with a variable such as {{ run_date }}",
        )
    if not result.nfields:
        raise SourceError(
            "the query gives no columns, and cannot be extracted", code="DD829", hint=ONE_SELECT
        )
    numbers = range(result.nfields)
    types = _types(session, [(result.ftype(n), result.fmod(n)) for n in numbers], cancellation)
    names = unique_names([(result.fname(n) or b"").decode() for n in numbers])
    tables = [(result.ftable(n), result.ftablecol(n)) if result.ftable(n) else None for n in numbers]
    return DescribedQuery(text, tuple(map(postgres_column, names, types, tables)))


def nearby_names(session: PostgresSession, query: str) -> Sequence[str]:
    """Return names of tables and schemas, and of the columns of the tables that `query` names."""
    session.rollback()
    words = {token.text.lower() for token in tokens(query) if token.kind == "word"}
    words |= {token.text[1:-1].replace('""', '"') for token in tokens(query) if token.kind == "quoted"}
    with suppress(DataductError):
        return [name for (name,) in session.fetch(_NAMES, Cancellation(), array(words)) if name]
    return []


def _types(
    session: PostgresSession, asked: Sequence[tuple[int, int]], cancellation: Cancellation
) -> list[PostgresType]:
    oids, modifiers = (array(map(str, numbers)) for numbers in zip(*asked, strict=True))
    rows = session.fetch(_TYPES, cancellation, oids, modifiers)
    return [
        PostgresType(oid, modifier, *(text or "" for text in row))
        for (oid, modifier), row in zip(asked, rows, strict=True)
    ]
