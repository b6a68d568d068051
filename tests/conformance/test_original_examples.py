"""The example pipelines that came with the original Dataduct, run as they are with settings beside them."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from original_project import COURSES, DUCKDB, SETTINGS, TEST_TABLE_1, put_programs_on_path, write_project
from original_record import ORIGINAL

pytestmark = pytest.mark.skipif(not ORIGINAL.is_dir(), reason="the original's examples are not at hand")

NETWORKS = """\
CREATE SCHEMA prod;
CREATE TABLE prod.networks (network_id INTEGER, network_name VARCHAR);
INSERT INTO prod.networks VALUES (1, 'north'), (2, 'south'), (3, 'west');
"""
TEST_TABLE = """\
CREATE SCHEMA dev;
CREATE TABLE dev.test_table (id INTEGER PRIMARY KEY, description VARCHAR);
INSERT INTO dev.test_table VALUES (-1, 'below zero'), (9, 'nine');
"""
TEST_TABLE_2 = """\
CREATE TABLE dev.test_table_2 (id INTEGER PRIMARY KEY, description VARCHAR);
INSERT INTO dev.test_table_2 VALUES (2, 'two'), (3, 'three'), (5, 'five');
"""


@pytest.fixture
def original(empty, monkeypatch):
    """A project with every example in it."""
    write_project(empty)
    put_programs_on_path(empty, monkeypatch)
    return empty


@pytest.fixture
def run(original):
    """Run an example, which succeeds; return the project."""

    def call(name: str, warehouse: str = "") -> Any:
        if warehouse:
            original.change_warehouse(warehouse)
        ended = original("run", f"{name}.yaml", "--run-date", "2026-01-01")
        assert ended.exit_code == 0, ended.stderr
        assert original.runs()[0]["status"] == "succeeded"
        return original

    return call


def test_every_example_is_covered(original):
    here = {path.stem for path in original.root.glob("*.yaml")}
    text = Path(__file__).read_text()
    assert {name for name in here if f'"{name}' not in text} == set()


@pytest.mark.parametrize("name", ["blog_rds_upsert", "blog_rds_upsert_implicit"])
def test_courses_to_production(run, name):
    project = run(name)
    rows = project.rows(
        "SELECT course_id, slug, title, CAST(created_ts AS VARCHAR) FROM prod.courses ORDER BY 1"
    )
    assert rows == COURSES
    assert set(project.steps().values()) == {"succeeded"}


def test_bootstrap(run):
    project = run("example_bootstrap")
    assert list(project.steps()) == ["bootstrap_override", "transform"]
    assert project.files("bootstrap_override") == {
        "output.txt": "pip install git+https://github.com/coursera/dataduct.git\n"
    }


@pytest.mark.parametrize("name", ["example_column_check", "example_count_check"])
def test_checks(run, name):
    assert set(run(name, NETWORKS).steps().values()) == {"succeeded"}


@pytest.mark.parametrize("name", ["example_column_check", "example_count_check"])
def test_failing_checks(original, name):
    original.change_warehouse(NETWORKS + "DELETE FROM prod.networks WHERE network_id = 2")
    assert original("run", f"{name}.yaml").exit_code == 1


def test_create_and_load(run):
    assert run("example_create_and_load_redshift").tables() == {"dev.test_table": TEST_TABLE_1}


def test_create_update_sql(run):
    project = run("example_create_update_sql", TEST_TABLE + TEST_TABLE_2)
    assert project.rows("FROM dev.test_table ORDER BY 1") == [(2, "two"), (3, "three"), (9, "nine")]


def test_double_input(run):
    """The script fails if one of the two directories is missing, and writes nothing."""
    project = run("example_double_input")
    assert project.files("transform-s3_profiler") == {}
    assert project.files("step1").keys() == {"test_table1.tsv"}
    assert project.files("step2").keys() == {"test_table2.tsv"}


def test_double_output(run):
    project = run("example_double_output")
    profiles = [project.files(f"profiler_{number}") for number in (1, 2)]
    told = ["".join(profile.values()) for profile in profiles]
    assert ["test_table1.tsv" in text for text in told] == [True, False]
    assert ["test_table2.tsv" in text for text in told] == [False, True]


def test_extract_local(run):
    project = run("example_extract_local")
    [files] = [project.files(step) for step in project.datasets()]
    assert files == {"test_table1.tsv": (ORIGINAL / "examples/resources/data/test_table1.tsv").read_text()}


def test_extract_rds(run):
    project = run("example_extract_rds")
    steps = project("history", project.runs()[0]["id"], "--json").document()["steps"]
    assert [(step["status"], step["rows"]) for step in steps] == [("succeeded", 2), ("succeeded", 3)]
    assert len(project.datasets()) == 2


def test_extract_redshift(run):
    project = run(
        "example_extract_redshift",
        "CREATE SCHEMA dev; CREATE TABLE dev.categories AS SELECT 1 AS category_id, 'tea' AS category_name",
    )
    steps = project("history", project.runs()[0]["id"], "--json").document()["steps"]
    assert [(step["operation"], step["rows"]) for step in steps] == [("unload", 1)]


def test_failed_pipeline(original):
    ended = original("run", "example_failed_pipeline.yaml")
    assert ended.exit_code == 1
    assert "failed: failure_step" in ended.stderr
    assert "this: command not found" in ended.stderr
    assert original.runs()[0]["status"] == "failed"


def test_load_redshift(run):
    project = run("example_load_redshift", TEST_TABLE)
    assert project.tables() == {"dev.test_table": TEST_TABLE_1}


def test_load_reload_primary_key_check(run):
    assert run("example_load_reload_pk").tables() == {
        "dev.test_table": TEST_TABLE_1,
        "dev.test_table_2": TEST_TABLE_1,
    }


def test_primary_key_check(run):
    project = run("example_primary_key_check", TEST_TABLE)
    assert set(project.steps().values()) == {"succeeded"}


def test_reload(run):
    project = run("example_reload", TEST_TABLE + TEST_TABLE_2)
    assert project.tables() == {"dev.test_table": TEST_TABLE_1, "dev.test_table_2": TEST_TABLE_1}


def test_sql_command(run):
    project = run("example_sql_command", TEST_TABLE)
    assert len(project.rows("FROM dev.test_table")) == 2


def test_transform(run):
    project = run("example_transform")
    profiles = [project.files(step) for step in project.datasets() - {"extract-node"}]
    assert len(profiles) == 2
    for profile in profiles:
        assert "test_table1.tsv" in "".join(profile.values())


def test_upsert(run):
    project = run("example_upsert", TEST_TABLE + TEST_TABLE_2)
    assert project.tables()["dev.test_table_2"] == sorted(
        [(2, "two"), *TEST_TABLE_1, (5, "five")], key=lambda row: row[0]
    )


@pytest.mark.parametrize("settings", ["with custom_steps", "found in steps/"])
def test_custom_extract_local(original, run, settings):
    """Its class, in steps/custom_extract_local.py, only hands its arguments on."""
    if settings == "found in steps/":
        written = (original.root / "dataduct.yml").read_text()
        original.write({"dataduct.yml": written.split("custom_steps:")[0]})
    project = run("example_custom_extract_local")
    [files] = [project.files(step) for step in project.datasets()]
    assert files == {"test_table1.tsv": (ORIGINAL / "examples/resources/data/test_table1.tsv").read_text()}


def test_emr_streaming(run):
    """Word count by a mapper and a reducer, which are scripts of Python 2."""
    project = run("example_emr_streaming")
    text = (ORIGINAL / "examples/resources/data/word_data.txt").read_text()
    counts = [
        line.split("\t") for line in project.files("emr-streaming-word_mapper")["part-00000"].splitlines()
    ]
    assert {word: int(count) for word, count in counts} == Counter(text.split())
    assert [word for word, _ in counts] == sorted(set(text.split()), key=str.encode)
    assert "part-00000" in "".join(project.files("transform-s3_profiler").values())


def test_cassandra_on_this_machine(run):
    """Its transforms ran on a cluster; its tables, and the scripts that stand in for its own, are written here."""
    assert set(run("cassandra_emr").steps().values()) == {"succeeded"}


def test_pipeline_dependency(original, run):
    """It waits for one pipeline that succeeds and for one that may fail, and does."""
    assert original("run", "example_failed_pipeline.yaml", "--run-date", "2026-01-01").exit_code == 1
    run("example_transform")
    project = run("example_pipeline_dependency")
    assert set(project.steps().values()) == {"succeeded"}
    assert "".join(project.files("transform").values()).strip()


# --- real servers ----


@pytest.fixture
def on_real_servers(original, postgres_server, s3_server, monkeypatch):
    """The project with a PostgreSQL database `operational` and S3's bucket `somebucket`; gives the database's name."""
    database = postgres_server.fresh_database("operational")
    monkeypatch.setenv("OPERATIONAL_PASSWORD", postgres_server.password)
    address = (
        f"host: 127.0.0.1, port: {postgres_server.port}, user: {postgres_server.user}, database: {database}"
    )
    settings = SETTINGS.replace("WAREHOUSE", DUCKDB).replace("host: 127.0.0.1, user: etl", address)
    original.write({"dataduct.yml": settings})
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    monkeypatch.setenv("AWS_DEFAULT_REGION", s3_server.region)
    postgres_server.execute("CREATE TABLE sometable (col1 integer, col2 text, col3 date)", database=database)
    return database


def test_rows_of_postgres_to_a_file_in_s3_and_back(on_real_servers, postgres_server, s3_server, run):
    """One test for both examples, as both name the same object: one writes it, the other reads it."""
    client = s3_server.client()
    client.create_bucket(Bucket="somebucket")
    postgres_server.execute(
        "INSERT INTO sometable VALUES (1, 'a', '2026-01-01'), (2, NULL, NULL)", database=on_real_servers
    )
    run("example_extract_postgres")
    body = client.get_object(Bucket="somebucket", Key="somedata.csv")["Body"].read()
    assert body == b'"col1","col2","col3"\n1,"a",2026-01-01\n2,,\n'

    client.put_object(Bucket="somebucket", Key="somedata.csv", Body=b"a,b,c\n1,one,2026-01-01\n2,,NULL\n")
    postgres_server.execute("DELETE FROM sometable", database=on_real_servers)
    run("example_load_postgres")
    rows = postgres_server.execute("SELECT col1, col2, col3::text FROM sometable", database=on_real_servers)
    assert rows == [(1, "one", "2026-01-01"), (2, "", None)]


def test_example_extract_s3_says_what_is_missing(on_real_servers, original):
    ended = original("run", "example_extract_s3.yaml", "--run-date", "2026-01-01")
    assert ended.exit_code == 1
    assert "elasticmapreduce" in ended.stderr
