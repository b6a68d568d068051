"""Before the first step: the run's record, and what of it is done already."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from dataduct.engine.changed_steps import with_changes
from dataduct.engine.pruning import CommittedLoad, Pruning, prune, writes_tables
from dataduct.engine.scheduler import Scheduler
from dataduct.engine.session import Session, now
from dataduct.errors import StorageError, UserError
from dataduct.model.dataset import DatasetRef
from dataduct.plan.codec import plan_to_json
from dataduct.plan.plan import PlanStep
from dataduct.runs.processes import current_process
from dataduct.runs.queries import RunQueries
from dataduct.runs.records import Run, StepRun

_DONE = ("succeeded", "already-loaded")


def begin_run(
    session: Session, process: str | None, *, resume: bool, chosen: Collection[str]
) -> Mapping[str, StepRun]:
    """Record that the run begins or goes on with the `chosen` steps; return what it did before, by step.

    Raises:
        UserError: The run to resume does not exist, still runs, or was made from another plan (DD930).
    """
    bound, store = session.bound, session.store
    process = process or current_process()
    if not resume:
        store.start_run(replace(_new_run(session, process), partial=len(chosen) < len(bound.steps)))
        return {}
    queries = RunQueries(store)
    _refuse_another_plan(queries.run(session.run_id), session)
    earlier = {step.step: step for step in queries.steps(session.run_id)}
    done = {name for name, step in earlier.items() if step.status in _DONE}
    partial = not {step.name for step in bound.steps} <= done.union(chosen)
    store.resume_run(session.run_id, process, partial=partial)
    return {step.step: step for step in queries.steps(session.run_id)}


def join_run(session: Session) -> Mapping[str, StepRun]:
    """Record the run if it is new, for a step that is executed alone; return what it did before, by step.

    Several processes may do this at once for one run.

    Raises:
        UserError: The run is of another pipeline or run date, or was made from another plan (DD930).
    """
    queries = RunQueries(session.store)
    known = _find_run(queries, session.run_id)
    if known is None:
        try:
            session.store.start_run(_new_run(session, None))
        except StorageError:
            if _find_run(queries, session.run_id) is None:
                raise
        return {}
    _refuse_another_plan(known, session)
    session.store.mark_run(session.run_id, "running")
    return {step.step: step for step in queries.steps(session.run_id)}


def _find_run(queries: RunQueries, run_id: str) -> Run | None:
    try:
        run = queries.run(run_id)
    except UserError:
        return None
    return run if run.id == run_id else None


def _new_run(session: Session, process: str | None) -> Run:
    bound = session.bound
    return Run(
        id=session.run_id,
        pipeline=bound.plan.pipeline,
        run_date=bound.run_date,
        status="running",
        started_at=now(),
        process=process,
        plan=plan_to_json(replace(bound.plan, variables=bound.variables), indent=None),
        mode=session.workbench.project.mode,
    )


def _refuse_another_plan(run: Run, session: Session) -> None:
    bound, mode = session.bound, session.workbench.project.mode
    if run.mode != mode:
        raise UserError(
            f"run {run.id} is {_in_mode(run.mode)}, not {_in_mode(mode)}",
            code="DD930",
            hint="give the mode that it began in" if run.mode else "leave out the mode",
        )
    if (run.pipeline, run.run_date) != (bound.plan.pipeline, bound.run_date):
        raise UserError(
            f"run {run.id} is of pipeline `{run.pipeline}` and run date {run.run_date}, "
            f"not of `{bound.plan.pipeline}` and {bound.run_date}",
            code="DD930",
            hint="run without `--resume`",
        )
    if run.plan is None:
        return
    before = [step["name"] for step in json.loads(run.plan)["steps"]]
    present = [step.name for step in bound.steps]
    added = [name for name in present if name not in before]
    removed = [name for name in before if name not in present]
    if added or removed:
        changes = [
            f"{what}: {', '.join(f'`{name}`' for name in names)}"
            for what, names in (("new", added), ("gone", removed))
            if names
        ]
        raise UserError(
            f"run {run.id} cannot be resumed: the steps of pipeline `{run.pipeline}` have changed since",
            code="DD930",
            hint="run without `--resume`; loads that are committed are not repeated",
            details=changes,
        )


def _in_mode(mode: str | None) -> str:
    return f"in mode `{mode}`" if mode else "without a mode"


def look_at_what_is_done(
    session: Session, steps: Sequence[PlanStep], scheduler: Scheduler, earlier: Mapping[str, StepRun]
) -> Pruning:
    """Return which of the chosen steps need not run.

    The warehouse is opened only if a step writes a table, the storage only if the run is resumed.
    """

    def published(dataset: DatasetRef) -> bool:
        return session.workbench.storage.manifest(session.dataset_key(dataset)) is not None

    loads: Mapping[str, CommittedLoad] = {}
    if not session.force and any(writes_tables(step) for step in steps):
        from dataduct.engine.committed import committed_loads_of

        loads = committed_loads_of(session.workbench, session.bound, steps)
    pruning = prune(
        steps,
        loads=loads,
        succeeded={name for name, step in earlier.items() if step.status == "succeeded"},
        published=published,
        needs=scheduler.needs,
    )
    return with_changes(pruning, session, steps, loads, earlier)
