"""`dataduct pipeline create|validate|activate|visualize`: the first Dataduct's words for pipelines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from dataduct.cli.arguments import write_output
from dataduct.cli.completions import complete_pipelines
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.problems import error_count
from dataduct.cli.text import Span, line
from dataduct.cli.validate import Checked, pipeline_files_of, show_problems
from dataduct.cli.visualize import FORMATS, picture_format
from dataduct.errors import ProblemsError

if TYPE_CHECKING:
    from dataduct.config.project import Project
    from dataduct.plan.plan import Plan

CommandT = TypeVar("CommandT", bound=Callable[..., object])


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineOptions:
    """What `create`, `validate` and `activate` take.

    Attributes:
        time_delta: How far into the past.
        backfill: Whether every run date since then is meant.
        frequency: In place of the pipelines' own, or None.
    """

    pipelines: tuple[str, ...]
    force: bool
    time_delta: timedelta
    backfill: bool
    frequency: str | None


def _delta(_: click.Context, parameter: click.Parameter, value: str) -> timedelta:
    from dataduct.definition.durations import parse_duration

    try:
        return timedelta(seconds=parse_duration(value))
    except ValueError as error:
        raise click.BadParameter(str(error), param=parameter) from None


pipelines_argument = click.argument(
    "pipelines", metavar="YAML...", nargs=-1, required=True, shell_complete=complete_pipelines
)


def _with_options(force_help: str) -> Callable[[CommandT], CommandT]:
    options = (
        click.option("-f/-nf", "--force/--no-force", default=False, help=force_help),
        click.option(
            "-t",
            "--time_delta",
            default="0h",
            callback=_delta,
            metavar="S",
            help="How far into the past to go, as 36h or 7 days.",
        ),
        click.option("-b", "--backfill", is_flag=True, help="With -t: every run date since then."),
        click.option("--frequency", metavar="F", help="How often, in place of what the files say."),
        pipelines_argument,
    )

    def add(command: CommandT) -> CommandT:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@with_global_options
@click.group("pipeline")
def command() -> None:
    """Create, validate, activate or visualize pipelines.

    The first Dataduct's commands. `dataduct validate`, `plan`, `run` and `visualize` do the same one by one.
    """


@command.command("create")
@_with_options("Replace another plan of the same name without asking.")
@pass_invocation
def create_command(invocation: Invocation, /, **given: object) -> int:
    """Compile pipelines and keep their plans in .dataduct/plans.

    Nothing is connected to. If one file is wrong, no plan is written.
    """
    from dataduct.cli.pipeline_plans import keep_plans

    options = PipelineOptions(**given)  # type: ignore[arg-type]  # click has checked them
    project, files = _checked(invocation, options)
    _tell_unused(invocation, options)
    return keep_plans(invocation, project, _plans(project, files), force=options.force)


@command.command("validate")
@_with_options("Nothing is replaced here, so it changes nothing.")
@pass_invocation
def validate_command(invocation: Invocation, /, **given: object) -> int:
    """Check pipelines and show every problem; nothing that exists is touched."""
    options = PipelineOptions(**given)  # type: ignore[arg-type]  # click has checked them
    project, files = _checked(invocation, options)
    show_problems(invocation, [], Checked(files), "text", project.root, project.secrets.redact)
    return 0


@command.command("activate")
@_with_options("Run again what has succeeded already.")
@pass_invocation
def activate_command(invocation: Invocation, /, **given: object) -> int:
    """Run what is due of pipelines, here and now.

    A one-time pipeline runs once; any other for its latest run date that is due. What has succeeded is not run again,
    so a scheduler such as cron may call this as often as it likes. With -t and -b every run date since then is run,
    oldest first, up to the first failure. All files are checked before anything runs.
    """
    from dataduct.cli.pipeline_activation import activate

    options = PipelineOptions(**given)  # type: ignore[arg-type]  # click has checked them
    if options.backfill and not options.time_delta:
        raise click.UsageError("--backfill needs --time_delta: how far into the past")
    project, files = _checked(invocation, options)
    return activate(invocation, project, list(zip(files, _plans(project, files), strict=True)), options)


@command.command("visualize")
@click.option("--activities_only", is_flag=True, help="Accepted; pictures never show datasets.")
@click.argument("filename", type=click.Path(dir_okay=False, path_type=Path))
@pipelines_argument
@pass_invocation
def visualize_command(
    invocation: Invocation, activities_only: bool, filename: Path, pipelines: Sequence[str]
) -> None:
    """Draw pipelines: the ending .svg, .png, .mmd (Mermaid) or .txt of FILENAME says how.

    Several pipelines go to several files: flow.svg becomes flow-NAME.svg for each.
    """
    from dataduct import api
    from dataduct.storage.keys import safe_segment

    picture = picture_format(filename, FORMATS)
    project = invocation.project(tell_warnings=True)
    plans = _plans(project, _files(invocation, project, pipelines))
    for plan in plans:
        target = filename
        if len(plans) > 1:
            target = filename.with_name(f"{filename.stem}-{safe_segment(plan.pipeline)}{filename.suffix}")
        write_output(target, api.draw(plan, picture))
        invocation.console.err(f"written: {target}")


for _subcommand in (create_command, validate_command, activate_command, visualize_command):
    with_global_options(_subcommand)


def _checked(invocation: Invocation, options: PipelineOptions) -> "tuple[Project, list[Path]]":
    """Return the project and the files, all of them right. Raises ProblemsError with the problems of all."""
    from dataduct import api

    project = invocation.project(tell_warnings=True)
    if options.frequency is not None:
        project = api.with_frequency(project, options.frequency)
    files = _files(invocation, project, options.pipelines)
    problems = api.validate(project, files)
    if error_count(problems):
        raise ProblemsError(problems, redact=project.secrets.redact)
    if problems:
        show_problems(invocation, problems, Checked(files), "text", project.root, project.secrets.redact)
    return project, files


def _files(invocation: Invocation, project: "Project", pipelines: Sequence[str]) -> list[Path]:
    found = [
        file
        for written in pipelines
        for file in pipeline_files_of(written, invocation.directory, project.root)
    ]
    return list(dict.fromkeys(found))


def _plans(project: "Project", files: Sequence[Path]) -> "list[Plan]":
    from dataduct import api

    return [api.compile_pipeline(project, file) for file in files]


def _tell_unused(invocation: Invocation, options: PipelineOptions) -> None:
    if options.backfill or options.time_delta:
        told = ": --time_delta and --backfill count when a pipeline is activated, not here"
        invocation.console.err(line(Span("note", "accent"), told))
