"""What every Reader does. A new implementation adds a class to IMPLEMENTATIONS that prepares a source for it."""

import threading
from collections.abc import Iterator
from typing import Protocol

import pyarrow as pa
import pytest
from mariadb_source import MariadbSource
from postgres_source import EncryptedPostgresSource, PostgresSource
from sqlite_source import SqliteSource

from dataduct.connectors.base import Reader, closing_reader
from dataduct.errors import Interrupted, SourceError
from dataduct.model.cancellation import Cancellation


class Source(Protocol):
    """A source system for the suite.

    It has a table `flights` (`id` an integer from 1, `carrier` text, NULL for every third) of 1000 rows.
    """

    endless: str

    def __init__(self, request: pytest.FixtureRequest) -> None:
        """Prepare the source; a source on a server asks `request` for the fixture that starts it."""

    def open(self) -> Reader: ...

    def execute(self, statement: str) -> None: ...


IMPLEMENTATIONS: dict[str, type[Source]] = {
    "mariadb": MariadbSource,
    "postgres": PostgresSource,
    "postgres-tls": EncryptedPostgresSource,
    "sqlite": SqliteSource,
}


@pytest.fixture(params=IMPLEMENTATIONS)
def source(request: pytest.FixtureRequest) -> Source:
    return IMPLEMENTATIONS[request.param](request)


@pytest.fixture
def reader(source: Source) -> Iterator[Reader]:
    with closing_reader(source.open()) as reader:
        yield reader


def test_rows_come_in_batches_of_bounded_size(reader: Reader) -> None:
    query = "SELECT id, carrier FROM flights ORDER BY id"
    batches = list(reader.read(query, Cancellation(), batch_rows=64))
    assert max(batch.num_rows for batch in batches) <= 64
    table = pa.Table.from_batches(batches)
    assert table.schema.names == ["id", "carrier"]
    assert pa.types.is_integer(table.schema.field("id").type)
    assert pa.types.is_string(table.schema.field("carrier").type)
    assert table["id"].to_pylist() == list(range(1, 1001))
    assert table["carrier"].to_pylist() == [f"é{i}" if i % 3 else None for i in range(1, 1001)]


def test_zero_rows_have_the_same_types(reader: Reader) -> None:
    full = reader.read("SELECT id, carrier FROM flights", Cancellation()).read_all()
    none = reader.read("SELECT id, carrier FROM flights WHERE id < 0", Cancellation()).read_all()
    assert none.num_rows == 0
    assert none.schema == full.schema


def test_a_reader_runs_one_query_after_another(reader: Reader) -> None:
    half_read = reader.read("SELECT id FROM flights", Cancellation(), batch_rows=10)
    half_read.read_next_batch()
    assert reader.read("SELECT count(*) AS n FROM flights", Cancellation()).read_all().to_pydict() == {
        "n": [1000]
    }


def test_one_query_sees_one_snapshot(reader: Reader, source: Source) -> None:
    rows = reader.read("SELECT id FROM flights ORDER BY id", Cancellation(), batch_rows=10)
    first = rows.read_next_batch()
    source.execute("DELETE FROM flights WHERE id > 500")
    assert first.num_rows + sum(batch.num_rows for batch in rows) == 1000
    again = reader.read("SELECT count(*) AS n FROM flights", Cancellation()).read_all()
    assert again.to_pydict() == {"n": [500]}


def test_the_dialect_s_random_order_is_one(reader: Reader) -> None:
    order = reader.capabilities.random_order
    rows = reader.read(f"SELECT id FROM flights ORDER BY {order} LIMIT 100", Cancellation()).read_all()
    ids = rows["id"].to_pylist()
    assert len(set(ids)) == 100
    assert ids != sorted(ids)


@pytest.mark.parametrize(
    ("query", "nearest"),
    [
        ("SELECT id FROM flight", "did you mean `flights`?"),
        ("SELECT carier FROM flights", "did you mean `carrier`?"),
    ],
)
def test_a_misspelt_name_is_named_with_the_nearest(reader: Reader, query: str, nearest: str) -> None:
    with pytest.raises(SourceError) as caught:
        reader.read(query, Cancellation())
    assert caught.value.hint == nearest


@pytest.mark.parametrize(
    "query",
    [
        "",
        "SELEC 1",
        "SELECT 1; SELECT 2",
        "DELETE FROM flights",
        "DROP TABLE flights",
        "INSERT INTO flights VALUES (0, '')",
    ],
)
def test_what_is_not_one_select_is_refused_and_changes_nothing(reader: Reader, query: str) -> None:
    with pytest.raises(SourceError):
        reader.read(query, Cancellation())
    assert reader.read("SELECT count(*) AS n FROM flights", Cancellation()).read_all().to_pydict() == {
        "n": [1000]
    }


def test_a_query_under_way_is_interrupted(reader: Reader, source: Source) -> None:
    cancellation = Cancellation()
    timer = threading.Timer(0.1, cancellation.request, ["timeout after 0.1 seconds"])
    timer.start()
    with pytest.raises(Interrupted, match="timeout after"):
        reader.read(source.endless, cancellation)
    timer.join()
    assert reader.read("SELECT count(*) AS n FROM flights", Cancellation()).read_all().num_rows == 1


def test_reading_stops_between_batches(reader: Reader) -> None:
    cancellation = Cancellation()
    rows = reader.read("SELECT id FROM flights", cancellation, batch_rows=10)
    rows.read_next_batch()
    cancellation.request("asked to stop")
    with pytest.raises(Interrupted):
        for _ in rows:
            pass
    reader.close()
