"""The composition root: what a command or a page asks for, wired from the floors below.

Every function imports what it needs when it is called, so that a command pays only for what it does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataduct.config.listing import ListedSystem
    from dataduct.config.project import Project
    from dataduct.engine.engine import RunResult
    from dataduct.engine.probing import Probe
    from dataduct.engine.source_types import StepTypes
    from dataduct.model.problem import Problem
    from dataduct.plan.drawing import PictureFormat
    from dataduct.plan.plan import BoundPlan, Plan
    from dataduct.runs.events import Listener
    from dataduct.runs.queries import RunQueries
    from dataduct.runs.records import Run
    from dataduct.runs.store import RunStore
    from dataduct.steps.base import Step


def open_project(directory: Path | None = None, *, mode: str | None = None) -> Project:
    """Return the project in `directory`, or the one the working directory is in. Raises ProblemsError."""
    from dataduct.config.project import open_project

    return open_project(directory, mode=mode)


def validate(project: Project, paths: Sequence[Path]) -> list[Problem]:
    """Return every error and warning of the pipeline files, in the order of files and lines."""
    from dataduct.model.problem import Problem

    problems: list[Problem] = []
    files_by_pipeline: dict[str, Path] = {}
    for path in paths:
        definition_name, _, found = _compiled(project, path)
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
    return problems


def _compiled(project: Project, path: Path) -> tuple[str | None, Plan | None, list[Problem]]:
    """Return a pipeline file's name and plan, as far as it has them, and its problems in the order of lines."""
    from dataduct.definition.loader import load_pipeline
    from dataduct.plan.compiler import compile_pipeline as compile_definition

    definition, problems = load_pipeline(path)
    if definition is None:
        return None, None, sorted(problems, key=_place)
    plan = compile_definition(definition, _compile_environment(project), problems)
    return definition.name, plan, sorted(problems, key=_place)


def _place(problem: Problem) -> tuple[str, int, int]:
    position = problem.position
    return (position.file, position.line, position.column) if position else ("", 0, 0)


def compile_pipeline(project: Project, path: Path) -> Plan:
    """Return the plan of a pipeline file. Raises ProblemsError with every problem of it."""
    from dataduct.errors import ProblemsError

    _, plan, problems = _compiled(project, path)
    if plan is None or any(problem.severity == "error" for problem in problems):
        raise ProblemsError(problems)
    return plan


