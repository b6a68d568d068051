"""The example pipelines that came with the original Dataduct, run as they are with settings beside them."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

ORIGINAL = Path(__file__).parents[3] / "shared" / "conformance" / "original"
pytestmark = pytest.mark.skipif(not ORIGINAL.is_dir(), reason="the original's examples are not at hand")

SETTINGS = """\
connections:
  maestro:
    type: sqlite
    path: maestro.sqlite
  operational: {type: postgres, host: 127.0.0.1, user: etl, password: "${env:OPERATIONAL_PASSWORD}"}
warehouse:
  type: duckdb
  path: warehouse.duckdb
resources: [resources]
"""
SOURCE = """\
CREATE TABLE courses_course (id INTEGER PRIMARY KEY, slug TEXT, name TEXT, created TIMESTAMP);
INSERT INTO courses_course VALUES
    (1, 'algebra', 'Algebra', '2013-01-01 10:00:00'), (2, 'biology', NULL, '2013-02-01 11:30:00');
CREATE TABLE networks_network (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO networks_network VALUES (1, 'north'), (2, 'south'), (3, 'west');
CREATE TABLE specializations_specialization (id INTEGER PRIMARY KEY, title TEXT);
INSERT INTO specializations_specialization VALUES (7, 'data'), (8, 'design');
"""
COURSE_COLUMNS = "id INTEGER PRIMARY KEY, slug VARCHAR(255), name VARCHAR(255), created TIMESTAMP"
COURSES = COURSE_COLUMNS.replace("id", "course_id", 1)
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
ROWS = [(1, "thisis a roooow"), (3, ""), (4, None)]
"""What data/test_table1.tsv holds; NULL stands for no value."""

ELSEWHERE = {
    "example_custom_extract_local": ["custom-extract-local"],
    "example_emr_streaming": ["emr-streaming"],
    "example_pipeline_dependency": ["pipeline-dependencies"],
}
"""Examples whose step types need systems that are not here, and those step types."""


@pytest.fixture
def original(empty, monkeypatch):
    """A project with every example in it, `python` and a `pip` that installs nothing."""
    shutil.copytree(ORIGINAL / "examples", empty.root, dirs_exist_ok=True)
    empty.write(
        {
            "dataduct.yml": SETTINGS,
            "resources/tables/staging.courses.sql": f"CREATE TABLE staging.courses ({COURSE_COLUMNS})",
            "resources/tables/prod.courses.sql": f"CREATE TABLE prod.courses ({COURSES})",
            "bin/pip": '#!/bin/sh\necho pip "$@"\n',
            "bin/python": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
        }
    )
    for name in ("pip", "python"):
        (empty.root / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(empty.root / "bin"), prepend=":")
    empty.change_source(SOURCE, "maestro.sqlite")
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
    rows = project.rows("SELECT course_id, slug, name, CAST(created AS VARCHAR) FROM prod.courses ORDER BY 1")
    assert rows == [
        (1, "algebra", "Algebra", "2013-01-01 10:00:00"),
        (2, "biology", None, "2013-02-01 11:30:00"),
    ]
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
    assert run("example_create_and_load_redshift").tables() == {"dev.test_table": ROWS}


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
    assert project.tables() == {"dev.test_table": ROWS}


def test_load_reload_primary_key_check(run):
    assert run("example_load_reload_pk").tables() == {"dev.test_table": ROWS, "dev.test_table_2": ROWS}


def test_primary_key_check(run):
    project = run("example_primary_key_check", TEST_TABLE)
    assert set(project.steps().values()) == {"succeeded"}


def test_reload(run):
    project = run("example_reload", TEST_TABLE + TEST_TABLE_2)
    assert project.tables() == {"dev.test_table": ROWS, "dev.test_table_2": ROWS}


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
        [(2, "two"), *ROWS, (5, "five")], key=lambda row: row[0]
    )


def test_cassandra_on_a_cluster(original):
    """Its transforms run on EMR, and its scripts and tables did not come with the examples."""
    ended = original("validate", "cassandra_emr.yaml")
    assert ended.exit_code == 2
    assert "`scripts/hello.sh` does not exist" in ended.stdout


@pytest.mark.parametrize(("name", "step_types"), ELSEWHERE.items())
def test_step_types_that_are_not_here(original, name, step_types):
    checked = original("validate", f"{name}.yaml", "--format", "json")
    assert checked.exit_code == 2
    problems = checked.document()["problems"]
    assert [(problem["code"], problem["message"]) for problem in problems] == [
        ("DD501", f"unknown step type `{step_type}`") for step_type in step_types
    ]
    ended = original("run", f"{name}.yaml")
    assert ended.exit_code == 2
    assert "DD501" in ended.stderr


# --- real servers ----


@pytest.fixture
def on_real_servers(original, postgres_server, s3_server, monkeypatch):
    """The project with a PostgreSQL database `operational` and S3's bucket `somebucket`; gives the database's name."""
    database = postgres_server.fresh_database("operational")
    monkeypatch.setenv("OPERATIONAL_PASSWORD", postgres_server.password)
    address = (
        f"host: 127.0.0.1, port: {postgres_server.port}, user: {postgres_server.user}, database: {database}"
    )
    original.write({"dataduct.yml": SETTINGS.replace("host: 127.0.0.1, user: etl", address)})
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    monkeypatch.setenv("AWS_DEFAULT_REGION", s3_server.region)
    postgres_server.execute("CREATE TABLE sometable (col1 integer, col2 text, col3 date)", database=database)
    return database


def test_example_extract_postgres(on_real_servers, postgres_server, run):
    postgres_server.execute("INSERT INTO sometable VALUES (1, 'a', '2026-01-01')", database=on_real_servers)
    step = run("example_extract_postgres").runs()[0]
    assert step["status"] == "succeeded"


def test_example_load_postgres(on_real_servers, postgres_server, s3_server, run):
    client = s3_server.client()
    client.create_bucket(Bucket="somebucket")
    client.put_object(Bucket="somebucket", Key="somedata.csv", Body=b"a,b,c\n1,one,2026-01-01\n2,,NULL\n")
    run("example_load_postgres")
    rows = postgres_server.execute("SELECT col1, col2, col3::text FROM sometable", database=on_real_servers)
    assert rows == [(1, "one", "2026-01-01"), (2, "", None)]
    client.delete_object(Bucket="somebucket", Key="somedata.csv")
    client.delete_bucket(Bucket="somebucket")


def test_example_extract_s3_says_what_is_missing(on_real_servers, original):
    ended = original("run", "example_extract_s3.yaml", "--run-date", "2026-01-01")
    assert ended.exit_code == 1
    assert "elasticmapreduce" in ended.stderr


# --- order ---------------------------------------------------------------------------------------------------------

COMPILED = sorted(
    path.stem
    for path in (ORIGINAL / "examples").glob("*.yaml")
    if path.stem not in {*ELSEWHERE, "cassandra_emr"}
)


@pytest.mark.parametrize("name", COMPILED)
def test_a_step_waits_for_what_it_waited_for_in_the_original(original, name):
    expected = json.loads((ORIGINAL / "expected" / "pipelines" / f"{name}.json").read_text())
    theirs = original_edges(expected)
    planned = original("plan", f"{name}.yaml", "--json").document()["steps"]
    places = places_of(planned, len([step for step in expected["steps"] if not step["is_teardown"]]))
    ours = {
        (places[waited["step"]], places[step["name"]]) for step in planned for waited in step["depends_on"]
    }
    assert theirs <= with_paths(ours), name


def original_edges(expected: dict[str, Any]) -> set[tuple[int, int]]:
    """Return which step of the original waits for which, by their places; its own teardown left out."""
    step_of = {
        activity["id"]: step
        for step in expected["steps"]
        for activity in step["activities"]
        if not step["is_teardown"]
    }
    places = {id(step): place for place, step in enumerate(expected["steps"])}
    edges = {
        (places[id(step_of[before])], places[id(step_of[after])])
        for before, after in expected["depends_on_edges"]
        if before in step_of and after in step_of
    }
    return {(before, after) for before, after in edges if before != after}


def places_of(planned: list[dict[str, Any]], steps: int) -> dict[str, int]:
    """Return the place of each step in the file; the parts of a composite step share one."""
    order = sorted(planned, key=lambda step: (step["position"]["line"], step["position"]["column"]))
    lines = sorted({step["position"]["line"] for step in order})
    assert len(lines) == steps, "as many steps as in the original"
    return {step["name"]: lines.index(step["position"]["line"]) for step in order}


def with_paths(edges: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return the edges, and an edge for every path of them."""
    reached = set(edges)
    while True:
        more = {(a, d) for a, b in reached for c, d in reached if b == c} - reached
        if not more:
            return reached
        reached |= more
