"""`dataduct schema`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataduct.cli.arguments import shown_path, write_file, write_output
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.text import Line, Span, line
from dataduct.errors import UserError

if TYPE_CHECKING:
    from dataduct.config.project import Project
    from dataduct.generation.editors import SchemaName

_NAMES: tuple["SchemaName", ...] = ("pipeline", "pattern", "settings")


@with_global_options
@click.command("schema")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--settings", is_flag=True, help="The schema of the settings file, dataduct.yml, instead.")
@click.option("--patterns", is_flag=True, help="The schema of pattern files instead.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option("--write", is_flag=True, help="Write all schemas into the project and tell VS Code of them.")
@click.option("--modeline", is_flag=True, help="Name its schema in the first line of each of FILES.")
@pass_invocation
def command(
    invocation: Invocation,
    files: Sequence[Path],
    settings: bool,
    patterns: bool,
    output: Path | None,
    write: bool,
    modeline: bool,
) -> None:
    """Print the JSON Schema of pipeline files, for editors.

    In a project it knows the project's own step types and patterns. An editor with a YAML language server completes
    and checks a file that begins with `# yaml-language-server: $schema=...`, which --modeline writes into FILES.
    """
    if settings and patterns:
        raise click.UsageError("give at most one of --settings and --patterns")
    if bool(files) != modeline:
        raise click.UsageError("--modeline and the files to write it into go together")
    if write or modeline:
        project = invocation.project()
        lines = [*_written(project), *(_editor_lines(project) if write else ())]
        lines += _modelines(project, files)
        invocation.console.out(*lines)
        return
    name: SchemaName = "settings" if settings else "pattern" if patterns else "pipeline"
    text = _text(_schema(name, _project_if_any(invocation) if name != "settings" else None))
    if output is None:
        invocation.console.document(text)
        return
    write_output(output, text)
    invocation.console.err(f"written: {output}")


def _project_if_any(invocation: Invocation) -> "Project | None":
    """Return the project; None outside of one, or where its settings are wrong, which other commands tell."""
    try:
        project = invocation.project()
    except UserError:
        return None
    return project if project.file is not None else None


def _schema(name: "SchemaName", project: "Project | None") -> dict[str, Any]:
    from dataduct import api

    if name == "settings":
        return api.settings_schema()
    return api.pattern_schema(project) if name == "pattern" else api.pipeline_schema(project)


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _written(project: "Project") -> Iterator[Line]:
    from dataduct.generation.editors import schema_file
    from dataduct.generation.files import generated_file, write_files

    for name in _NAMES:
        file = generated_file(schema_file(project.root, name), _text(_schema(name, project)))
        write_files([file])
        yield _told("unchanged" if file.state == "unchanged" else "written", file.path)


def _editor_lines(project: "Project") -> Iterator[Line]:
    """Tell VS Code of the schemas; where its settings have comments, say what to add."""
    from dataduct.generation.editors import EDITOR_SETTINGS, editor_settings, schema_globs
    from dataduct.generation.files import existing_text

    path = project.root / EDITOR_SETTINGS
    wanted = editor_settings(existing_text(path), schema_globs(project.root, _pattern_directories(project)))
    if wanted.text is None:
        yield line(
            Span("left alone", "warning"),
            f": {shown_path(path)}, which is no plain JSON object; add this to it:",
        )
        yield from (line(f"  {each}") for each in wanted.addition.splitlines())
    else:
        if wanted.changed:
            write_file(path, wanted.text.encode())
        yield _told("written" if wanted.changed else "unchanged", path)
    yield line()
    yield line(
        "VS Code needs the extension `redhat.vscode-yaml`. Any other editor with a YAML language server reads"
    )
    yield line("the first line of a file: dataduct schema --modeline pipelines/*.yaml")


def _modelines(project: "Project", files: Sequence[Path]) -> Iterator[Line]:
    from dataduct.generation.editors import schema_file, schema_of_file, write_modeline

    for path in files:
        name = schema_of_file(path, _pattern_directories(project))
        changed = write_modeline(path, schema_file(project.root.resolve(), name))
        yield _told("written" if changed else "unchanged", path)


def _pattern_directories(project: "Project") -> list[Path]:
    return [project.root / Path(path).expanduser() for path in project.settings.patterns]


def _told(state: str, path: Path) -> Line:
    return line(Span(state, "good" if state == "written" else "dim"), f": {shown_path(path)}")
