"""Files of a bucket into DuckDB and PostgreSQL, and a bucket as the storage of runs."""

import bz2
import gzip
import io
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from real_systems import bucket, connection, done, failed, places_of, write_settings

from projects import Project

ROWS = [(1, 'Ada, "the" first', 1.5), (2, "Zoë", None), (3, "tab\there", -3.0)]
TABLE = "CREATE TABLE staging.people (id INTEGER NOT NULL, name VARCHAR(40), score DOUBLE PRECISION);\n"
LOAD = "step_type: create-load\nname: load\ntable_definition: tables/people.sql\n"


def tsv(rows: list[Any]) -> bytes:
    lines = ("\t".join("\\N" if v is None else str(v).replace("\t", "\\\t") for v in row) for row in rows)
    return "".join(line + "\n" for line in lines).encode()


def csv(rows: list[Any]) -> bytes:
    def field(value: Any) -> str:
        return "\\N" if value is None else '"' + str(value).replace('"', '""') + '"'

    return "".join(",".join(map(field, row)) + "\n" for row in [("id", "name", "score"), *rows]).encode()


def jsonl(rows: list[Any]) -> bytes:
    import json

    names = ("id", "name", "score")
    return "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows).encode()


def parquet(rows: list[Any]) -> bytes:
    columns = dict(zip(("id", "name", "score"), map(list, zip(*rows, strict=True)), strict=True))
    schema = pa.schema([("id", pa.int32()), ("name", pa.string()), ("score", pa.float64())])
    file = io.BytesIO()
    pq.write_table(pa.table(columns, schema=schema), file)
    return file.getvalue()


def zstandard(data: bytes) -> bytes:
    compressed: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return compressed


FILES: dict[str, tuple[Callable[[list[Any]], bytes], Callable[[bytes], bytes]]] = {
    "tsv": (tsv, bytes),
    "tsv.gz": (tsv, gzip.compress),
    "tsv.bz2": (tsv, bz2.compress),
    "csv": (csv, bytes),
    "csv.zst": (csv, zstandard),
    "jsonl": (jsonl, bytes),
    "jsonl.gz": (jsonl, gzip.compress),
    "parquet": (parquet, bytes),
}


@pytest.fixture(params=["duckdb", "postgres"])
def warehouse(
    request: pytest.FixtureRequest, postgres_server: Any, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, Any], Callable[[Project, str], list[tuple[Any, ...]]]]:
    """Settings of a warehouse, and a function that asks it."""
    if request.param == "duckdb":
        return {}, lambda project, query: project.rows(query)
    database = postgres_server.fresh_database("warehouse")
    monkeypatch.setenv("PW", postgres_server.password)
    settings = {"warehouse": connection(postgres_server, database)}
    return settings, lambda _, query: postgres_server.execute(query, database=database)


@pytest.fixture
def lake(s3_server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket with the same rows in every format: whole in `whole/`, and in two files below `parts/FORMAT/`."""
    name: str = s3_server.fresh_bucket("lake")
    client = s3_server.client()
    for ending, (write, compress) in FILES.items():
        client.put_object(Bucket=name, Key=f"whole/people.{ending}", Body=compress(write(ROWS)))
        client.put_object(Bucket=name, Key=f"parts/{ending}/2026/a.{ending}", Body=compress(write(ROWS[:1])))
        client.put_object(Bucket=name, Key=f"parts/{ending}/2026/b.{ending}", Body=compress(write(ROWS[1:])))
    client.close()
    monkeypatch.setenv("S3_SECRET", s3_server.secret_key)
    return name


def test_every_format_arrives_whole_whichever_way_it_is_named(
    empty: Project, s3_server: Any, lake: str, warehouse: Any
) -> None:
    settings, ask = warehouse
    write_settings(empty, connections={"lake": bucket(s3_server, "")}, **settings)
    steps, tables = [], []
    for number, ending in enumerate(FILES):
        uri = (
            f"file_uri: s3://{lake}/whole/people.{ending}",
            f"directory_uri: s3://{lake}/parts/{ending}",
            f"file_uri: s3://{lake}/parts/{ending}/*/[ab].{ending}".replace("[ab]", "?"),
        )[number % 3]
        table = f"people_{ending.replace('.', '_')}"
        tables.append(table)
        empty.write({f"tables/{table}.sql": TABLE.replace("people", table)})
        steps += [
            f"step_type: extract-s3\nname: get-{number}\nconnection: lake\n{uri}\n",
            f"step_type: create-load\nname: load-{number}\ntable_definition: tables/{table}.sql\n",
        ]
    empty.pipeline("lake", *steps)
    told = done(empty, "lake").text
    for table in tables:
        assert ask(empty, f"SELECT * FROM staging.{table} ORDER BY id") == ROWS, table
    assert places_of(s3_server.secret_key, empty.root, told) == []


def test_what_is_not_there_is_told(empty: Project, s3_server: Any, lake: str) -> None:
    connections = {
        "lake": bucket(s3_server, ""),
        "wrong": {**bucket(s3_server, ""), "secret_access_key": "nonsense"},
    }
    write_settings(empty, connections=connections)
    for name, alias, uri in (
        ("file", "lake", f"file_uri: s3://{lake}/whole/peple.tsv"),
        ("bucket", "lake", "directory_uri: s3://no-such-bucket-anywhere/x/"),
        ("secret", "wrong", f"directory_uri: s3://{lake}/whole/"),
    ):
        empty.pipeline(name, f"step_type: extract-s3\nname: get\nconnection: {alias}\n{uri}\n")
    told = {name: failed(empty, name) for name in ("file", "bucket", "secret")}
    assert f"s3://{lake}/whole/peple.tsv" in told["file"]
    assert "no-such-bucket-anywhere" in told["bucket"]
    assert "the secret does not belong to the access key" in told["secret"]
    assert "nonsense" not in "".join(told.values())


def test_a_bucket_as_the_storage_of_runs(
    empty: Project, s3_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3_SECRET", s3_server.secret_key)
    name = s3_server.fresh_bucket("runs")
    storage = {**bucket(s3_server, name), "prefix": "school"}
    write_settings(
        empty, storage=storage, connections={"source": {"type": "sqlite", "path": "source.sqlite"}}
    )
    empty.change_source(
        "CREATE TABLE people (id INTEGER, name TEXT); INSERT INTO people VALUES (1, 'Ada'), (2, 'Bob');"
    )
    empty.write({"tables/people.sql": "CREATE TABLE staging.people (id INTEGER, name VARCHAR(20));\n"})
    empty.pipeline(
        "people",
        "step_type: extract-rds\nname: people\nhost_name: source\ntable: people\n",
        "step_type: transform\nname: upper\ncommand: 'cat ${INPUT1_STAGING_DIR}/* | tr a-z A-Z > "
        "${OUTPUT1_STAGING_DIR}/people.tsv'\n",
        LOAD,
    )
    told = done(empty, "people").text
    assert empty.rows("SELECT * FROM staging.people ORDER BY id") == [(1, "ADA"), (2, "BOB")]
    client = s3_server.client()
    listed = client.list_objects_v2(Bucket=name)
    client.close()
    keys = [each["Key"] for each in listed["Contents"]]
    assert all(key.startswith("school/") for key in keys)
    assert sum(key.endswith(".manifest.json") for key in keys) == 2
    assert not list((empty.root / ".dataduct").rglob("*.parquet"))
    assert places_of(s3_server.secret_key, empty.root, told) == []
