"""The files that settings stand in, from the lowest to the highest.

1. `/etc/dataduct.cfg`, or the file that `DATADUCT_SYSTEM_CONFIG` names;
2. `~/.dataduct/dataduct.cfg`, or the file that `DATADUCT_USER_CONFIG` names;
3. the project's `dataduct.yml`;
4. the files that `DATADUCT_CONFIG_PATH` names, joined by colons.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dataduct.config.merging import merge
from dataduct.config.original_keys import ORIGINAL_SECTIONS
from dataduct.config.settings import Settings
from dataduct.definition.properties import unknown_property
from dataduct.definition.tree import MappingNode, Node, is_null, without
from dataduct.definition.yaml import read_yaml
from dataduct.errors import ProblemsError
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.problem import Problem

SYSTEM_FILE = Path("/etc/dataduct.cfg")
SYSTEM_VARIABLE = "DATADUCT_SYSTEM_CONFIG"
USER_FILE = Path(".dataduct/dataduct.cfg")
USER_VARIABLE = "DATADUCT_USER_CONFIG"
PATH_VARIABLE = "DATADUCT_CONFIG_PATH"

SECTIONS = (*Settings.model_fields, *ORIGINAL_SECTIONS)
"""The keys that may stand at the top of a file."""

_ORIGINAL_SUFFIX = ".cfg"
_EMPTY_FILE = "DD105"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one file says.

    Attributes:
        file: The file, as positions name it.
        base: Its settings without its modes.
        modes: What it says of each mode.
    """

    file: Path
    base: MappingNode
    modes: Mapping[str, Node] = field(default_factory=dict)


def read_layers(
    project_file: Path | None, environment: Mapping[str, str], problems: list[Problem]
) -> list[Layer]:
    """Return the layers of a project, the lowest first; a file named twice counts where it is named last.

    Args:
        project_file: Its `dataduct.yml`, if it has one.
        environment: Gives the user's home directory and the variables named above.
        problems: Takes files that cannot be read, keys that no section has and missing files (DD663).
    """
    files = {os.path.realpath(file): file for file in _lower_files(environment)}
    own = [project_file] if project_file is not None else []
    for file in (*own, *_named_files(environment, problems)):
        files.pop(os.path.realpath(file), None)
        files[os.path.realpath(file)] = file
    layers = []
    for file in files.values():
        try:
            layers.append(_layer(file, problems))
        except ProblemsError as error:
            problems += error.problems
    return layers


def _lower_files(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files of the system and the user that exist; an empty variable stands for no file."""
    home = environment.get("HOME")
    defaults = {SYSTEM_VARIABLE: SYSTEM_FILE, USER_VARIABLE: Path(home) / USER_FILE if home else None}
    for variable, default in defaults.items():
        named = environment.get(variable)
        file = default if named is None else Path(named).expanduser() if named else None
        if file is not None and file.exists():
            yield file


def _named_files(environment: Mapping[str, str], problems: list[Problem]) -> Iterator[Path]:
    for part in filter(None, map(str.strip, environment.get(PATH_VARIABLE, "").split(":"))):
        file = Path(part).expanduser()
        if file.exists():
            yield file
            continue
        siblings = (
            (other.name for other in file.parent.iterdir() if other.is_file()) if file.parent.is_dir() else ()
        )
        problems.append(
            Problem(
                code="DD663",
                message=f"{PATH_VARIABLE} names `{part}`, which does not exist",
                expected="paths of settings files, joined by colons",
                hint=did_you_mean(file.name, siblings) or "correct the variable, or unset it",
            )
        )


def _layer(file: Path, problems: list[Problem]) -> Layer:
    try:
        tree, _ = read_yaml(file)
    except ProblemsError as error:
        if [problem.code for problem in error.problems] == [_EMPTY_FILE]:
            return Layer(file, MappingNode({}, Position(str(file))))
        raise
    tree = without_empty(tree)
    named = tree.entries.get("modes")
    modes: dict[str, Node] = {}
    if isinstance(named, MappingNode):
        tree = without(tree, "modes")
        modes.update(named.entries)
    if file.suffix == _ORIGINAL_SUFFIX:
        for name in [name for name, node in tree.entries.items() if _is_mode(name, node)]:
            modes[name] = _both(modes.get(name), tree.entries[name])
            tree = without(tree, name)
    modes = {
        name: _mode(name, node, file, problems) if isinstance(node, MappingNode) else node
        for name, node in modes.items()
    }
    return Layer(file, _with_known_keys(tree, file, problems), modes)


def without_empty(tree: MappingNode) -> MappingNode:
    """Return the mapping without the sections that have a name and nothing below it."""
    for name, node in tree.entries.items():
        if is_null(node):
            tree = without(tree, name)
    return tree


def _is_mode(name: str, node: Node) -> bool:
    """Return whether a key at the top of a file in the first Dataduct's form is a mode: a mapping with sections."""
    if name in SECTIONS or not isinstance(node, MappingNode):
        return False
    return not node.entries or any(key in SECTIONS for key in node.entries)


def _both(first: Node | None, second: Node) -> Node:
    if isinstance(first, MappingNode) and isinstance(second, MappingNode):
        return merge(first, second)
    return second


def _mode(name: str, changes: MappingNode, file: Path, problems: list[Problem]) -> MappingNode:
    if "modes" in changes.entries:
        problems.append(
            Problem(
                code="DD613",
                message=f"mode `{name}` holds modes of its own",
                position=changes.keys.get("modes", changes.position),
                expected="settings",
            )
        )
    return _with_known_keys(without_empty(without(changes, "modes")), file, problems)


def _with_known_keys(tree: MappingNode, file: Path, problems: list[Problem]) -> MappingNode:
    """Return `tree` without the keys that no settings have; each is a problem."""
    for name in [name for name in tree.entries if name not in SECTIONS]:
        place = tree.keys.get(name, tree.position)
        problem = unknown_property(name, place, list(SECTIONS), file.name)
        if problem.hint is None and _is_mode(name, tree.entries[name]):
            problem = _mode_at_top(name, place, file)
        problems.append(problem)
        tree = without(tree, name)
    return tree


def _mode_at_top(name: str, place: Position, file: Path) -> Problem:
    return Problem(
        code="DD201",
        message=f"{file.name} has no property `{name}`",
        position=place,
        hint=f"if `{name}` is a mode, put it below `modes:`",
    )
