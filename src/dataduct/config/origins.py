"""Where each setting comes from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dataduct.config.overrides import PREFIX
from dataduct.definition.tree import MappingNode, Node
from dataduct.model.position import Position

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a setting is written. A setting without an origin has its default.

    Attributes:
        position: The place in the file; for a variable of the environment its name in place of a file's.
        mode: The mode that gives it, or None.
    """

    position: Position
    mode: str | None = None

    @property
    def variable(self) -> str | None:
        """The variable of the environment that gives it, or None."""
        return self.position.file if self.position.file.startswith(PREFIX) else None


def leaves(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield every value below `node` that is no mapping, a list as one value, with the keys that lead to it."""
    if isinstance(node, MappingNode):
        for key, value in node.entries.items():
            yield from leaves(value, (*path, key))
    else:
        yield path, node


def origins(tree: MappingNode, mode: str | None, of_mode: MappingNode) -> Mapping[Path, Origin]:
    """Return the origin of every setting that is written.

    Args:
        tree: The settings in effect.
        mode: The mode that applies, or None.
        of_mode: What the mode says; its values are in `tree` where they are in effect.
    """
    given = {node.position for _, node in leaves(of_mode)}
    return {
        path: Origin(node.position, mode if node.position in given else None)
        for path, node in leaves(tree)
        if path[0] != "modes"
    }
