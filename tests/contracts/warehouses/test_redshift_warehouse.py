"""What Amazon Redshift does in its own way: COPY from where files lie, UNLOAD, columns, and what it refuses."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from dataduct.errors import DataError, LockTimeoutError, SqlError, TransientError, UserError, WarehouseError
from dataduct.model.cancellation import Cancellation
from dataduct.model.operations import FileFormat
from dataduct.model.table import TableName
from dataduct.registry import WAREHOUSES
from dataduct.sql.table_definition import parse_table_definition
from dataduct.warehouses.loads import create_or_compare


@pytest.fixture
def s3(redshift_server):
    return redshift_server.s3.client()


@pytest.fixture
def staged(redshift, redshift_server, s3):
    """What lies in the staging prefix now."""
    _, _, prefix = redshift.settings["staging"].removeprefix("s3://").partition("/")

    def keys():
        return [
            found["Key"]
            for found in s3.list_objects_v2(Bucket=redshift_server.bucket, Prefix=prefix).get("Contents", [])
        ]

    return keys


@pytest.fixture
def statements(monkeypatch):
    """The COPY and UNLOAD statements that are sent, as they may be shown."""
    from dataduct.warehouses.redshift_session import RedshiftSession

    sent = []
    for name in ("copy", "unload"):
        original = getattr(RedshiftSession, name)

        def noted(session, command, original=original):
            sent.append(command.shown)
            return original(session, command)

        monkeypatch.setattr(RedshiftSession, name, noted)
    return sent


EXACT = pa.table(
    {
        "a": pa.array([1, None], pa.int16()),
        "b": pa.array([2, 3], pa.int32()),
        "c": pa.array([2**40, None], pa.int64()),
        "d": pa.array([0.5, None], pa.float32()),
        "e": pa.array([0.1, None], pa.float64()),
        "f": pa.array([True, None]),
        "g": pa.array([Decimal("1.25"), None], pa.decimal128(9, 2)),
        "h": pa.array([dt.date(2026, 1, 1), None]),
        "i": pa.array([dt.datetime(2026, 1, 1, 10, 0, 0, 1), None], pa.timestamp("us")),
        "j": pa.array([dt.datetime(2026, 1, 1, tzinfo=dt.UTC), None], pa.timestamp("us", "UTC")),
        "k": pa.array(["é", None]),
    }
)
EXACT_TYPES = {
    "a": "SMALLINT",
    "b": "!INTEGER",
    "c": "BIGINT",
    "d": "REAL",
    "e": "DOUBLE PRECISION",
    "f": "BOOLEAN",
    "g": "NUMERIC(9,2)",
    "h": "DATE",
    "i": "TIMESTAMP",
    "j": "TIMESTAMP WITH TIME ZONE",
    "k": "VARCHAR(5)",
}


def test_files_of_the_columns_types_are_copied_where_they_are(
    redshift, redshift_server, s3, staged, statements, monkeypatch
):
    from dataduct.warehouses.redshift_staging import Staging

    monkeypatch.setattr(Staging, "local", lambda *_: pytest.fail("the dataset was read here"))
    table = redshift.create("loaded", **EXACT_TYPES)
    files = redshift.in_s3(redshift.parquet(EXACT, EXACT), s3, redshift_server.bucket)

    assert redshift.load(table, files).rows == 4

    assert redshift.stream("SELECT * FROM loaded").equals(pa.concat_tables([EXACT, EXACT]))
    assert len(statements) == 1
    assert staged() == []


@pytest.mark.parametrize("case", ["other types", "some columns", "another order"])
def test_other_files_in_s3_are_fitted_first(redshift, redshift_server, s3, staged, case):
    source = pa.table({"id": pa.array([1, 2], pa.int64()), "name": ["a", "b"], "more": [0, 0]})
    table = redshift.create("loaded", id="INTEGER" if case == "other types" else "BIGINT", name="VARCHAR(5)")
    if case == "other types":
        source = source.drop_columns("more")
    if case == "another order":
        source = source.select(["name", "id"])
    files = redshift.in_s3(redshift.parquet(source), s3, redshift_server.bucket)

    assert redshift.load(table, files, sources=["id", "name"]).rows == 2

    assert redshift.rows("SELECT * FROM loaded ORDER BY id") == [(1, "a"), (2, "b")]
    assert staged() == []


def test_a_direct_copy_that_fails_names_row_column_and_value(
    redshift, redshift_server, s3, staged, statements
):
    table = redshift.create("loaded", id="!BIGINT", name="VARCHAR(5)")
    source = pa.table({"id": [1, 2, None], "name": ["a", "much too long", "b"]})
    files = redshift.in_s3(redshift.parquet(source), s3, redshift_server.bucket)

    with pytest.raises(DataError) as refused:
        redshift.load(table, files)

    assert len(statements) == 1
    assert refused.value.message == "2 rows do not fit loaded"
    assert refused.value.details == (
        "row 2, column name: 'much too long' is longer than VARCHAR(5)",
        "row 3, column id: NULL in a column that is NOT NULL",
    )
    assert redshift.rows("SELECT count(*) FROM loaded") == [(0,)]
    assert staged() == []


def test_a_value_that_only_the_server_refuses(redshift, staged):
    table = redshift.create("loaded", code="CHAR(4)")

    with pytest.raises(DataError, match="cannot be loaded into loaded: Spectrum Scan Error") as refused:
        redshift.load(table, redshift.parquet(pa.table({"code": ["é"]})))

    assert any("multibyte character" in line for line in refused.value.details)
    assert staged() == []


def test_types_that_parquet_has_no_place_for_go_through_texts(redshift):
    table = redshift.create("loaded", id="INTEGER", at="TIME", payload="SUPER")
    source = pa.table(
        {"id": [1], "at": pa.array([dt.time(10, 30, 0, 5)], pa.time64("us")), "payload": ['{"a": [1, 2]}']}
    )

    assert redshift.load(table, redshift.parquet(source)).rows == 1

    assert redshift.stream("SELECT * FROM loaded").to_pylist() == [
        {"id": 1, "at": dt.time(10, 30, 0, 5), "payload": '{"a": [1, 2]}'}
    ]


def test_large_loads_are_staged_in_several_files(redshift, monkeypatch, staged):
    from dataduct.warehouses import redshift_load

    monkeypatch.setattr(redshift_load, "_PART_BYTES", 100_000)
    monkeypatch.setattr(redshift_load, "_ROW_GROUP_BYTES", 50_000)
    table = redshift.create("loaded", id="INTEGER", name="VARCHAR(80)")
    source = pa.table({"id": range(50_000), "name": [f"{n:060d}" for n in range(50_000)]})

    assert redshift.load(table, redshift.parquet(source)).rows == 50_000

    assert redshift.rows("SELECT count(*), count(DISTINCT id), sum(id) FROM loaded") == [
        (50_000, 50_000, sum(range(50_000)))
    ]
    assert staged() == []


def with_copy_options(bench, options):
    settings = {**bench.settings, "copy_options": options}
    bench.warehouse.close()
    bench.settings = settings
    bench.reopen()


def test_the_server_reads_texts_itself_where_copy_options_are_set(
    redshift, redshift_server, s3, staged, statements
):
    with_copy_options(redshift, "TRUNCATECOLUMNS")
    table = redshift.create("loaded", id="INTEGER", name="VARCHAR(3)")
    local = redshift.text_files("tsv", "1\tabcdef\n", "two\tb\n3\tNULL\n")
    in_s3 = redshift.in_s3(redshift.text_files("tsv", "4\td\n"), s3, redshift_server.bucket)

    result = redshift.load(table, local, FileFormat(max_errors=1))
    redshift.load(table, in_s3)

    assert result.rows == 2
    assert redshift.rows("SELECT * FROM loaded ORDER BY id") == [(1, "abc"), (3, None), (4, "d")]
    assert len(result.rejected) == 1
    assert "line 1, column id: 'two'" in result.rejected[0]
    assert all(statement.endswith("TRUNCATECOLUMNS") for statement in statements)
    assert staged() == []


def test_texts_that_the_server_refuses_are_named(redshift, staged):
    with_copy_options(redshift, "TRUNCATECOLUMNS")
    table = redshift.create("loaded", id="INTEGER", name="VARCHAR(3)")

    with pytest.raises(DataError, match="1 row does not fit loaded") as refused:
        redshift.load(table, redshift.text_files("tsv", "1\ta\ntwo\tb\n"))

    assert "line 2, column id: 'two'" in refused.value.details[0]
    assert redshift.rows("SELECT count(*) FROM loaded") == [(0,)]
    assert staged() == []


def unloaded(bench, query):
    with bench.warehouse.stream(query, Cancellation(), bulk=True) as reader:
        return reader.read_all()


def test_a_bulk_stream_gives_what_a_cursor_gives(redshift, staged, statements):
    types = {**EXACT_TYPES, "l": "TIME", "m": "SUPER", "n": "VARBYTE"}
    table = redshift.create("loaded", **types)
    source = EXACT.append_column("l", pa.array([dt.time(1, 2, 3), None], pa.time64("us")))
    source = source.append_column("m", pa.array(['{"it\'s": "a \\\\ b"}', None]))
    source = source.append_column("n", pa.array([b"\x00\xff", None]))
    redshift.load(table, redshift.parquet(source))
    statements.clear()
    query = "SELECT *, 'it''s' AS text, sum(g) OVER () AS total FROM loaded -- all of it\nORDER BY b LIMIT 2"

    bulk, small = unloaded(redshift, query), redshift.stream(query)

    assert bulk.sort_by("b").equals(small.sort_by("b"))
    assert len(statements) == 1
    assert staged() == []


def test_a_bulk_stream_without_rows_has_its_columns(redshift, staged):
    redshift.create("loaded", id="INTEGER")

    assert unloaded(redshift, "SELECT * FROM loaded").schema == pa.schema([("id", pa.int32())])
    assert staged() == []


def test_a_bulk_stream_left_half_read_leaves_nothing(redshift, staged):
    redshift.run("CREATE TABLE t (id BIGINT)", f"INSERT INTO t SELECT range FROM {redshift.series(50_000)}")

    with redshift.warehouse.stream("SELECT * FROM t", Cancellation(), batch_rows=100, bulk=True) as reader:
        assert reader.read_next_batch().num_rows == 100
        assert staged() != []

    assert staged() == []


@pytest.mark.parametrize("bulk", [False, True])
def test_a_wrong_name_in_a_streamed_query_is_pointed_at(redshift, bulk):
    redshift.run("CREATE TABLE courses (slug VARCHAR(10))")

    with (
        pytest.raises(SqlError) as refused,
        redshift.warehouse.stream("SELECT 1,\n       slugg FROM courses", Cancellation(), bulk=bulk),
    ):
        pass

    assert refused.value.hint == "did you mean `slug`?"
    assert refused.value.details[0] == "2 |        slugg FROM courses"


@pytest.mark.parametrize("statement", ["TRUNCATE c", "-- all of it\nTRUNCATE TABLE c", "VACUUM c"])
def test_what_would_commit_is_refused_in_a_transaction(redshift, statement):
    redshift.run("CREATE TABLE c (id INTEGER)")

    with pytest.raises(SqlError) as refused, redshift.transaction() as transaction:
        transaction.execute("INSERT INTO c VALUES (1)")
        transaction.execute(statement)

    assert refused.value.code == "DD722"
    assert redshift.rows("SELECT count(*) FROM c") == [(0,)]


def test_a_writer_is_told_that_it_waits_and_waits_no_longer_than_it_may(redshift):
    told = []
    redshift.run("CREATE TABLE c (id INTEGER)")
    other = WAREHOUSES.load("redshift").open_warehouse(
        redshift.settings, project_directory=redshift.project, lock_timeout=3.5, on_wait=told.append
    )
    try:
        with redshift.transaction() as first:
            first.execute("INSERT INTO c VALUES (1)")
            assert redshift.stream("SELECT * FROM c").num_rows == 0
            with pytest.raises(LockTimeoutError) as refused, other.transaction(Cancellation()) as second:
                second.execute("INSERT INTO c VALUES (2)")
    finally:
        other.close()

    assert refused.value.code == "DD719"
    assert len(told) == 1
    assert "(user redshift_user)" in told[0]
    assert redshift.rows("SELECT id FROM c") == [(1,)]


def test_a_writer_whose_snapshot_is_older_than_another_writers_commit_is_tried_again(redshift):
    redshift.run("CREATE TABLE c (id INTEGER)", "CREATE TABLE other (id INTEGER)")

    with pytest.raises(TransientError) as refused, redshift.transaction() as first:
        first.execute("INSERT INTO other VALUES (1)")
        redshift.run("INSERT INTO c VALUES (1)")
        first.execute("INSERT INTO c SELECT count(*) FROM c")

    assert refused.value.code == "DD706"
    assert redshift.rows("SELECT id FROM c") == [(1,)]


def test_vacuum_and_analyze_run_outside_transactions(redshift):
    redshift.run("CREATE TABLE c (id INTEGER)", "INSERT INTO c VALUES (1)")

    for statement in ("VACUUM c", "ANALYZE c", "TRUNCATE c"):
        redshift.warehouse.execute(statement, Cancellation())

    assert redshift.rows("SELECT count(*) FROM c") == [(0,)]


def test_a_table_outside_the_search_path_equals_its_definition(redshift):
    definition = parse_table_definition(
        "CREATE TABLE prod.wide (id BIGINT NOT NULL ENCODE az64, name VARCHAR(20) ENCODE zstd, price NUMERIC(9,2), "
        "at TIMESTAMP DEFAULT sysdate, code CHAR(2), note TEXT, payload SUPER, PRIMARY KEY (id)) "
        "DISTKEY (id) SORTKEY (at)",
        "wide.sql",
    )
    with redshift.transaction() as transaction:
        assert create_or_compare(transaction, definition, redshift.dialect)
    with redshift.transaction() as transaction:
        assert not create_or_compare(transaction, definition, redshift.dialect)
        columns = transaction.columns(TableName("wide", "prod"))
        assert transaction.columns(TableName("wide")) is None

    assert [column.name for column in columns] == ["id", "name", "price", "at", "code", "note", "payload"]
    assert [str(column.type) for column in columns][:3] == ["BIGINT", "VARCHAR(20)", "NUMERIC(9,2)"]
    assert [column.nullable for column in columns][:2] == [False, True]
    assert columns[3].default is not None


def test_the_encoding_of_a_table_in_the_search_path(redshift):
    redshift.run("CREATE TABLE t (id BIGINT ENCODE az64, name VARCHAR(20))")

    with redshift.transaction() as transaction:
        columns = transaction.columns(TableName("t"))

    assert columns[0].encoding == "az64"


def test_the_server_says_its_version_and_what_a_user_lacks(redshift, redshift_server):
    info = redshift.warehouse.server()
    assert info.version.startswith("Amazon Redshift 1.0.")
    assert info.lacks == ()

    settings = {**redshift.settings, "user": redshift_server.reader}
    reader = WAREHOUSES.load("redshift").open_warehouse(
        settings, project_directory=redshift.project, lock_timeout=5, on_wait=lambda message: None
    )
    try:
        assert "GRANT CREATE ON DATABASE" in reader.server().lacks[0]
    finally:
        reader.close()


def test_a_role_that_the_cluster_may_not_assume(redshift, staged):
    redshift.run("CREATE TABLE t (id INTEGER)")
    redshift.warehouse.close()
    redshift.settings = {**redshift.settings, "iam_role": "arn:aws:iam::123456789012:role/no-such-role"}
    redshift.reopen()
    table = redshift.create("loaded", id="INTEGER")

    with pytest.raises(WarehouseError) as refused:
        redshift.load(table, redshift.parquet(pa.table({"id": [1]})))

    assert refused.value.code == "DD723"
    assert "iam_role" in refused.value.hint
    assert staged() == []


def test_access_keys_are_never_shown(redshift, redshift_server, statements):
    redshift.warehouse.close()
    redshift.settings = {name: value for name, value in redshift.settings.items() if name != "iam_role"}
    redshift.reopen()
    table = redshift.create("loaded", id="INTEGER")

    redshift.load(table, redshift.parquet(pa.table({"id": [1]})))
    assert unloaded(redshift, "SELECT * FROM loaded").to_pylist() == [{"id": 1}]
    redshift_server.standin.fail_next("42601", 'syntax error at or near "COPY"', matching="copy ")
    with pytest.raises(SqlError) as refused:
        redshift.load(table, redshift.parquet(pa.table({"id": [1]})))

    told = "\n".join([*statements, refused.value.message, *refused.value.details])
    assert "SECRET_ACCESS_KEY '***'" in told
    assert redshift_server.s3.secret_key not in told
    assert redshift_server.s3.access_key not in told


def test_a_warehouse_without_a_place_to_stage_rows_is_not_opened(redshift):
    settings = {name: value for name, value in redshift.settings.items() if name != "staging"}

    with pytest.raises(UserError) as refused:
        WAREHOUSES.load("redshift").open_warehouse(
            settings, project_directory=redshift.project, lock_timeout=5, on_wait=lambda message: None
        )

    assert refused.value.code == "DD721"
