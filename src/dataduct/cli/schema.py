"""`dataduct schema`."""

import json
from pathlib import Path

import click

from dataduct.cli.arguments import write_output
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options


@with_global_options
@click.command("schema")
@click.option("--settings", is_flag=True, help="The schema of the settings file, dataduct.yml, instead.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@pass_invocation
def command(invocation: Invocation, settings: bool, output: Path | None) -> None:
    """Print the JSON Schema of pipeline files, for editors.

    An editor with a YAML language server completes and checks a file that begins with
    `# yaml-language-server: $schema=dataduct.schema.json`.
    """
    from dataduct import api

    schema = api.settings_schema() if settings else api.pipeline_schema()
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        invocation.console.document(text)
        return
    write_output(output, text)
    invocation.console.err(f"written: {output}")
