"""`dataduct database create|drop|grant|recreate|visualize`: tables and views from SQL files."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import click

from dataduct.cli.arguments import shown_path, write_output
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.text import Span, line
from dataduct.cli.visualize import picture_format
from dataduct.errors import UserError
from dataduct.model.counting import counted
from dataduct.model.nearest import did_you_mean

if TYPE_CHECKING:
    from dataduct.config.project import Project
    from dataduct.engine.table_scripts import TableAction, TableScript

CommandT = TypeVar("CommandT", bound=Callable[..., object])

_FORMATS: Mapping[str, Literal["svg", "png", "mermaid"]] = {".svg": "svg", ".png": "png", ".mmd": "mermaid"}
_DONE: "Mapping[TableAction, str]" = {
    "create": "created",
    "drop": "dropped",
    "grant": "granted rights on",
    "recreate": "made anew",
}

_IDLE: "Mapping[TableAction, str]" = {
    "create": "everything is there",
    "drop": "nothing is there",
    "grant": "nothing is there",
    "recreate": "every table is as its file says",
}

sql_argument = click.argument("files", metavar="SQL...", nargs=-1, required=True, type=click.Path())
execute_option = click.option("-e", "--execute", is_flag=True, help="Execute it, in one transaction.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


@with_global_options
@click.group("database")
def command() -> None:
    """Create, drop, grant, recreate or draw tables and views.

    SQL is a file with one CREATE TABLE or CREATE VIEW, a directory of such files, or a pattern such as 'tables/*.sql'.
    The SQL is always printed, in the warehouse's dialect and in the order of the foreign keys; -e executes it.
    """


@command.command("create")
@execute_option
@sql_argument
@pass_invocation
def create_command(invocation: Invocation, execute: bool, files: Sequence[str]) -> int:
    """Create tables and views, with the rights that the settings say.

    With -e, what exists already is left alone; if a table exists with another definition, nothing is created.
    """
    return _work(invocation, "create", files, execute=execute)


@command.command("drop")
@execute_option
@yes_option
@sql_argument
@pass_invocation
def drop_command(invocation: Invocation, execute: bool, yes: bool, files: Sequence[str]) -> int:
    """Drop the tables and views, and nothing that depends on them.

    With -e it asks first. If something else still refers to a table, nothing is dropped.
    """
    return _work(invocation, "drop", files, execute=execute, yes=yes)


@command.command("grant")
@execute_option
@sql_argument
@pass_invocation
def grant_command(invocation: Invocation, execute: bool, files: Sequence[str]) -> int:
    """Grant the rights of the settings (`database: permissions:`)."""
    return _work(invocation, "grant", files, execute=execute)


@command.command("recreate")
@execute_option
@yes_option
@click.option("--empty", is_flag=True, help="Drop the rows instead of keeping them.")
@sql_argument
@pass_invocation
def recreate_command(
    invocation: Invocation, execute: bool, yes: bool, empty: bool, files: Sequence[str]
) -> int:
    """Make tables and views anew from their files, and keep the rows.

    Each new table is made beside the old one, takes the rows of the columns that both have, and takes its place. With
    -e it asks first.
    """
    return _work(invocation, "recreate", files, execute=execute, yes=yes, empty=empty)


@command.command("visualize")
@click.argument("filename", type=click.Path(dir_okay=False, path_type=Path))
@sql_argument
@pass_invocation
def visualize_command(invocation: Invocation, filename: Path, files: Sequence[str]) -> None:
    """Draw tables, their keys and how they refer to each other.

    The ending .svg, .png or .mmd (Mermaid) of FILENAME says how.
    """
    from dataduct import api

    picture = picture_format(filename, _FORMATS)
    project = invocation.project(tell_warnings=True)
    write_output(filename, api.draw_tables(project, sql_files(files), picture))
    invocation.console.err(f"written: {filename}")


for _subcommand in (create_command, drop_command, grant_command, recreate_command, visualize_command):
    with_global_options(_subcommand)


def sql_files(written: Sequence[str]) -> list[Path]:
    """Return the SQL files that the arguments name: files, directories with all below them, patterns.

    Raises:
        UserError: One names no file (DD962).
    """
    found: list[Path] = []
    for each in written:
        path = Path(each)
        if path.is_dir():
            files = sorted(path.rglob("*.sql"))
        elif path.exists():
            files = [path]
        else:
            below = Path(path.anchor)
            matching = below.glob(str(path.relative_to(below))) if path.name else []
            files = sorted(match for match in matching if match.is_file())
        if not files:
            raise _no_files(path)
        found += map(shown_path, files)
    return list(dict.fromkeys(found))


def _no_files(path: Path) -> UserError:
    if path.is_dir():
        return UserError(f"`{path}` holds no .sql files", code="DD962")
    beside = [str(each) for each in path.parent.glob("*.sql")] if path.parent.is_dir() else []
    return UserError(f"there is no SQL file `{path}`", code="DD962", hint=did_you_mean(str(path), beside))


def _work(
    invocation: Invocation,
    action: "TableAction",
    files: Sequence[str],
    *,
    execute: bool,
    yes: bool = False,
    empty: bool = False,
) -> int:
    from dataduct import api
    from dataduct.cli.table_scripts import note_lines, question, script_lines, subject_lines

    console = invocation.console
    project = invocation.project(tell_warnings=True)
    script = api.table_script(project, action, sql_files(files), empty=empty)
    if action == "grant":
        _refuse_no_grants(project, script)
    if execute:
        script = api.look_up_tables(project, script)
    console.out(*script_lines(script))
    console.err(*note_lines(script, project.settings.database.permissions))
    if not execute:
        return 0
    if not script.statements:
        console.err(f"nothing to do: {_IDLE[action]}")
        return 0
    asked = question(script)
    if asked and not yes:
        console.err(*subject_lines(script))
        answer = console.ask(asked)
        if answer is None:
            raise UserError(
                f"nobody is there to ask whether to {action}, so nothing was done",
                code="DD963",
                hint="add --yes",
            )
        if not answer:
            console.err("nothing was done")
            return 1
    api.execute_table_script(project, script)
    console.err(line(Span(_DONE[action], "good"), f" {_counts(script)}"))
    return 0


def _counts(script: "TableScript") -> str:
    """Return how many tables and views the script was about."""
    existing = {each.name for each in script.existing}
    chosen = [
        each
        for each in script.subjects
        if script.action in ("grant", "recreate") or (each.name in existing) == (script.action == "drop")
    ]
    tables = sum(each in script.ordering.tables for each in chosen)
    parts = [counted(tables, "table")] if tables else []
    parts += [counted(len(chosen) - tables, "view")] if len(chosen) > tables else []
    return " and ".join(parts)


def _refuse_no_grants(project: "Project", script: "TableScript") -> None:
    from dataduct.database.grants import has_users

    if not has_users(script.dialect):
        raise UserError("DuckDB has no users and groups, so there is nothing to grant", code="DD964")
    if not project.settings.database.permissions:
        raise UserError(
            "the settings name no permissions",
            code="DD965",
            hint="add them under `database:` as `permissions:`, each with `user` or `group` and `permission`",
        )
