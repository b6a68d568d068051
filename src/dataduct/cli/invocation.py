"""What one call of the command line carries to its command: the global options and the console."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from dataduct.cli.console import Console

if TYPE_CHECKING:
    from pathlib import Path

    from dataduct.config.project import Project

CommandT = TypeVar("CommandT", bound=click.Command)


class Invocation:
    """The global options, wherever on the line they were given.

    Attributes:
        console: Where the command prints.
        directory: `--project`: the project's directory; None looks for it from the working directory upward.
        mode: `--mode`, or None.
        verbose: Whether tracebacks are shown.
    """

    def __init__(self) -> None:
        self.console = Console()
        self.directory: Path | None = None
        self.mode: str | None = None
        self.verbose = False

    def project(self, *, tell_warnings: bool = False) -> "Project":
        """Open the project; tell what is doubtful in its settings if asked. Raises ProblemsError and UserError."""
        from dataduct import api
        from dataduct.cli.problems import problem_lines

        project = api.open_project(self.directory, mode=self.mode)
        if tell_warnings and project.warnings:
            redact = project.secrets.redact
            self.console.err(
                *problem_lines(project.warnings, width=self.console.width, base=project.root, redact=redact)
            )
        return project

    def options(self) -> list[str]:
        """Return the global options that a command line leading to the same project holds."""
        directory = ["--project", str(self.directory)] if self.directory else []
        return [*directory, *(["--mode", self.mode] if self.mode else [])]


pass_invocation = click.make_pass_decorator(Invocation)


def _setting(attribute: str) -> Callable[[click.Context, click.Parameter, object], None]:
    def remember(context: click.Context, _: click.Parameter, value: object) -> None:
        if value:
            setattr(context.ensure_object(Invocation), attribute, value)

    return remember


def _remember_directory(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        from pathlib import Path

        context.ensure_object(Invocation).directory = Path(value)


def _without_color(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Invocation).console.color = False


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from dataduct import __version__

        context.ensure_object(Invocation).console.out(f"dataduct {__version__}")
        context.exit()


def global_options() -> list[click.Option]:
    """Return the options that are valid before and after the command."""
    return [
        click.Option(
            ["-C", "--project"],
            metavar="DIR",
            type=click.Path(exists=True, file_okay=False),
            expose_value=False,
            callback=_remember_directory,
            help="The project's directory. [default: found from the working directory upward]",
        ),
        click.Option(
            ["-m", "--mode"],
            metavar="MODE",
            expose_value=False,
            callback=_setting("mode"),
            help="The mode whose settings apply.",
        ),
        click.Option(
            ["--no-color"],
            is_flag=True,
            expose_value=False,
            callback=_without_color,
            help="No colours. The variable NO_COLOR does the same.",
        ),
        click.Option(
            ["-v", "--verbose"],
            is_flag=True,
            expose_value=False,
            callback=_setting("verbose"),
            help="Show tracebacks of unexpected errors.",
        ),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="Show the version and exit.",
        ),
    ]


def with_global_options(command: CommandT) -> CommandT:
    """Add the global options to `command`, after its own."""
    command.params.extend(global_options())
    return command
