"""What a pipeline's text compiles to: names, inputs, order."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dataduct.definition.loader import parse_pipeline
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import CopyDataset, LoadTable, dataset_inputs
from dataduct.model.problem import Problem
from dataduct.plan.bind import bind
from dataduct.plan.compiler import CompileEnvironment, compile_pipeline
from dataduct.plan.plan import Plan
from dataduct.registry import STEPS

Compile = Callable[[str], Plan]


@pytest.fixture
def problems() -> list[Problem]:
    """Filled by `compiled`."""
    return []


@pytest.fixture
def compiled(tmp_path: Path, problems: list[Problem]) -> Callable[[str], Plan | None]:
    """Compile the steps of a pipeline in a project with two tables and a source."""
    tables = tmp_path / "tables"
    tables.mkdir()
    for schema in ("staging", "prod", "archive"):
        definition = f"CREATE TABLE {schema}.courses (id INTEGER PRIMARY KEY, title VARCHAR(20));"
        (tables / f"{schema}.courses.sql").write_text(definition)
    (tmp_path / "courses.tsv").write_text("1\tone\n")
    environment = CompileEnvironment(
        dialect="duckdb",
        connections={"school": "sqlite"},
        project_directory=tmp_path,
        resource_directories=(tmp_path,),
        find_type=STEPS.load,  # type: ignore[arg-type]
        variables={"region": "eu"},
    )

    def compile_text(text: str) -> Plan | None:
        definition, found = parse_pipeline(f"name: courses\n{text}", str(tmp_path / "courses.yaml"))
        problems.extend(found)
        assert definition is not None, problems
        return compile_pipeline(definition, environment, problems)

    return compile_text


@pytest.fixture
def plan_of(compiled: Callable[[str], Plan | None], problems: list[Problem]) -> Compile:
    """Compile steps that have no problems."""

    def compile_text(text: str) -> Plan:
        plan = compiled(text)
        assert plan is not None, problems
        return plan

    return compile_text


def edges(plan: Plan) -> dict[str, dict[str, str]]:
    """Return step → what it waits for → why."""
    return {step.name: {edge.step: edge.reason for edge in step.depends_on} for step in plan.steps}


LOAD = """
steps:
  - {step_type: extract-rds, host_name: school, table: courses}
  - {step_type: create-load-redshift, table_definition: tables/staging.courses.sql}
  - {step_type: upsert, source: tables/staging.courses.sql, destination: tables/prod.courses.sql}
  - {step_type: primary-key-check, table_definition: tables/prod.courses.sql}
  - step_type: count-check
    source_host: school
    source_table_name: courses
    destination_table_definition: tables/prod.courses.sql
"""


def test_the_blog_pipeline_needs_no_names_and_no_depends_on(plan_of: Compile) -> None:
    assert edges(plan_of(LOAD)) == {
        "extract-rds-courses": {},
        "create-load-redshift-staging.courses": {"extract-rds-courses": "input"},
        "upsert-prod.courses": {"create-load-redshift-staging.courses": "table"},
        "primary-key-check-prod.courses": {"upsert-prod.courses": "table"},
        "count-check-prod.courses": {"upsert-prod.courses": "table"},
    }


def test_a_default_name_does_not_change_when_a_step_is_inserted_above(plan_of: Compile) -> None:
    upsert = (
        "  - {step_type: upsert, source: tables/staging.courses.sql, destination: tables/prod.courses.sql}\n"
    )
    before = "steps:\n" + upsert
    inserted = (
        "steps:\n  - {step_type: upsert, source: tables/staging.courses.sql, destination: tables/archive.courses.sql}\n"
        + before.removeprefix("steps:\n")
    )
    assert "upsert-prod.courses" in edges(plan_of(before))
    assert list(edges(plan_of(inserted))) == ["upsert-archive.courses", "upsert-prod.courses"]


def test_a_second_step_on_the_same_thing_gets_a_number(plan_of: Compile) -> None:
    step = "  - {step_type: sql-command, command: SELECT 1}\n"
    assert list(edges(plan_of("steps:\n" + 3 * step))) == ["sql-command", "sql-command-2", "sql-command-3"]


def test_a_written_name_keeps_a_default_name_away(plan_of: Compile) -> None:
    text = "steps:\n  - {step_type: transform, command: x}\n  - {step_type: transform, command: y, name: transform}\n"
    assert list(edges(plan_of(text))) == ["transform-2", "transform"]


def test_a_writer_waits_for_earlier_readers_and_writers_of_its_table(plan_of: Compile) -> None:
    text = """
