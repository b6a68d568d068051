"""Settings laid over settings: a file over another, a mode over the files, variables of the environment over all.

Everything stays a tree with positions until the whole is validated, so a problem shows where its value was written.
"""

from dataduct.config.settings import DEFAULT_STORAGE, DEFAULT_WAREHOUSE
from dataduct.definition.tree import MappingNode, Node, ScalarNode
from dataduct.model.position import Position

_DEFAULT_TYPES: dict[tuple[str, ...], str] = {
    ("warehouse",): DEFAULT_WAREHOUSE["type"],
    ("storage",): DEFAULT_STORAGE["type"],
}

_STEP = ("teardown",)


def nested(path: tuple[str, ...], node: Node, place: Position) -> MappingNode:
    """Return the settings that hold nothing but `node`, below the keys of `path`, all of them at `place`."""
    for key in reversed(path):
        node = MappingNode({key: node}, place, {key: place})
    assert isinstance(node, MappingNode)
    return node


def merge(base: MappingNode, over: MappingNode, path: tuple[str, ...] = ()) -> MappingNode:
    """Return `base` with `over` laid on it, key by key; anything but two mappings is replaced whole.

    The teardown step is replaced whole too, and so is a warehouse, storage or connection of another `type`: options
    of one type mean nothing to another.
    """
    entries, keys = dict(base.entries), dict(base.keys)
    for key, value in over.entries.items():
        earlier = entries.get(key)
        within = (*path, key)
        if (
            isinstance(earlier, MappingNode)
            and isinstance(value, MappingNode)
            and within != _STEP
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
