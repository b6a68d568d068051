"""`dataduct run`."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataduct.cli.arguments import (
    pipeline_argument,
    pipeline_path,
    run_date_option,
    shown_path,
    variables_option,
)
from dataduct.cli.documents import run_document
from dataduct.cli.failed_run import failed_run_lines
from dataduct.cli.failure import error_lines
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.progress import progress
from dataduct.cli.run_view import RunView
from dataduct.cli.text import Line
from dataduct.errors import DataductError
from dataduct.runs.records import RunStatus

if TYPE_CHECKING:
    from dataduct.config.project import Project
    from dataduct.runs.queries import RunQueries

EXIT_CODES: Mapping[RunStatus, int] = {
    "succeeded": 0,
    "failed": 1,
    "running": 1,
    "interrupted": 130,
    "incomplete": 1,
}


@with_global_options
@click.command("run")
@pipeline_argument
@run_date_option
@variables_option
@click.option(
    "--select",
    multiple=True,
    metavar="EXPR",
    help="Run only these steps: NAME, NAME+ with all that waits for it, +NAME with all it waits for.",
)
@click.option("--resume", is_flag=True, help="Go on with the last run of this run date that did not succeed.")
@click.option("--force", is_flag=True, help="Load again what an earlier run of this run date has loaded.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Steps that may run at once. [default: the settings']",
)
@click.option("--json", "as_json", is_flag=True, help="Print the run as one JSON document when it is over.")
@pass_invocation
def command(
    invocation: Invocation,
    pipeline: str,
    run_date: str | None,
    variables: Mapping[str, str],
    select: Sequence[str],
    resume: bool,
    force: bool,
    workers: int | None,
    as_json: bool,
) -> int:
    """Run a pipeline here.

    PIPELINE is a file, or the name of a file in pipelines/. Progress goes to standard error. Exits with 0 if every
    step succeeded, 1 if a step or a check failed, 2 if the input is wrong, 130 if it was interrupted.
    """
    project = invocation.project(tell_warnings=True)
    path = pipeline_path(pipeline, invocation, project)
    with_options = [*(f"--var={name}={value}" for name, value in variables.items())]
    with_options += [f"--select={expression}" for expression in select]
    options = {"variables": variables, "select": select, "resume": resume, "force": force, "workers": workers}
    return run_and_tell(
        invocation, project, path, {**options, "run_date": run_date}, again=with_options, as_json=as_json
    )


def run_and_tell(
    invocation: Invocation,
    project: "Project",
    path: Path,
    options: Mapping[str, Any],
    *,
    again: Sequence[str] = (),
    as_json: bool = False,
) -> int:
    """Run a pipeline with its progress shown and return the exit code.

    Args:
        invocation: The call of the command line.
        project: The project.
        path: The pipeline's file.
        options: Arguments of `api.run`.
        again: Options of `dataduct run` that going on with the run needs.
        as_json: Print the run as a document when it is over.
    """
    from dataduct import api

    console = invocation.console
    view = RunView()
    code = 0
    raised = False
    try:
        with progress(console, view) as listener:
            result = api.run(project, path, **options, listener=listener)
        code = EXIT_CODES[result.status]
    except DataductError as error:
        if view.started is None:
            raise
        console.err(*error_lines(error))
        code, raised = error.exit_code, True
    if as_json and view.started:
        console.document(_document(api.queries(project), view.started.run_id))
    if code and view.started:
        resuming = ["run", str(path), "--run-date", view.started.run_date, "--resume", *again]
        console.err(*ending_lines(invocation, project, view, resuming, reason_told=raised))
    return code


def ending_lines(
    invocation: Invocation, project: "Project", view: RunView, again: Sequence[str], *, reason_told: bool
) -> list[Line]:
    """Return the block that ends a run which did not succeed; `again` is the command that goes on with it."""
    return failed_run_lines(
        view,
        go_on=shlex.join(map(project.secrets.redact, ["dataduct", *again, *invocation.options()])),
        log_directory=shown_path(project.log_directory),
        width=invocation.console.width,
        reason_told=reason_told,
    )


def _document(queries: "RunQueries", run_id: str) -> str:
    document = run_document(queries.run(run_id), queries.steps(run_id), queries.verdicts(run_id))
    return json.dumps(document, indent=2, ensure_ascii=False)
