"""What parameters and items are: values with their places, and as expressions see them."""

from collections.abc import Mapping
from dataclasses import dataclass

from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode


@dataclass(frozen=True, slots=True)
class TableValue:
    """A table definition as placeholders read it: a path, and what the file says by key."""

    path: ScalarNode
    fields: MappingNode


Value = Node | TableValue
"""What a parameter or an item is."""


def keys_of(value: Value | None) -> Mapping[str, Value] | None:
    """Return what can be read of a value by key; None for one without keys."""
    if isinstance(value, TableValue):
        return value.fields.entries
    return value.entries if isinstance(value, MappingNode) else None


def to_python(value: Value | Mapping[str, Value], kind: str) -> object:
    """Return a value as expressions see it: records in place of mappings, so that no key is taken for a method."""
    from dataduct.definition.placeholders import Record

    if isinstance(value, TableValue):
        return Record(_records(value.fields.entries, kind), kind, text=value.path.text)
    if isinstance(value, MappingNode):
        return Record(_records(value.entries, kind), kind)
    if isinstance(value, SequenceNode):
        return [to_python(item, kind) for item in value.items]
    if isinstance(value, ScalarNode):
        return value.value
    return Record(_records(value, kind), kind)


def _records(values: Mapping[str, Value], kind: str) -> dict[str, object]:
    return {key: to_python(value, f"{kind}.{key}") for key, value in values.items()}


def from_python(value: object) -> object:
    """Return what an expression came to as plain values."""
    from dataduct.definition.placeholders import Record, record_text

    if isinstance(value, Record):
        text = record_text(value)
        return {key: from_python(value[key]) for key in value} if text is None else text
    if isinstance(value, list | tuple | range):
        return [from_python(item) for item in value]
    if isinstance(value, dict):
        return {key: from_python(item) for key, item in value.items()}
    return value
