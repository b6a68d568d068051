"""Settings that variables of the environment give, such as `DATADUCT__ENGINE__WORKERS`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from dataduct.config.merging import nested
from dataduct.config.original_keys import ORIGINAL_KEYS
from dataduct.config.settings import Settings
from dataduct.definition.coercion import field_annotations, options
from dataduct.definition.scalars import resolve
from dataduct.definition.tree import MappingNode, Node, ScalarNode
from dataduct.model.nearest import nearest_name
from dataduct.model.position import Position
from dataduct.model.problem import Problem

PREFIX = "DATADUCT__"


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

    def tree(self) -> MappingNode:
        """Return the settings that hold nothing but the override."""
        return nested(self.path, self.node, self.node.position)


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
    annotation: Any = Settings
    for index, key in enumerate(path):
        model, item = _model_of(annotation), _item_of(annotation)
        if model is not None:
            fields = field_annotations(model)
            valid = tuple(name for name in fields if name != "modes")
            if key not in valid:
                return _unknown(path, index, valid)
            annotation = fields[key]
        elif item is not None:
            if index == 1 and path[0] == "connections" and key not in aliases:
                return f"there is no connection `{key}`", _suggested(path, 1, aliases)
            annotation = item
        else:
            return f"`{'.'.join(path)}` is not a single value", None
    return None if _is_single(annotation) else (f"`{'.'.join(path)}` is not a single value", None)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    return next(
        (kind for kind in options(annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)), None
    )


def _item_of(annotation: Any) -> Any:
    """Return what the values of a mapping are; None if the setting is no mapping."""
    for kind in options(annotation):
        if get_origin(kind) is dict:
            return get_args(kind)[1]
        if kind is Any:
            return Any
    return None


def _is_single(annotation: Any) -> bool:
    """Return whether one text can give the setting: a value, or a list of texts that may be one."""
    kinds = options(annotation)
    return any(
        kind is Any or kind in (str, int, float, bool) or get_args(kind)[:1] == (str,) for kind in kinds
    ) and not any(get_origin(kind) is dict for kind in kinds)


def _unknown(path: tuple[str, ...], index: int, valid: tuple[str, ...]) -> tuple[str, str | None]:
    """Return (message, hint) for a key that no setting has; one of the first Dataduct leads to its setting here."""
    message = f"there is no setting `{'.'.join(path[: index + 1])}`"
    setting = ORIGINAL_KEYS.get(path[0], {}).get(path[1].upper()) if len(path) == 2 else None
    if setting is not None:
        return message, f"write `{PREFIX}{setting.replace('.', '__').upper()}`"
    return message, _suggested(path, index, valid)


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
