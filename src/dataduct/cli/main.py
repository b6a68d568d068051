"""The command line's entry: finds the command, runs it, and turns every ending into an exit code.

Exit codes: 0 all is well; 1 a run or a check failed; 2 what the user wrote or asked for is wrong; 130 interrupted.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from dataduct.cli.invocation import Invocation, with_global_options
from dataduct.cli.lazy import CommandEntry, LazyGroup

COMPLETION_VARIABLE = "_DATADUCT_COMPLETE"

SECTIONS = {
    "Write and check": {
        "init": CommandEntry("init", "Start a small project that runs at once."),
        "generate": CommandEntry("generate", "Write project files from what a source database holds."),
        "validate": CommandEntry("validate", "Check pipeline files and show every problem."),
        "plan": CommandEntry("plan", "Show what a run of a pipeline will do, SQL included."),
        "visualize": CommandEntry("visualize", "Draw a pipeline's steps and what they wait for."),
        "config": CommandEntry("config", "Show and check the settings, or copy them to and from S3."),
        "connections": CommandEntry("connections", "List the connections of the project, or test them."),
    },
    "Run": {
        "run": CommandEntry("run", "Run a pipeline here."),
        "execute": CommandEntry("execute", "Run one step of a saved plan, as schedulers call it."),
    },
    "Look back": {
        "history": CommandEntry("history", "Show past runs, or all of one run."),
        "logs": CommandEntry("logs", "Print what the steps of a run logged."),
    },
    "As in the first Dataduct": {
        "pipeline": CommandEntry("pipeline", "Create, validate, activate or visualize pipelines."),
        "database": CommandEntry("database", "Create, drop, grant, recreate or draw tables and views."),
        "sql_shell": CommandEntry("sql_shell", "Open a database's own shell."),
        "migrate": CommandEntry("migrate", "Tell what becomes of a project of the first Dataduct."),
    },
    "Look up": {
        "steps": CommandEntry("steps", "List the step types and patterns, or document one."),
        "schema": CommandEntry("schema", "Print the JSON Schema of pipeline files, for editors."),
        "explain": CommandEntry("explain", "Explain an error code."),
        "completion": CommandEntry("completion", "Print a shell's completion script."),
    },
}
HIDDEN = {"sql-shell": SECTIONS["As in the first Dataduct"]["sql_shell"]}


class CommandLine(LazyGroup):
    """The group `dataduct`, which never lets a traceback through."""

    sections = SECTIONS
    hidden_entries = HIDDEN

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run the command line and exit the process with its exit code."""
        if COMPLETION_VARIABLE in os.environ:
            super().main(args, "dataduct", COMPLETION_VARIABLE, **extra)
        arguments = list(sys.argv[1:] if args is None else args)
        invocation = Invocation()
        invocation.console.color &= "--no-color" not in arguments
        code = self._exit_code(arguments, invocation)
        invocation.console.flush()
        sys.exit(code)

    def _exit_code(self, arguments: list[str], invocation: Invocation) -> int:
        try:
            with self.make_context("dataduct", arguments, obj=invocation) as context:
                outcome = self.invoke(context)
        except click.exceptions.Exit as ending:
            return ending.exit_code
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last one who can say what happened
            from dataduct.cli.failure import report

            return report(error, invocation)
        return outcome if isinstance(outcome, int) else 0


@with_global_options
@click.command(
    cls=CommandLine,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 well; 1 a run or check failed; 2 the input is wrong; 130 interrupted.",
)
def dataduct() -> None:
    """Run ETL pipelines written in YAML: extract, load, upsert, check."""


def main() -> None:
    """Run the command line of this process."""
    dataduct.main()
