"""`dataduct generate from-database`."""

import json
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataduct.cli.arguments import shown_path
from dataduct.cli.completions import complete_connections
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.table import Cell, table_lines
from dataduct.cli.text import Line, Span, Style, line
from dataduct.model.counting import counted

if TYPE_CHECKING:
    from dataduct.cli.console import Console
    from dataduct.config.project import Project
    from dataduct.generation.files import GeneratedFile
    from dataduct.generation.from_database import GeneratedTable, Generation

_HEADER = ("TABLE", "COLUMNS", "PRIMARY KEY", "ROWS", "LOADED BY", "NOTES")
_STATES: dict[str, tuple[str, Style]] = {
    "new": ("written", "good"),
    "extended": ("extended", "good"),
    "changed": ("changed", "warning"),
}
_MOST_FILES = 12


@with_global_options
@click.group("generate")
def command() -> None:
    """Write project files from what a source database holds."""


def _names(_: click.Context, __: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _schedules() -> list[str]:
    from dataduct.model.schedule import FREQUENCIES

    return list(FREQUENCIES)


@command.command("from-database")
@click.argument("alias", shell_complete=complete_connections)
@click.option(
    "--tables", multiple=True, callback=_names, metavar="NAMES",
    help="Only these tables: names and patterns such as 'cust*', with commas. A view has to be named.",
)  # fmt: skip
@click.option("--exclude", multiple=True, callback=_names, metavar="NAMES", help="Not these tables.")
@click.option("--database", metavar="NAME", help="The database to read. [default: the connection's]")
@click.option("--schema", metavar="NAME", help="The schema to read, in PostgreSQL. [default: the user's]")
@click.option(
    "--one-pipeline/--pipeline-per-table", default=True,
    help="One pipeline for all tables, which pattern files load, or one for each.  [default: one]",
)  # fmt: skip
@click.option(
    "--reload", is_flag=True,
    help="Replace all rows of a table with a primary key too, so that rows deleted in the source go.",
)  # fmt: skip
@click.option(
    "--schedule", type=click.Choice(_schedules()), default="daily", show_default=True, metavar="FREQUENCY",
    help="How often the pipelines run.",
)  # fmt: skip
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Write below this directory. [default: the project's]",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--force", is_flag=True, help="Write over files that exist and say something else.")
@click.option("--run", "run_it", is_flag=True, help="Run what was generated at once.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@pass_invocation
@click.pass_context
def from_database(
    context: click.Context,
    invocation: Invocation,
    alias: str,
    tables: tuple[str, ...],
    exclude: tuple[str, ...],
    database: str | None,
    schema: str | None,
    one_pipeline: bool,
    reload: bool,
    schedule: str,
    output: Path | None,
    dry_run: bool,
    force: bool,
    run_it: bool,
    as_json: bool,
) -> int:
    """Write table definitions and pipelines for the tables of a source database.

    ALIAS is a connection of the settings to MySQL, MariaDB, PostgreSQL or SQLite. Every table becomes a staging
    table, a production table and the steps that load and check them. Files that exist and say something else are
    listed and left as they are.
    """
    from dataduct import api
    from dataduct.generation.from_database import GenerationRequest, definitions_directory
    from dataduct.generation.pipelines import Source

    project = invocation.project(tell_warnings=True)
    kind = str(project.settings.connections.get(alias, {}).get("type", ""))
    directory = (output or project.root).absolute()
    definitions = definitions_directory(project.root, directory)
    request = GenerationRequest(
        source=Source(alias=alias, kind=kind, database=database, definitions=definitions),
        output=directory,
        patterns=_patterns_directory(project, output),
        tables=tables,
        exclude=exclude,
        frequency=schedule,
        pipeline_per_table=not one_pipeline,
        always_reload=reload,
    )
    generation = api.generate_from_database(project, request, schema=schema)
    console = invocation.console
    if as_json:
        console.document(json.dumps(_document(generation), indent=2, ensure_ascii=False))
    else:
        console.out(*_summary(generation, console.result_width))
    _write(generation.files, None if as_json else console, force=force, dry_run=dry_run)
    if not as_json:
        console.out(*_next(generation, invocation, dry_run=dry_run))
    if not generation.tables:
        return 1
    if not run_it or dry_run:
        return 0
    return _run(context, generation, one_pipeline=one_pipeline)


with_global_options(from_database)


def _write(
    files: Sequence["GeneratedFile"], console: "Console | None", *, force: bool, dry_run: bool
) -> None:
    """Write what may be written, tell of it on the console, and refuse the rest. Raises UserError (DD882)."""
    from dataduct.generation.files import additions, refuse_changes, write_files

    written = files if force or dry_run else additions(files)
    if not dry_run:
        write_files(written)
    if console is not None:
        console.out(*_files(written, dry_run=dry_run))
    if not force and not dry_run:
        refuse_changes(files)


def _patterns_directory(project: "Project", output: Path | None) -> Path:
    """Return where patterns go: the first directory that the project reads them from, or one below `--output`."""
    if output is not None and not output.resolve().is_relative_to(project.root.resolve()):
        return output.absolute() / "patterns"
    return project.root / Path(project.settings.patterns[0]).expanduser()


def _run(context: click.Context, generation: "Generation", *, one_pipeline: bool) -> int:
    """Run the generated pipelines; of one for all tables, only the steps of those that were asked for."""
    from dataduct.cli.run import command as run

    select = tuple(generation.pipelines) if one_pipeline else ()
    worst = 0
    for path in dict.fromkeys(generation.pipelines.values()):
        code = context.invoke(
            run, pipeline=str(path), run_date=None, variables={}, select=select, resume=False, force=False,
            workers=None, as_json=False,
        )  # fmt: skip
        worst = max(worst, int(code or 0))
    return worst


def _summary(generation: "Generation", width: int | None) -> Iterable[Line]:
    rows = [_row(table) for table in generation.tables]
    yield from table_lines(_HEADER, rows, right=("COLUMNS", "ROWS"), width=width)
    if generation.left_out:
        yield line()
        yield line(Span(f"left out: {counted(len(generation.left_out), 'table')}", "warning"))
        for each in generation.left_out:
            yield line("  ", Span(each.name, "strong"), f": {each.reason}")
    for gone in generation.gone:
        place = f"{shown_path(Path(gone.position.file))}:{gone.position.line}"
        yield line()
        yield line(Span("warning", "warning"), f": {place}: the source has no table `{gone.name}` any more")
        yield line("  take it out of the list; its tables in the warehouse stay as they are")


def _row(table: "GeneratedTable") -> tuple[Cell, ...]:
    rows = table.listed.estimated_rows
    return (
        Span(table.listed.name, "strong"),
        str(table.columns),
        ", ".join(table.primary_key),
        "" if rows is None else f"~{rows:,}",
        table.write,
        Span("; ".join(table.notes), "dim"),
    )


def _files(files: Sequence["GeneratedFile"], *, dry_run: bool) -> Iterable[Line]:
    yield line()
    told = [file for file in files if file.state != "unchanged"]
    for file in told if len(told) <= _MOST_FILES else [file for file in told if file.state != "new"]:
        word, style = _STATES[file.state]
        yield line(
            Span("would be " if dry_run else "", style), Span(word, style), f": {shown_path(file.path)}"
        )
        for change in file.changes:
            yield line("    ", change)
    new = sum(file.state == "new" for file in told)
    if len(told) > _MOST_FILES and new:
        yield line(Span(f"{'would be ' if dry_run else ''}written", "good"), f": {counted(new, 'new file')}")
    same = len(files) - len(told)
    if same:
        yield line(Span(f"unchanged: {counted(same, 'file')}", "dim"))


def _next(generation: "Generation", invocation: Invocation, *, dry_run: bool) -> Iterable[Line]:
    paths = list(dict.fromkeys(generation.pipelines.values()))
    if dry_run or not paths:
        return
    yield line()
    yield line("next:")
    definitions = [
        str(shown_path(file.path))
        for file in generation.files
        if file.state == "changed" and file.path.suffix == ".sql"
    ]
    if definitions:
        words = ["dataduct", "database", "recreate", "-e", *definitions, *invocation.options()]
        yield line(f"  {shlex.join(words)}")
    for verb in ("plan", "run"):
        words = ["dataduct", verb, str(shown_path(paths[0])), *invocation.options()]
        yield line(f"  {shlex.join(words)}")
    if len(paths) > 1:
        yield line(Span(f"  and so for the other {counted(len(paths) - 1, 'pipeline')}", "dim"))


def _document(generation: "Generation") -> dict[str, Any]:
    return {
        "tables": [
            {
                "source": table.listed.name,
                "name": table.name,
                "columns": table.columns,
                "primary_key": list(table.primary_key),
                "estimated_rows": table.listed.estimated_rows,
                "loaded_by": table.write,
                "notes": list(table.notes),
                "pipeline": str(shown_path(generation.pipelines[table.name])),
            }
            for table in generation.tables
        ],
        "gone": [{"name": each.name, "line": each.position.line} for each in generation.gone],
        "left_out": [{"name": each.name, "reason": each.reason} for each in generation.left_out],
        "files": [
            {"path": str(shown_path(file.path)), "state": file.state, "changes": list(file.changes)}
            for file in generation.files
        ],
    }
