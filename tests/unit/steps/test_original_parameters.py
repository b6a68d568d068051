"""Every step type and parameter of the original is taken: it compiles, is documented, and does what it says."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataduct.definition.loader import load_pipeline
from dataduct.model.problem import Problem
from dataduct.plan.compiler import CompileEnvironment, compile_pipeline
from dataduct.plan.plan import Plan
from dataduct.registry import STEPS
from dataduct.steps.context import StepSettings

Parameters = Mapping[str, Any]

STAGING, PROD = "tables/staging.courses.sql", "tables/prod.courses.sql"
SELECT = "SELECT course_id, slug, title, created_at FROM staging.courses"

EVERY_STEP: Parameters = {
    "name": "step",
    "description": "what it is for",
    "depends_on": "first",
    "input_node": [],
    "max_retries": 2,
    "sns_object": "SNSAlarm0",
    "resource": None,
    "worker_group": "etl",
    "schedule": "Schedule0",
    "required_steps": ["first"],
}
"""Documented and undocumented parameters of the original's base class."""

TRANSFORM_TAIL: Parameters = {"output_node": "out", "output_path": "s3://bucket/out/", "no_input": True}
"""What every step type took that was a transform underneath."""

CHECK: Parameters = {
    "log_to_s3": True,
    "script": "scripts/clean_courses.py",
    "command": "true",
    "script_arguments": ["--path_suffix=dev"],
    "sns_topic_arn": "arn:aws:sns:us-east-1:123456789012:checks",
}

UPSERT: Parameters = {
    "script_arguments": [1],
    "enforce_primary_key": False,
    "delete_existing": True,
    "history": "tables/prod.courses_history.sql",
    "analyze_table": False,
    "non_transactional": True,
}
UPSERT_SOURCES: Parameters = {"source": STAGING, "sql": SELECT, "script": "sql/courses.sql"}

