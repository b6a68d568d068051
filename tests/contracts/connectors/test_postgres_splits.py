"""An extract that is read in parallel partitions gives every row of one snapshot once, or says why it cannot."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataduct.connectors.base import Reader, Splits, closing_reader
from dataduct.connectors.postgres import open_reader
from dataduct.errors import DataError, SourceError
from dataduct.model.cancellation import Cancellation
from servers.postgres import Postgres

SETUP = (
    "CREATE TABLE orders (id bigint PRIMARY KEY, day date, at timestamptz, n smallint, note text)",
    "INSERT INTO orders SELECT i * i - 5000000, CASE WHEN i % 7 <> 0 THEN date '0044-03-15 BC' + i * 300 END, "
    "timestamptz '1969-12-31' + i * interval '7 hours', nullif(i % 100, 3), repeat('x', i % 300) "
    "FROM generate_series(1, 5000) AS i",
    "UPDATE orders SET day = 'infinity' WHERE id % 11 = 0",
    "UPDATE orders SET day = '-infinity' WHERE id % 13 = 0",
    "DELETE FROM orders WHERE id % 17 = 0",
    "CREATE TABLE pairs (a text, b integer, PRIMARY KEY (a, b))",
    "INSERT INTO pairs SELECT 'k' || i % 5, i FROM generate_series(1, 500) AS i",
    "CREATE TABLE bare (label text, n integer)",
    "INSERT INTO bare SELECT NULL, i FROM generate_series(1, 300) AS i",
    "CREATE TABLE empty_one (id integer PRIMARY KEY)",
    "CREATE TABLE parent (id integer PRIMARY KEY, v text)",
    "CREATE TABLE child () INHERITS (parent)",
    "INSERT INTO parent SELECT i, 'p' FROM generate_series(1, 400) AS i",
    "INSERT INTO child SELECT i, 'c' FROM generate_series(1, 400) AS i",
    "CREATE VIEW shuffled AS SELECT id, random() AS r FROM orders",
    "CREATE SEQUENCE numbers",
)


@pytest.fixture(scope="module")
def database(postgres_server: Postgres) -> str:
    name = postgres_server.fresh_database("splits")
    postgres_server.execute(*SETUP, database=name)
    return name


@pytest.fixture(scope="module")
def reader(postgres_server: Postgres, database: str) -> Iterator[Reader]:
    settings = postgres_server.root_settings() | {"sslmode": "disable"}
    with closing_reader(open_reader(settings, database=database, project_directory=Path())) as reader:
        yield reader


def rows(reader: Reader, query: str, splits: Splits | None) -> Counter[Any]:
    """Return how often each row came; dates are numbers of days, because Python's begin in the year 1."""
    lossy = {"day"} if query == "SELECT * FROM orders" else set()
    table = reader.read(query, Cancellation(), batch_rows=97, splits=splits, allow_lossy=lossy).read_all()
    columns = [column.cast(pa.int32()) if column.type == pa.date32() else column for column in table.columns]
    return Counter(zip(*(column.to_pylist() for column in columns), strict=True))


@pytest.mark.parametrize(
    ("query", "column"),
    [
        ("SELECT * FROM orders", None),
        ("SELECT * FROM orders", "id"),
        ("SELECT * FROM orders", "day"),
        ("SELECT * FROM orders", "at"),
        ("SELECT * FROM orders", "n"),
        ("SELECT n, id FROM orders WHERE n > 50;", None),
        ("SELECT note, note, id AS id FROM public.orders AS o WHERE note LIKE '%x' -- and no more", None),
        ("SELECT n, count(*), max(at) AS last FROM orders GROUP BY n", "last"),
        ("SELECT o.id, p.b FROM orders o JOIN pairs p ON p.b = o.n", "b"),
        ("SELECT b, a FROM pairs WHERE true", None),
        ("SELECT n::bigint * 1000000000000 AS big FROM bare", "big"),
        ("SELECT label, n FROM bare", None),
        ('SELECT "n" AS "N ""quoted""" FROM "public"."bare"', None),
        ("SELECT * FROM empty_one", None),
        ("SELECT * FROM empty_one", "id"),
        ("SELECT * FROM parent", None),
        ("SELECT id FROM (VALUES (1), (2), (2), (NULL)) AS v(id)", "id"),
        ("TABLE pairs", "b"),
    ],
)
def test_partitions_hold_every_row_once(reader: Reader, query: str, column: str | None) -> None:
    whole = rows(reader, query, None)
    for count in (2, 3, 7):
        assert rows(reader, query, Splits(count, column)) == whole


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.lists(
        st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3), min_size=1, max_size=20
    ),
    count=st.integers(2, 5),
)
def test_any_numbers_are_cut_without_loss(reader: Reader, numbers: list[int | None], count: int) -> None:
    values = ", ".join(
        f"('{number}'::bigint)" if number is not None else "(NULL::bigint)" for number in numbers
    )
    query = f"SELECT n FROM (VALUES {values}) AS given(n)"
    assert rows(reader, query, Splits(count, "n")) == Counter((number,) for number in numbers)


