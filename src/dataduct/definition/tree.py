"""YAML values that keep their position.

`dataduct.definition.yaml` reads a file into this tree; `plain()` turns it into what pydantic validates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from dataduct.model.position import Position
from dataduct.model.problem import Given
from dataduct.model.template import Fill, TemplateSource

Plain = None | bool | int | float | str | date | datetime | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A leaf.

    Attributes:
        value: The value as YAML 1.1 resolves it, save that sexagesimal numbers (`10:30`) and octal-looking ones
            (`010`) stay the text that was written.
        text: The text as written, without quotes and after YAML's unfolding.
        quoted: Whether quotes or a block (`|`, `>`) make it a string for sure.
        first_line: Line of the first character of the text itself: for a block scalar, the line below the `|`.
        indent: Columns that every line of a block scalar is indented by; None if it is not a block.
        written: The text before placeholders of a pattern were filled in; None if it had none.
        fills: The placeholders that were filled in, in order.
        given: Where each placeholder stands, and the value that it was filled with.
    """

    value: bool | int | float | str | date | datetime | None
    text: str
    position: Position
    quoted: bool = False
    first_line: int = 0
    indent: int | None = None
    written: str | None = None
    fills: tuple[Fill, ...] = ()
    given: tuple[tuple[Position, Given], ...] = ()


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list."""

    items: tuple["Node", ...]
    position: Position


@dataclass(frozen=True, slots=True)
class MappingNode:
    """A mapping; `keys` holds the position of each key."""

    entries: Mapping[str, "Node"]
    position: Position
    keys: Mapping[str, Position] = field(default_factory=dict)

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)


Node = ScalarNode | SequenceNode | MappingNode


def plain(node: Node) -> Plain:
    """Return `node` as plain Python values, positions left behind."""
    match node:
        case ScalarNode():
            return node.value
        case SequenceNode():
            return [plain(item) for item in node.items]
        case MappingNode():
            return {key: plain(value) for key, value in node.entries.items()}


def node_at(node: Node, path: tuple[str | int, ...]) -> Node:
    """Return the node that `path` leads to, or the deepest one on the way that exists."""
    for step in path:
        match node:
            case MappingNode() if isinstance(step, str) and step in node.entries:
                node = node.entries[step]
            case SequenceNode() if isinstance(step, int) and step < len(node.items):
                node = node.items[step]
            case _:
                return node
    return node


def is_null(node: Node) -> bool:
    """Return whether nothing is written, or null."""
    return isinstance(node, ScalarNode) and node.value is None


def without(node: MappingNode, *names: str) -> MappingNode:
    """Return a mapping without the entries of those names."""
    return MappingNode(
        {key: value for key, value in node.entries.items() if key not in names},
        node.position,
        {key: position for key, position in node.keys.items() if key not in names},
    )


def scalars(node: Node) -> Iterator[ScalarNode]:
    """Yield every single value below `node`, in the order they are written."""
    match node:
        case ScalarNode():
            yield node
        case SequenceNode():
            for item in node.items:
                yield from scalars(item)
        case MappingNode():
            for value in node.entries.values():
                yield from scalars(value)


def text_source(node: ScalarNode) -> TemplateSource:
    """Return the text of a scalar with the place of its first character."""
    place = node.position
    if node.indent is not None:
        start = Position(place.file, node.first_line, node.indent + 1)
        return TemplateSource(node.text, start, node.indent, node.written, node.fills)
    start = Position(place.file, place.line, place.column + (1 if node.quoted else 0))
    return TemplateSource(node.text, start, 0, node.written, node.fills)


def at_position(value: object, position: Position) -> Node:
    """Return plain Python values as a tree in which every value stands at `position`."""
    if isinstance(value, dict):
        entries = {str(key): at_position(item, position) for key, item in value.items()}
        return MappingNode(entries, position, dict.fromkeys(entries, position))
    if isinstance(value, list | tuple):
        return SequenceNode(tuple(at_position(item, position) for item in value), position)
    if value is None or isinstance(value, bool | int | float | str):
        return ScalarNode(value, "" if value is None else str(value), position, quoted=isinstance(value, str))
    raise TypeError(f"{type(value).__name__} has no YAML form")