STEPS_OF_THE_ORIGINAL: Mapping[str, tuple[Parameters, Parameters]] = {
    "transform": (
        {"command": "ls"},
        {
            "script": "scripts/clean_courses.py",
            "script_uri": "s3://bucket/clean.py",
            "script_directory": "scripts",
            "script_name": "clean_courses.py",
            "script_arguments": ["a", 5, {"limit": 5}],
            "additional_s3_files": ["s3://bucket/rules.json"],
            "output_node": ["a", "b"],
            "output_path": "s3://bucket/out/",
            "no_output": True,
            "no_input": True,
            "resource_type": "emr",
        },
    ),
    "extract-local": ({"path": "data/courses.tsv"}, {"output_path": "s3://bucket/out/x.tsv"}),
    "extract-s3": ({"file_uri": "s3://bucket/a.tsv"}, {"directory_uri": "s3://bucket/a/"}),
    "extract-rds": (
        {"host_name": "school", "database": "main", "table": "courses"},
        {"sql": "SELECT id FROM courses", "output_path": "s3://bucket/out/", "splits": 4},
    ),
    "extract-redshift": (
        {"schema": "prod", "table": "courses"},
        {"insert_mode": "OVERWRITE_EXISTING", "output_path": "s3://bucket/out/"},
    ),
    "extract-postgres": (
        {"table": "courses"},
        {"sql": "SELECT id FROM courses", "output_path": "s3://bucket/out/"},
    ),
    "load-redshift": (
        {"schema": "staging", "table": "courses", "input_node": "first"},
        {
            "insert_mode": "KEEP_EXISTING",
            "max_errors": 5,
            "replace_invalid_char": "?",
            "compression": "gzip",
        },
    ),
    "load-postgres": (
        {"table": "courses", "insert_query": "INSERT INTO courses (id) VALUES (?)", "input_node": "first"},
        {"max_errors": 5, "replace_invalid_char": "?"},
    ),
    "create-load-redshift": (
        {"table_definition": STAGING, "input_node": "first"},
        {
            "script_arguments": ["--max_error=5", "--replace_invalid_char='?'", "--no_escape", "--gzip"],
            **TRANSFORM_TAIL,
        },
    ),
    "create-update-sql": (
        {"table_definition": PROD, "command": "DELETE FROM prod.courses"},
        {
            "script": "sql/tidy_courses.sql",
            "script_arguments": [1],
            "analyze_table": False,
            "non_transactional": True,
            **TRANSFORM_TAIL,
        },
    ),
    "upsert": (
        {"destination": PROD, "source": STAGING},
        {**UPSERT_SOURCES, **UPSERT, "filter_clause": "WHERE course_id > 1", **TRANSFORM_TAIL},
    ),
    "reload": (
        {"destination": PROD, "source": STAGING},
        {**UPSERT_SOURCES, **UPSERT, "filter_clause": "WHERE course_id > 1", **TRANSFORM_TAIL},
    ),
    "delta-load": (
        {"destination": PROD, "source": STAGING, "date_column": "created_at"},
        {**UPSERT_SOURCES, **UPSERT, "window": 3, **TRANSFORM_TAIL},
    ),
    "load-reload-pk": (
        {
            "staging_table_definition": STAGING,
            "production_table_definition": PROD,
            "input_node": "first",
        },
        {
            "script_arguments": ["--max_error=5"],
            "analyze_table": False,
            "enforce_primary_key": False,
            "non_transactional": True,
            "log_to_s3": True,
        },
    ),
    "sql-command": (
        {"command": "DELETE FROM prod.courses"},
        {
            "script": "sql/tidy_courses.sql",
            "script_arguments": [1],
            "queue": "etl",
            "wrap_transaction": False,
        },
    ),
    "pipeline-dependencies": (
        {"dependent_pipelines": ["teachers"]},
        {
            "dependent_pipelines_ok_to_fail": "grades",
            "refresh_rate": 60,
            "start_date": "2026-01-01",
            "script_arguments": ["--refresh_rate=60"],
            **TRANSFORM_TAIL,
        },
    ),
    "qa-transform": (
        {"command": "ls"},
        {
            "script": "scripts/clean_courses.py",
            "script_uri": "s3://bucket/clean.py",
            "script_directory": "scripts",
            "script_name": "clean_courses.py",
            "script_arguments": ["a", 5],
            "additional_s3_files": ["s3://bucket/rules.json"],
            "sns_topic_arn": "arn:aws:sns:us-east-1:123456789012:checks",
            **TRANSFORM_TAIL,
        },
    ),
    "primary-key-check": ({"table_definition": PROD}, {**CHECK, **TRANSFORM_TAIL}),
    "count-check": (
        {"source_host": "school", "source_sql": "SELECT id FROM courses", "destination_sql": SELECT},
        {
            "source_table_name": "courses",
            "source_count_sql": "SELECT COUNT(*) FROM courses",
            "destination_table_name": "prod.courses",
            "destination_table_definition": PROD,
            "tolerance": 2.0,
            **CHECK,
            **TRANSFORM_TAIL,
        },
    ),
    "column-check": (
        {
            "source_host": "school",
            "source_sql": "SELECT id, slug, title, created FROM courses",
            "destination_sql": SELECT,
        },
        {
            "destination_table_definition": PROD,
            "sql_tail_for_source": "ORDER BY RAND() LIMIT LIMIT_PLACEHOLDER",
            "sample_size": 10,
            "tolerance": 2.0,
            **CHECK,
            **TRANSFORM_TAIL,
        },
    ),
}

NO_EFFECT = {
    *(("", name) for name in ("sns_object", "resource", "worker_group", "schedule")),
    ("", "sns_topic_arn"),
    ("transform", "resource_type"),
    ("extract-redshift", "insert_mode"),
    *(
        (step_type, name)
        for step_type, (_, own) in STEPS_OF_THE_ORIGINAL.items()
        for name in TRANSFORM_TAIL
        if own.keys() >= TRANSFORM_TAIL.keys() and step_type != "transform"
    ),
} - {("qa-transform", "no_input")}
"""What chooses Amazon's resources or tells its topics, and outputs of steps that write none.

The empty name stands for every step type.
"""

ALTERNATIVES = (
    ("command", "script", "script_uri", "script_directory"),
    ("file_uri", "directory_uri"),
    ("table", "sql", "script"),
    ("source", "sql", "script"),
    ("source_sql", "source_table_name", "source_count_sql"),
    ("destination_sql", "destination_table_name", "destination_table_definition"),
)
OF_CHECKS = ("primary-key-check", "count-check", "column-check")

Compile = Callable[[str, Parameters], tuple[Plan | None, list[Problem]]]


