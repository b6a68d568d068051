"""What holds for every step type."""

import re
from collections.abc import Callable
from importlib.metadata import entry_points
from textwrap import indent

import pytest
import yaml

from dataduct.codes.steps import ENTRIES
from dataduct.steps.base import Chaining, Step, StepProperties

BUILT_IN = sorted(
    point.name for point in entry_points(group="dataduct.steps") if point.value.startswith("dataduct.steps.")
)
FindStepType = Callable[[str], type[Step[StepProperties]]]


def test_the_built_in_step_types_are_these() -> None:
    assert len(BUILT_IN) == 27


@pytest.mark.parametrize("name", BUILT_IN)
def test_an_entry_point_is_the_type_s_name_or_an_alias(name: str, step_type: FindStepType) -> None:
    found = step_type(name)
    assert name in (found.step_type, *found.aliases)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_property_is_described(name: str, step_type: FindStepType) -> None:
    fields = step_type(name).properties.model_fields
    assert [field for field, info in fields.items() if not (info.description or "").endswith(".")] == []


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_text_property_of_a_step_type_s_own_has_an_example(name: str, step_type: FindStepType) -> None:
    properties = step_type(name).properties
    own = {
        field: info
        for field, info in properties.model_fields.items()
        if field not in StepProperties.model_fields
    }
    bare = [field for field, info in own.items() if "str" in str(info.annotation) and not info.examples]
    assert [
        field for field in bare if field not in ("command", "match_columns", "insert_mode", "format")
    ] == []


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_properties_have_a_json_schema(name: str, step_type: FindStepType) -> None:
    schema = step_type(name).properties.model_json_schema()
    assert schema["additionalProperties"] is False
    assert schema["properties"]["depends_on"]["anyOf"] == [
        {"type": "string"},
        {"items": {"type": "string"}, "type": "array"},
    ]


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_documentation_has_one_example_that_uses_the_type(name: str, step_type: FindStepType) -> None:
    found = step_type(name)
    examples = re.findall(r"^```yaml\n(.*?)^```$", found.documentation, re.DOTALL | re.MULTILINE)
    assert len(examples) == 1
    used = {step["step_type"] for step in yaml.safe_load(examples[0])["steps"]}
    assert used & {found.step_type, *found.aliases}
    assert found.summary.endswith(".")


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_example_lowers_without_a_problem(
    name: str, step_type: FindStepType, lower: Callable[..., object]
) -> None:
    examples = re.findall(r"^```yaml\n(.*?)^```$", step_type(name).documentation, re.DOTALL | re.MULTILINE)
    previous: tuple[str, ...] = ()
    for number, step in enumerate(yaml.safe_load(examples[0])["steps"], start=1):
        found = step_type(step.pop("step_type"))
        inputs = dict.fromkeys(previous) if found.chaining is Chaining.INPUT else {}
        previous = _lower_example(found, step, inputs, f"step{number}", lower)


def _lower_example(
    found: type[Step[StepProperties]],
    step: dict[str, object],
    inputs: dict[str, None],
    name: str,
    lower: Callable[..., object],
) -> tuple[str, ...]:
    properties = found.properties.model_validate(step)
    sub_steps = list(found.expand(properties))
    if sub_steps:
        for sub_step in sub_steps:
            lowered = lower(
                sub_step.step_type, yaml.safe_dump(dict(sub_step.properties)), inputs=inputs, name=name
            )
            assert lowered.problems == []
        return ()
    lowered = lower(found.step_type, indent(yaml.safe_dump(step), ""), inputs=inputs, name=name)
    assert lowered.problems == []
    assert lowered.operation is not None
    return found.output_nodes(properties, name)


