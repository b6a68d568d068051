"""`dataduct logs`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from dataduct.cli.arguments import known_step, shown_path
from dataduct.cli.completions import complete_runs, complete_steps_of_run
from dataduct.cli.history import find_subject
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.text import Span, line
from dataduct.errors import UserError
from dataduct.runs.records import Attempt, Run

if TYPE_CHECKING:
    from dataduct.runs.queries import RunQueries


@with_global_options
@click.command("logs")
@click.argument("run_id", metavar="[RUN_ID|PIPELINE]", required=False, shell_complete=complete_runs)
@click.argument("step", required=False, shell_complete=complete_steps_of_run)
@click.option("--attempt", type=click.IntRange(min=1), metavar="N", help="The attempt. [default: the last]")
@pass_invocation
def command(invocation: Invocation, run_id: str | None, step: str | None, attempt: int | None) -> None:
    """Print what the steps of a run logged.

    Without RUN_ID, the latest run. Without STEP, the steps that failed; all steps if none did.
    """
    from dataduct import api
    from dataduct.runs.logs import read_log

    project = invocation.project()
    queries = api.queries(project)
    run = _run(queries, run_id)
    logs = list(_logs(queries, run, step, attempt))
    if not logs:
        which = f"step `{step}` of run {run.id}" if step else f"run {run.id}"
        numbered = f" has no log of attempt {attempt}" if attempt else " has no log"
        raise UserError(f"{which}{numbered}", code="DD955", hint=f"dataduct history {run.id}")
    for each, file in logs:
        invocation.console.err(line(Span(f"==> {run.id}  {each.step}  attempt {each.number} <==", "dim")))
        for text in read_log(shown_path(project.log_directory / file)):
            invocation.console.out(text)
            if invocation.console.reader_gone:
                return


def _run(queries: "RunQueries", subject: str | None) -> Run:
    pipeline, run = find_subject(queries, subject)
    if run is not None:
        return run
    recent = queries.recent_runs(pipeline, 1)
    if not recent:
        raise UserError("no pipeline of this project has run yet", code="DD951", hint="dataduct run PIPELINE")
    return recent[0]


def _logs(
    queries: "RunQueries", run: Run, step: str | None, number: int | None
) -> Iterator[tuple[Attempt, str]]:
    """Yield the attempts to show, each with its log file's name."""
    steps = queries.steps(run.id)
    chosen = [each for each in steps if each.status == "failed"] or steps
    if step is not None:
        known_step(step, [each.step for each in steps], f"run {run.id}")
        chosen = [each for each in steps if each.step == step]
    for each in chosen:
        attempts = queries.attempts(run.id, each.step)
        kept = attempts[-1:] if number is None else [a for a in attempts if a.number == number]
        yield from ((attempt, attempt.log_file) for attempt in kept if attempt.log_file)