@pytest.fixture
def compiled(project: Path) -> Compile:
    """Compile a pipeline of a first step, which writes a dataset, and the step."""

    def compiled(step_type: str, properties: Parameters) -> tuple[Plan | None, list[Problem]]:
        first = {"step_type": "extract-local", "name": "first", "path": "data/courses.tsv"}
        steps = [first, {"step_type": step_type, **properties}]
        file = project / "courses.yaml"
        file.write_text(yaml.safe_dump({"name": "courses", "steps": steps}, sort_keys=False))
        definition, problems = load_pipeline(file)
        assert definition is not None, problems
        environment = CompileEnvironment(
            dialect="redshift",
            connections={"school": "sqlite", "catalog": "postgres"},
            project_directory=project,
            resource_directories=(),
            find_type=STEPS.load,
            variables={},
            step_settings=StepSettings(s3_base_path="dev"),
        )
        return compile_pipeline(definition, environment, problems), problems

    return compiled


def cases() -> Iterator[Any]:
    for step_type, (required, own) in STEPS_OF_THE_ORIGINAL.items():
        for name, value in {**required, **own, **EVERY_STEP}.items():
            yield pytest.param(step_type, name, value, id=f"{step_type}-{name}")


def with_parameter(step_type: str, name: str, value: Any) -> dict[str, Any]:
    """Return the least properties of a step with this parameter."""
    properties = {**STEPS_OF_THE_ORIGINAL[step_type][0]}
    of_check = step_type in OF_CHECKS and name in ("command", "script")
    for others in ALTERNATIVES:
        if name in others and not of_check:
            properties = {key: kept for key, kept in properties.items() if key not in others}
    if step_type == "extract-redshift" and name in ("table", "schema"):
        properties = dict(STEPS_OF_THE_ORIGINAL[step_type][0])
    properties[name] = value
    if name in ("script_directory", "script_name"):
        properties.pop("command", None)
        properties |= {"script_directory": "scripts", "script_name": "clean_courses.py"}
    if name == "script_arguments" and "%s" not in str(properties):
        _give_placeholder(properties)
    if name == "input_node" and value == [] and "input_node" in STEPS_OF_THE_ORIGINAL[step_type][0]:
        properties["input_node"] = {"first": None}
    return properties


def _give_placeholder(properties: dict[str, Any]) -> None:
    """Let the SQL of the step take the one value that `script_arguments` gives it."""
    if properties["script_arguments"] != [1]:
        return
    if "source" in properties:
        del properties["source"]
        properties["sql"] = f"{SELECT} WHERE course_id > %s"
    else:
        properties["command"] += " WHERE course_id = %s"


@pytest.mark.parametrize(("step_type", "name", "value"), list(cases()))
def test_a_parameter_of_the_original_compiles_and_is_documented(
    step_type: str, name: str, value: Any, compiled: Compile
) -> None:
    plan, problems = compiled(step_type, with_parameter(step_type, name, value))
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert plan is not None
    fields = STEPS.load(step_type).properties.model_fields
    field = next(field for key, field in fields.items() if name in (key, field.alias))
    assert field.description
    listed = bool({("", name), (step_type, name)} & NO_EFFECT)
    assert ("no effect" in field.description) == listed


@pytest.mark.parametrize("insert_mode", ["TRUNCATE", "OVERWRITE_EXISTING", "KEEP_EXISTING", "APPEND"])
@pytest.mark.parametrize("step_type", ["extract-redshift", "load-redshift"])
def test_the_insert_modes_of_the_original(step_type: str, insert_mode: str, compiled: Compile) -> None:
    plan, problems = compiled(step_type, with_parameter(step_type, "insert_mode", insert_mode))
    assert plan is not None, problems


@pytest.mark.parametrize(
    "step_type", ["create-load-redshift", "load-redshift", "load-postgres", "load-reload-pk", "transform"]
)
def test_several_inputs_by_name(step_type: str, compiled: Compile) -> None:
    plan, problems = compiled(step_type, with_parameter(step_type, "input_node", {"first": "sub"}))
    assert plan is not None, problems


def test_required_steps_are_waited_for(compiled: Compile) -> None:
    plan, _ = compiled("sql-command", {"name": "step", "command": "SELECT 1", "required_steps": "first"})
    assert plan is not None
    assert [edge.step for edge in plan.step("step").depends_on] == ["first"]


def test_the_queue_is_chosen_in_the_transaction(compiled: Compile) -> None:
    properties = {"name": "step", "command": "DELETE FROM prod.courses", "queue": "it's"}
    plan, _ = compiled("sql-command", properties)
    assert plan is not None
    statements = [statement.text for statement in plan.step("step").operation.statements]  # type: ignore[union-attr]
    assert statements == ["SET LOCAL query_group TO 'it''s'", "DELETE FROM prod.courses"]
    _, problems = compiled("sql-command", {**properties, "wrap_transaction": False})
    assert [(problem.code, problem.severity) for problem in problems] == [("DD209", "warning")]
