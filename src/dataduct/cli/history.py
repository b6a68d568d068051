"""`dataduct history`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from dataduct.cli.completions import complete_runs
from dataduct.cli.documents import run_document, run_record
from dataduct.cli.failed_run import verdict_lines
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.quantities import (
    bytes_text,
    moment_text,
    rate_text,
    rows_text,
    seconds_between,
    seconds_text,
)
from dataduct.cli.table import table_lines
from dataduct.cli.text import Line, Span, Style, line, lines_of
from dataduct.errors import UserError
from dataduct.runs.records import Attempt, RecordedVerdict, Run, RunStatus, Statement, StepRun

if TYPE_CHECKING:
    from dataduct.runs.queries import RunQueries

STATUS_STYLES: Mapping[str, Style] = {
    "succeeded": "good",
    "already-loaded": "good",
    "failed": "error",
    "interrupted": "warning",
    "skipped": "warning",
    "running": "accent",
    "incomplete": "warning",
    "pending": "dim",
}
_LIST = ("RUN", "PIPELINE", "RUN DATE", "MODE", "STATUS", "STEPS", "STARTED (UTC)", "TOOK", "ERROR")
_STEPS = ("STEP", "STATUS", "ATTEMPTS", "ROWS", "SIZE", "TOOK", "RATE", "ERROR")


@with_global_options
@click.command("history")
@click.argument("subject", metavar="[PIPELINE|RUN_ID]", required=False, shell_complete=complete_runs)
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Runs to list at most."
)
@click.option("--status", type=click.Choice(list(get_args(RunStatus))), help="List only runs that ended so.")
@click.option("--sql", is_flag=True, help="Show the statements that the run's steps ran, with their times.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@pass_invocation
def command(
    invocation: Invocation,
    subject: str | None,
    limit: int,
    status: RunStatus | None,
    sql: bool,
    as_json: bool,
) -> None:
    """Show past runs, or all of one run.

    With the id of a run, or the beginning of it: its steps, attempts, rows, sizes, times, verdicts and errors.
    """
    from dataduct import api

    queries = api.queries(invocation.project())
    pipeline, run = find_subject(queries, subject)
    if run is not None:
        _show_run(invocation, queries, run, sql=sql, as_json=as_json)
        return
    runs = queries.recent_runs(pipeline, limit, status)
    if as_json:
        document = {"runs": [run_record(each) for each in runs]}
        invocation.console.document(json.dumps(document, indent=2, ensure_ascii=False))
    elif runs:
        invocation.console.out(*run_list_lines(runs, invocation.console.result_width))
    else:
        which = f" of `{pipeline}`" if pipeline else ""
        ended = f" that is {status}" if status else ""
        invocation.console.err(f"there is no run{which}{ended} yet")


def find_subject(queries: "RunQueries", subject: str | None) -> tuple[str | None, Run | None]:
    """Return (pipeline, None) or (None, run) for what the user named; (None, None) for nothing.

    A name of a pipeline that has runs goes before the beginning of a run's id. A path means the pipeline of that
    file name. Raises UserError (DD644, DD648) if nothing is called so.
    """
    if subject is None:
        return None, None
    for name in (subject, Path(subject).stem):
        if queries.latest_run(name) is not None:
            return name, None
    try:
        return None, queries.run(subject)
    except UserError as error:
        if error.code != "DD644":
            raise
        raise _unknown(queries, subject, error) from None


def run_list_lines(runs: Sequence[Run], width: int | None) -> list[Line]:
    """Return the list of runs as a table."""
    rows = [
        (
            run.id,
            run.pipeline,
            run.run_date,
            run.mode or "",
            Span(run.status, STATUS_STYLES[run.status]),
            "some" if run.partial else "",
            moment_text(run.started_at),
            seconds_text(seconds_between(run.started_at, run.finished_at)),
            run.error or "",
        )
        for run in runs
    ]
    return table_lines(_LIST, rows, right=("TOOK",), width=width)


def run_lines(
    run: Run,
    steps: Sequence[StepRun],
    verdicts: Sequence[RecordedVerdict],
    attempts: Mapping[str, Sequence[Attempt]],
    width: int | None,
) -> list[Line]:
    """Return all of one run: steps, attempts where there was more than one, verdicts, errors."""
    took = seconds_text(seconds_between(run.started_at, run.finished_at))
    status = Span(run.status, STATUS_STYLES[run.status])
    drawn = [
        line(Span(f"run {run.id}", "strong"), "  ", status),
        line(
            f"{run.pipeline} for {run.run_date}",
            f" in mode {run.mode}" if run.mode else "",
            ", some steps only" if run.partial else "",
            f"; started {moment_text(run.started_at)} UTC",
            f"; took {took}" if took else "",
        ),
        line(),
        *table_lines(_STEPS, [_step_row(step) for step in steps], right=_STEPS[2:-1], width=width),
    ]
    for name, tries in attempts.items():
        if len(tries) > 1:
            drawn += [line(), line(Span(f"attempts of {name}", "strong")), *map(_attempt, tries)]
    for recorded in verdicts:
        word = Span("passed", "good") if recorded.verdict.passed else Span("failed", "error")
        drawn += [line(), line(Span(recorded.step, "strong"), "  ", word, f"  {recorded.verdict.summary}")]
        drawn += verdict_lines(recorded.verdict, width=width, indent=4)
    for step in steps:
        if step.error and step.status == "failed":
            drawn += [line(), line(Span("error", "error"), " in ", Span(step.step, "strong"))]
            drawn += lines_of(step.error, indent=4)
    return drawn


def statement_lines(statements: Sequence[Statement]) -> list[Line]:
    """Return each statement below a line that says where it ran, how long, and on how many rows."""
    drawn: list[Line] = []
    for each in statements:
        rows = f", {rows_text(each.rows)}" if each.rows is not None else ""
        told = f"{each.step}, attempt {each.attempt}, {each.where}: {seconds_text(each.seconds)}{rows}"
        drawn += [line(), line(Span(f"-- {told}", "dim")), *lines_of(each.text)]
    return drawn


def _show_run(invocation: Invocation, queries: "RunQueries", run: Run, *, sql: bool, as_json: bool) -> None:
    console = invocation.console
    steps = queries.steps(run.id)
    verdicts = queries.verdicts(run.id)
    attempts = {step.step: queries.attempts(run.id, step.step) for step in steps if step.attempts}
    statements = {step.step: queries.statements(run.id, step.step) for step in steps} if sql else None
    if as_json:
        document = run_document(run, steps, verdicts, attempts, statements)
        console.document(json.dumps(document, indent=2, ensure_ascii=False))
        return
    console.out(*run_lines(run, steps, verdicts, attempts, console.result_width))
    for of_step in (statements or {}).values():
        console.out(*statement_lines(of_step))


def _step_row(step: StepRun) -> tuple[str | Span, ...]:
    seconds = seconds_between(step.started_at, step.finished_at)
    first_line = (step.error or "").strip().partition("\n")[0]
    return (
        step.step,
        Span(step.status, STATUS_STYLES[step.status]),
        str(step.attempts) if step.attempts > 1 else "",
        "" if step.rows is None else f"{step.rows:,}",
        bytes_text(step.bytes or None),
        seconds_text(seconds),
        rate_text(step.rows, seconds),
        first_line,
    )


def _attempt(attempt: Attempt) -> Line:
    took = seconds_text(seconds_between(attempt.started_at, attempt.finished_at))
    why = f"  {attempt.error.strip().partition(chr(10))[0]}" if attempt.error else ""
    status = Span(attempt.status, STATUS_STYLES[attempt.status])
    return line(f"    {attempt.number}  {moment_text(attempt.started_at)}  {took}  ", status, why)


def _unknown(queries: "RunQueries", subject: str, error: UserError) -> UserError:
    from dataduct.model.nearest import did_you_mean

    pipelines = [summary.pipeline for summary in queries.pipelines()]
    if not pipelines:
        return UserError(
            "no pipeline of this project has run yet", code="DD951", hint="dataduct run PIPELINE"
        )
    return UserError(
        f"there is no run and no pipeline with runs called `{subject}`",
        code="DD951",
        hint=did_you_mean(subject, pipelines) or error.hint,
    )
