"""Runs, and the store that remembers them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dataduct.api.pipelines import bind, compile_pipeline, load_plan

if TYPE_CHECKING:
    from dataduct.config.project import Project
    from dataduct.engine.engine import RunResult
    from dataduct.plan.plan import BoundPlan, Plan
    from dataduct.runs.events import Listener
    from dataduct.runs.queries import RunQueries
    from dataduct.runs.records import Run
    from dataduct.runs.store import RunStore


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
    from dataduct.engine.hooked_listener import HookedListener
    from dataduct.engine.workbench import Workbench
    from dataduct.hooks.activation import Activation
    from dataduct.hooks.around import ProjectHooks
    from dataduct.hooks.points import ACTIVATE
    from dataduct.plan.selection import select_steps
    from dataduct.runs.store import new_run_id

    plan = compile_pipeline(project, path)
    chosen = select_steps(plan, select) if select else None
    hooks, activation = ProjectHooks(project), Activation(plan.pipeline, path, run_date, variables or {})
    asked = activation.before(hooks)
    run_date, given = asked.run_date, dict(asked.variables)
    bound = bind(project, plan, run_date=run_date, variables=given)
    with closing(open_store(project)) as store:
        earlier = _run_to_resume(store, bound, project.mode, any_date=run_date is None) if resume else None
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
        with (
            Workbench(project, hooks=hooks) as workbench,
            HookedListener(listener, hooks, project) as hooked,
        ):
            result = run_plan(bound, workbench, store, options=options, listener=hooked)
    hooks.after(ACTIVATE, result)
    return result


def _run_to_resume(store: RunStore, bound: BoundPlan, mode: str | None, *, any_date: bool) -> Run | None:
    """Return the run that `--resume` goes on with; None starts the run date anew, as nothing of it is there."""
    from dataduct.errors import UserError
    from dataduct.runs.queries import RunQueries

    pipeline = bound.plan.pipeline
    found = RunQueries(store).resumable_run(pipeline, None if any_date else bound.run_date, mode)
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

    Steps of one run find each other's datasets by the run id; by default it is made of the run date and the mode.
    """
    from dataduct.engine.engine import RunOptions
    from dataduct.engine.execute import execute_step
    from dataduct.engine.hooked_listener import HookedListener
    from dataduct.engine.workbench import Workbench

    bound = bind(project, load_plan(plan_file), run_date=run_date, variables=variables)
    of_mode = f"-{project.mode}" if project.mode else ""
    options = RunOptions(run_id=run_id or f"scheduled-{bound.run_date}{of_mode}")
    with (
        closing(open_store(project)) as store,
        Workbench(project) as workbench,
        HookedListener(listener, workbench.hooks, project, alone=True) as hooked,
    ):
        return execute_step(bound, step, workbench, store, options=options, listener=hooked)


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