@pytest.mark.parametrize(
    ("name", "chaining"),
    [
        ("transform", Chaining.INPUT),
        ("create-load-redshift", Chaining.INPUT),
        ("load-redshift", Chaining.INPUT),
        ("load-reload-pk", Chaining.INPUT),
        ("create-update-sql", Chaining.DEPENDENCY),
        ("upsert", Chaining.DEPENDENCY),
        ("reload", Chaining.DEPENDENCY),
        ("delta-load", Chaining.DEPENDENCY),
        ("extract-local", Chaining.NONE),
        ("extract-rds", Chaining.NONE),
        ("extract-mysql", Chaining.NONE),
        ("extract-postgres", Chaining.NONE),
        ("extract-s3", Chaining.NONE),
        ("load-postgres", Chaining.INPUT),
        ("extract-redshift", Chaining.NONE),
        ("sql-command", Chaining.NONE),
        ("qa-transform", Chaining.NONE),
        ("primary-key-check", Chaining.NONE),
        ("count-check", Chaining.NONE),
        ("column-check", Chaining.NONE),
    ],
)
def test_implicit_chaining_is_the_original_s(name: str, chaining: Chaining, step_type: FindStepType) -> None:
    assert step_type(name).chaining is chaining


@pytest.mark.parametrize(
    ("name", "properties", "subject"),
    [
        ("extract-local", {"path": "data/courses.tsv.gz"}, "courses"),
        ("extract-local", {"path": "data/*.tsv"}, None),
        ("extract-local", {"path": "data/{{ run_date }}.tsv"}, None),
        ("extract-rds", {"host_name": "h", "table": "courses_course"}, "courses_course"),
        ("extract-rds", {"host_name": "h", "sql": "SELECT 1"}, None),
        ("extract-rds", {"host_name": "h", "script": "sql/courses.sql"}, "courses"),
        ("extract-redshift", {"schema": "prod", "table": "courses"}, "prod.courses"),
        ("load", {"schema": "prod", "table": "courses"}, "prod.courses"),
        ("create-load", {"table_definition": "tables/staging.courses.sql"}, "staging.courses"),
        ("upsert", {"source": "s.sql", "destination": "tables/prod.courses.sql"}, "prod.courses"),
        ("reload", {"source": "s.sql", "destination": "tables/prod.courses.sql"}, "prod.courses"),
        ("delta-load", {"source": "s.sql", "destination": "t/prod.c.sql", "date_column": "d"}, "prod.c"),
        (
            "load-reload-pk",
            {"staging_table_definition": "a.sql", "production_table_definition": "tables/prod.courses.sql"},
            "prod.courses",
        ),
        (
            "create-update-sql",
            {"table_definition": "tables/prod.courses.sql", "command": "x"},
            "prod.courses",
        ),
        ("sql-command", {"script": "sql/tidy.sql"}, "tidy"),
        ("sql-command", {"command": "SELECT 1"}, None),
        ("transform", {"script": "scripts/clean.py"}, "clean"),
        ("transform", {"script_directory": "scripts", "script_name": "clean.py"}, "clean"),
        ("transform", {"command": "ls"}, None),
        ("qa-transform", {"script": "scripts/clean.py"}, "clean"),
        ("primary-key-check", {"table_definition": "tables/prod.courses.sql"}, "prod.courses"),
        (
            "count-check",
            {"source_host": "h", "source_table_name": "c", "destination_table_name": "prod.courses"},
            "prod.courses",
        ),
        (
            "count-check",
            {"source_host": "h", "source_table_name": "c", "destination_sql": "SELECT 1"},
            None,
        ),
        (
            "column-check",
            {
                "source_host": "h",
                "source_sql": "S",
                "destination_table_definition": "tables/prod.courses.sql",
            },
            "prod.courses",
        ),
    ],
)
def test_a_default_name_says_what_the_step_works_on(
    name: str, properties: dict[str, object], subject: str | None, step_type: FindStepType
) -> None:
    found = step_type(name)
    assert found.subject(found.properties.model_validate(properties)) == subject


@pytest.mark.parametrize("name", BUILT_IN)
def test_properties_of_amazon_data_pipeline_are_accepted(name: str, step_type: FindStepType) -> None:
    fields = step_type(name).properties.model_fields
    assert {"worker_group", "resource", "schedule", "sns_object"} <= set(fields)


def test_the_codes_are_of_this_group_s_range() -> None:
    codes = [entry.code for entry in ENTRIES]
    assert codes == sorted(set(codes))
    assert all("DD205" <= code <= "DD239" or "DD260" <= code <= "DD279" for code in codes)
