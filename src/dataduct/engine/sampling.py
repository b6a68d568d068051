"""Sampled source rows, and the warehouse's rows of the same keys."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import islice

import pyarrow as pa

from dataduct.engine.comparison import Row, as_text
from dataduct.sql.dialect import Dialect

LIMIT_PLACEHOLDER = "LIMIT_PLACEHOLDER"
KEYS_A_QUERY = 200
ROWS_A_KEY = 10


def sample_query(query: str, tail: str | None, size: int, random_order: str) -> str:
    """Return the query of `size` sample rows: the user's tail, or a random order of the connection's."""
    if tail is not None:
        return f"{query}\n{tail.replace(LIMIT_PLACEHOLDER, str(size))}"
    return f"SELECT * FROM (\n{query}\n) AS sampled_rows\nORDER BY {random_order}\nLIMIT {size}"


def lookup_queries(
    query: str, key: Sequence[str], keys: Sequence[Row], dialect: Dialect
) -> Iterator[tuple[str, int]]:
    """Yield queries for the rows of `query` that have one of `keys`, each with the number of keys it asks for.

    Keys with a NULL are left out: no row equals them.
    """
    known = [values for values in dict.fromkeys(keys) if None not in values]
    names = [dialect.quote(name) for name in key]
    for start in range(0, len(known), KEYS_A_QUERY):
        some = known[start : start + KEYS_A_QUERY]
        yield (
            f"SELECT * FROM (\n{query}\n) AS checked_rows\nWHERE {_condition(names, some, dialect)}",
            len(some),
        )


def _condition(names: Sequence[str], keys: Sequence[Row], dialect: Dialect) -> str:
    if len(names) == 1:
        return f"{names[0]} IN ({', '.join(_literal(values[0], dialect) for values in keys)})"
    return " OR ".join(
        "("
        + " AND ".join(
            f"{name} = {_literal(value, dialect)}" for name, value in zip(names, values, strict=True)
        )
        + ")"
        for values in keys
    )


def _literal(value: object, dialect: Dialect) -> str:
    """Return a key's value as a quoted literal, which the warehouse reads as its own column's type."""
    match value:
        case bool():
            text = "true" if value else "false"
        case Decimal():
            plain = format(value, "f")
            text = plain.rstrip("0").rstrip(".") if "." in plain else plain
        case float():
            text = str(int(value)) if value.is_integer() else repr(value)
        case datetime():
            moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            text = moment.date().isoformat() if moment.time() == time() else moment.isoformat(" ")
        case date():
            text = value.isoformat()
        case _:
            text = as_text(value) or ""
    return dialect.literal(text)


def first_rows(reader: pa.RecordBatchReader, limit: int) -> list[Row]:
    """Return at most `limit` rows of a stream as Python values."""
    return list(islice(_rows(reader), limit))


def _rows(reader: pa.RecordBatchReader) -> Iterator[Row]:
    for batch in reader:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
