"""A project: the directory, its settings, and what must stay secret."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dataduct.config.inspection import known_secrets, option_problems, type_problems, typed_options
from dataduct.config.layers import Layer, read_layers
from dataduct.config.merging import merge
from dataduct.config.original_sections import with_original_sections
from dataduct.config.original_settings import with_original_settings, with_storage_of_bucket
from dataduct.config.origins import Origin, origins
from dataduct.config.overrides import PREFIX, read_overrides
from dataduct.config.secrets import REFERENCE, Redactor, written_secrets
from dataduct.config.settings import Settings
from dataduct.config.systems import systems, with_urls_split, without_unset
from dataduct.definition.properties import validate
from dataduct.definition.tree import MappingNode, Node, without
from dataduct.errors import ProblemsError, UserError
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.problem import Problem

FILE_NAMES = ("dataduct.yml", "dataduct.yaml")
MODE_VARIABLE = "DATADUCT_MODE"
LIFECYCLE = ("bootstrap", "teardown")
"""Settings that hold steps."""
_SYSTEMS = ("warehouse", "storage", "connections")
_READING = "DD1"
_OF_NAMES = ("DD611", "DD612")
_SECRET = "DD616"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """An opened project.

    Attributes:
        root: Its directory, absolute; relative paths in the settings start here.
        file: Its `dataduct.yml`, or None if it has none.
        files: Every settings file that was read, the lowest first.
        lifecycle: `bootstrap` and `teardown` as they are written, with positions; those that are not are missing.
        mode: The mode that applies, or None.
        origins: Where each setting that is not a default is written, by its keys.
        places: Where the warehouse, the storage and each connection are written, by (section, alias); those that are
            not written are missing.
        warnings: What is worth telling about the settings.
        secrets: The values that must never be shown; grows as connections are opened.
    """

    root: Path
    settings: Settings
    file: Path | None = None
    files: tuple[Path, ...] = ()
    lifecycle: Mapping[str, Node] = field(default_factory=dict)
    mode: str | None = None
    origins: Mapping[tuple[str, ...], Origin] = field(default_factory=dict)
    places: Mapping[tuple[str, str], Position] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
    secrets: Redactor = field(default_factory=Redactor)

    @property
    def name(self) -> str:
        """The project's name; by default its directory's."""
        return self.settings.project or self.root.name

    @property
    def run_store(self) -> str:
        """Where the run store is: an absolute path, or a URL with its references to secrets."""
        path = self.settings.runs.path
        is_url = "://" in path or REFERENCE.fullmatch(path)
        return path if is_url else str(self.root / Path(path).expanduser())

    @property
    def log_directory(self) -> Path:
        """The directory of the steps' logs, absolute."""
        return self.root / Path(self.settings.logs.path).expanduser()

    @property
    def resource_directories(self) -> tuple[Path, ...]:
        """The directories in which files that pipelines name are looked up, absolute."""
        return tuple(self.root / Path(path).expanduser() for path in self.settings.resources)


def open_project(
    directory: Path | None = None, *, mode: str | None = None, environment: Mapping[str, str] = os.environ
) -> Project:
    """Return the project in `directory`; by default the one the working directory is in, or that directory.

    Its settings are those of the files that `dataduct.config.layers` names, of the mode over them and of the
    environment over both.

    Args:
        directory: Where `dataduct.yml` is; a directory without one may be a project too.
        mode: The mode to apply; by default what `DATADUCT_MODE` says.
        environment: Gives `DATADUCT_MODE`, the places of other settings files (`HOME`, `DATADUCT_CONFIG_PATH`) and
            settings such as `DATADUCT__WAREHOUSE__PATH`.

    Raises:
        ProblemsError: Everything wrong with the settings.
        UserError: There is no such directory (DD614), or it has two settings files (DD615).
    """
    file = _file_in(directory) if directory is not None else _file_above(Path.cwd())
    root = file.parent if file is not None else directory or Path()
    mode = mode or environment.get(MODE_VARIABLE) or None
    secrets = Redactor()
    problems: list[Problem] = []
    layers = read_layers(file, environment, problems)
    _keep_secrets_of_unread(problems, secrets)
    chosen, of_mode = _chosen(layers, mode, environment, secrets, problems)
    settings = _checked(chosen, secrets, problems)
    found = tuple(dict.fromkeys(_shown(problem, secrets) for problem in _telling(problems, file)))
    errors = [problem for problem in found if problem.severity == "error"]
    if settings is None or errors:
        raise ProblemsError(sorted(errors, key=_place), redact=secrets.redact)
    return Project(
        root=root.resolve(),
        settings=settings,
        file=file.resolve() if file is not None else None,
        files=tuple(layer.file for layer in layers),
        lifecycle={name: chosen.entries[name] for name in LIFECYCLE if name in chosen.entries},
        mode=mode,
        origins=origins(chosen, mode, of_mode),
        places=_places(chosen),
        warnings=tuple(sorted(found, key=_place)),
        secrets=secrets,
    )


def _chosen(
    layers: Sequence[Layer],
    mode: str | None,
    environment: Mapping[str, str],
    secrets: Redactor,
    problems: list[Problem],
) -> tuple[MappingNode, MappingNode]:
    """Return what the files, the mode and the environment say together, and what the mode alone says.

    Every mode is checked, whichever applies.
    """
    nothing = MappingNode({}, Position(FILE_NAMES[0]))
    base = nothing
    for layer in layers:
        says = _normal(layer.base, base, secrets, problems)
        problems += _own_problems(says)
        base = merge(base, says)
    names = dict.fromkeys(name for layer in layers for name in layer.modes)
    chosen, of_mode = base, nothing
    for name in names:
        merged, says = base, nothing
        for changes in (layer.modes.get(name) for layer in layers):
            if isinstance(changes, MappingNode):
                changes = _normal(changes, merged, secrets, problems)
                problems += _own_problems(changes)
                merged, says = merge(merged, changes), merge(says, changes)
        _checked(_complete(merged), secrets, problems)
        if name == mode:
            chosen, of_mode = merged, says
    if mode is not None and mode not in names:
        problems.append(_unknown_mode(mode, tuple(names)))
    for override in read_overrides(environment, chosen, problems):
        chosen = merge(chosen, with_urls_split(override.tree(), secrets, problems))
    return _with_modes(_complete(chosen), layers), of_mode


