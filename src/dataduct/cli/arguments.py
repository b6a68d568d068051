"""What several commands take: a pipeline file, variables, an output file."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from dataduct.cli.completions import complete_pipelines
from dataduct.errors import UserError
from dataduct.model.nearest import did_you_mean

if TYPE_CHECKING:
    from dataduct.cli.invocation import Invocation
    from dataduct.config.project import Project

CommandT = TypeVar("CommandT", bound=Callable[..., object])

_ENDINGS = (".yaml", ".yml")
_DIRECTORY = "pipelines"
_MOST_LISTED = 8

pipeline_argument = click.argument("pipeline", shell_complete=complete_pipelines)


def _parsed(_: click.Context, parameter: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    variables: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"`{value}` is not NAME=VALUE", param=parameter)
        variables[name.strip()] = text
    return variables


def run_date_option(command: CommandT) -> CommandT:
    """Add `--run-date`."""
    return click.option(
        "--run-date",
        metavar="DATE",
        help="The logical date, as 2026-01-31 or 2026-01-31T10:00. [default: today]",
    )(command)


def variables_option(command: CommandT) -> CommandT:
    """Add `--var NAME=VALUE`, which may stand several times; the command gets `variables`."""
    return click.option(
        "--var",
        "variables",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_parsed,
        help="Set a variable of the pipeline. May be given several times.",
    )(command)


def find_pipeline(written: str, bases: Sequence[Path]) -> Path:
    """Return the pipeline file that the user means, relative to the working directory where it is below it.

    Args:
        written: A path, or the bare name of a file in `pipelines/`.
        bases: Directories to look in, in this order.

    Raises:
        UserError: There is no such file (DD950); the hint names the nearest one.
    """
    for candidate in _candidates(written, bases):
        if candidate.is_file():
            return shown_path(candidate)
    if written and Path(written).is_dir():
        raise UserError(
            f"`{written}` is a directory, and one pipeline file is asked for",
            code="DD950",
            hint=_listed(pipeline_files([Path(written)]), "pipelines in it"),
        )
    looked = dict.fromkeys(str(shown_path(candidate)) for candidate in _candidates(written, bases))
    raise UserError(
        f"there is no pipeline file `{written}`",
        code="DD950",
        details=(f"looked for: {', '.join(looked)}",),
        hint=_nearest(written, bases),
    )


def pipeline_path(written: str, invocation: "Invocation", project: "Project") -> Path:
    """Return the file of a pipeline argument. Raises UserError (DD950)."""
    return find_pipeline(written, search_bases(invocation.directory, project.root))


def search_bases(directory: Path | None, root: Path) -> list[Path]:
    """Return where pipelines are looked for: `--project` if given, the working directory, the project."""
    return [*([directory] if directory else []), Path(), root]


def pipeline_files(directories: Sequence[Path]) -> Iterator[Path]:
    """Yield the YAML files in those of `directories` that exist, by name; a settings file is no pipeline."""
    from dataduct.config.project import FILE_NAMES

    for directory in directories:
        if directory.is_dir():
            yield from sorted(
                path
                for path in directory.iterdir()
                if path.suffix in _ENDINGS and path.is_file() and path.name not in FILE_NAMES
            )


def shown_path(path: Path) -> Path:
    """Return `path` relative to the working directory if it is below it."""
    try:
        return Path(os.path.normpath(path.absolute())).relative_to(Path.cwd())
    except ValueError:
        return path


def write_output(path: Path, content: str | bytes) -> None:
    """Write what `-o` asks for. Raises UserError (DD956)."""
    try:
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}", code="DD956") from None


def write_file(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file whole, its directory made; see `replace_file`. Raises UserError (DD956)."""
    from dataduct.definition.files import replace_file

    try:
        replace_file(path, content, private=private)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}", code="DD956") from None


def known_step(name: str, known: Mapping[str, object] | Sequence[str], where: str) -> str:
    """Return `name` if it is one of `known`. Raises UserError (DD952) with the nearest one."""
    if name not in known:
        hint = did_you_mean(name, known) or f"its steps: {', '.join(list(known)[:10])}"
        raise UserError(f"{where} has no step `{name}`", code="DD952", hint=hint)
    return name


def _candidates(written: str, bases: Sequence[Path]) -> Iterator[Path]:
    path = Path(written)
    names = [path] if path.suffix in _ENDINGS else [path, *(Path(f"{written}{end}") for end in _ENDINGS)]
    for base in bases:
        yield from (base / name for name in names)
        if not path.is_absolute():
            yield from (base / _DIRECTORY / name for name in names if name.suffix in _ENDINGS)


def _nearest(written: str, bases: Sequence[Path]) -> str | None:
    path = Path(written)
    directories = [place for base in bases for place in (base / path.parent, base / _DIRECTORY)]
    by_stem = {found.stem: found for found in reversed(list(pipeline_files(directories)))}
    nearest = did_you_mean(path.stem if path.suffix in _ENDINGS else path.name, by_stem)
    if nearest is not None:
        stem = nearest.split("`")[1]
        return f"did you mean `{shown_path(by_stem[stem])}`?"
    return _listed(by_stem.values(), "pipelines here")


def _listed(files: Iterable[Path], what: str) -> str | None:
    shown = sorted(str(shown_path(file)) for file in files)
    return f"{what}: {', '.join(shown[:_MOST_LISTED])}" if shown else None
