"""COPY and UNLOAD, their errors and their transactions."""

import gzip
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import redshift_connector

from redshift_standin.fixtures import OTHER_ROLE, RedshiftServer


@pytest.fixture(scope="module")
def database(redshift_server: RedshiftServer) -> str:
    return redshift_server.fresh_database("loading")


@pytest.fixture
def connection(redshift_server: RedshiftServer, database: str) -> Iterator[Any]:
    with redshift_connector.connect(**redshift_server.settings(database)) as made:
        made.autocommit = True
        yield made
    redshift_server.standin.clear_faults()


@pytest.fixture
def prefix(redshift_server: RedshiftServer, request: pytest.FixtureRequest) -> str:
    return request.node.name.replace("[", "-").replace("]", "").replace(" ", "_") + "/"


def put(server: RedshiftServer, key: str, body: bytes) -> str:
    server.s3.client().put_object(Bucket=server.bucket, Key=key, Body=body)
    return f"s3://{server.bucket}/{key}"


def put_parquet(server: RedshiftServer, key: str, table: pa.Table) -> tuple[str, int]:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    body = sink.getvalue().to_pybytes()
    return put(server, key, body), len(body)


def run(connection: Any, *statements: str) -> None:
    for statement in statements:
        connection.cursor().execute(statement)


def rows(connection: Any, sql: str) -> list[tuple[object, ...]]:
    cursor = connection.cursor()
    cursor.execute(sql)
    return [tuple(row) for row in cursor.fetchall()]


def copy(server: RedshiftServer, table: str, uri: str, options: str = "") -> str:
    return f"COPY {table} FROM '{uri}' IAM_ROLE '{server.iam_role}' {options}"


def test_delimited_files_below_a_prefix(
    redshift_server: RedshiftServer, connection: Any, prefix: str
) -> None:
    put(redshift_server, prefix + "a", b"1|one|2024-01-01|1.999\n2||\\N|\n")
    put(redshift_server, prefix + "b.gz", b"")
    redshift_server.s3.client().delete_object(Bucket=redshift_server.bucket, Key=prefix + "b.gz")
    run(connection, "CREATE TABLE d (i int, s varchar(5), day date, n decimal(4,2))")
    run(connection, copy(redshift_server, "d", f"s3://{redshift_server.bucket}/{prefix}"))
    loaded = rows(connection, "SELECT i, s, day::varchar, n FROM d ORDER BY 1")
    assert loaded == [(1, "one", "2024-01-01", Decimal("1.99")), (2, "", None, None)]
    assert rows(connection, "SELECT pg_last_copy_count()") == [(2,)]


def test_csv_with_header_quotes_and_gzip(
    redshift_server: RedshiftServer, connection: Any, prefix: str
) -> None:
    body = 'id,text\n1,"a ""quoted"", and\nbroken line"\n2,\n3,NULL\n'
    uri = put(redshift_server, prefix + "x.csv.gz", gzip.compress(body.encode()))
    run(connection, "CREATE TABLE c (i int, s varchar(50))")
    run(
        connection,
        copy(redshift_server, "c (i, s)", uri, "CSV IGNOREHEADER 1 GZIP NULL AS 'NULL' COMPUPDATE OFF"),
    )
    assert rows(connection, "SELECT * FROM c ORDER BY 1") == [
        (1, 'a "quoted", and\nbroken line'),
        (2, ""),
        (3, None),
    ]


def test_escape_keeps_delimiters_and_line_breaks(
    redshift_server: RedshiftServer, connection: Any, prefix: str
) -> None:
    uri = put(redshift_server, prefix + "e.tsv", b"1\ta\\\tb\\\nc\\\\\n2\t\\N\n")
    run(connection, "CREATE TABLE e (i int, s varchar(50))")
    run(connection, copy(redshift_server, "e", uri, r"DELIMITER '\t' ESCAPE NULL AS '\\N'"))
    assert rows(connection, "SELECT * FROM e ORDER BY 1") == [(1, "a\tb\nc\\"), (2, None)]


def test_json_by_name(redshift_server: RedshiftServer, connection: Any, prefix: str) -> None:
    uri = put(
        redshift_server, prefix + "j", b'{"s": "x", "i": 1, "o": {"a": [1.50]}}\n{"i": null, "other": 1}'
    )
    run(connection, "CREATE TABLE j (i int, s varchar(5), o super)")
    run(connection, copy(redshift_server, "j", uri, "FORMAT AS JSON 'auto'"))
    assert rows(connection, "SELECT i, s, JSON_SERIALIZE(o) FROM j ORDER BY 1") == [
        (1, "x", '{"a": [1.5]}'),
        (None, None, None),
    ]


