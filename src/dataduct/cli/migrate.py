"""`dataduct migrate`."""

import json
from pathlib import Path

import click

from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.migrate_text import report_lines, written_lines
from dataduct.errors import UserError


@with_global_options
@click.command("migrate")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The settings file of the first Dataduct. [default: dataduct.cfg in or below DIR]",
)
@click.option("--write", is_flag=True, help="Write the settings as dataduct.yml, without their secrets.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as a JSON document.")
@pass_invocation
def command(invocation: Invocation, directory: Path, config: Path | None, write: bool, as_json: bool) -> int:
    """Tell what becomes of a project of the first Dataduct.

    Every pipeline, custom step and hook below DIR is read with the project's settings, and every pipeline compiled.
    Nothing is connected to and nothing is written, save what --write names. Exits with 0 if nothing needs an edit, 1
    otherwise.
    """
    from dataduct import api
    from dataduct.cli.migrate_document import report_document

    console = invocation.console
    report = api.migrate(directory, config=config)
    if write and report.config is None:
        raise UserError(
            "there is no settings file to write as dataduct.yml",
            code="DD983",
            hint="name it with `--config`",
        )
    if as_json:
        console.document(json.dumps(report_document(report), indent=2, ensure_ascii=False))
    else:
        console.out(*report_lines(report, width=console.width, unicode=console.unicode))
    if write:
        path, settings = api.write_migrated_settings(directory, Path(report.config or ""))
        console.err(*written_lines(path, settings))
    return 1 if report.needs_edits else 0
