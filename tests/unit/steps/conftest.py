"""A step type, its properties as YAML, and what it lowers to."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from dataduct.definition.properties import validate
from dataduct.definition.tree import MappingNode
from dataduct.definition.yaml import parse_yaml
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import Operation
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.template import TemplateSource
from dataduct.registry import STEPS
from dataduct.steps.base import LoweringContext, Step, StepProperties
from dataduct.steps.context import StepSettings

EXAMPLE_PROJECT = Path(__file__).parent / "example_project"


@dataclass
class Lowered:
    """What became of a step."""

    operation: Operation | None
    problems: list[Problem]
    templates: list[TemplateSource]

    @property
    def only_problem(self) -> Problem:
        assert len(self.problems) == 1, self.problems
        return self.problems[0]

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the example project."""
    shutil.copytree(EXAMPLE_PROJECT, tmp_path / "project")
    return tmp_path / "project"


def find_step_type(name: str) -> type[Step[StepProperties]]:
    loaded = STEPS.load(name)
    assert isinstance(loaded, type) and issubclass(loaded, Step)
    return loaded


@pytest.fixture
def lower(project: Path) -> Callable[..., Lowered]:
    """Lower a step given as YAML: `lower("transform", "command: ls", inputs={"a": None})`."""

    def run(
        step_type: str,
        yaml: str,
        *,
        inputs: dict[str, str | None] | None = None,
        name: str = "step",
        dialect: str = "duckdb",
        settings: StepSettings | None = None,
    ) -> Lowered:
        node = parse_yaml(dedent(yaml), "pipeline.yaml")
        assert isinstance(node, MappingNode)
        found = find_step_type(step_type)
        properties, problems = validate(found.properties, node, owner=step_type)
        if properties is None:
            return Lowered(None, problems, [])
        assert isinstance(properties, StepProperties)
        context = LoweringContext(
            step=name,
            inputs=tuple((DatasetRef(key, key), value) for key, value in (inputs or {}).items()),
            dialect=dialect,
            connections={"school": "sqlite", "legacy": "mysql", "catalog": "postgres", "lake": "s3"},
            pipeline_directory=project / "pipelines",
            project_directory=project,
            resource_directories=(project / "resources",),
            positions={key: value.position for key, value in node.entries.items()},
            position=Position("pipeline.yaml", 1, 1),
            problems=problems,
            pipeline="courses",
            settings=settings or StepSettings(),
        )
        operation = found.lower(properties, context)
        return Lowered(operation, problems, context.templates)

    return run


@pytest.fixture
def step_type() -> Callable[[str], type[Step[StepProperties]]]:
    """Find a step type by its name."""
    return find_step_type
