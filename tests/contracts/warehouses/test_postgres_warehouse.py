"""What only the PostgreSQL warehouse has: types of its own, grants, locks of other sessions, rights."""

import datetime as dt
import threading
import uuid
from decimal import Decimal

import pyarrow as pa
import pytest

from dataduct.errors import DataductError, DataError, LockTimeoutError
from dataduct.model.cancellation import Cancellation
from dataduct.model.operations import FileFormat
from dataduct.model.server import ServerInfo
from dataduct.model.table import TableName
from dataduct.registry import WAREHOUSES
from dataduct.warehouses.base import ColumnMatch


def opened(bench, *, lock_timeout=5.0, on_wait=lambda message: None, **settings):
    return WAREHOUSES.load("postgres").open_warehouse(
        {**bench.settings, **settings},
        project_directory=bench.project,
        lock_timeout=lock_timeout,
        on_wait=on_wait,
    )


def load(bench, files, table="loaded", file_format=None):
    with bench.transaction() as transaction:
        columns = transaction.columns(TableName(table))
        matches = [ColumnMatch(number, column) for number, column in enumerate(columns)]
        return transaction.load(TableName(table), files, matches, file_format or FileFormat())


NATIVE = [
    ("jsonb", pa.string(), '{"a": "é\\n"}', '{"a": "é\\n"}'),
    ("json", pa.string(), '{ "a":1}', '{ "a":1}'),
    ("uuid", pa.string(), "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("uuid", pa.binary(16), uuid.UUID(int=7).bytes, str(uuid.UUID(int=7))),
    ("inet", pa.string(), "10.0.0.1/8", "10.0.0.1/8"),
    ("interval", pa.string(), "1 day 02:03:04.5", "1 day 02:03:04.5"),
    ("integer[]", pa.string(), "{1,NULL,3}", "{1,NULL,3}"),
    ("text[]", pa.string(), '{"a\\\\b","tab\t"}', '{"a\\\\b","tab\t"}'),
    ("xml", pa.string(), "<a/>", "<a/>"),
    ("numeric", pa.string(), "1" * 60 + ".5", "1" * 60 + ".5"),
    ("numeric", pa.decimal128(38, 10), Decimal("-1.5"), "-1.5000000000"),
    ("numeric", pa.uint64(), 2**64 - 1, str(2**64 - 1)),
    ("numeric", pa.float64(), 0.1, "0.1"),
    ("numeric(60,2)", pa.string(), "1.500", "1.50"),
    ("money", pa.float64(), 1234.5, "$1,234.50"),
    ("oid", pa.int64(), 2**32 - 1, str(2**32 - 1)),
    ("bit(3)", pa.string(), "101", "101"),
    ("timestamp(0)", pa.timestamp("us"), dt.datetime(2026, 1, 1, 1), "2026-01-01 01:00:00"),
    ("date", pa.int32(), None, None),
    ("mood", pa.string(), "happy", "happy"),
    ("positive", pa.int64(), 7, "7"),
]


@pytest.mark.parametrize(("kind", "arrow_type", "value", "expected"), NATIVE, ids=str)
@pytest.mark.parametrize("beside", ["alone", "beside a type of texts"])
def test_types_of_postgres(postgres, kind, arrow_type, value, expected, beside):
    postgres.run(
        "CREATE TYPE mood AS ENUM ('sad', 'happy')",
        "CREATE DOMAIN positive AS integer CHECK (VALUE > 0)",
        f"CREATE TABLE loaded (value {kind}{', other inet' if beside != 'alone' else ''})",
    )
    rows = {"value": pa.array([value, None], arrow_type)}
    if beside != "alone":
        rows["other"] = pa.array(["::1", None])

    load(postgres, postgres.parquet(pa.table(rows)))

    money = "value::numeric" if kind == "money" else "value"
    expected = "1234.50" if kind == "money" else expected
    assert postgres.rows(f"SELECT {money}::text FROM loaded") == [(expected,), (None,)]


REFUSED = [
    ("jsonb", "{bad", "'{bad' is not JSONB"),
    ("inet", "nowhere", "'nowhere' is not INET"),
    ("mood", "angry", "'angry' is not MOOD"),
    ("uuid", "12", "'12' is not UUID"),
    ("numeric(60,2)", "1.005", "'1.005' would be changed by going into NUMERIC(60,2)"),
    ("money", "1.005", "'1.005' would be changed by going into MONEY"),
    (
        "timestamp(0)",
        "2026-01-01 00:00:00.5",
        "'2026-01-01 00:00:00.5' would be changed by going into TIMESTAMP(0)",
    ),
    ("varchar(3)", "abc ", "'abc ' is longer than VARCHAR(3)"),
    ("name", "x" * 64, f"'{'x' * 37}...' is longer than NAME"),
    ("positive", "-7", "'-7' is not INTEGER"),
]


@pytest.mark.parametrize(("kind", "value", "message"), REFUSED, ids=str)
def test_a_value_that_the_server_would_change_or_refuses_is_named(postgres, kind, value, message):
    postgres.run(
        "CREATE TYPE mood AS ENUM ('sad', 'happy')",
        "CREATE DOMAIN positive AS integer CHECK (VALUE > 0)",
        f"CREATE TABLE loaded (id integer, value {kind})",
    )
    files = postgres.parquet(pa.table({"id": [1, 2, 3], "value": [None, value, None]}))

    with pytest.raises(DataError) as refused:
        load(postgres, files)
    left_out = load(postgres, files, file_format=FileFormat(max_errors=1))

    assert refused.value.code == "DD707"
    line = refused.value.details[0]
    assert line.startswith("row 2")
    if kind != "positive":
        assert line.startswith(f"row 2, column value: {message}")
    assert (left_out.rows, left_out.rejected) == (2, (line,))
    assert postgres.rows("SELECT id FROM loaded ORDER BY id") == [(1,), (3,)]


def test_a_row_that_breaks_a_check_or_lacks_another_column(postgres):
    postgres.run("CREATE TABLE loaded (id integer CHECK (id < 3), other integer NOT NULL DEFAULT 1)")
    files = postgres.parquet(pa.table({"id": [1, 5, 2, 9]}))
    with postgres.transaction() as transaction:
        columns = transaction.columns(TableName("loaded"))
        result = transaction.load(
            TableName("loaded"), files, [ColumnMatch("id", columns[0])], FileFormat(max_errors=2)
        )

    assert result.rejected == ("row 2: breaks CHECK loaded_id_check", "row 4: breaks CHECK loaded_id_check")
    assert postgres.rows("SELECT id FROM loaded ORDER BY id") == [(1,), (2,)]


def test_columns_with_defaults_identities_and_generated_values(postgres):
    postgres.run(
        "CREATE TABLE c (id bigint GENERATED BY DEFAULT AS IDENTITY (START WITH 5 INCREMENT BY 2), "
        "name text DEFAULT 'x%s', twice bigint GENERATED ALWAYS AS (id * 2) STORED)"
    )
    with postgres.transaction() as transaction:
        columns = transaction.columns(TableName("c"))

    assert [(column.name, column.identity, column.default) for column in columns] == [
        ("id", (5, 2), None),
        ("name", None, "'x%s'::text"),
        ("twice", None, "(id * 2)"),
    ]


def test_a_percent_sign_is_one(postgres):
    assert postgres.rows("SELECT 'a%s%', 7 % 4") == [("a%s%", 3)]


def test_tables_that_are_created_get_the_grants(postgres):
    role = f"analyst_{postgres.settings['database']}"
    postgres.run(f"CREATE ROLE {role}")
    warehouse = opened(postgres, grants={"select": [role]})
    with warehouse.transaction(Cancellation()) as transaction:
        transaction.execute("CREATE SCHEMA IF NOT EXISTS prod")
        transaction.execute("CREATE TABLE IF NOT EXISTS prod.c (id integer)")
        rights = (
            f"SELECT has_table_privilege('{role}', 'prod.c', 'SELECT'), "
            f"has_table_privilege('{role}', 'prod.c', 'INSERT'), has_schema_privilege('{role}', 'prod', 'USAGE')"
        )
        assert transaction.fetch(rights) == [(True, False, True)]
        transaction.execute("DROP SCHEMA prod CASCADE")
        transaction.execute(f"DROP ROLE {role}")
    warehouse.close()


def test_a_lock_of_another_session_is_told_and_waited_for_as_long_as_is_said(postgres):
    postgres.run("CREATE TABLE c (id integer)")
    lines = []
    warehouse = opened(postgres, lock_timeout=3.5, on_wait=lines.append)

    with postgres.transaction() as holder:
        holder.execute("INSERT INTO c VALUES (1)")
        with pytest.raises(LockTimeoutError) as late, warehouse.transaction(Cancellation()) as transaction:
            transaction.execute("INSERT INTO c VALUES (2)")

    warehouse.close()
    assert late.value.code == "DD719"
    assert len(lines) == 1
    assert "(dataduct, user postgres); waiting up to 3.5 s" in lines[0]


def test_the_same_table_is_created_by_several_sessions_at_once(postgres):
    errors = []

    def create(number):
        try:
            postgres.run("CREATE SCHEMA IF NOT EXISTS prod", "CREATE TABLE IF NOT EXISTS prod.c (id integer)")
        except DataductError as error:
            errors.append(error)

    threads = [threading.Thread(target=create, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []


def test_what_a_session_leaves_does_not_reach_the_next_one(postgres):
    postgres.run(
        "CREATE TEMPORARY TABLE left_over (id integer)",
        "SET search_path TO nowhere",
        "SET timezone TO 'Asia/Tokyo'",
    )

    assert postgres.rows("SHOW timezone") == [("UTC",)]
    with postgres.transaction() as transaction:
        assert transaction.columns(TableName("left_over")) is None


def test_the_server_says_its_version_and_which_rights_are_lacking(postgres, postgres_server):
    full = postgres.warehouse.server()
    reader = opened(postgres, **postgres_server.restricted_user())
    lacking: ServerInfo = reader.server()
    reader.close()

    assert full.version.startswith("PostgreSQL ")
    assert full.lacks == ()
    assert [next(word for word in ("SCHEMA", "DATABASE") if word in line) for line in lacking.lacks]
    assert any("may not create temporary tables" in line for line in lacking.lacks)
    assert any("may not create schemas" in line for line in lacking.lacks)
