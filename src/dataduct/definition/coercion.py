"""YAML values as the Python values that a strict pydantic model takes.

YAML decides by looks what a value is; the model knows what it should be. Where a field takes text, an unquoted
number, time or date is given as it was written. A field that takes text or a number gets the number if that
loses nothing of what was written (`4` does not, `1.50` would).
"""

import re
import types
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode, plain

_EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]{1,3}", re.ASCII)
_TEXTS = (str, SecretStr, Path)
_SEQUENCES: dict[Any, type[tuple[Any, ...]] | type[list[Any]]] = {tuple: tuple, list: list}


def options(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, without `Annotated`; the annotation itself if it is no union."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return options(get_args(annotation)[0])
    if origin is Union or origin is types.UnionType:
        return tuple(option for member in get_args(annotation) for option in options(member))
    value = getattr(annotation, "__value__", None)
    return options(value) if value is not None else (annotation,)


def coerce(node: Node, annotation: Any) -> Any:
    """Return the value of `node` in the form that strict validation against `annotation` takes.

    What fits no option is returned as YAML reads it, for the validation to refuse.
    """
    choices = options(annotation)
    match node:
        case ScalarNode():
            return _scalar(node, choices)
        case SequenceNode():
            return _sequence(node, choices)
        case MappingNode():
            return _mapping(node, choices)


def coerce_fields(node: MappingNode, model: type[BaseModel]) -> dict[str, Any]:
    """Return the entries of `node` as the values that `model` takes, field by field."""
    annotations = field_annotations(model)
    return {name: coerce(value, annotations.get(name, Any)) for name, value in node.entries.items()}


def field_annotations(model: type[BaseModel]) -> dict[str, Any]:
    """Return what each field of `model` takes, by the name it has in YAML."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _takes_text(choices: tuple[Any, ...]) -> bool:
    for choice in choices:
        if choice in _TEXTS or (
            get_origin(choice) is Literal and all(isinstance(v, str) for v in get_args(choice))
        ):
            return True
        if isinstance(choice, type) and issubclass(choice, Enum):
            return True
    return False


def _scalar(node: ScalarNode, choices: tuple[Any, ...]) -> Any:
    value = node.value
    if value is None or isinstance(value, bool) or Any in choices or object in choices:
        return value
    if isinstance(value, str):
        if not node.quoted and float in choices and str not in choices and _EXPONENT.fullmatch(value):
            return float(value)
        return _enum_member(value, choices)
    if type(value) in choices or (isinstance(value, int) and float in choices):
        return node.text if str in choices and str(value) != node.text else value
    if any(get_origin(choice) is Literal and value in get_args(choice) for choice in choices):
        return value
    items = [item for choice in choices if get_origin(choice) in _SEQUENCES for item in _items(choice)]
    if _takes_text(choices) or (_takes_text(tuple(items)) and not {int, float} & set(choices)):
        return _enum_member(node.text, choices)
    return value


def _enum_member(text: str, choices: tuple[Any, ...]) -> Any:
    for choice in choices:
        if isinstance(choice, type) and issubclass(choice, Enum):
            return next((member for member in choice if member.value == text), text)
    return text


def _items(choice: Any) -> tuple[Any, ...]:
    arguments = [argument for argument in get_args(choice) if argument is not Ellipsis]
    return options(arguments[0]) if arguments else (Any,)


def _sequence(node: SequenceNode, choices: tuple[Any, ...]) -> Any:
    for choice in choices:
        build = _SEQUENCES.get(get_origin(choice) or choice)
        if build is None:
            continue
        arguments = get_args(choice)
        item: Any = Union.__getitem__(_items(choice))
        if build is tuple and arguments and Ellipsis not in arguments:
            each = [*arguments, *[Any] * len(node.items)]
            return tuple(coerce(value, kind) for value, kind in zip(node.items, each, strict=False))
        return build(coerce(value, item) for value in node.items)
    return plain(node)


def _mapping(node: MappingNode, choices: tuple[Any, ...]) -> Any:
    for choice in choices:
        if isinstance(choice, type) and not get_args(choice) and issubclass(choice, BaseModel):
            return coerce_fields(node, choice)
        if get_origin(choice) in (dict, Mapping):
            item = get_args(choice)[1]
            return {key: coerce(value, item) for key, value in node.entries.items()}
    return plain(node)
