"""Pipeline files: checked, compiled, bound to a run date, drawn."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dataduct.api.catalogs import pattern_catalog, step_catalog

if TYPE_CHECKING:
    from dataduct.config.project import Project
    from dataduct.engine.source_types import StepTypes
    from dataduct.model.problem import Problem
    from dataduct.plan.compiler import CompileEnvironment
    from dataduct.plan.drawing import PictureFormat
    from dataduct.plan.plan import BoundPlan, Plan


def validate(project: Project, paths: Sequence[Path]) -> list[Problem]:
    """Return every error and warning of the pipeline files, in the order of files and lines."""
    from dataduct.model.problem import Problem

    problems: list[Problem] = []
    files_by_pipeline: dict[str, Path] = {}
    environment = cache(lambda: _compile_environment(project))
    for path in paths:
        definition_name, _, found = _compiled_in(environment, path)
        problems += found
        if definition_name is None:
            continue
        if definition_name in files_by_pipeline:
            problems.append(
                Problem(
                    code="DD515",
                    message=f"{path} and {files_by_pipeline[definition_name]} both name their pipeline "
                    f"`{definition_name}`",
                    expected="one file for each pipeline name",
                )
            )
        files_by_pipeline.setdefault(definition_name, path)
    return list(dict.fromkeys(problems))


def compiled(project: Project, path: Path) -> tuple[str | None, Plan | None, list[Problem]]:
    """Return a pipeline file's name and plan, as far as it has them, and its problems in the order of lines."""
    return _compiled_in(lambda: _compile_environment(project), path)


def _compiled_in(
    environment: Callable[[], CompileEnvironment], path: Path
) -> tuple[str | None, Plan | None, list[Problem]]:
    """See `compiled`; the environment is asked for only if the file can be read."""
    from dataduct.definition.loader import load_pipeline
    from dataduct.plan.compiler import compile_pipeline as compile_definition

    definition, problems = load_pipeline(path)
    if definition is None:
        return None, None, sorted(problems, key=_place)
    plan = compile_definition(definition, environment(), problems)
    return definition.name, plan, sorted(problems, key=_place)


def _place(problem: Problem) -> tuple[str, int, int]:
    position = problem.position
    return (position.file, position.line, position.column) if position else ("", 0, 0)


def compile_pipeline(project: Project, path: Path) -> Plan:
    """Return the plan of a pipeline file. Raises ProblemsError with every problem of it."""
    from dataduct.errors import ProblemsError

    _, plan, problems = compiled(project, path)
    if plan is None or any(problem.severity == "error" for problem in problems):
        raise ProblemsError(problems)
    return plan


def _compile_environment(project: Project) -> CompileEnvironment:
    from dataduct.config.references import holds_reference
    from dataduct.definition.header import parse_load_time
    from dataduct.engine.jobs import JOBS
    from dataduct.plan.compiler import CompileEnvironment
    from dataduct.registry import WAREHOUSES
    from dataduct.steps.context import StepSettings

    settings = project.settings
    provider = WAREHOUSES.load(settings.warehouse["type"])
    if not holds_reference(settings.warehouse):  # what one stands for is checked when the warehouse is opened
        provider.capabilities(settings.warehouse)
    return CompileEnvironment(
        dialect=provider.dialect,
        connections={alias: str(options["type"]) for alias, options in settings.connections.items()},
        project_directory=project.root,
        resource_directories=project.resource_directories,
        find_type=step_catalog(project).find,
        variables={name: str(value) for name, value in settings.variables.items()},
        step_settings=StepSettings(
            s3_base_path=settings.aws.s3_base_path,
            name_prefix=settings.pipelines.name_prefix,
            dependency_override=settings.pipelines.dependency_override,
            check_log_path=settings.checks.log_path,
        ),
        default_load_time=parse_load_time(settings.pipelines.load_time),
        frequency_override=settings.pipelines.frequency,
        jobs=JOBS,
        lifecycle=project.lifecycle,
        patterns=pattern_catalog(project),
    )


def bind(
    project: Project, plan: Plan, *, run_date: str | None = None, variables: Mapping[str, str] | None = None
) -> BoundPlan:
    """Return `plan` rendered for a run date. Raises UserError and ProblemsError."""
    from dataduct.plan.bind import bind as bind_plan

    bound = bind_plan(
        plan, run_date=run_date, variables=variables or {}, environment=os.environ, mode=project.mode
    )
    for secret in bound.secrets:
        project.secrets.add(secret)
    return bound


def with_frequency(project: Project, frequency: str) -> Project:
    """Return the project with a frequency that every pipeline has. Raises UserError with the nearest one (DD960)."""
    from dataclasses import replace

    from dataduct.errors import UserError
    from dataduct.model.nearest import did_you_mean
    from dataduct.model.schedule import FREQUENCIES

    if frequency not in FREQUENCIES:
        hint = did_you_mean(frequency, FREQUENCIES) or f"one of {', '.join(FREQUENCIES)}"
        raise UserError(f"there is no frequency `{frequency}`", code="DD960", hint=hint)
    pipelines = project.settings.pipelines.model_copy(update={"frequency": frequency})
    return replace(project, settings=project.settings.model_copy(update={"pipelines": pipelines}))


def plan_json(plan: Plan) -> str:
    """Return the plan document that `execute` and other engines take."""
    from dataduct.plan.codec import plan_to_json

    return plan_to_json(plan)


def load_plan(path: Path) -> Plan:
    """Return the plan in a plan document. Raises UserError."""
    from dataduct.errors import UserError
    from dataduct.plan.codec import plan_from_json

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}", code="DD514") from None
    return plan_from_json(text, file=str(path))


def draw(plan: Plan, picture: PictureFormat) -> bytes:
    """Return the picture of a plan; text formats as UTF-8."""
    from dataduct.plan.drawing import draw as draw_plan

    return draw_plan(plan, picture)


def source_types(project: Project, bound: BoundPlan, *, step: str | None = None) -> Iterator[StepTypes]:
    """Ask the sources of a plan for the types of its rows; see `dataduct.engine.source_types`."""
    from dataduct.engine.source_types import source_types
    from dataduct.engine.workbench import Workbench

    with Workbench(project) as workbench:
        yield from source_types(bound, workbench, step=step)