@pytest.mark.parametrize(
    ("query", "column", "reason"),
    [
        ("SELECT * FROM bare WHERE n > 0", None, "no primary key"),
        ("SELECT o.id, p.b FROM orders o, pairs p", None, "more than one table"),
        ("SELECT 1 AS one", None, "no table itself"),
        ("SELECT note FROM orders WHERE id > 0", None, "primary key is among"),
        ("SELECT * FROM orders", "ident", "no column `ident`"),
        ("SELECT * FROM orders", "note", "is of type text"),
        ("SELECT id FROM orders ORDER BY n LIMIT 100", "id", "a LIMIT"),
        ("SELECT id FROM orders FETCH FIRST 10 ROWS ONLY", "id", "a LIMIT"),
        ("SELECT DISTINCT ON (n) id FROM orders", "id", "DISTINCT ON"),
        ("SELECT id FROM orders TABLESAMPLE SYSTEM (50)", "id", "a TABLESAMPLE"),
        ("SELECT id FROM orders WHERE random() < 0.5", "id", "random()"),
        ("SELECT id FROM shuffled WHERE r < 0.5", "id", "random()"),
        (
            "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY n) r FROM orders) q WHERE r < 9",
            "id",
            "window",
        ),
    ],
)
def test_what_cannot_be_split_is_an_error_that_says_why(
    reader: Reader, query: str, column: str | None, reason: str
) -> None:
    with pytest.raises(SourceError) as caught:
        reader.read(query, Cancellation(), splits=Splits(3, column))
    assert caught.value.code == "DD828"
    assert reason in caught.value.message


@pytest.mark.parametrize("column", [None, "id"], ids=["pages", "key"])
def test_all_partitions_see_one_snapshot(
    reader: Reader, postgres_server: Postgres, database: str, column: str | None
) -> None:
    postgres_server.execute(
        "DROP TABLE IF EXISTS moving",
        "CREATE TABLE moving (id integer PRIMARY KEY, v text)",
        "INSERT INTO moving SELECT i, repeat('x', 500) FROM generate_series(1, 20000) AS i",
        database=database,
    )
    stream = reader.read("SELECT * FROM moving", Cancellation(), batch_rows=10, splits=Splits(4, column))
    found = [stream.read_next_batch()]
    postgres_server.execute(
        "DELETE FROM moving WHERE id % 3 = 0",
        "UPDATE moving SET v = 'changed'",
        "INSERT INTO moving SELECT i, 'new' FROM generate_series(30001, 30100) AS i",
        database=database,
    )
    found.extend(stream)
    table = pa.Table.from_batches(found)
    assert sorted(table["id"].to_pylist()) == list(range(1, 20001))
    assert set(table["v"].to_pylist()) == {"x" * 500}


def test_a_refused_value_names_its_partition(reader: Reader) -> None:
    with pytest.raises(DataError) as caught:
        reader.read("SELECT * FROM orders", Cancellation(), splits=Splits(3, "id")).read_all()
    assert caught.value.code == "DD826"
    assert 'of those with "id"' in caught.value.message or '("id" <' in caught.value.message
