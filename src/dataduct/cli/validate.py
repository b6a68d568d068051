"""`dataduct validate`."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from dataduct.cli.arguments import find_pipeline, pipeline_files, search_bases, shown_path
from dataduct.cli.completions import complete_pipelines
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.problems import error_count, problem_document, problem_lines
from dataduct.cli.quantities import counted
from dataduct.cli.text import Span, line
from dataduct.errors import ProblemsError
from dataduct.model.problem import Problem


@with_global_options
@click.command("validate")
@click.argument(
    "pipelines", metavar="PIPELINE...", nargs=-1, required=True, shell_complete=complete_pipelines
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How problems are shown; json is one document with file, line and column of each.",
)
@pass_invocation
def command(invocation: Invocation, pipelines: Sequence[str], form: str) -> int:
    """Check pipeline files and show every problem.

    A PIPELINE is a file, a directory of files, or the name of a file in pipelines/. Nothing is connected to and
    nothing runs. Exits with 2 if there is an error; warnings are only told.
    """
    from dataduct import api

    base: Path | None = None
    files: list[Path] = []
    redact: Callable[[str], str] = str
    try:
        project = invocation.project()
        base = project.root
        redact = project.secrets.redact
        files = [
            file for written in pipelines for file in pipeline_files_of(written, invocation.directory, base)
        ]
        problems = [*project.warnings, *api.validate(project, files)]
    except ProblemsError as error:
        problems = list(error.problems)
        redact = error.redact
    show_problems(invocation, problems, files, form, base, redact)
    return 2 if error_count(problems) else 0


def pipeline_files_of(written: str, directory: Path | None, root: Path) -> list[Path]:
    """Return the pipeline files of one argument: a file, a directory of files, or a name. Raises UserError (DD950)."""
    bases = search_bases(directory, root)
    for base in bases:
        found = [shown_path(path) for path in pipeline_files([base / written])]
        if found:
            return found
    return [find_pipeline(written, bases)]


def show_problems(
    invocation: Invocation,
    problems: list[Problem],
    files: Sequence[Path],
    form: str,
    base: Path | None,
    redact: Callable[[str], str],
) -> None:
    """Print the problems of pipeline files, or that they have none."""
    console = invocation.console
    if form == "json":
        console.document(json.dumps(problem_document(problems), indent=2, ensure_ascii=False))
        return
    console.out(*problem_lines(problems, width=console.width, base=base, redact=redact))
    if not problems:
        console.out(line(Span("valid", "good"), f": {counted(len(files), 'pipeline file')}"))
