"""The test kit: a step, a pattern or a pipeline on systems made for the test."""

import gc
from pathlib import Path

import pyarrow as pa
import pytest

from dataduct.errors import DataductError, UserError
from dataduct.model.operations import Check, RunCommand, RunSql
from dataduct.testing import InvalidPipeline, run_pipeline, run_step

COURSES = "CREATE TABLE prod.courses (id INTEGER PRIMARY KEY, title VARCHAR(20))"
STAGING = "CREATE TABLE staging.courses (id INTEGER, title VARCHAR(20))"
ROWS = [{"id": 1, "title": "Algebra"}, {"id": 2, "title": None}]
COPY = 'cat "$INPUT1_STAGING_DIR"/* > "$OUTPUT1_STAGING_DIR/out.tsv"'


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory as the working directory, which is thus the project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_a_step_reads_rows_and_writes_rows() -> None:
    outcome = run_step({"step_type": "transform", "command": COPY}, ROWS)
    assert outcome.rows == [{"column_0": "1", "column_1": "Algebra"}, {"column_0": "2", "column_1": None}]
    assert outcome.files == {"out.tsv": b"1\tAlgebra\n2\t\\N\n"}
    assert isinstance(outcome.plan, RunCommand)
    assert (outcome.status, outcome.names, outcome.statements, outcome.verdict) == (
        "succeeded",
        ("step",),
        (),
        None,
    )


def test_rows_may_be_an_arrow_table_and_files(project: Path) -> None:
    step = {"step_type": "transform", "command": COPY}
    assert run_step(step, pa.table({"id": [7]})).files == {"out.tsv": b"7\n"}
    for name in ("a.tsv", "b.tsv"):
        (project / name).write_text(name)
    assert run_step(step, project / "a.tsv").files == {"out.tsv": b"a.tsv"}
    assert run_step(step, [project / "a.tsv", project / "b.tsv"]).files == {"out.tsv": b"a.tsvb.tsv"}


def test_a_step_reads_several_inputs_by_name() -> None:
    outcome = run_step(
        {"step_type": "transform", "command": COPY.replace("*", "*/*"), "input_node": {"a": "x", "b": "y"}},
        inputs={"a": [{"n": 1}], "b": [{"n": 2}]},
    )
    assert outcome.files == {"out.tsv": b"1\n2\n"}


def test_a_step_works_on_tables() -> None:
    outcome = run_step(
        "step_type: upsert\nsource: tables/staging.courses.sql\ndestination: tables/prod.courses.sql",
        tables={STAGING: [{"id": 2, "title": "Biology"}, {"id": 3}], COURSES: ROWS},
    )
    rows = sorted(outcome.table("prod.courses"), key=lambda row: row["id"])
    assert rows == [{"id": 1, "title": "Algebra"}, {"id": 2, "title": "Biology"}, {"id": 3, "title": None}]
    assert isinstance(outcome.plan, RunSql)
    assert any(statement.startswith("DELETE FROM prod.courses") for statement in outcome.statements)


def test_a_table_may_be_empty_and_its_definition_in_a_file_of_the_project(project: Path) -> None:
    (project / "courses.sql").write_text(COURSES)
    outcome = run_step({"step_type": "sql-command", "command": "SELECT 1"}, tables={"courses.sql": []})
    assert outcome.table("prod.courses") == []


def test_a_step_reads_connections() -> None:
    step = {"step_type": "extract-rds", "host_name": "shop", "table": "courses"}
    assert run_step(step, connections={"shop": {"courses": ROWS}}).rows == ROWS
    script = "CREATE TABLE courses (id INTEGER); INSERT INTO courses VALUES (5)"
    assert run_step(step, connections={"shop": script}).rows == [{"id": 5}]


@pytest.mark.parametrize(("rows", "passed"), [(ROWS, True), ([*ROWS, *ROWS], False)])
def test_a_check_gives_its_verdict_also_when_it_fails(rows: list[dict[str, object]], passed: bool) -> None:
    outcome = run_step(
        {
            "step_type": "count-check",
            "source_host": "shop",
            "source_table_name": "courses",
            "destination_table_name": "staging.courses",
        },
        connections={"shop": {"courses": ROWS}},
        tables={STAGING: rows},
    )
    assert isinstance(outcome.plan, Check)
    assert outcome.verdict is not None
    assert (outcome.verdict.passed, outcome.status) == (passed, "succeeded" if passed else "failed")


def test_a_composite_step_is_all_its_steps() -> None:
    outcome = run_step(
        {
            "step_type": "load-reload-pk",
            "staging_table_definition": "tables/staging.courses.sql",
            "production_table_definition": "tables/prod.courses.sql",
        },
        ROWS,
        tables={STAGING: [], COURSES: [{"id": 9}]},
    )
    assert outcome.names == ("step_create_and_load", "step_reload", "step_primary_key_check")
    assert outcome.table("prod.courses") == ROWS
    assert outcome.verdict is not None and outcome.verdict.passed
    assert [operation.kind for operation in outcome.operations.values()] == ["load-table", "run-sql", "check"]