def test_bad_rows_are_kept_up_to_maxerror(
    redshift_server: RedshiftServer, connection: Any, prefix: str
) -> None:
    uri = put(redshift_server, prefix + "bad", "1|a\nx|b\n3|žžž\n4\n5|e|f\n6|ok\n".encode())
    run(connection, "CREATE TABLE bad (i int, s varchar(5))", "BEGIN")
    run(connection, copy(redshift_server, "bad", uri, "MAXERROR 4"))
    wanted = [
        (2, "i", "int4", "x|b", "x", 1207, "Invalid digit, Value 'x', Pos 0, Type: Integer"),
        (3, "s", "varchar", "3|žžž", "žžž", 1204, "String length exceeds DDL length"),
        (4, "s", "varchar", "4", "", 1214, "Delimiter not found"),
        (5, "s", "varchar", "5|e|f", "", 1202, "Extra column(s) found"),
    ]
    query = (
        "SELECT line_number, trim(colname), trim(type), trim(raw_line), trim(raw_field_value), err_code, "
        "trim(err_reason) FROM stl_load_errors WHERE query = pg_last_copy_id() ORDER BY line_number"
    )
    assert rows(connection, query) == wanted
    assert rows(connection, "SELECT pg_last_copy_count()") == [(2,)]
    run(connection, "ROLLBACK")
    assert rows(connection, "SELECT count(*) FROM bad") == [(0,)]
    assert rows(connection, query) == wanted


def test_more_bad_rows_than_maxerror_fail_the_copy(
    redshift_server: RedshiftServer, connection: Any, prefix: str
) -> None:
    uri = put(redshift_server, prefix + "bad", b"1\nx\ny\n")
    run(connection, "CREATE TABLE worse (i int)", "BEGIN", "INSERT INTO worse VALUES (0)")
    with pytest.raises(redshift_connector.Error, match="Load into table 'worse' failed"):
        run(connection, copy(redshift_server, "worse", uri, "MAXERROR 1"))
    with pytest.raises(redshift_connector.Error, match="current transaction is aborted"):
        run(connection, copy(redshift_server, "worse", uri, "MAXERROR 2"))
    run(connection, "ROLLBACK")
    assert rows(connection, "SELECT count(*) FROM worse") == [(0,)]
    found = rows(
        connection, "SELECT line_number FROM stl_load_errors WHERE query = pg_last_copy_id() ORDER BY 1"
    )
    assert found == [(2,), (3,)]
    detail = rows(
        connection,
        "SELECT trim(colname), trim(value) FROM stl_loaderror_detail WHERE query = pg_last_copy_id()",
    )
    assert sorted(detail) == [("i", "x"), ("i", "y")]


SCHEMA = pa.schema(
    {
        "a": pa.int32(), "b": pa.int64(), "c": pa.decimal128(10, 2), "d": pa.string(), "e": pa.date32(),
        "f": pa.timestamp("us"), "g": pa.bool_(), "h": pa.float64(), "i": pa.int16(),
    }
)  # fmt: skip
DDL = "(a int, b bigint, c decimal(10,2), d varchar(6), e date, f timestamp, g bool, h float8, i smallint)"


def sample(**changed: object) -> pa.Table:
    import datetime

    row = {
        "a": 1, "b": 2**40, "c": Decimal("1.50"), "d": 'a"\n,', "e": datetime.date(2024, 2, 29),
        "f": datetime.datetime(2024, 1, 1, 1, 2, 3, 456), "g": True, "h": 0.1, "i": 3,
    } | changed  # fmt: skip
    return pa.Table.from_pylist([row, dict.fromkeys(row), row | {"d": ""}], SCHEMA)


def test_parquet_by_manifest_and_back_by_unload(
    redshift_server: RedshiftServer, connection: Any, prefix: str
) -> None:
    uri, size = put_parquet(redshift_server, prefix + "p.parquet", sample())
    entries = [{"url": uri, "mandatory": True, "meta": {"content_length": size}}]
    manifest = put(redshift_server, prefix + "manifest", json.dumps({"entries": entries}).encode())
    run(
        connection,
        f"CREATE TABLE p {DDL}",
        copy(redshift_server, "p", manifest, "FORMAT AS PARQUET MANIFEST"),
    )
    out = f"s3://{redshift_server.bucket}/{prefix}out/"
    unload = f"UNLOAD ('SELECT * FROM p ORDER BY a, d') TO '{out}' IAM_ROLE '{redshift_server.iam_role}' "
    run(connection, unload + "FORMAT PARQUET MANIFEST VERBOSE PARALLEL OFF")
    client = redshift_server.s3.client()
    body = client.get_object(Bucket=redshift_server.bucket, Key=prefix + "out/000.parquet")["Body"].read()
    back = pq.read_table(pa.BufferReader(body))
    assert back.schema.remove_metadata() == SCHEMA
    assert sorted(map(str, back.to_pylist())) == sorted(map(str, sample().to_pylist()))
    made = json.loads(
        client.get_object(Bucket=redshift_server.bucket, Key=prefix + "out/manifest")["Body"].read()
    )
    assert made["entries"] == [
        {"url": out + "000.parquet", "meta": {"content_length": len(body), "record_count": 3}}
    ]
    with pytest.raises(redshift_connector.Error, match="Specified unload destination on S3 is not empty"):
        run(connection, unload)
    run(connection, unload + "ALLOWOVERWRITE FORMAT PARQUET")


