"""`dataduct config show`, `validate`, `sync_to_s3` and `sync_from_s3`."""

import json
from collections.abc import Callable
from pathlib import Path

import click

from dataduct.cli.arguments import write_file
from dataduct.cli.config_text import setting_document, setting_lines, shown_file
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.problems import print_problems, problem_format_option
from dataduct.cli.text import Span, line
from dataduct.errors import ProblemsError, UserError
from dataduct.model.counting import counted
from dataduct.model.problem import Problem


@with_global_options
@click.group("config")
def command() -> None:
    """Show and check the settings, or copy them to and from S3.

    Settings stand in /etc/dataduct.cfg, ~/.dataduct/dataduct.cfg, the project's dataduct.yml and the files that
    DATADUCT_CONFIG_PATH names; each wins over those before it. Variables such as DATADUCT__ENGINE__WORKERS win over
    all of them.
    """


@command.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@pass_invocation
def show_command(invocation: Invocation, as_json: bool) -> None:
    """Show every setting in effect and where it comes from.

    It is printed as YAML in the form of dataduct.yml. No secret is shown.
    """
    from dataduct import api

    project = invocation.project()
    settings = api.effective_settings(project)
    if as_json:
        document = setting_document(settings, project.files, project.mode)
        invocation.console.document(json.dumps(document, indent=2, ensure_ascii=False))
        return
    invocation.console.out(*setting_lines(settings, project.files, project.mode))


@command.command("validate")
@problem_format_option
@pass_invocation
def validate_command(invocation: Invocation, form: str) -> int:
    """Check all settings files and every mode.

    Every problem is shown. Nothing is connected to. Exits with 2 if there is an error; warnings are only told.
    """
    valid = ""
    problems: tuple[Problem, ...] = ()
    redact: Callable[[str], str] = str
    try:
        project = invocation.project()
        problems, redact = project.warnings, project.secrets.redact
        valid = _what_is_valid(project.files, list(project.settings.modes))
    except ProblemsError as error:
        problems, redact = error.problems, error.redact
    print_problems(invocation.console, problems, form, base=invocation.directory, redact=redact)
    if valid and form == "text":
        invocation.console.out(line(Span("valid", "good"), f": {valid}"))
    return 0 if valid else 2


@command.command("sync_to_s3")
@click.option("--with-secrets", is_flag=True, help="Copy secrets that are written out in the settings too.")
@pass_invocation
def sync_to_s3_command(invocation: Invocation, with_secrets: bool) -> None:
    """Copy the settings to the project's bucket.

    Other machines get them from there. What all settings files say together is written to config/dataduct.cfg below
    the storage's prefix, modes included.
    """
    from dataduct import api

    uri = api.send_settings(invocation.project(), with_secrets=with_secrets)
    invocation.console.out(line(Span("written", "good"), f": {uri}"))


@command.command("sync_from_s3")
@click.argument("file", metavar="FILENAME", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write over FILENAME if it exists.")
@pass_invocation
def sync_from_s3_command(invocation: Invocation, file: Path, force: bool) -> None:
    """Copy the settings from the project's bucket to FILENAME.

    FILENAME can be read by its owner alone.
    """
    from dataduct import api

    if file.exists() and not force:
        raise UserError(f"{file} exists", code="DD666", hint="add --force to write over it")
    uri, text = api.fetch_settings(invocation.project())
    write_file(file, text, private=True)
    size = counted(len(text), "byte")
    invocation.console.out(line(Span("written", "good"), f": {shown_file(file)} from {uri}, {size}"))


for _subcommand in (show_command, validate_command, sync_to_s3_command, sync_from_s3_command):
    with_global_options(_subcommand)


def _what_is_valid(files: tuple[Path, ...], modes: list[str]) -> str:
    if not files:
        return "there is no settings file, so every setting has its default"
    named = f" ({', '.join(modes)})" if modes else ""
    return ", ".join(map(shown_file, files)) + (f"; {counted(len(modes), 'mode')}{named}" if modes else "")
