"""`dataduct execute`."""

from collections.abc import Mapping
from pathlib import Path

import click

from dataduct.cli.arguments import variables_option
from dataduct.cli.failure import error_lines
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.progress import PlainProgress
from dataduct.cli.run import EXIT_CODES, ending_lines
from dataduct.cli.run_view import RunView
from dataduct.errors import DataductError


@with_global_options
@click.command("execute")
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--step", required=True, metavar="NAME", help="The step to run.")
@click.option("--run-date", required=True, metavar="DATE", help="The logical date of the run.")
@click.option(
    "--run-id",
    metavar="ID",
    help="The run that the step belongs to; the steps of one run share it. [default: a new one]",
)
@variables_option
@pass_invocation
def command(
    invocation: Invocation,
    plan: Path,
    step: str,
    run_date: str,
    run_id: str | None,
    variables: Mapping[str, str],
) -> int:
    """Run one step of a saved plan, as schedulers call it.

    PLAN is a document that `dataduct plan --json` wrote. The step reads what the steps before it left in the
    project's storage.
    """
    from dataduct import api

    project = invocation.project(tell_warnings=True)
    view = RunView()
    listener = PlainProgress(invocation.console, view)
    code = 0
    raised = False
    try:
        result = api.execute(
            project, plan, step=step, run_date=run_date, run_id=run_id, variables=variables, listener=listener
        )
        code = EXIT_CODES[result.status]
    except DataductError as error:
        if view.started is None:
            raise
        invocation.console.err(*error_lines(error))
        code, raised = error.exit_code, True
    if code and view.started:
        again = [
            "execute",
            str(plan),
            "--step",
            step,
            "--run-date",
            run_date,
            "--run-id",
            view.started.run_id,
        ]
        again += [f"--var={name}={value}" for name, value in variables.items()]
        invocation.console.err(*ending_lines(invocation, project, view, again, reason_told=raised))
    return code