@pytest.mark.parametrize(
    ("ddl", "said"),
    [
        (
            DDL.replace("a int", "a bigint"),
            r"incompatible Parquet schema for column .*Column type: BIGINT.*int32 a",
        ),
        (DDL.replace("b bigint", "b int"), "Column type: INTEGER"),
        (DDL.replace("decimal(10,2)", "decimal(12,2)"), r"Column type: DECIMAL\(12, 2\)"),
        (DDL.replace("f timestamp", "f timestamptz"), "Column type: TIMESTAMPTZ"),
        (DDL.replace(", i smallint", ""), "Unmatched number of columns.*Table columns: 8, Data columns: 9"),
        (DDL.replace("varchar(6)", "varchar(3)"), "length of the data column d is longer.*Table: 3, Data: 4"),
        (DDL.replace("a int", "a int not null"), "Cannot insert a NULL value into column a"),
    ],
)
def test_parquet_must_match_the_table(
    redshift_server: RedshiftServer, connection: Any, prefix: str, ddl: str, said: str
) -> None:
    uri, _ = put_parquet(redshift_server, "strict/p.parquet", sample())
    run(connection, "DROP TABLE IF EXISTS strict", f"CREATE TABLE strict {ddl}")
    with pytest.raises(redshift_connector.Error, match=f"(?s){said}"):
        run(connection, copy(redshift_server, "strict", uri, "PARQUET"))
    assert rows(connection, "SELECT count(*) FROM strict") == [(0,)]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "COPY o FROM '{uri}' IAM_ROLE '{role}' PARQUET REGION 'us-east-1'",
            "REGION argument is not supported for PARQUET",
        ),
        (
            "COPY o FROM '{uri}' IAM_ROLE '{role}' PARQUET MAXERROR 3",
            "MAXERROR argument is not supported for PARQUET",
        ),
        ("COPY o FROM '{uri}' IAM_ROLE '{role}' FASTER", 'syntax error at or near "FASTER"'),
        ("COPY o FROM '{uri}' IAM_ROLE '{role}' CSV ESCAPE", "CSV is not supported with ESCAPE"),
        ("COPY o FROM '{uri}'", "CREDENTIALS argument is required"),
        ("COPY o FROM '{uri}' IAM_ROLE '{other}'", "is not authorized to assume IAM Role"),
        (
            "COPY o FROM '{uri}' CREDENTIALS 'aws_access_key_id=no;aws_secret_access_key=no'",
            "S3ServiceException.*403",
        ),
        ("COPY o FROM '{uri}' ACCESS_KEY_ID '{key}' SECRET_ACCESS_KEY 'wrong'", "S3ServiceException.*403"),
        ("COPY o FROM '{uri}' IAM_ROLE '{role}' REGION 'eu-west-1'", "PermanentRedirect"),
        (
            "COPY o FROM '{uri}nothing' IAM_ROLE '{role}'",
            "The specified S3 prefix 'options/xnothing' does not exist",
        ),
        ("COPY nowhere FROM '{uri}' IAM_ROLE '{role}'", "Cannot COPY into nonexistent table nowhere"),
        ("UNLOAD ('SELECT 1 LIMIT 5') TO '{uri}u' IAM_ROLE '{role}'", "Limit clause is not supported"),
        ("UNLOAD ('SELECT nope FROM o') TO '{uri}u' IAM_ROLE '{role}'", 'column "nope" does not exist'),
        ("UNLOAD ('SELECT 1') TO '{uri}u' IAM_ROLE '{other}'", "is not authorized to assume IAM Role"),
    ],
)
def test_what_copy_and_unload_refuse(
    redshift_server: RedshiftServer, connection: Any, command: str, said: str
) -> None:
    uri = put(redshift_server, "options/x", b"1\n")
    run(connection, "CREATE TABLE IF NOT EXISTS o (i int)")
    key = redshift_server.s3.access_key
    text = command.format(uri=uri, role=redshift_server.iam_role, other=OTHER_ROLE, key=key)
    with pytest.raises(redshift_connector.Error, match=f"(?s){said}"):
        run(connection, text)


