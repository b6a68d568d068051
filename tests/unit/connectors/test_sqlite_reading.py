"""What a SQLite file's values become, and what stops an extract."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dataduct.connectors import sqlite
from dataduct.connectors.sqlite import open_reader
from dataduct.connectors.sqlite_types import source_column
from dataduct.errors import DataError, SourceError, TransientError, UserError
from dataduct.model.cancellation import Cancellation

Read = Callable[[str], pa.Table]


@pytest.fixture
def database(tmp_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(tmp_path / "s.db", isolation_level=None)


@pytest.fixture
def read(tmp_path: Path, database: sqlite3.Connection) -> Read:
    def read(query: str) -> pa.Table:
        reader = open_reader({"path": "s.db"}, database="shop", project_directory=tmp_path)
        try:
            return reader.read(query, Cancellation()).read_all()
        finally:
            reader.close()

    return read


def insert(database: sqlite3.Connection, statement: str, rows: Iterable[Sequence[object]]) -> None:
    database.execute("BEGIN")
    database.executemany(statement, rows)
    database.execute("COMMIT")


@pytest.mark.parametrize(
    ("declared", "type"),
    [
        ("INTEGER", "int64"),
        ("int unsigned", "int64"),
        ("TINYINT(1)", "int64"),
        ("VARCHAR(20)", "string"),
        ("CHARACTER VARYING (20)", "string"),
        ("CLOB", "string"),
        ("BLOB", "binary"),
        ("REAL", "double"),
        ("DOUBLE PRECISION", "double"),
        ("float(10, 2)", "double"),
        ("BOOLEAN", "bool"),
        ("DATE", "date32[day]"),
        ("DATETIME", "timestamp[us]"),
        ("timestamp(6)", "timestamp[us]"),
        ("TIMESTAMP(6) WITH TIME ZONE", "timestamp[us, tz=UTC]"),
        ("TIMESTAMPTZ", "timestamp[us, tz=UTC]"),
        ("DECIMAL(10, 2)", "decimal128(10, 2)"),
        ("numeric(5)", "decimal128(5, 0)"),
        ("DECIMAL(39, 2)", "string"),
        ("", "string"),
    ],
)
def test_declared_types(declared: str, type: str) -> None:
    assert str(source_column("c", declared).type) == type


integers = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(allow_nan=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
dates = st.dates()
naive = st.datetimes()
cents = st.decimals(-(10**7), 10**7, places=2, allow_nan=False).map(
    lambda value: value.quantize(Decimal("0.01"))
)
COLUMNS = {
    "INTEGER": (integers, lambda value: value),
    "DOUBLE": (floats, lambda value: value),
    "TEXT": (texts, lambda value: value),
    "BLOB": (st.binary(max_size=8), lambda value: value),
    "BOOLEAN": (st.booleans(), lambda value: value),
    "DATE": (dates, lambda value: value.isoformat()),
    "DATETIME": (naive, lambda value: value.isoformat(" ")),
    "TIMESTAMP": (naive, lambda value: value.isoformat("T")),
    "TIMESTAMPTZ": (st.datetimes(timezones=st.just(UTC)), lambda value: value.isoformat()),
    "DECIMAL(10, 2)": (cents, str),
}


@given(st.lists(st.tuples(*(st.none() | values for values, _ in COLUMNS.values())), max_size=6))
@example(
    [(2**63 - 1, 5e-324, "\0", b"", True, date(1, 1, 1), datetime.max, datetime.min, None, Decimal("-0.01"))]
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_value_of_its_declared_type_is_read_exactly(
    read: Read, database: sqlite3.Connection, rows: list[tuple[object, ...]]
) -> None:
    database.execute("DROP TABLE IF EXISTS t")
    database.execute(f"CREATE TABLE t ({', '.join(f'c{i} {name}' for i, name in enumerate(COLUMNS))})")
    encoders = [encode for _, encode in COLUMNS.values()]
    insert(
        database,
        f"INSERT INTO t VALUES ({', '.join('?' * len(COLUMNS))})",
        [
            [None if value is None else encode(value) for value, encode in zip(row, encoders, strict=True)]
            for row in rows
        ],
    )
    table = read("SELECT * FROM t")
    assert list(zip(*(column.to_pylist() for column in table.columns), strict=True)) == rows


@given(st.lists(st.none() | cents, max_size=20))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_decimals_are_exact_whatever_sqlite_stores_them_as(
    read: Read, database: sqlite3.Connection, values: list[Decimal | None]
) -> None:
    database.execute("DROP TABLE IF EXISTS t")
    database.execute("CREATE TABLE t (as_text DECIMAL(12, 2), as_number NUMERIC(12, 2))")
    insert(
        database,
        "INSERT INTO t VALUES (?, ?)",
        [(None, None) if v is None else (str(v), float(v)) for v in values],
    )
    assert read("SELECT as_text FROM t")["as_text"].to_pylist() == values
    assert read("SELECT as_number FROM t")["as_number"].to_pylist() == values


@pytest.mark.parametrize(
    ("declared", "value", "message"),
    [
        ("INTEGER", "NA", "row 2, column `x`: text value 'NA' is not an integer"),
        ("INTEGER", 1.5, "row 2, column `x`: real value 1.5 is not an integer"),
        ("REAL", "NA", "row 2, column `x`: text value 'NA' is not a number"),
        ("TEXT", b"ab", "row 2, column `x`: blob value b'ab' is not text"),
        ("BLOB", "ab", "row 2, column `x`: text value 'ab' is not a blob"),
        ("BOOLEAN", 2, "row 2, column `x`: integer value 2 is not a boolean (0, 1, true or false)"),
        ("DATE", "31.01.2026", "row 2, column `x`: text value '31.01.2026' is not a date (`2026-01-31`)"),
        ("DATE", 20260131, "row 2, column `x`: integer value 20260131 is not a date (`2026-01-31`)"),
        ("DATE", "0000-00-00", "row 2, column `x`: text value '0000-00-00' is not a date (`2026-01-31`)"),
        (
            "DECIMAL(5, 2)",
            1.005,
            "row 2, column `x`: real value 1.005 is not a decimal of that precision and scale",
        ),
        ("DECIMAL(5, 2)", 12345, "row 2, column `x`: integer value 12345 is not a decimal of that precision"),
        ("DECIMAL(5, 2)", "1_0", "row 2, column `x`: text value '1_0' is not a decimal of that precision"),
        ("DECIMAL(5, 2)", float("inf"), "row 2, column `x`: real value inf is not a decimal"),
        ("DATETIME", "soon", "row 2, column `x`: text value 'soon' is not a timestamp"),
        ("DATETIME", 1767225600, "row 2, column `x`: integer value 1767225600 is not a timestamp"),
        (
            "DATETIME",
            "2026-01-01 00:00:00.1234567",
            "is not a timestamp (`2026-01-31 12:00:00`, at most 6 digits",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_named(
    read: Read, database: sqlite3.Connection, declared: str, value: object, message: str
) -> None:
    database.execute(f"CREATE TABLE t (x {declared})")
    insert(database, "INSERT INTO t VALUES (?)", [(None,), (value,), ("also wrong",)])
    with pytest.raises(DataError) as caught:
        read("SELECT x FROM t")
    assert message in caught.value.message
    assert caught.value.code == "DD768"
    assert caught.value.hint is not None
    assert "CAST(x AS TEXT)" in caught.value.hint


def test_rows_are_counted_over_all_batches(read: Read, database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE t (x INTEGER)")
    insert(database, "INSERT INTO t VALUES (?)", [*((i,) for i in range(200_000)), ("NA",)])
    with pytest.raises(DataError, match="row 200001, column `x`"):
        read("SELECT x FROM t")


def test_booleans_may_be_words(read: Read, database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE t (x BOOL)")
    insert(database, "INSERT INTO t VALUES (?)", [("TRUE",), ("false",), (1,), ("0",), (None,)])
    assert read("SELECT x FROM t")["x"].to_pylist() == [True, False, True, False, None]


def test_a_timestamp_column_whose_values_name_zones_is_brought_to_utc(
    read: Read, database: sqlite3.Connection
) -> None:
    database.execute("CREATE TABLE t (x TIMESTAMP)")
    insert(
        database,
        "INSERT INTO t VALUES (?)",
        [(None,), ("2026-01-01T12:00:00Z",), ("2026-01-01 12:00+02:00",)],
    )
    table = read("SELECT x FROM t")
    assert str(table.schema.field("x").type) == "timestamp[us, tz=UTC]"
    assert table["x"].to_pylist() == [
        None,
        datetime(2026, 1, 1, 12, tzinfo=UTC),
        datetime(2026, 1, 1, 10, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    "values", [["2026-01-01 00:00:00", "2026-01-01T00:00:00Z"], ["2026-01-01T00:00:00Z", "2026-01-01"]]
)
def test_timestamps_with_and_without_zones_do_not_mix(
    read: Read, database: sqlite3.Connection, values: list[str]
) -> None:
    database.execute("CREATE TABLE t (x TIMESTAMP)")
    insert(database, "INSERT INTO t VALUES (?)", [(None,)] * 70_000 + [(value,) for value in values])
    with pytest.raises(DataError, match=r"row 70002, .* some values of the column name a zone") as caught:
        read("SELECT x FROM t")
    assert caught.value.code == "DD770"


def test_a_timestamptz_without_a_zone_is_utc(read: Read, database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE t (x TIMESTAMPTZ)")
    insert(
        database,
        "INSERT INTO t VALUES (?)",
        [("2026-01-01 12:00:00",), ("2026-01-01",), ("2026-01-01T12:00-05:00",)],
    )
    assert read("SELECT x FROM t")["x"].to_pylist() == [
        datetime(2026, 1, 1, 12, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 17, tzinfo=UTC),
    ]


@pytest.mark.parametrize("rows", [10, 70_000])
def test_expressions_have_the_type_of_their_values(
    read: Read, database: sqlite3.Connection, rows: int
) -> None:
    database.execute("CREATE TABLE t (id INTEGER, b BLOB)")
    insert(database, "INSERT INTO t VALUES (?, ?)", ((i, b"x") for i in range(rows)))
    last = rows - 1
    table = read(
        f"SELECT id + 1 AS i, id * 0.5 AS r, iif(id = {last}, 0.5, id) AS m, 'x' || id AS s, "
        f"substr(b, 1) AS b, NULL AS n, iif(id = {last}, 'late', NULL) AS late FROM t"
    )
    assert [str(field.type) for field in table.schema] == [
        "int64",
        "double",
        "double",
        "string",
        "binary",
        "string",
        "string",
    ]
    assert table.slice(last).to_pylist() == [
        {"i": rows, "r": last / 2, "m": 0.5, "s": f"x{last}", "b": b"x", "n": None, "late": "late"}
    ]


@pytest.mark.parametrize("rows", [10, 70_000])
@pytest.mark.parametrize(
    ("expression", "kinds"),
    [
        ("iif(id = {last}, 'NA', id)", "integer and text values"),
        ("iif(id = {last}, x'00', 'a')", "blob and text values"),
        (
            "iif(id = {last}, 9007199254740993, 0.5)",
            "integer and real values, integers beyond 2^53 among them",
        ),
    ],
)
def test_expressions_of_several_kinds_are_refused(
    read: Read, database: sqlite3.Connection, rows: int, expression: str, kinds: str
) -> None:
    database.execute("CREATE TABLE t (id INTEGER)")
    insert(database, "INSERT INTO t VALUES (?)", ((i,) for i in range(rows)))
    with pytest.raises(DataError, match="column `mixed` has no declared type and holds") as caught:
        read(f"SELECT id, {expression.format(last=rows - 1)} AS mixed FROM t")
    assert caught.value.message.endswith(kinds.replace("^", "^"))
    assert caught.value.code == "DD769"
    assert caught.value.hint == "give it one type in the query: CAST(mixed AS TEXT)"


def test_columns_of_views_and_joins_keep_their_types(read: Read, database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE a (id INTEGER, day DATE)")
    database.execute("CREATE VIEW v AS SELECT day AS d, id FROM a")
    database.execute("INSERT INTO a VALUES (1, '2026-01-01')")
    table = read(
        "WITH w AS (SELECT d, id FROM v) SELECT w.id, a.id, v.d FROM w JOIN a USING (id) JOIN v USING (id)"
    )
    assert table.schema.names == ["id", "id_1", "d"]
    assert [str(field.type) for field in table.schema] == ["int64", "int64", "date32[day]"]


def test_text_that_is_not_utf_8_is_named(read: Read, database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE t (id INTEGER, x TEXT)")
    insert(database, "INSERT INTO t VALUES (?, CAST(? AS TEXT))", [(1, b"ok"), (2, b"caf\xe9")])
    with pytest.raises(DataError, match="row 2, column `x`: a text value is not UTF-8") as caught:
        read("SELECT id, x FROM t")
    assert caught.value.code == "DD771"


def test_functions_of_mysql_that_queries_use(read: Read, database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE t (id INTEGER)")
    insert(database, "INSERT INTO t VALUES (?)", ((i,) for i in range(100)))
    assert read("SELECT CONCAT('a', 1, NULL, 'b') AS x")["x"].to_pylist() == ["a1b"]
    assert read("SELECT id FROM t ORDER BY RAND() LIMIT 100")["id"].to_pylist() != list(range(100))


def test_large_values_make_small_batches(database: sqlite3.Connection, tmp_path: Path) -> None:
    database.execute("CREATE TABLE t (x TEXT)")
    insert(database, "INSERT INTO t VALUES (?)", (("y" * 1_000_000,) for _ in range(100)))
    reader = open_reader({"path": "s.db"}, database=None, project_directory=tmp_path)
    batches = [batch.num_rows for batch in reader.read("SELECT x FROM t", Cancellation())]
    reader.close()
    assert sum(batches) == 100
    assert max(batches) <= 70


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        ("SELECT id\nFROM t WHER id = 1", "SQLite cannot read the query near `id` (line", "DD766"),
        ("SELECT id FRON t WHERE 1", "near `t` (line 1, column 16)", "DD766"),
        ("SELECT id\n  FROM nowhere", "has no table `nowhere` (line 2, column 8)", "DD764"),
        (
            "SELECT t.idd FROM t",
            "has no column `t.idd` in the tables of the query (line 1, column 8)",
            "DD765",
        ),
        ("SELECT nofunction(id) FROM t", "SQLite refuses the query: no such function: nofunction", "DD766"),
        ("SELECT 1; SELECT 2", "more than one statement", "DD767"),
        ("/* a */ -- b\n delete FROM t", "a query that begins with DELETE", "DD767"),
        ("WITH x AS (SELECT 1) DELETE FROM t", "near `DELETE` (line 1, column 22)", "DD766"),
        ("  -- nothing", "an empty query", "DD767"),
        ("SELECT ? FROM t", "SQLite refuses the query", "DD766"),
    ],
)
def test_wrong_queries(read: Read, database: sqlite3.Connection, query: str, message: str, code: str) -> None:
    database.execute("CREATE TABLE t (id INTEGER)")
    if "WHER id" in query:
        message = "SQLite cannot read the query near `id`"
    with pytest.raises(SourceError) as caught:
        read(query)
    assert message in caught.value.message
    assert caught.value.code == code


def test_a_final_semicolon_and_comments_are_fine(read: Read) -> None:
    assert read("-- why\nSELECT 1 AS x; -- done")["x"].to_pylist() == [1]


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        (
            {},
            "the sqlite connection lacks the option `path`",
            "Path of the database file; a relative path is below the project directory.",
        ),
        (
            {"path": "x", "pat": "y"},
            "the sqlite connection has no option `pat`",
            "did you mean `path`?",
        ),
    ],
)
def test_wrong_settings(tmp_path: Path, settings: dict[str, object], message: str, hint: str | None) -> None:
    with pytest.raises(UserError) as caught:
        open_reader(settings, database=None, project_directory=tmp_path)
    assert caught.value.message.startswith(message)
    assert (caught.value.hint, caught.value.code) == (hint, "DD760")


def test_files_that_are_no_database(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_text("not a database, but long enough to look for a header in it" * 20)

    def opened(path: str) -> SourceError:
        with pytest.raises(SourceError) as caught:
            open_reader({"path": path}, database=None, project_directory=tmp_path)
        return caught.value

    assert opened("shop.db").message == f"{tmp_path}/shop.db is not a SQLite database"
    assert opened(".").message.endswith("is a directory, and a SQLite connection needs a file")
    missing = opened("shopp.db")
    assert missing.message == f"there is no SQLite database {tmp_path}/shopp.db"
    assert missing.hint == "did you mean `shop.db`?"


def test_a_locked_file_may_work_later(
    tmp_path: Path, database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute("CREATE TABLE t (id INTEGER)")
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.05)
    reader = open_reader({"path": "s.db"}, database=None, project_directory=tmp_path)
    database.execute("BEGIN EXCLUSIVE")
    for locked in (
        lambda: reader.read("SELECT id FROM t", Cancellation()),
        lambda: open_reader({"path": "s.db"}, database=None, project_directory=tmp_path),
    ):
        with pytest.raises(TransientError, match="is locked by another process") as caught:
            locked()
        assert caught.value.code == "DD763"
    database.execute("COMMIT")
    assert reader.read("SELECT id FROM t", Cancellation()).read_all().num_rows == 0
    reader.close()


def test_reading_to_the_end_releases_the_file(tmp_path: Path, database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE t (id INTEGER)")
    reader = open_reader({"path": "s.db"}, database=None, project_directory=tmp_path)
    reader.read("SELECT id FROM t", Cancellation()).read_all()
    database.execute("PRAGMA busy_timeout = 0")
    database.execute("INSERT INTO t VALUES (1)")
    reader.close()


def test_names_with_odd_characters_are_found(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "a?b#c%20 d.db").execute("CREATE TABLE t (id)").connection.close()
    reader = open_reader({"path": "a?b#c%20 d.db"}, database=None, project_directory=tmp_path)
    assert reader.read("SELECT * FROM t", Cancellation()).read_all().num_rows == 0
    reader.close()
