"""Running what is due of pipelines."""

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dataduct.cli.invocation import Invocation
from dataduct.cli.pipeline import PipelineOptions
from dataduct.cli.quantities import first_names
from dataduct.cli.run import run_and_tell
from dataduct.cli.text import Span, line
from dataduct.model.counting import counted

if TYPE_CHECKING:
    from dataduct.config.project import Project
    from dataduct.plan.plan import Plan

_MOST_LISTED = 5


def activate(
    invocation: Invocation,
    project: "Project",
    pipelines: "Sequence[tuple[Path, Plan]]",
    options: PipelineOptions,
) -> int:
    """Run what is due of each pipeline, up to the first failure; return its exit code, else 0."""
    for path, plan in pipelines:
        code = _run_due(invocation, project, path, plan, options)
        if code:
            return code
    for path, plan in pipelines:
        _tell_next(invocation, path, plan, options)
    return 0


def _run_due(
    invocation: Invocation, project: "Project", path: Path, plan: "Plan", options: PipelineOptions
) -> int:
    wanted = _run_dates(plan, options)
    succeeded = _succeeded(project, plan)
    again = [date for date in wanted if date in succeeded or (date is None and succeeded)]
    due = wanted if options.force else [date for date in wanted if date not in again]
    if again and not options.force:
        _tell_done(invocation, plan, again)
    for number, date in enumerate(due, start=1):
        chosen = {"run_date": date, "force": options.force and date in again}
        code = run_and_tell(invocation, project, path, chosen)
        if code:
            _tell_left(invocation, plan, [each for each in due[number:] if each is not None])
            return code
    return 0


def _run_dates(plan: "Plan", options: PipelineOptions) -> list[str | None]:
    """Return the run dates that are asked for, oldest first; None is the only one of a one-time pipeline."""
    from dataduct.plan.bind import run_date_text
    from dataduct.plan.due_dates import due_run_dates, is_recurring

    schedule = plan.schedule
    if not is_recurring(schedule):
        return [None]
    now = datetime.now(UTC)
    if options.backfill:
        dates = due_run_dates(schedule, now, back=options.time_delta)
    else:
        dates = due_run_dates(schedule, now - options.time_delta, back=timedelta())
    return [run_date_text(date, schedule) for date in dates]


def _succeeded(project: "Project", plan: "Plan") -> frozenset[str]:
    from dataduct import api

    return api.queries(project).succeeded_run_dates(plan.pipeline, project.mode)


def _tell_done(invocation: Invocation, plan: "Plan", dates: Sequence[str | None]) -> None:
    named = [date for date in dates if date is not None]
    if not named:
        what = "has run once and succeeded"
    else:
        what = f"{first_names(named, _MOST_LISTED)} {'has' if len(named) == 1 else 'have'} succeeded already"
    invocation.console.err(
        line(
            Span(plan.pipeline, "strong"),
            f": {what}; --force runs {'it' if len(dates) == 1 else 'them'} again",
        )
    )


def _tell_left(invocation: Invocation, plan: "Plan", left: Sequence[str]) -> None:
    if left:
        told = f": stopped; {counted(len(left), 'run date')} not run: {first_names(left, _MOST_LISTED)}"
        invocation.console.err(line(Span(plan.pipeline, "strong"), told))


def _tell_next(invocation: Invocation, path: Path, plan: "Plan", options: PipelineOptions) -> None:
    from dataduct.plan.due_dates import is_recurring, next_start

    if not is_recurring(plan.schedule):
        return
    moment = next_start(plan.schedule, datetime.now(UTC))
    frequency = ["--frequency", options.frequency] if options.frequency else []
    again = ["dataduct", "pipeline", "activate", str(path), *frequency, *invocation.options()]
    invocation.console.err(
        line(Span(plan.pipeline, "strong"), f": the next run is due at {moment:%Y-%m-%d %H:%M} UTC"),
        line(
            "  nothing runs by itself: let cron or another scheduler call ", Span(shlex.join(again), "accent")
        ),
    )