def _compile_environment(project: Project) -> Any:
    from dataduct.config.references import holds_reference
    from dataduct.plan.compiler import CompileEnvironment
    from dataduct.registry import STEPS, WAREHOUSES

    settings = project.settings
    provider = WAREHOUSES.load(settings.warehouse["type"])
    if not holds_reference(settings.warehouse):  # what one stands for is checked when the warehouse is opened
        provider.capabilities(settings.warehouse)
    return CompileEnvironment(
        dialect=provider.dialect,
        connections={alias: str(options["type"]) for alias, options in settings.connections.items()},
        project_directory=project.root,
        resource_directories=project.resource_directories,
        find_type=STEPS.load,
        variables={name: str(value) for name, value in settings.variables.items()},
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


def run(
    project: Project,
    path: Path,
    *,
    listener: Listener,
    run_date: str | None = None,
    variables: Mapping[str, str] | None = None,
    select: Sequence[str] = (),
    resume: bool = False,
    force: bool = False,
    workers: int | None = None,
) -> RunResult:
    """Run a pipeline for one run date; `resume` goes on with its last run that did not succeed.

    A failed run is returned. Raises ProblemsError and UserError before anything runs, Interrupted when stopped.
    `resume` without a run that could go on starts a new one.
    """
    from dataduct.engine.engine import RunOptions, run_plan
    from dataduct.engine.workbench import Workbench
    from dataduct.plan.selection import select_steps
    from dataduct.runs.store import new_run_id

    plan = compile_pipeline(project, path)
    chosen = select_steps(plan, select) if select else None
    given = dict(variables or {})
    bound = bind(project, plan, run_date=run_date, variables=given)
    with closing(open_store(project)) as store:
        earlier = _run_to_resume(store, bound, any_date=run_date is None) if resume else None
        if earlier is not None:
            kept = {**_kept_variables(earlier, given, plan), **given}
            bound = bind(project, plan, run_date=earlier.run_date, variables=kept)
        options = RunOptions(
            run_id=earlier.id if earlier else new_run_id(datetime.now(UTC)),
            resume=earlier is not None,
            force=force,
            select=chosen,
            workers=workers,
            note="there is no run to resume, so a new one begins" if resume and earlier is None else None,
        )
        with Workbench(project) as workbench:
            return run_plan(bound, workbench, store, options=options, listener=listener)


def _run_to_resume(store: RunStore, bound: BoundPlan, *, any_date: bool) -> Run | None:
    """Return the run that `--resume` goes on with; None starts the run date anew, as nothing of it is there."""
    from dataduct.errors import UserError
    from dataduct.runs.queries import RunQueries

    pipeline = bound.plan.pipeline
    found = RunQueries(store).resumable_run(pipeline, None if any_date else bound.run_date)
    if found is None and any_date:
        raise UserError(
            f"there is nothing to resume: the last run of pipeline `{pipeline}`, if any, has succeeded or goes on",
            code="DD516",
            hint="run without `--resume`, or name the run date with `--run-date`",
        )
    return found


def _kept_variables(run: Run, given: Mapping[str, str], plan: Plan) -> dict[str, str]:
    """Return the variables that a run was started with, as far as the pipeline still has them."""
    from dataduct.errors import UserError

    kept = json.loads(run.plan)["variables"] if run.plan else {}
    for name, value in kept.items():
        if "***" in value and name not in given:
            raise UserError(
                f"the variable `{name}` held a secret, which is not kept: give it again",
                code="DD517",
                hint=f"add `--var {name}=...`",
            )
    return {name: value for name, value in kept.items() if name in plan.variables}


def execute(
    project: Project,
    plan_file: Path,
    *,
    step: str,
    listener: Listener,
    run_date: str | None = None,
    run_id: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> RunResult:
    """Run one step of a plan document, as another engine asks for it. Raises UserError and ProblemsError.

    Steps of one run find each other's datasets by the run id; by default it is made of the run date.
    """
    from dataduct.engine.engine import RunOptions
    from dataduct.engine.execute import execute_step
    from dataduct.engine.workbench import Workbench

    bound = bind(project, load_plan(plan_file), run_date=run_date, variables=variables)
    options = RunOptions(run_id=run_id or f"scheduled-{bound.run_date}")
    with closing(open_store(project)) as store, Workbench(project) as workbench:
        return execute_step(bound, step, workbench, store, options=options, listener=listener)


def queries(project: Project) -> RunQueries:
    """Return the questions one can ask of the project's run store."""
    from dataduct.runs.queries import RunQueries

    return RunQueries(open_store(project))


def open_store(project: Project) -> RunStore:
    """Return the project's run store, made if it is missing. Texts are stored redacted.

    Raises UserError for a reference to a secret that cannot be resolved, and what opening a store raises.
    """
    from dataduct.runs.store import open_store

    location = project.run_store
    if "${" in location:
        from dataduct.config.references import References

        location = References(project, os.environ).resolve_url(location)
    return open_store(location, redact=project.secrets.redact)


def connections(project: Project, pipelines: Sequence[Path] = ()) -> list[ListedSystem]:
    """Return the project's connections, its warehouse and its storage; nothing is opened.

    Args:
        project: The project.
        pipelines: Files that are looked through for the connections they name.
    """
    from dataduct.config.listing import listed_systems

    return listed_systems(project, pipelines)


def probe_connections(
    project: Project, systems: Sequence[ListedSystem], *, time_limit: float = 30.0
) -> Iterator[Probe]:
    """Open each of the systems, all at the same time, and yield what came of it in the order they are done.

    One that does not answer within `time_limit` seconds is an error of its own.
    """
    from dataduct.engine.probing import probe_all

    return probe_all(project, [(system.section, system.alias) for system in systems], time_limit=time_limit)


def step_types() -> list[type[Step[Any]]]:
    """Return every step type once, by its first name."""
    from dataduct.registry import STEPS

    types = {step_type.step_type: step_type for step_type in map(STEPS.load, STEPS.names())}
    return [types[name] for name in sorted(types)]


def step_type(name: str) -> type[Step[Any]]:
    """Return the step type called `name`. Raises UserError with the nearest name."""
    from dataduct.registry import STEPS

    found: type[Step[Any]] = STEPS.load(name)
    return found


def pipeline_schema() -> dict[str, Any]:
    """Return the JSON Schema of a pipeline file."""
    from dataduct.definition.schema import pipeline_schema
    from dataduct.registry import STEPS

    return pipeline_schema({name: STEPS.load(name).properties.model_json_schema() for name in STEPS.names()})


def settings_schema() -> dict[str, Any]:
    """Return the JSON Schema of the settings file."""
    from dataduct.config.settings import Settings

    return Settings.model_json_schema()
