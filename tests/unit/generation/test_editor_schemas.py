"""The JSON Schemas that editors check files against."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dataduct import api
from dataduct.config.settings import Settings
from dataduct.definition.tree import plain
from dataduct.definition.yaml import parse_yaml

ROOT = Path(__file__).parents[3]
PATTERN = """\
description: Load a table.
parameters:
  table: {type: text, description: The table.}
  tolerance: {type: number, default: 1.0}
  kind: {type: text, choices: [a, b], default: a}
  short: whole-number
steps:
- step_type: extract-rds
  name: extract
  host_name: shop
  table: "{{ param.table }}"
  splits: "{{ param.short }}"
- step_type: count-check
  source_host: shop
  source_table_name: "{{ param.table }}"
  destination_table_definition: "tables/prod.{{ param.table }}.sql"
  tolerance: "{{ param.tolerance }}"
"""


def value(text: str) -> Any:
    """Return a YAML text as an editor sees it: dates are texts."""

    def seen(each: Any) -> Any:
        if isinstance(each, dict):
            return {key: seen(item) for key, item in each.items()}
        if isinstance(each, list):
            return [seen(item) for item in each]
        return each if isinstance(each, bool | int | float | str | None) else str(each)

    return seen(plain(parse_yaml(text, "x.yaml")))


def problems(schema: dict[str, Any], text: str) -> list[str]:
    found = Draft202012Validator(schema).iter_errors(value(text))
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in found]


def examples() -> Iterator[Any]:
    """Yield every complete pipeline of the documentation of steps, the template and the demonstration."""
    for step in api.step_types():
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", step.documentation, re.DOTALL)):
            if block.startswith("name:"):
                yield pytest.param(block, id=f"{step.step_type}-{number}")
    files = [
        *ROOT.glob("demo/pipelines/*.yaml"),
        *ROOT.glob("src/dataduct/cli/project_template/pipelines/*.yaml"),
    ]
    for file in files:
        yield pytest.param(file.read_text(encoding="utf-8"), id=file.name)


@pytest.fixture(scope="module")
def pipeline() -> dict[str, Any]:
    return api.pipeline_schema()


@pytest.fixture
def project(tmp_path: Path) -> Any:
    (tmp_path / "dataduct.yml").write_text("connections:\n  shop: {type: sqlite, path: shop.sqlite}\n")
    (tmp_path / "patterns").mkdir()
    (tmp_path / "patterns" / "load_table.yaml").write_text(PATTERN)
    return api.open_project(tmp_path)


@pytest.mark.parametrize("make", [api.pattern_schema, api.settings_schema])
def test_a_schema_is_one(make: Any) -> None:
    Draft202012Validator.check_schema(make())


@pytest.mark.parametrize("text", list(examples()))
def test_examples_are_accepted(pipeline: dict[str, Any], text: str) -> None:
    assert problems(pipeline, text) == []


def test_every_property_of_every_step_type_is_described(pipeline: dict[str, Any]) -> None:
    bare = [
        f"{name}.{key}"
        for name, definition in pipeline["$defs"].items()
        if name.startswith("step.")
        for key, body in definition["properties"].items()
        if key != "step_type" and not body.get("description")
    ]
    assert bare == []


def test_a_step_type_is_explained_by_its_summary(pipeline: dict[str, Any]) -> None:
    summaries = {name: pipeline["$defs"][f"step.{name}"]["description"] for name in ("upsert", "count-check")}
    assert summaries == {name: api.step_type(name).summary for name in summaries}


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        ("- step_type: extract-rd\n  host_name: shop\n  table: t", "steps/0/step_type"),
        ("- step_type: extract-rds\n  host_nam: shop\n  table: t", "steps/0"),
        ("- step_type: extract-rds\n  splits: many\n  table: t", "steps/0/splits"),
        ("- step_type: upsert\n  source: a.sql", "steps/0"),
        ("- step_type: create-load\n  table_definition: [a, b]", "steps/0/table_definition"),
        ("- step_type: create-load\n  table_definition: a\n  insert_mode: repalce", "steps/0/insert_mode"),
        ("- host_name: shop\n  table: t", "steps/0"),
        ("- extract-rds", "steps/0"),
        ("- step_type: extract-rds\n  table: t\n  for_each: 7", "steps/0/for_each"),
    ],
    ids=["type", "property", "number", "missing", "list", "choice", "no type", "no mapping", "for each"],
)  # fmt: skip
def test_typical_mistakes_are_refused_where_they_are(
    pipeline: dict[str, Any], steps: str, place: str
) -> None:
    found = problems(pipeline, f"name: x\nsteps:\n{steps}\n")
    assert found
    assert all(problem.startswith(f"{place}:") for problem in found)


@pytest.mark.parametrize(
    "header",
    ["nam: x", "name: x\nfrequency: dayly", "name: x\nmax_retries: -1", "name: x\nbootstrap: {ec3: []}"],
)
def test_mistakes_in_the_header_are_refused(pipeline: dict[str, Any], header: str) -> None:
    assert problems(pipeline, f"{header}\nsteps:\n- step_type: extract-rds\n  table: t\n")


def test_a_property_may_be_a_template_that_is_filled_in_while_compiling(pipeline: dict[str, Any]) -> None:
    step = '- step_type: extract-rds\n  for_each: [1, 2]\n  splits: "{{ item }}"\n  table: t'
    assert problems(pipeline, f"name: x\nsteps:\n{step}\n") == []


def test_steps_are_repeated_alone_or_in_a_group(pipeline: dict[str, Any]) -> None:
    group = "- for_each: {tables: tables/*.sql}\n  steps:\n  - step_type: extract-rds\n    table: t"
    assert problems(pipeline, f"name: x\nsteps:\n{group}\n") == []
    wrong = group.replace("extract-rds", "extract-rd")
    assert problems(pipeline, f"name: x\nsteps:\n{wrong}\n")


def test_a_pattern_of_the_project_is_a_step_type(project: Any) -> None:
    schema = api.pipeline_schema(project)
    use = "name: x\nsteps:\n- step_type: load_table\n  table: orders\n  short: 3\n"
    assert problems(schema, use) == []
    assert schema["$defs"]["step.load_table"]["description"] == "Load a table."
    assert problems(api.pipeline_schema(), use)
    assert problems(schema, use.replace("  short: 3\n", "")) == ["steps/0: 'short' is a required property"]
    assert problems(schema, use.replace("short: 3", "short: many"))
    assert problems(schema, use + "  kind: c\n")
    assert problems(schema, use + "  tabel: c\n")


def test_a_pattern_file_is_checked_too(project: Any) -> None:
    schema = api.pattern_schema(project)
    assert problems(schema, PATTERN) == []
    assert problems(schema, PATTERN.replace("type: number", "type: nubmer"))
    assert problems(schema, PATTERN.replace("host_name", "host_nam"))
    assert problems(schema, PATTERN.replace("steps:", "stesp:"))


def test_a_step_type_of_the_project_is_known(project: Any) -> None:
    (project.root / "steps").mkdir()
    (project.root / "steps" / "hello.py").write_text(
        "from typing import ClassVar\n\n"
        "from dataduct.steps import Chaining, Field, Step, StepProperties\n\n\n"
        "class HelloProperties(StepProperties):\n"
        '    """What is said."""\n\n'
        '    text: str = Field(description="What to say.")\n\n\n'
        "class Hello(Step[HelloProperties]):\n"
        '    step_type: ClassVar[str] = "hello"\n'
        '    summary: ClassVar[str] = "Say hello."\n'
        '    documentation: ClassVar[str] = "Says hello."\n'
        "    properties: ClassVar[type[HelloProperties]] = HelloProperties\n\n"
        "    @classmethod\n"
        "    def lower(cls, properties, context):\n"
        "        return None\n"
    )
    (project.root / "steps" / "broken.py").write_text(
        "from dataduct.steps import Step\n\n\nclass Broken(Step):\n    step_type = 'broken'\n\n\n"
        "raise ValueError('no')\n"
    )
    schema = api.pipeline_schema(api.open_project(project.root))
    assert problems(schema, "name: x\nsteps:\n- {step_type: hello, text: hi}\n") == []
    assert problems(schema, "name: x\nsteps:\n- {step_type: hello, txt: hi}\n")
    assert problems(schema, "name: x\nsteps:\n- {step_type: broken, anything: 1}\n") == []
    assert "cannot be used" in schema["$defs"]["step.broken"]["description"]


def test_settings_know_the_options_of_each_type() -> None:
    schema = api.settings_schema()
    good = "connections:\n  shop: {type: mysql, host: h, port: 3306, user: u, password: '${env:PW}'}\n"
    assert problems(schema, good) == []
    assert problems(schema, good.replace("port: 3306", "port: '${env:PORT}'")) == []
    assert problems(schema, good.replace("port: 3306", "port: [1]"))
    assert problems(schema, "conections: {}\n")
    assert problems(schema, "engine: {workers: 0}\n")
    assert problems(schema, "modes:\n  dev:\n    engine: {workers: 0}\n")
    assert set(Settings.model_fields) <= set(schema["properties"])
