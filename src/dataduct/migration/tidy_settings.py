"""The settings of the first Dataduct in the form of `dataduct.yml`, secrets taken out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dataduct.config.layers import PATH_VARIABLE, SYSTEM_VARIABLE, USER_VARIABLE, Layer, read_layers
from dataduct.config.original_sections import with_original_sections
from dataduct.config.original_settings import with_original_settings
from dataduct.config.project import FILE_NAMES
from dataduct.config.secrets import REFERENCE, URL_PASSWORD, names_secret
from dataduct.config.settings import Settings
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode
from dataduct.errors import ProblemsError, UserError
from dataduct.model.position import Position
from dataduct.model.problem import Problem

_READING = "DD1"
_NEEDS_HOST = ("mysql", "postgres", "redshift")
_LEFT_OUT = ("logs.file", "logs.console_debug_level", "logs.file_debug_level")


@dataclass(frozen=True, slots=True)
class TakenOut:
    """A value that a variable of the environment stands for.

    Attributes:
        variable: Name of the variable.
        place: Where the value stands in the original file; where it is missed if it stands nowhere.
        is_missing: Whether the original file did not hold it.
    """

    variable: str
    place: Position
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class TidySettings:
    """The text of a `dataduct.yml`, and what the environment has to give."""

    text: str
    taken_out: tuple[TakenOut, ...]


def isolated(config: Path | None) -> dict[str, str]:
    """Return the environment in which that file and the project's own are the only settings."""
    named = {PATH_VARIABLE: str(config)} if config is not None else {}
    return {SYSTEM_VARIABLE: "", USER_VARIABLE: "", **named}


def tidy_settings(config: Path) -> TidySettings:
    """Return the settings of the original's file as those of a `dataduct.yml`.

    Passwords and other secrets become references to variables of the environment; so do hosts that are missing.

    Raises:
        ProblemsError: The file cannot be read as YAML.
    """
    problems: list[Problem] = []
    taken_out: dict[str, TakenOut] = {}
    document: dict[str, Any] = {}
    for layer in read_layers(None, isolated(config), problems):
        base = _in_our_form(layer.base, None, problems)
        document = _without_secrets(base, (), taken_out)
        modes = _modes(layer, base, taken_out, problems)
        if modes:
            document["modes"] = modes
    unread = [problem for problem in problems if problem.code.startswith(_READING)]
    if unread:
        raise ProblemsError(unread)
    order = {name: index for index, name in enumerate(Settings.model_fields)}
    ordered = dict(sorted(document.items(), key=lambda item: order.get(item[0], len(order))))
    text = yaml.safe_dump(ordered, sort_keys=False, allow_unicode=True, width=110) if ordered else ""
    return TidySettings(text, tuple(taken_out.values()))


def write_tidy_settings(root: Path, settings: TidySettings) -> Path:
    """Write `dataduct.yml` in `root` and return its path.

    Raises:
        UserError: There is one already (DD981), or it cannot be written (DD982).
    """
    for name in FILE_NAMES:
        if (root / name).exists():
            raise UserError(
                f"{root / name} exists, and is not overwritten",
                code="DD981",
                hint="move it away, or merge the two by hand",
            )
    path = root / FILE_NAMES[0]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(settings.text)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}", code="DD982") from None
    return path


def _in_our_form(tree: MappingNode, earlier: MappingNode | None, problems: list[Problem]) -> MappingNode:
    return with_original_sections(with_original_settings(tree, problems), problems, earlier=earlier)


def _modes(
    layer: Layer, base: MappingNode, taken_out: dict[str, TakenOut], problems: list[Problem]
) -> dict[str, Any]:
    modes = {}
    for name, node in layer.modes.items():
        if isinstance(node, MappingNode):
            changes = _in_our_form(node, base, problems)
            modes[name] = _without_secrets(changes, (name,), taken_out, is_mode=True)
    return modes


def _without_secrets(
    tree: MappingNode, within: tuple[str, ...], taken_out: dict[str, TakenOut], *, is_mode: bool = False
) -> dict[str, Any]:
    plain: dict[str, Any] = _plain(tree, within, taken_out)
    for path in _LEFT_OUT:
        section, key = path.split(".")
        if isinstance(plain.get(section), dict):
            plain[section].pop(key, None)
            if not plain[section]:
                del plain[section]
    if not is_mode:
        for place, options, names in _systems(tree, plain):
            if options.get("type") in _NEEDS_HOST and not {"host", "url"} & options.keys():
                variable = _variable((*names, "host"))
                options["host"] = f"${{env:{variable}}}"
                taken_out[variable] = TakenOut(variable, place, is_missing=True)
    return plain


def _systems(
    tree: MappingNode, plain: Mapping[str, Any]
) -> Iterator[tuple[Position, dict[str, Any], tuple[str, ...]]]:
    warehouse = tree.entries.get("warehouse")
    if isinstance(warehouse, MappingNode):
        yield warehouse.position, plain["warehouse"], ("warehouse",)
    connections = tree.entries.get("connections")
    for alias, node in connections.entries.items() if isinstance(connections, MappingNode) else ():
        if isinstance(node, MappingNode):
            yield node.position, plain["connections"][alias], ("connections", alias)


def _plain(node: Node, path: tuple[str, ...], taken_out: dict[str, TakenOut]) -> Any:
    match node:
        case MappingNode():
            return {key: _plain(value, (*path, key), taken_out) for key, value in node.entries.items()}
        case SequenceNode():
            return [_plain(item, path, taken_out) for item in node.items]
        case ScalarNode():
            return _scalar(node, path, taken_out)


def _scalar(node: ScalarNode, path: tuple[str, ...], taken_out: dict[str, TakenOut]) -> Any:
    if not node.text or REFERENCE.search(node.text):
        return node.value
    if path and names_secret(path[-1]):
        return _taken_out(node, path, taken_out)
    in_url = URL_PASSWORD.search(node.text)
    if in_url:
        reference = _taken_out(node, (*path[:-1], "password"), taken_out)
        return node.text[: in_url.start(1)] + reference + node.text[in_url.end(1) :]
    return node.value


def _taken_out(node: ScalarNode, path: tuple[str, ...], taken_out: dict[str, TakenOut]) -> str:
    variable = _variable(path)
    taken_out[variable] = TakenOut(variable, node.position)
    return f"${{env:{variable}}}"


def _variable(path: tuple[str, ...]) -> str:
    names = [name for name in path if name != "connections"]
    return re.sub(r"[^A-Z0-9]+", "_", "_".join(names).upper())
