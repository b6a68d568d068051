"""`dataduct visualize`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from dataduct.cli.arguments import pipeline_argument, pipeline_path, write_output
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.text import lines_of
from dataduct.errors import UserError
from dataduct.model.nearest import did_you_mean

if TYPE_CHECKING:
    from dataduct.plan.drawing import PictureFormat

FormatT = TypeVar("FormatT", bound=str)

FORMATS: "dict[str, PictureFormat]" = {".svg": "svg", ".png": "png", ".mmd": "mermaid", ".txt": "text"}


@with_global_options
@click.command("visualize")
@pipeline_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a picture: the ending .svg, .png, .mmd (Mermaid) or .txt says which.",
)
@pass_invocation
def command(invocation: Invocation, pipeline: str, output: Path | None) -> None:
    """Draw a pipeline's steps and what they wait for.

    Without -o a tree of the steps goes to standard output.
    """
    from dataduct import api

    picture = picture_format(output, FORMATS) if output else "text"
    project = invocation.project()
    drawn = api.draw(api.compile_pipeline(project, pipeline_path(pipeline, invocation, project)), picture)
    if output is None:
        invocation.console.out(*lines_of(drawn.decode()))
        return
    write_output(output, drawn)
    invocation.console.err(f"written: {output}")


def picture_format(output: Path, formats: Mapping[str, FormatT]) -> FormatT:
    """Return the format that a file's ending says. Raises UserError (DD957)."""
    picture = formats.get(output.suffix.casefold())
    if picture is None:
        raise UserError(
            f"a picture cannot be written as `{output.name}`",
            code="DD957",
            hint=did_you_mean(output.suffix, formats) or f"endings: {', '.join(formats)}",
        )
    return picture