def test_a_pattern_of_the_project_is_run_like_a_step(project: Path) -> None:
    (project / "patterns").mkdir()
    (project / "patterns/double.yaml").write_text(
        "parameters:\n  table: {type: text}\nsteps:\n"
        "- {step_type: sql-command, name: one, command: 'CREATE TABLE {{ param.table }} (a INTEGER)'}\n"
        "- {step_type: sql-command, name: two, command: 'INSERT INTO {{ param.table }} VALUES (1)'}\n"
    )
    outcome = run_step({"step_type": "double", "table": "t"})
    assert outcome.names == ("step.one", "step.two")
    assert outcome.table("t") == [{"a": 1}]


def test_a_pipeline_is_run_from_its_file_or_its_text(project: Path) -> None:
    text = "name: p\nvariables: {n: 1}\nsteps:\n- {step_type: sql-command, name: make, command: %s}\n"
    text %= "\"CREATE TABLE t AS SELECT {{ var.n }} AS n, DATE '{{ run_date }}' AS d\""
    (project / "p.yaml").write_text(text)
    outcome = run_pipeline("p.yaml", variables={"n": "5"}, run_date="2026-03-04")
    assert [(row["n"], str(row["d"])) for row in outcome.table("t")] == [(5, "2026-03-04")]
    assert run_pipeline(text).query("SELECT n FROM t") == [{"n": 1}]
    assert (outcome.status, outcome.statuses) == ("succeeded", {"make": "succeeded"})
    assert outcome.step("make").statements[0].startswith("CREATE TABLE t")


def test_what_is_wrong_with_a_step_is_in_the_text_of_the_exception() -> None:
    with pytest.raises(InvalidPipeline) as raised:
        run_step(
            {"step_type": "extract-rds", "host_name": "shp", "tabel": "courses"},
            connections={"shop": "SELECT 1"},
        )
    told = str(raised.value)
    assert "extract-rds has no property `tabel`" in told
    assert "did you mean `table`?" in told


def test_the_connections_of_the_project_are_out_of_reach(project: Path) -> None:
    (project / "dataduct.yml").write_text("connections:\n  live: {type: sqlite, path: live.sqlite}\n")
    with pytest.raises(InvalidPipeline, match="no connection is called `live`"):
        run_step({"step_type": "extract-rds", "host_name": "live", "table": "t"})


def test_a_step_that_fails_raises_what_it_failed_with() -> None:
    with pytest.raises(DataductError) as raised:
        run_step({"step_type": "transform", "command": "echo no way; exit 3", "no_output": True})
    assert raised.value.code == "DD783"
    assert raised.value.__notes__ == ["step `step` failed [DD783]", "no way"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"step": "- 1"}, "the step is no mapping with a `step_type`"),
        ({"step": "a: [b"}, "the step is no YAML"),
        ({"rows": [{"a": 1}, {"a": "x"}]}, "column `a` of `input` holds values of several types"),
        ({"rows": [1]}, "row 1 of `input` is `int`"),
        ({"tables": {"missing.sql": []}}, "there is no table definition `missing.sql`"),
        ({"connections": {"shop": "CREATE TABEL"}}, "the database of connection `shop` cannot be made"),
        ({"connections": {"shop": {"t": []}}}, "table `t` of a connection has no columns"),
    ],
)
def test_wrong_use_of_the_kit_is_told(given: dict[str, object], told: str) -> None:
    arguments = {"step": {"step_type": "sql-command", "command": "SELECT 1"}, **given}
    with pytest.raises(UserError, match=told) as raised:
        run_step(**arguments)  # type: ignore[arg-type]
    assert raised.value.code == "DD574"


def test_asking_for_what_is_not_there_is_told() -> None:
    outcome = run_step({"step_type": "sql-command", "command": "SELECT 1"})
    with pytest.raises(UserError, match="step `step` writes no dataset"):
        _ = outcome.rows
    with pytest.raises(UserError, match="the run has no step `stp`"):
        outcome.run.step("stp")
    with pytest.raises(DataductError, match="nowhere"):
        outcome.table("nowhere")
    with pytest.raises(UserError, match="there is no pipeline file"):
        run_pipeline("nowhere.yaml")


def test_nothing_is_left_behind_and_nothing_written_to_the_project(project: Path) -> None:
    (project / "dataduct.yml").write_text("project: x\n")
    outcome = run_step(
        {"step_type": "sql-command", "command": "CREATE TABLE t (a INTEGER)"}, tables={COURSES: ROWS}
    )
    assert outcome.table("prod.courses") == ROWS
    del outcome
    gc.collect()
    assert [path.name for path in project.iterdir()] == ["dataduct.yml"]
