"""Settings laid over settings: a mode over the file, variables of the environment over both.

Everything stays a tree with positions until the whole is validated, so a problem shows where its value was written.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from dataduct.config.settings import (
    DEFAULT_STORAGE,
    DEFAULT_WAREHOUSE,
    AwsSettings,
    EngineSettings,
    LogsSettings,
    RunsSettings,
    Settings,
)
from dataduct.definition.scalars import resolve
from dataduct.definition.tree import MappingNode, Node, ScalarNode
from dataduct.model.nearest import nearest_name
from dataduct.model.position import Position
from dataduct.model.problem import Problem

PREFIX = "DATADUCT__"
_SECTIONS: dict[str, type[BaseModel]] = {
    "aws": AwsSettings,
    "runs": RunsSettings,
    "logs": LogsSettings,
    "engine": EngineSettings,
}
_FEWEST_KEYS = {
    "aws": 1,
    "runs": 1,
    "logs": 1,
    "engine": 1,
    "variables": 1,
    "warehouse": 1,
    "storage": 1,
    "connections": 2,
}
_MOST_KEYS = {"aws": 1, "runs": 1, "logs": 1, "engine": 1, "variables": 1, "project": 0, "resources": 0}
_DEFAULT_TYPES: dict[tuple[str, ...], str] = {
    ("warehouse",): DEFAULT_WAREHOUSE["type"],
    ("storage",): DEFAULT_STORAGE["type"],
}


@dataclass(frozen=True, slots=True)
class Override:
    """A setting given by a variable of the environment.

    Attributes:
        variable: The variable's name.
        path: The keys that lead to the setting.
    """

    variable: str
    path: tuple[str, ...]
    node: ScalarNode


def without(node: MappingNode, key: str) -> MappingNode:
    """Return the mapping without `key`."""
    return MappingNode(
        {name: value for name, value in node.entries.items() if name != key}, node.position, node.keys
    )


def merge(base: MappingNode, over: MappingNode, path: tuple[str, ...] = ()) -> MappingNode:
    """Return `base` with `over` laid on it, key by key; anything but two mappings is replaced whole.

    A warehouse, storage or connection of another `type` is replaced whole too: options of one type mean nothing
    to another.
    """
    entries, keys = dict(base.entries), dict(base.keys)
    for key, value in over.entries.items():
        earlier = entries.get(key)
        within = (*path, key)
        if (
            isinstance(earlier, MappingNode)
            and isinstance(value, MappingNode)
            and not _changes_type(earlier, value, within)
        ):
            value = merge(earlier, value, within)
        entries[key] = value
        if key in over.keys:
            keys[key] = over.keys[key]
    return MappingNode(entries, base.position, keys)


def _changes_type(base: MappingNode, over: MappingNode, path: tuple[str, ...]) -> bool:
    is_connection = len(path) == 2 and path[0] == "connections"
    if path not in _DEFAULT_TYPES and not is_connection:
        return False
    new = over.entries.get("type")
    if not isinstance(new, ScalarNode):
        return False
    old = base.entries.get("type")
    old_type = old.value if isinstance(old, ScalarNode) else _DEFAULT_TYPES.get(path)
    return old_type is not None and new.value != old_type


def read_overrides(
    environment: Mapping[str, str], tree: MappingNode, problems: list[Problem]
) -> list[Override]:
    """Return the settings that variables such as `DATADUCT__ENGINE__WORKERS` give, in the order of their names.

    Keys find those of `tree` in any case. What leads nowhere becomes a problem that names the variable.
    """
    variables = sorted(name for name in environment if name.startswith(PREFIX))
    paths = {variable: _path(variable, tree, environment[variable]) for variable in variables}
    new = (p[1] for p in paths.values() if p[0] == "connections" and p[2:] in (("type",), ("url",)))
    aliases = (*_keys(tree, "connections"), *new)
    overrides = []
    for variable, path in paths.items():
        wrong = _wrong_path(path, aliases)
        if wrong is None:
            text = environment[variable]
            overrides.append(Override(variable, path, ScalarNode(resolve(text), text, Position(variable))))
        else:
            message, hint = wrong
            problems.append(
                Problem(code="DD612", message=f"environment variable `{variable}`: {message}", hint=hint)
            )
    return overrides


def override_tree(override: Override) -> MappingNode:
    """Return the settings that hold nothing but the override."""
    node: Node = override.node
    for key in reversed(override.path):
        node = MappingNode({key: node}, override.node.position, {key: override.node.position})
    assert isinstance(node, MappingNode)
    return node


def _path(variable: str, tree: MappingNode, text: str) -> tuple[str, ...]:
    """Return the keys a variable's name leads to, spelled as `tree` spells them and else in lower case.

    A URL given to a whole system is its `url`.
    """
    path: list[str] = []
    node: Node | None = tree
    for part in variable.removeprefix(PREFIX).split("__"):
        known = node.entries if isinstance(node, MappingNode) else {}
        key = next((name for name in known if name.casefold() == part.casefold()), part.lower())
        path.append(key)
        node = known.get(key)
    is_system = (path[0] in ("warehouse", "storage") and len(path) == 1) or (
        path[0] == "connections" and len(path) == 2
    )
    return (*path, "url") if is_system and "://" in text else tuple(path)


def _wrong_path(path: tuple[str, ...], aliases: tuple[str, ...]) -> tuple[str, str | None] | None:
    """Return (message, hint) if `path` leads to no setting that a variable can give."""
    if not all(path):
        return "its name lacks a key between the double underscores", None
    first, rest = path[0], path[1:]
    names = tuple(name for name in Settings.model_fields if name != "modes")
    if first not in names:
        return f"there is no setting `{first}`", _suggested(path, 0, names)
    if first in _SECTIONS and rest and rest[0] not in _SECTIONS[first].model_fields:
        known = tuple(_SECTIONS[first].model_fields)
        return f"there is no setting `{'.'.join(path)}`", _suggested(path, 1, known)
    if not _MOST_KEYS.get(first, len(rest)) >= len(rest) >= _FEWEST_KEYS.get(first, 0):
        return f"`{'.'.join(path)}` is not a single value", None
    if first == "connections" and rest[0] not in aliases:
        return f"there is no connection `{rest[0]}`", _suggested(path, 1, aliases)
    return None


def _keys(tree: MappingNode, section: str) -> tuple[str, ...]:
    node = tree.entries.get(section)
    return tuple(node.entries) if isinstance(node, MappingNode) else ()


def _suggested(path: tuple[str, ...], index: int, valid: tuple[str, ...]) -> str | None:
    """Return a hint with the variable whose key at `index` is the nearest valid one, or None."""
    nearest = nearest_name(path[index], valid)
    if nearest is None:
        return None
    keys = (*path[:index], nearest, *path[index + 1 :])
    return f"did you mean `{PREFIX}{'__'.join(keys).upper()}`?"
