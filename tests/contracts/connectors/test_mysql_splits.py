"""An extract in parallel partitions gives every row once, from one snapshot, or says why it cannot."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataduct.connectors.base import Reader, Splits, closing_reader
from dataduct.connectors.mysql import open_reader
from dataduct.errors import DataError, SourceError
from dataduct.model.cancellation import Cancellation


@pytest.fixture(scope="module")
def database(mariadb_server: Any) -> str:
    database: str = mariadb_server.fresh_database("splits")
    mariadb_server.execute(
        "SET sql_mode = '', time_zone = '+00:00'",
        "CREATE TABLE keyed (id INT PRIMARY KEY, day DATE, moment TIMESTAMP(6) NULL, at DATETIME, big BIGINT UNSIGNED, "
        "amount DECIMAL(9,2), y YEAR, label VARCHAR(20))",
        "INSERT INTO keyed SELECT CAST(seq AS SIGNED) * 3 - 5000, "
        "IF(seq % 11, '2020-01-01' + INTERVAL seq % 700 DAY, NULL), "
        "IF(seq % 7, '2020-01-01' + INTERVAL seq HOUR, NULL), '1000-01-01' + INTERVAL seq DAY, "
        "18446744073709551615 - seq * 1000000007, seq / 100, 2000, CONCAT('n', seq) FROM seq_1_to_10000",
        "CREATE TABLE pairs (a INT, b INT, PRIMARY KEY (a, b))",
        "CREATE TABLE keyless (a INT)",
        "CREATE TABLE old (id INT PRIMARY KEY) ENGINE = MyISAM",
        "CREATE TABLE holes (id INT PRIMARY KEY, day DATE)",
        "INSERT INTO holes VALUES (1, '0000-00-00'), (2, '2024-02-00'), (3, '2024-05-05'), (4, NULL), "
        "(5, '2025-01-01')",
        database=database,
    )
    return database


@pytest.fixture(scope="module")
def reader(mariadb_server: Any, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    directory = tmp_path_factory.mktemp("splits")
    with closing_reader(
        open_reader(mariadb_server.root_settings(), database=database, project_directory=directory)
    ) as reader:
        yield reader


def rows(reader: Reader, query: str, splits: Splits | None = None, **options: Any) -> list[tuple[Any, ...]]:
    table = reader.read(query, Cancellation(), splits=splits, **options).read_all()
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=repr)


@pytest.mark.parametrize("count", [2, 3, 7])
@pytest.mark.parametrize("column", [None, "id", "day", "moment", "at", "big"])
def test_every_row_comes_once(reader: Reader, column: str | None, count: int) -> None:
    query = "SELECT * FROM keyed"
    whole = reader.read(query, Cancellation()).read_all()
    parts = reader.read(query, Cancellation(), splits=Splits(count, column)).read_all()
    assert parts.schema == whole.schema
    assert parts.sort_by("id").equals(whole)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.integers(-3, 3)), max_size=30),
    count=st.integers(2, 5),
)
def test_every_row_of_any_keys_comes_once(
    mariadb_server: Any, database: str, reader: Reader, values: list[int | None], count: int
) -> None:
    listed = ", ".join(f"({'NULL' if value is None else value})" for value in values)
    mariadb_server.execute(
        "CREATE OR REPLACE TABLE any_keys (k BIGINT) ENGINE = InnoDB",
        *([f"INSERT INTO any_keys VALUES {listed}"] if values else []),
        database=database,
    )
    found = rows(reader, "SELECT k FROM any_keys", Splits(count, "k"))
    assert found == sorted(((value,) for value in values), key=repr)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT label, id FROM keyed AS k WHERE id > 0 -- half of it",
        "SELECT label AS l, id AS number FROM `keyed` WHERE label LIKE 'n%?'",
        "SELECT id, NULL AS nothing, 1 AS one, 'x' AS x FROM keyed ORDER BY label;",
    ],
)
def test_the_key_of_the_one_table_is_found(reader: Reader, query: str) -> None:
    described = reader.describe(query, Cancellation())
    parts = reader.read(query, Cancellation(), splits=Splits(3)).read_all()
    assert [(column.name, column.type) for column in described] == [(f.name, f.type) for f in parts.schema]
    assert rows(reader, query, Splits(3)) == rows(reader, query)


def test_a_query_of_several_tables_is_split_by_the_column_named(reader: Reader) -> None:
    query = "SELECT a.id, b.label, COUNT(*) AS n FROM keyed a JOIN keyed b USING (id) GROUP BY a.id, b.label"
    assert rows(reader, query, Splits(4, "id")) == rows(reader, query)


def test_partitions_see_one_snapshot(mariadb_server: Any, database: str, reader: Reader) -> None:
    mariadb_server.execute(
        "CREATE OR REPLACE TABLE moving (id INT PRIMARY KEY, n INT) ENGINE = InnoDB",
        "INSERT INTO moving SELECT seq, 0 FROM seq_1_to_2000",
        database=database,
    )
    stop = threading.Event()

    def write() -> None:
        connection = mariadb_server.connect(database)
        with connection.cursor() as cursor:
            while not stop.is_set():
                cursor.execute("UPDATE moving SET n = n + 1")
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            seen = reader.read("SELECT id, n FROM moving", Cancellation(), splits=Splits(4)).read_all()
            assert seen.num_rows == 2000
            assert len(set(seen["n"].to_pylist())) == 1
    finally:
        stop.set()
        writer.join()


def test_dates_that_are_none_are_refused_or_null(reader: Reader) -> None:
    with pytest.raises(DataError) as caught:
        rows(reader, "SELECT id, day FROM holes", Splits(2, "day"))
    assert caught.value.code == "DD826"
    found = rows(reader, "SELECT id, day FROM holes", Splits(2, "day"), allow_lossy={"day"})
    assert [(number, str(day)) for number, day in found] == [
        (1, "None"),
        (2, "None"),
        (3, "2024-05-05"),
        (4, "None"),
        (5, "2025-01-01"),
    ]


@pytest.mark.parametrize(
    ("query", "column", "reason"),
    [
        ("SELECT * FROM pairs", None, "the table `pairs` has a primary key of 2 columns"),
        ("SELECT * FROM keyless", None, "the table `keyless` has no primary key"),
        ("SELECT label FROM keyed", None, "the query does not select the primary key `id`"),
        ("SELECT * FROM keyed, pairs", None, "the query reads other than one table"),
        ("SELECT a.id FROM keyed a JOIN pairs b ON a.id = b.a", None, "the query reads other than one table"),
        ("SELECT id FROM keyed", "ids", "the query's result has no column `ids`"),
        ("SELECT id, label FROM keyed", "label", "the column `label` is of type varchar(20)"),
        ("SELECT id, amount FROM keyed", "amount", "the column `amount` is of type decimal(9,2)"),
        ("SELECT id, y FROM keyed", "y", "the column `y` is of type year"),
        ("SELECT id FROM keyed ORDER BY label LIMIT 10", None, "with `LIMIT` the query may give other rows"),
        ("SELECT id, RAND() AS r FROM keyed", "id", "with `RAND` the query may give other rows"),
        ("SELECT id, @n AS n FROM keyed", "id", "with `@n` the query may give other rows"),
        ("SELECT id, id FROM keyed", None, "two columns of the query have the same name"),
        ("SELECT id FROM old", None, "the table `old` has the engine MyISAM"),
    ],
)
def test_what_cannot_be_split_says_why(reader: Reader, query: str, column: str | None, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        reader.read(query, Cancellation(), splits=Splits(3, column))
    assert caught.value.code == "DD828"
    assert reason in caught.value.message
    assert "leave `splits` out" in (caught.value.hint or "")
    assert rows(reader, "SELECT COUNT(*) AS n FROM keyed") == [(10_000,)]


def test_splits_need_a_right_and_say_so(mariadb_server: Any, database: str, tmp_path: Path) -> None:
    settings = mariadb_server.restricted_user()
    with closing_reader(open_reader(settings, database=database, project_directory=tmp_path)) as reader:
        lacks = reader.server().lacks
        assert len(lacks) == 1
        assert lacks[0].startswith(f"the user {settings['user']}@% has no right RELOAD")
        with pytest.raises(SourceError) as caught:
            reader.read("SELECT * FROM keyed", Cancellation(), splits=Splits(2))
        assert caught.value.code == "DD828"
        assert "needs the right RELOAD" in caught.value.message
        assert len(rows(reader, "SELECT * FROM keyed", Splits(1))) == 10_000


def test_a_user_with_every_right_lacks_none(reader: Reader) -> None:
    info = reader.server()
    assert info.version.startswith("MariaDB 1")
    assert info.lacks == ()