def test_keys_that_s3_knows_are_accepted(
    redshift_server: RedshiftServer, connection: Any, prefix: str
) -> None:
    uri = put(redshift_server, prefix + "x", b"1\n")
    s3 = redshift_server.s3
    keys = f"aws_access_key_id={s3.access_key};aws_secret_access_key={s3.secret_key}"
    run(
        connection, "CREATE TABLE k (i int)", f"COPY k FROM '{uri}' CREDENTIALS '{keys}' REGION '{s3.region}'"
    )
    assert rows(connection, "SELECT * FROM k") == [(1,)]


@pytest.mark.parametrize(
    "options", ["", "GZIP", "ZSTD", "BZIP2", "CSV", "CSV GZIP HEADER", "ESCAPE ADDQUOTES"]
)
def test_text_unloads_load_again(
    redshift_server: RedshiftServer, connection: Any, prefix: str, options: str
) -> None:
    run(connection, "DROP TABLE IF EXISTS u", "CREATE TABLE u (i int, s varchar(20))")
    run(connection, r"INSERT INTO u VALUES (1, 'a'), (2, 'b c'), (3, 'žluť')")
    out = f"s3://{redshift_server.bucket}/{prefix}part-"
    run(
        connection,
        f"UNLOAD ('SELECT * FROM u') TO '{out}' IAM_ROLE '{redshift_server.iam_role}' MANIFEST {options}",
    )
    loading = options.replace("HEADER", "IGNOREHEADER 1").replace("ESCAPE ADDQUOTES", "REMOVEQUOTES")
    run(
        connection,
        "CREATE TEMP TABLE v (LIKE u)",
        copy(redshift_server, "v", out + "manifest", loading + " MANIFEST"),
    )
    assert rows(connection, "SELECT * FROM v ORDER BY 1") == [(1, "a"), (2, "b c"), (3, "žluť")]
    listed = redshift_server.s3.client().list_objects_v2(Bucket=redshift_server.bucket, Prefix=prefix)[
        "Contents"
    ]
    assert sum("0000_part_00" in entry["Key"] or "0001_part_00" in entry["Key"] for entry in listed) == 2


def test_a_copy_rolls_back_with_its_transaction(
    redshift_server: RedshiftServer, connection: Any, prefix: str
) -> None:
    uri = put(redshift_server, prefix + "x", b"1\n")
    run(connection, "CREATE TABLE r (i int)", "BEGIN", copy(redshift_server, "r", uri), "ROLLBACK")
    assert rows(connection, "SELECT count(*) FROM r") == [(0,)]


@pytest.mark.parametrize(("fault", "expected"), [("die_before_commit", 0), ("die_after_commit", 1)])
def test_a_connection_lost_at_commit(
    redshift_server: RedshiftServer, database: str, connection: Any, prefix: str, fault: str, expected: int
) -> None:
    uri = put(redshift_server, prefix + "x", b"1\n")
    run(connection, f"CREATE TABLE {fault} (i int)")
    settings = redshift_server.settings(database)
    del settings["ssl"]
    settings["dbname"] = settings.pop("database")
    lost = psycopg.connect(**settings)
    lost.execute(copy(redshift_server, fault, uri))
    getattr(redshift_server.standin, fault)()
    with pytest.raises(psycopg.OperationalError):
        lost.commit()
    lost.close()
    assert rows(connection, f"SELECT count(*) FROM {fault}") == [(expected,)]


def test_armed_errors_come_once(redshift_server: RedshiftServer, connection: Any) -> None:
    redshift_server.standin.fail_next("57014", "canceled by an administrator")
    with pytest.raises(redshift_connector.Error, match="canceled by an administrator"):
        run(connection, "SELECT 1")
    redshift_server.standin.serialization_failure_next("100123", matching="commit")
    run(connection, "BEGIN", "SELECT 1")
    with pytest.raises(
        redshift_connector.Error, match="Serializable isolation violation on table - 100123"
    ) as caught:
        run(connection, "COMMIT")
    assert (caught.value.args[0]["C"], caught.value.args[0]["M"]) == ("XX000", "1023")
    run(connection, "ROLLBACK", "SELECT 1")


def test_concurrent_writers_of_a_row_are_not_serializable(
    redshift_server: RedshiftServer, database: str, connection: Any
) -> None:
    run(connection, "CREATE TABLE w (i int)", "INSERT INTO w VALUES (1)", "BEGIN", "SELECT * FROM w")
    with redshift_connector.connect(**redshift_server.settings(database)) as other:
        run(other, "UPDATE w SET i = 2")
        other.commit()
    with pytest.raises(redshift_connector.Error, match="1023"):
        run(connection, "UPDATE w SET i = 3")
    run(connection, "ROLLBACK")