def _normal(
    tree: MappingNode, earlier: MappingNode, secrets: Redactor, problems: list[Problem]
) -> MappingNode:
    """Return the settings of a file or a mode in the one form that the rest works with."""
    tree = with_original_sections(with_original_settings(tree, problems), problems, earlier=earlier)
    return with_urls_split(tree, secrets, problems)


def _own_problems(tree: MappingNode) -> list[Problem]:
    """Return what is wrong with the settings of one file or mode, though others may be laid over it.

    The options of systems are left out: they may be whole only together with those of another file.
    """
    for section in _SYSTEMS:
        tree = without(tree, section)
    return validate(Settings, tree, owner=FILE_NAMES[0])[1]


def _complete(tree: MappingNode) -> MappingNode:
    """Return the merged settings without what is unset and with what follows from others."""
    return without_unset(with_storage_of_bucket(tree))


def _with_modes(tree: MappingNode, layers: Sequence[Layer]) -> MappingNode:
    """Return the settings with the modes of all layers, as they are written."""
    modes = MappingNode({}, tree.position)
    for layer in layers:
        modes = merge(modes, MappingNode(layer.modes, tree.position))
    return merge(tree, MappingNode({"modes": modes}, tree.position)) if modes.entries else tree


def _places(tree: MappingNode) -> dict[tuple[str, str], Position]:
    places = {}
    for system in systems(tree):
        around = tree.entries[system.section] if system.section == "connections" else tree
        keys = around.keys if isinstance(around, MappingNode) else {}
        places[system.section, system.alias] = keys.get(system.alias, system.node.position)
    return places


def _checked(tree: MappingNode, secrets: Redactor, problems: list[Problem]) -> Settings | None:
    settings, found = validate(Settings, tree, owner=FILE_NAMES[0])
    problems += found
    problems += type_problems(tree)
    problems += option_problems(tree)
    problems += known_secrets(tree, secrets)
    return _with_typed_options(settings, tree) if isinstance(settings, Settings) else None


def _with_typed_options(settings: Settings, tree: MappingNode) -> Settings:
    """Return the settings with the systems' options as the models of their types take them."""
    typed = typed_options(tree)
    changed: dict[str, object] = {
        section: options for (section, _), options in typed.items() if section != "connections"
    }
    of_connections = {
        alias: options for (section, alias), options in typed.items() if section == "connections"
    }
    return settings.model_copy(update={**changed, "connections": {**settings.connections, **of_connections}})


def _unknown_mode(mode: str, known: tuple[str, ...]) -> Problem:
    return Problem(
        code="DD611",
        message=f"there is no mode `{mode}`",
        expected=f"one of {', '.join(f'`{name}`' for name in known)}" if known else None,
        hint=did_you_mean(mode, known) or ("the settings define no modes" if not known else None),
    )


def _keep_secrets_of_unread(problems: Sequence[Problem], secrets: Redactor) -> None:
    """Register what looks like a secret in files that cannot be read, since their lines are shown."""
    unread = [problem.position for problem in problems if problem.code.startswith(_READING)]
    for name in dict.fromkeys(position.file for position in unread if position is not None):
        try:
            text = Path(name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for value in written_secrets(text):
            secrets.add(value)


def _file_in(directory: Path) -> Path | None:
    if not directory.is_dir():
        raise UserError(f"there is no directory `{directory}`", code="DD614")
    found = [directory / name for name in FILE_NAMES if os.path.lexists(directory / name)]
    if len(found) > 1:
        raise UserError(
            f"`{directory}` holds both {' and '.join(FILE_NAMES)}", code="DD615", hint="keep one of them"
        )
    return found[0] if found else None


def _file_above(working_directory: Path) -> Path | None:
    """Return the settings file of the nearest directory at or above the working one, as a relative path."""
    for directory in (working_directory, *working_directory.parents):
        file = _file_in(directory)
        if file is not None:
            return Path(os.path.relpath(file, working_directory))
    return None


def _telling(problems: Sequence[Problem], file: Path | None) -> list[Problem]:
    """Return the problems that are worth telling.

    A file that could not be read makes unknown names of what it defines. Secrets may be written out in the files of
    the user and the system, which are in no repository.
    """
    unread = any(problem.code.startswith(_READING) for problem in problems)
    return [
        problem
        for problem in problems
        if not (unread and problem.code in _OF_NAMES)
        and not (problem.code == _SECRET and problem.position and problem.position.file != str(file))
    ]


def _shown(problem: Problem, secrets: Redactor) -> Problem:
    """Return the problem without secrets; one with a value of the environment names the variable."""
    message, position = problem.message, problem.position
    if position is not None and position.file.startswith(PREFIX):
        message, position = f"environment variable `{position.file}`: {message}", None
    return replace(
        problem,
        message=secrets.redact(message),
        position=position,
        expected=problem.expected and secrets.redact(problem.expected),
        hint=problem.hint and secrets.redact(problem.hint),
    )


def _place(problem: Problem) -> Position:
    return problem.position or Position("", 0)
