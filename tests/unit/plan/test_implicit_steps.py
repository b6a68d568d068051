"""The steps that `output_path` and `input_path` stand for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dataduct.definition.loader import parse_pipeline
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import CopyDataset, ExportDataset
from dataduct.model.problem import Problem
from dataduct.plan.bind import bind
from dataduct.plan.codec import plan_from_json, plan_to_json
from dataduct.plan.compiler import CompileEnvironment, compile_pipeline
from dataduct.plan.plan import Plan
from dataduct.registry import STEPS
from dataduct.steps.context import StepSettings

Compile = Callable[..., tuple[Plan | None, list[Problem]]]

MAKE = "step_type: transform, name: make, command: x"


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    """Compile a pipeline of these steps, each the inside of a YAML mapping."""

    def compiled(*steps: str, base_path: str = "dev", header: str = "") -> tuple[Plan | None, list[Problem]]:
        text = f"name: p\nfrequency: daily\n{header}steps:\n" + "".join(f"  - {{{step}}}\n" for step in steps)
        definition, problems = parse_pipeline(text, str(tmp_path / "p.yaml"))
        assert definition is not None, problems
        environment = CompileEnvironment(
            dialect="duckdb",
            connections={"lake": "s3", "school": "sqlite"},
            project_directory=tmp_path,
            resource_directories=(),
            find_type=STEPS.load,
            variables={},
            step_settings=StepSettings(s3_base_path=base_path),
        )
        return compile_pipeline(definition, environment, problems), problems

    return compiled


def export(plan: Plan | None, name: str = "make-output") -> ExportDataset:
    assert plan is not None
    operation = plan.step(name).operation
    assert isinstance(operation, ExportDataset)
    return operation


def edges(plan: Plan | None) -> dict[str, dict[str, str]]:
    assert plan is not None
    return {step.name: {edge.step: edge.reason for edge in step.depends_on} for step in plan.steps}


@pytest.mark.parametrize(
    ("path", "destination"),
    [
        ("s3://bucket/a", "s3://bucket/a/"),
        ("s3://bucket/a/", "s3://bucket/a/"),
        ("s3://bucket", "s3://bucket/"),
        ("s3://bucket/a.csv", "s3://bucket/a.csv"),
        ("s3://bucket/a.csv/", "s3://bucket/a.csv/"),
        ("s3://bucket/a.tsv.gz", "s3://bucket/a.tsv.gz"),
        ("s3://bucket/{S3_BASE_PATH}/a", "s3://bucket/dev/a/"),
        ("/out/a.jsonl", "/out/a.jsonl"),
        ("/out", "/out/"),
    ],
)
def test_an_ending_of_a_format_makes_it_a_file(path: str, destination: str, compiled: Compile) -> None:
    plan, _ = compiled(f"{MAKE}, output_path: '{path}'")
    assert export(plan) == ExportDataset(input=DatasetRef("make", "make"), destination=destination)
    assert edges(plan) == {"make": {}, "make-output": {"make": "input"}}


def test_a_relative_path_lies_in_the_project(compiled: Compile, tmp_path: Path) -> None:
    plan, _ = compiled(f"{MAKE}, output_path: out/a.csv")
    assert export(plan).destination == f"{tmp_path}/out/a.csv"


def test_each_of_several_datasets_has_a_directory(compiled: Compile) -> None:
    plan, _ = compiled(f"{MAKE}, output_node: [a, b], output_path: 's3://bucket/x', s3_connection: lake")
    assert export(plan, "make-output-b") == ExportDataset(
        input=DatasetRef("make", "b"), destination="s3://bucket/x/b/", connection="lake"
    )
    _, problems = compiled(f"{MAKE}, output_node: [a, b], output_path: 's3://bucket/x.csv'")
    assert [problem.code for problem in problems] == ["DD261"]


def test_templates_are_rendered_for_the_run(compiled: Compile) -> None:
    plan, _ = compiled(
        f"{MAKE}, output_path: 's3://bucket/{{{{ run_date }}}}/', input_path: 's3://bucket/in/{{{{ run_date }}}}.tsv'"
    )
    assert plan is not None
    bound = bind(plan, run_date="2026-01-02", variables={}, environment={})
    operations = {step.name: step.operation for step in bound.steps}
    copy, exported = operations["make-input"], operations["make-output"]
    assert isinstance(copy, CopyDataset) and isinstance(exported, ExportDataset)
    assert copy.source == "s3://bucket/in/2026-01-02.tsv"
    assert exported.destination == "s3://bucket/2026-01-02/"
    assert plan_from_json(plan_to_json(plan), file="plan.json") == plan


def test_a_step_that_waits_without_reading_waits_for_the_copy(compiled: Compile) -> None:
    plan, _ = compiled(
        f"{MAKE}, output_path: 's3://bucket/x/'",
        "step_type: sql-command, name: after, command: SELECT 1, depends_on: make",
        "step_type: transform, name: reader, command: x, input_node: make",
    )
    found = edges(plan)
    assert found["after"] == {"make": "depends_on", "make-output": "depends_on"}
    assert found["reader"] == {"make": "input"}


def test_an_input_path_is_read_after_what_its_step_waits_for(compiled: Compile) -> None:
    plan, _ = compiled(
        f"{MAKE}, output_path: 's3://bucket/x/'",
        "step_type: transform, name: next, command: x, input_path: 's3://bucket/x/', depends_on: make",
    )
    assert edges(plan)["next-input"] == {"make": "depends_on", "make-output": "depends_on"}


def test_the_name_of_another_step_is_left_to_it(compiled: Compile) -> None:
    plan, _ = compiled(
        f"{MAKE}, output_path: 's3://bucket/x/'",
        "step_type: sql-command, name: make-output, command: SELECT 1",
    )
    assert export(plan, "make-output-2").destination == "s3://bucket/x/"


@pytest.mark.parametrize(
    ("properties", "code", "severity"),
    [
        ("output_path: 's3://bucket/*/'", "DD261", "error"),
        ("output_path: 'ftp://bucket/x/'", "DD261", "error"),
        ("output_path: 's3:///x/'", "DD860", "error"),
        ("output_path: 's3://bucket/x/', s3_connection: school", "DD862", "error"),
        ("output_path: 's3://bucket/x/', s3_connection: lak", "DD601", "error"),
        ("output_path: 's3://bucket/x/', no_output: true", "DD209", "warning"),
    ],
)
def test_what_is_told(properties: str, code: str, severity: str, compiled: Compile) -> None:
    _, problems = compiled(f"{MAKE}, {properties}")
    assert [(problem.code, problem.severity) for problem in problems] == [(code, severity)]


ROWS = "step_type: extract-rds, host_name: school, table: t"


@pytest.mark.parametrize(
    ("first", "second", "path", "codes"),
    [
        (ROWS, ROWS, "s3://bucket/x/", ["DD266"]),
        (ROWS, "step_type: transform, command: x", "s3://bucket/x", ["DD266"]),
        (
            "step_type: transform, command: x",
            "step_type: transform, command: y",
            "s3://bucket/x.csv",
            ["DD266"],
        ),
        ("step_type: transform, command: x", "step_type: transform, command: y", "s3://bucket/x/", []),
    ],
)
def test_two_steps_do_not_overwrite_each_other(
    first: str, second: str, path: str, codes: list[str], compiled: Compile
) -> None:
    _, problems = compiled(*(f"{step}, output_path: '{path}'" for step in (first, second)))
    assert [problem.code for problem in problems] == codes


def test_a_base_path_that_is_not_set_is_told(compiled: Compile) -> None:
    plan, problems = compiled(f"{MAKE}, output_path: 's3://bucket/{{S3_BASE_PATH}}/x'", base_path="")
    assert [(problem.code, problem.severity) for problem in problems] == [("DD260", "warning")]
    assert export(plan).destination == "s3://bucket//x/"


def test_the_teardown_waits_for_every_copy(compiled: Compile) -> None:
    plan, problems = compiled(
        f"{MAKE}, output_path: out/",
        "step_type: transform, name: next, command: x",
        header="teardown: {step_type: transform, name: end, command: x}\n",
    )
    assert problems == []
    assert edges(plan)["end"] == {"next": "teardown", "make-output": "teardown"}
    assert edges(plan)["next"] == {"make": "input"}


def test_the_first_steps_wait_for_the_copies_of_the_bootstrap(compiled: Compile) -> None:
    plan, problems = compiled(
        MAKE,
        header="bootstrap: {ec2: [{step_type: transform, name: begin, command: x, output_path: out/}]}\n",
    )
    assert problems == []
    assert edges(plan)["make"] == {"begin": "bootstrap", "begin-output": "bootstrap"}
