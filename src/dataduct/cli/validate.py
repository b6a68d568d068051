"""`dataduct validate`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dataduct.cli.arguments import find_pipeline, pipeline_files, search_bases, shown_path
from dataduct.cli.completions import complete_pipelines
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.problems import error_count, print_problems, problem_format_option
from dataduct.cli.text import Span, line
from dataduct.errors import ProblemsError
from dataduct.model.counting import counted
from dataduct.model.problem import Problem

if TYPE_CHECKING:
    from dataduct.config.project import Project


@dataclass(frozen=True, slots=True)
class Checked:
    """The files that were checked."""

    pipelines: Sequence[Path] = ()
    patterns: Sequence[Path] = ()

    @property
    def counts(self) -> str:
        """How many there are, in words."""
        words = [counted(len(self.patterns), "pattern")] if self.patterns else []
        if self.pipelines or not words:
            words.insert(0, counted(len(self.pipelines), "pipeline file"))
        return " and ".join(words)


@with_global_options
@click.command("validate")
@click.argument("pipelines", metavar="[PIPELINE]...", nargs=-1, shell_complete=complete_pipelines)
@problem_format_option
@pass_invocation
def command(invocation: Invocation, pipelines: Sequence[str], form: str) -> int:
    """Check pipeline files and show every problem.

    A PIPELINE is a file, a directory of files, or the name of a file in pipelines/; a file of a pattern is checked as
    one. Without any, the whole project is checked: everything in pipelines/, every pattern, and the files of its own
    step types and hooks, which are imported. Nothing is connected to and nothing runs. Exits with 2 if there is an
    error; warnings are only told.
    """
    from dataduct import api

    base: Path | None = None
    checked = Checked()
    redact: Callable[[str], str] = str
    try:
        project = invocation.project()
        base = project.root
        redact = project.secrets.redact
        checked = _files(invocation, project, pipelines)
        problems = [*project.warnings, *api.validate(project, checked.pipelines)]
        if checked.patterns:
            problems += api.validate_patterns(project, {file.stem for file in checked.patterns})
        if not pipelines:
            problems += api.validate_code(project)
        problems = list(dict.fromkeys(problems))
    except ProblemsError as error:
        problems = list(error.problems)
        redact = error.redact
    show_problems(invocation, problems, checked, form, base, redact)
    return 2 if error_count(problems) else 0


def _files(invocation: Invocation, project: "Project", written: Sequence[str]) -> Checked:
    """Return the files of the arguments, or those of the whole project."""
    root = project.root
    directories = [root / Path(path).expanduser() for path in project.settings.patterns]
    if not written:
        files = list(map(shown_path, pipeline_files([root / "pipelines", *directories])))
    else:
        each = [pipeline_files_of(argument, invocation.directory, root) for argument in written]
        files = list(chain.from_iterable(each))
    of_patterns = {directory.resolve() for directory in directories}
    found = list(dict.fromkeys(files))
    return Checked(
        [file for file in found if file.parent.resolve() not in of_patterns],
        [file for file in found if file.parent.resolve() in of_patterns],
    )


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
    checked: Checked,
    form: str,
    base: Path | None,
    redact: Callable[[str], str],
) -> None:
    """Print the problems of pipeline files, or that they have none."""
    print_problems(invocation.console, problems, form, base=base, redact=redact)
    if not problems and form == "text":
        invocation.console.out(line(Span("valid", "good"), f": {checked.counts}"))