steps:
  - {step_type: sql-command, name: fill, command: INSERT INTO staging.courses SELECT 1}
  - {step_type: sql-command, name: read, command: INSERT INTO prod.courses SELECT * FROM staging.courses}
  - {step_type: sql-command, name: clear, command: DELETE FROM staging.courses}
"""
    assert edges(plan_of(text)) == {
        "fill": {},
        "read": {"fill": "table"},
        "clear": {"fill": "table", "read": "table"},
    }


def test_what_the_file_says_wins_over_the_order_of_tables(plan_of: Compile) -> None:
    text = """
steps:
  - {step_type: sql-command, name: first, command: INSERT INTO prod.courses SELECT 1, depends_on: second}
  - {step_type: primary-key-check, name: second, table_definition: tables/prod.courses.sql}
"""
    assert edges(plan_of(text)) == {"first": {"second": "depends_on"}, "second": {}}


def test_steps_stand_in_running_order(plan_of: Compile) -> None:
    text = """
steps:
  - {step_type: transform, name: late, command: x, depends_on: early}
  - {step_type: sql-command, name: early, command: SELECT 1}
"""
    assert [step.name for step in plan_of(text).steps] == ["early", "late"]


def test_bootstrap_runs_first_in_order_and_teardown_last(plan_of: Compile) -> None:
    text = """
bootstrap:
  local:
    - {step_type: transform, name: b1, command: x, no_output: true}
    - {step_type: transform, name: b2, command: x, input_node: [], no_output: true}
steps:
  - {step_type: sql-command, name: a, command: SELECT 1}
  - {step_type: sql-command, name: b, command: SELECT 2, depends_on: a}
  - {step_type: sql-command, name: c, command: SELECT 3}
teardown: {step_type: transform, name: t, command: x, input_node: []}
"""
    plan = plan_of(text)
    assert edges(plan) == {
        "b1": {},
        "b2": {"b1": "bootstrap"},
        "a": {"b2": "bootstrap"},
        "b": {"a": "depends_on"},
        "c": {"b2": "bootstrap"},
        "t": {"b": "teardown", "c": "teardown"},
    }
    assert [step.phase for step in plan.steps] == [
        "bootstrap",
        "bootstrap",
        "main",
        "main",
        "main",
        "teardown",
    ]


def test_a_composite_expands_to_a_chain_and_its_name_stands_for_all(plan_of: Compile) -> None:
    text = """
steps:
  - {step_type: extract-local, name: courses, path: courses.tsv}
  - step_type: load-reload-pk
    name: load
    staging_table_definition: tables/staging.courses.sql
    production_table_definition: tables/prod.courses.sql
  - {step_type: sql-command, name: after, command: SELECT 1, depends_on: load}
"""
    found = edges(plan_of(text))
    assert found["load_create_and_load"] == {"courses": "input"}
    assert found["load_reload"]["load_create_and_load"] == "table"
    assert found["load_primary_key_check"]["load_reload"] == "table"
    assert set(found["after"]) == {"load_create_and_load", "load_reload", "load_primary_key_check"}


def test_files_that_are_loaded_are_read_as_tsv(plan_of: Compile) -> None:
    (extract, _) = plan_of(
        "steps:\n  - {step_type: extract-local, path: courses.tsv, format: files}\n"
        "  - {step_type: create-load, table_definition: tables/staging.courses.sql}\n"
    ).steps
    assert isinstance(extract.operation, CopyDataset)
    assert extract.operation.format == "tsv"


def test_a_path_with_a_template_gets_its_format_when_it_is_rendered(plan_of: Compile, tmp_path: Path) -> None:
    text = """
variables: {file: courses.parquet}
steps:
  - {step_type: extract-local, name: files, path: "{{ var.file }}"}
  - {step_type: create-load, table_definition: tables/staging.courses.sql}
