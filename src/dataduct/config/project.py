"""A project: the directory, its settings, and what must stay secret."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dataduct.config.inspection import known_secrets, option_problems, type_problems, typed_options
from dataduct.config.original_sections import with_original_sections
from dataduct.config.overrides import PREFIX, Override, merge, override_tree, read_overrides, without
from dataduct.config.secrets import REFERENCE, Redactor
from dataduct.config.settings import Settings
from dataduct.config.systems import systems, with_urls_split, without_unset
from dataduct.definition.properties import validate
from dataduct.definition.tree import MappingNode, Node, ScalarNode
from dataduct.definition.yaml import read_yaml
from dataduct.errors import ProblemsError, UserError
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.problem import Problem

FILE_NAMES = ("dataduct.yml", "dataduct.yaml")
MODE_VARIABLE = "DATADUCT_MODE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """An opened project.

    Attributes:
        root: Its directory, absolute; relative paths in the settings start here.
        file: The settings file, or None if the project has none and all settings are the defaults.
        mode: The mode that applies, or None.
        places: Where the warehouse, the storage and each connection are written, by (section, alias); those that are
            not written are missing.
        warnings: What is worth telling about the settings.
        secrets: The values that must never be shown; grows as connections are opened.
    """

    root: Path
    settings: Settings
    file: Path | None = None
    mode: str | None = None
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

    Args:
        directory: Where `dataduct.yml` is; a directory without one has the default settings.
        mode: The mode to apply; by default what `DATADUCT_MODE` says.
        environment: Gives `DATADUCT_MODE` and settings such as `DATADUCT__WAREHOUSE__PATH`.

    Raises:
        ProblemsError: Everything wrong with the settings.
        UserError: There is no such directory (DD614), or it has two settings files (DD615).
    """
    file = _file_in(directory) if directory is not None else _file_above(Path.cwd())
    root = file.parent if file is not None else directory or Path()
    tree = _read(file) if file is not None else MappingNode({}, Position("dataduct.yml"))
    mode = mode or environment.get(MODE_VARIABLE) or None
    secrets = Redactor()
    problems: list[Problem] = []
    chosen = _chosen(tree, mode, environment, secrets, problems)
    settings = _checked(chosen, secrets, problems)
    found = tuple(dict.fromkeys(_shown(problem, secrets) for problem in problems))
    errors = [problem for problem in found if problem.severity == "error"]
    if settings is None or errors:
        raise ProblemsError(sorted(errors, key=_place), redact=secrets.redact)
    return Project(
        root=root.resolve(),
        settings=settings,
        file=file.resolve() if file is not None else None,
        mode=mode,
        places=_places(chosen),
        warnings=tuple(sorted(found, key=_place)),
        secrets=secrets,
    )


def _chosen(
    tree: MappingNode,
    mode: str | None,
    environment: Mapping[str, str],
    secrets: Redactor,
    problems: list[Problem],
) -> MappingNode:
    """Return what the file, its mode and the environment say together; every mode of the file is checked."""
    modes = _modes(tree)
    base = _normal(without(tree, "modes"), None, secrets, problems)
    chosen = base
    for name, changes in modes.items():
        if "modes" in changes.entries:
            problems.append(_modes_in_mode(name, changes))
        changes = _normal(_without_empty(without(changes, "modes")), base, secrets, problems)
        merged = without_unset(merge(base, changes))
        _checked(merged, secrets, problems)
        if name == mode:
            chosen = merged
    if mode is not None and mode not in modes:
        problems.append(_unknown_mode(mode, tuple(modes)))
    for override in read_overrides(environment, chosen, problems):
        chosen = merge(chosen, _normal_override(override, secrets, problems))
    chosen = without_unset(chosen)
    if "modes" in tree.entries:
        position = tree.keys.get("modes", tree.position)
        chosen = replace(
            chosen,
            entries={**chosen.entries, "modes": tree.entries["modes"]},
            keys={**chosen.keys, "modes": position},
        )
    return chosen


def _normal(
    tree: MappingNode, earlier: MappingNode | None, secrets: Redactor, problems: list[Problem]
) -> MappingNode:
    """Return the settings of the file or a mode in the one form that the rest works with."""
    return with_urls_split(with_original_sections(tree, problems, earlier=earlier), secrets, problems)


def _normal_override(override: Override, secrets: Redactor, problems: list[Problem]) -> MappingNode:
    return with_urls_split(override_tree(override), secrets, problems)


def _places(tree: MappingNode) -> dict[tuple[str, str], Position]:
    places = {}
    for system in systems(tree):
        around = tree.entries[system.section] if system.section == "connections" else tree
        keys = around.keys if isinstance(around, MappingNode) else {}
        places[system.section, system.alias] = keys.get(system.alias, system.node.position)
    return places


def _modes_in_mode(name: str, changes: MappingNode) -> Problem:
    return Problem(
        code="DD613",
        message=f"mode `{name}` holds modes of its own",
        position=changes.keys.get("modes", changes.position),
        expected="settings",
    )


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


def _modes(tree: MappingNode) -> dict[str, MappingNode]:
    """Return the modes of the file; one that is no mapping is left for the validation to report."""
    modes = tree.entries.get("modes")
    entries: Mapping[str, Node] = modes.entries if isinstance(modes, MappingNode) else {}
    return {name: changes for name, changes in entries.items() if isinstance(changes, MappingNode)}


def _unknown_mode(mode: str, known: tuple[str, ...]) -> Problem:
    return Problem(
        code="DD611",
        message=f"there is no mode `{mode}`",
        expected=f"one of {', '.join(f'`{name}`' for name in known)}" if known else None,
        hint=did_you_mean(mode, known) or ("the settings define no modes" if not known else None),
    )


def _read(file: Path) -> MappingNode:
    try:
        tree, _ = read_yaml(file)
    except ProblemsError as error:
        if [problem.code for problem in error.problems] == ["DD105"]:
            return MappingNode({}, Position(str(file)))
        raise
    return _without_empty(tree)


def _without_empty(tree: MappingNode) -> MappingNode:
    """Return the mapping without the sections that have a name and nothing below it."""
    for name, node in tree.entries.items():
        if isinstance(node, ScalarNode) and node.value is None:
            tree = without(tree, name)
    return tree


def _file_in(directory: Path) -> Path | None:
    if not directory.is_dir():
        raise UserError(f"there is no directory `{directory}`", code="DD614")
    found = [directory / name for name in FILE_NAMES if (directory / name).exists()]
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
