"""The extracts from MariaDB and PostgreSQL, as a user runs them: lossy values, partitions, types, failures."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from real_systems import connection, done, failed, write_settings

from projects import Project

PUPILS = "CREATE TABLE staging.pupils (id INTEGER, name VARCHAR(30), born DATE, seen TIMESTAMP, fee DECIMAL(8,2));\n"
GOODS = "CREATE TABLE staging.goods (id INTEGER, name VARCHAR(30), price DECIMAL(8,2), at TIMESTAMP);\n"
ROWS = 500


@pytest.fixture(scope="module")
def school(mariadb_server: Any) -> str:
    """A MariaDB database with pupils, two of whom have dates that are none."""
    database: str = mariadb_server.fresh_database("school")
    mariadb_server.execute(
        "SET SESSION sql_mode = ''",
        "CREATE TABLE pupils (id INT PRIMARY KEY, name VARCHAR(30), born DATE, seen DATETIME, fee DECIMAL(8,2))",
        "INSERT INTO pupils VALUES (1, 'Ada', '1990-01-02', '2024-01-01 10:00:00', 1.50), "
        "(2, 'Bob', '0000-00-00', NULL, 2.50), (3, 'Cy', '2024-02-00', '0000-00-00 00:00:00', NULL)",
        f"CREATE TABLE marks AS SELECT seq AS id, seq % 7 AS mark FROM seq_1_to_{ROWS}",
        "ALTER TABLE marks ADD PRIMARY KEY (id)",
        database=database,
    )
    return database


@pytest.fixture(scope="module")
def shop(postgres_server: Any) -> str:
    """A PostgreSQL database with goods, one of which has a price and a time that no dataset can hold."""
    database: str = postgres_server.fresh_database("shop")
    postgres_server.execute(
        "CREATE TABLE goods (id integer PRIMARY KEY, name text, price numeric(8,2), at timestamp)",
        "INSERT INTO goods VALUES (1, 'pen', 1.5, '2024-01-01'), (2, 'ink', 'NaN', 'infinity'), (3, 'cap', 3, NULL)",
        "CREATE TABLE marks (id integer PRIMARY KEY, mark integer)",
        f"INSERT INTO marks SELECT i, i % 7 FROM generate_series(1, {ROWS}) i",
        database=database,
    )
    return database


@pytest.fixture
def sources(
    empty: Project,
    mariadb_server: Any,
    postgres_server: Any,
    school: str,
    shop: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Project:
    """A project with both as connections, a DuckDB warehouse and the tables of the staging schema."""
    monkeypatch.setenv("PW", mariadb_server.password)
    write_settings(
        empty,
        connections={
            "school": connection(mariadb_server, school),
            "shop": connection(postgres_server, shop),
            "elsewhere": {**connection(mariadb_server, "mysql")},
            "nobody": {**connection(postgres_server, shop), "port": 1, "connect_retries": 0},
        },
    )
    empty.write({"tables/pupils.sql": PUPILS, "tables/goods.sql": GOODS})
    return empty


def load(table: str) -> str:
    return f"step_type: create-load\nname: load-{table}\ntable_definition: tables/{table}.sql\n"


def test_a_zero_date_is_an_error_that_says_how_to_go_on(sources: Project) -> None:
    extract = "step_type: extract-mysql\nname: pupils\nhost_name: school\ntable: pupils\n"
    sources.pipeline("lossy", extract, load("pupils"))
    told = failed(sources, "lossy")
    assert (
        "error[DD826]: column `born`: `0000-00-00` in row 2 has no exact form in a dataset; 2 such values so far"
        in told
    )
    assert "so has column `seen`: `0000-00-00 00:00:00` in row 3" in told
    assert (
        "hint: write `allow_lossy: [born, seen]` in the step to read such values as NULL, or select " in told
    )
    assert sources.datasets() == set()
    sources.pipeline("lossy", extract + "allow_lossy: [born, seen]\n", load("pupils"))
    done(sources, "lossy")
    assert sources.rows("SELECT * FROM staging.pupils ORDER BY id") == [
        (1, "Ada", datetime.date(1990, 1, 2), datetime.datetime(2024, 1, 1, 10), Decimal("1.50")),
        (2, "Bob", None, None, Decimal("2.50")),
        (3, "Cy", None, None, None),
    ]


def test_the_way_round_a_zero_date_that_the_error_shows_works(sources: Project) -> None:
    sources.write({"tables/pupils.sql": "CREATE TABLE staging.pupils (id INTEGER, born VARCHAR(20));\n"})
    query = "sql: SELECT id, CAST(`born` AS CHAR) AS `born` FROM pupils\n"
    sources.pipeline("text", "step_type: extract-mysql\nname: p\nhost_name: school\n" + query, load("pupils"))
    done(sources, "text")
    assert sources.rows("SELECT born FROM staging.pupils ORDER BY id")[1:] == [
        ("0000-00-00",),
        ("2024-02-00",),
    ]


def test_nan_and_infinity_are_an_error_that_says_how_to_go_on(sources: Project) -> None:
    extract = "step_type: extract-postgres\nname: goods\nhost_name: shop\nscript: sql/goods.sql\n"
    sources.write({"sql/goods.sql": "SELECT id, name, price, at\nFROM goods\n"})
    sources.pipeline("lossy", extract, load("goods"))
    told = failed(sources, "lossy")
    assert "column `price`: `NaN` in row 2 has no exact form in a dataset\n" in told
    assert "so has column `at`: `infinity` in row 2" in told
    assert (
        'write `allow_lossy: [price, at]` in the step to read such values as NULL, or select "price"::text'
        in told
    )
    sources.pipeline("lossy", extract + "allow_lossy: [price, at]\n", load("goods"))
    done(sources, "lossy")
    assert sources.rows('SELECT id, price, "at" FROM staging.goods ORDER BY id')[1:] == [
        (2, None, None),
        (3, Decimal("3.00"), None),
    ]


@pytest.mark.parametrize(
    ("kind", "alias", "table"), [("mysql", "school", "pupils"), ("postgres", "shop", "goods")]
)
@pytest.mark.parametrize("more", ["", "splits: 2\n"])
def test_a_misspelt_column_in_allow_lossy_is_told(
    sources: Project, kind: str, alias: str, table: str, more: str
) -> None:
    extract = f"step_type: extract-{kind}\nname: x\nhost_name: {alias}\ntable: {table}\nallow_lossy: [nmae]\n"
    sources.pipeline("typo", extract + more)
    told = failed(sources, "typo")
    assert "`allow_lossy` names `nmae`, and the query gives no such column" in told
    assert "hint: did you mean `name`?" in told


@pytest.mark.parametrize(("kind", "alias"), [("mysql", "school"), ("postgres", "shop"), ("rds", "school")])
def test_an_extract_in_partitions_has_the_same_rows(sources: Project, kind: str, alias: str) -> None:
    sources.write(
        {
            f"tables/{n}.sql": f"CREATE TABLE staging.{n} (id INTEGER, mark INTEGER);\n"
            for n in ("one", "three")
        }
    )
    extract = f"step_type: extract-{kind}\nhost_name: {alias}\nsql: SELECT id, mark FROM marks\n"
    sources.pipeline(
        "splits",
        extract + "name: a\n",
        load("one"),
        extract + "name: b\nsplits: 3\nsplit_by: id\n",
        load("three"),
    )
    done(sources, "splits")
    assert sources.rows("SELECT count(*), count(DISTINCT id), sum(mark) FROM staging.three") == sources.rows(
        f"SELECT {ROWS}, {ROWS}, sum(mark) FROM staging.one"
    )
    assert sources.rows("SELECT * FROM staging.one EXCEPT SELECT * FROM staging.three") == []


def test_the_step_chooses_the_database(sources: Project, school: str) -> None:
    extract = (
        "step_type: extract-mysql\nname: p\nhost_name: elsewhere\ntable: pupils\nallow_lossy: [born, seen]\n"
    )
    sources.pipeline("other", extract + f"database: {school}\n", load("pupils"))
    done(sources, "other")
    assert sources.rows("SELECT count(*) FROM staging.pupils") == [(3,)]
    sources.pipeline("none", extract + "database: skool\n", load("pupils"))
    assert "error[DD823]" in failed(sources, "none")


def test_plan_types_shows_the_columns_on_their_way(
    sources: Project, golden: Callable[[str, str], None]
) -> None:
    sources.pipeline(
        "types",
        "step_type: extract-mysql\nname: pupils\nhost_name: school\ntable: pupils\nallow_lossy: [born]\n",
        load("pupils"),
        "step_type: extract-postgres\nname: goods\nhost_name: shop\ntable: goods\n",
    )
    ended = sources.process("plan", "pipelines/types.yaml", "--types", COLUMNS="160")
    assert (ended.exit_code, ended.stderr) == (0, "")
    golden("real_systems/plan_types.txt", ended.stdout)


def test_plan_types_tells_which_source_cannot_be_asked_and_shows_the_others(sources: Project) -> None:
    sources.pipeline(
        "types",
        "step_type: extract-postgres\nname: lost\nhost_name: nobody\ntable: goods\n",
        "step_type: extract-postgres\nname: typo\nhost_name: shop\nsql: SELECT id, prise FROM goods\n",
        "step_type: extract-mysql\nname: pupils\nhost_name: school\ntable: pupils\n",
    )
    ended = sources.process("plan", "pipelines/types.yaml", "--types")
    assert ended.exit_code == 1
    assert "error[DD821]: the PostgreSQL server 127.0.0.1:1/" in ended.text
    assert "hint: did you mean `price`?" in ended.text
    assert "decimal128(8, 2)" in ended.text
    assert "Traceback" not in ended.text
