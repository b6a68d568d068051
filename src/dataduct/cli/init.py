"""`dataduct init`."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from dataduct.cli.arguments import shown_path
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.text import Span, line
from dataduct.errors import StorageError, UserError

_GITIGNORE = "gitignore"
_DATABASE = ".sqlite"
"""A template file `X.sql` in `data` becomes the SQLite database `X.sqlite`."""


@with_global_options
@click.command("init")
@click.argument("directory", required=False, default=".", type=click.Path(file_okay=False, path_type=Path))
@pass_invocation
def command(invocation: Invocation, directory: Path) -> None:
    """Start a small project that runs at once.

    Writes settings, one pipeline, its tables and a SQLite database to read from into DIRECTORY, by default the
    working directory. A file that exists is never written over: then nothing is written at all.
    """
    console = invocation.console
    for path in init_project(directory):
        console.out(line(Span("written", "good"), f": {shown_path(path)}"))
    steps = [] if directory.resolve() == Path.cwd() else [f"cd {directory}"]
    console.out(
        "", "next:", *(f"  {step}" for step in (*steps, "dataduct plan courses", "dataduct run courses"))
    )


def init_project(directory: Path) -> list[Path]:
    """Write the project template into `directory` and return the files written.

    Raises:
        UserError: Files of the template exist already (DD953); nothing has been written.
        StorageError: The directory cannot be written to (DD956).
    """
    template = list(_template_files(files("dataduct.cli") / "project_template", Path()))
    targets = [directory / _target(path) for path, _ in template]
    existing = [path for path in targets if path.exists() or path.is_symlink()]
    if existing:
        raise UserError(
            f"{len(existing)} of the files to write exist; nothing was written",
            code="DD953",
            details=tuple(str(shown_path(path)) for path in existing),
            hint="give another directory: dataduct init DIRECTORY",
        )
    try:
        for target, (path, content) in zip(targets, template, strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, path, content.read_text(encoding="utf-8"))
    except OSError as error:
        raise StorageError(
            f"{error.filename or directory} cannot be written: {error.strerror}", code="DD956"
        ) from None
    return targets


def _template_files(directory: Traversable, below: Path) -> Iterator[tuple[Path, Traversable]]:
    for entry in sorted(directory.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _template_files(entry, below / entry.name)
        else:
            yield below / entry.name, entry


def _is_database(path: Path) -> bool:
    return path.parts[0] == "data" and path.suffix == ".sql"


def _target(path: Path) -> Path:
    if _is_database(path):
        return path.with_suffix(_DATABASE)
    return path.with_name(".gitignore") if path.name == _GITIGNORE else path


def _write(target: Path, path: Path, text: str) -> None:
    if not _is_database(path):
        with target.open("x", encoding="utf-8") as opened:
            opened.write(text)
        return
    with closing(sqlite3.connect(target)) as connection:
        connection.executescript(text)