"""
    plan = plan_of(text)
    (copy, _) = plan.steps
    assert isinstance(copy.operation, CopyDataset)
    assert copy.operation.format == "files"
    formats = []
    for file in ("courses.parquet", "courses.csv", "courses"):
        bound = bind(plan, run_date=None, variables={"file": file}, environment={})
        operation = bound.steps[0].operation
        assert isinstance(operation, CopyDataset)
        formats.append(operation.format)
    assert formats == ["parquet", "csv", "tsv"]


def test_input_path_becomes_a_copy_step(plan_of: Compile) -> None:
    plan = plan_of(
        "steps:\n  - {step_type: create-load, name: load, input_path: courses.tsv, "
        "table_definition: tables/staging.courses.sql}\n"
    )
    assert edges(plan) == {"load-input": {}, "load": {"load-input": "input"}}
    assert dataset_inputs(plan.step("load").operation) == (DatasetRef("load-input", "load-input"),)


@pytest.mark.parametrize(
    ("uri", "format", "detects"),
    [
        ("s3://bucket/courses.csv", "csv", False),
        ("s3://bucket/{{ run_date }}/", "files", True),
        ("s3://bucket/*.jsonl", "jsonl", False),
    ],
)
def test_an_input_path_in_s3_becomes_a_copy_from_there(
    uri: str, format: str, detects: bool, plan_of: Compile
) -> None:
    plan = plan_of(
        f"steps:\n  - {{step_type: create-load, name: load, input_path: '{uri}', "
        "table_definition: tables/staging.courses.sql}\n"
    )
    assert edges(plan) == {"load-input": {}, "load": {"load-input": "input"}}
    copy = plan.step("load-input")
    assert copy.step_type == "extract-s3"
    assert copy.operation == CopyDataset(
        source=uri,
        output=DatasetRef("load-input", "load-input"),
        format=format,
        detects_format=detects,
    )


def test_several_outputs_are_read_by_name_and_not_by_default(plan_of: Compile) -> None:
    text = """
steps:
  - {step_type: transform, name: split, command: x, output_node: [a, b]}
  - {step_type: transform, name: next, command: y}
  - {step_type: create-load, name: load, input_node: b, table_definition: tables/staging.courses.sql}
"""
    plan = plan_of(text)
    assert edges(plan)["next"] == {}
    load = plan.step("load").operation
    assert isinstance(load, LoadTable)
    assert load.inputs == (DatasetRef("split", "b"),)


def test_templates_keep_their_place_in_yaml_and_in_files(plan_of: Compile, tmp_path: Path) -> None:
    (tmp_path / "report.sql").write_text("SELECT 1;\nSELECT '{{ run_date }}';\n")
    text = """
steps:
  - step_type: sql-command
    name: inline
    command: |
      SELECT 1;
      SELECT '{{ var.region }}'
  - {step_type: sql-command, name: file, script: report.sql}
"""
    plan = plan_of(text)
    (inline,) = plan.step("inline").templates
    place = inline.position_at(inline.text.index("{{"))
    assert (place.line, place.column) == (8, 15)
    (file,) = plan.step("file").templates
    place = file.position_at(file.text.index("{{"))
    assert (Path(place.file).name, place.line, place.column) == ("report.sql", 2, 9)


def test_all_problems_of_all_steps_are_reported_at_once(
    compiled: Callable[[str], Plan | None], problems: list[Problem]
) -> None:
    text = """
steps:
  - {step_type: extract-rds, host_name: scool, table: courses}
  - {step_type: upsrt}
  - {step_type: sql-command, name: one, command: "SELECT '{{ rundate }}'"}
  - {step_type: sql-command, name: one, command: SELECT 1}
"""
    assert compiled(text) is None
    assert sorted(problem.code for problem in problems) == ["DD302", "DD501", "DD502", "DD601"]


def test_a_step_with_problems_is_not_unknown_to_the_steps_that_name_it(
    compiled: Callable[[str], Plan | None], problems: list[Problem]
) -> None:
    text = """
steps:
  - {step_type: extract-rds, name: extract, host_nam: school, table: courses}
  - {step_type: create-load, name: load, input_node: extract, table_definition: tables/staging.courses.sql}
  - {step_type: sql-command, name: after, command: SELECT 1, depends_on: [lod, load]}
"""
    assert compiled(text) is None
    assert [(problem.code, problem.hint) for problem in problems] == [
        ("DD201", "did you mean `host_name`?"),
        ("DD503", "did you mean `load`?"),
    ]


def test_a_cycle_is_a_problem_that_prints_it(
    compiled: Callable[[str], Plan | None], problems: list[Problem]
) -> None:
    text = """
steps:
  - {step_type: sql-command, name: a, command: SELECT 1, depends_on: b}
  - {step_type: sql-command, name: b, command: SELECT 1, depends_on: a}
"""
    assert compiled(text) is None
    (problem,) = problems
    assert problem.code == "DD504"
    assert problem.message in (
        "steps wait for each other: a → b → a",
        "steps wait for each other: b → a → b",
    )
