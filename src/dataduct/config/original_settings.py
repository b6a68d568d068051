"""The sections `etl`, `ec2`, `emr` and `logging` of the first Dataduct, as the settings that they are here."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from dataduct.config.merging import merge, nested
from dataduct.config.original_keys import ORIGINAL_KEYS
from dataduct.definition.tree import MappingNode, Node, ScalarNode, is_null, without
from dataduct.model.nearest import nearest_name
from dataduct.model.position import Position
from dataduct.model.problem import Problem

_MOST_LISTED = 12
_RETRY_DELAY = ("engine", "retry_delay")
_RETRY_DELAY_LIMIT = ("engine", "retry_delay_limit")
"""The pauses of the first Dataduct did not grow, so its one key gives both."""


def with_original_settings(tree: MappingNode, problems: list[Problem]) -> MappingNode:
    """Return `tree` with every key of those sections at its place here; keys count in any case.

    Args:
        tree: The settings of a file or of a mode.
        problems: Takes unknown keys (DD660), what is said twice (DD661) and sections that are no mapping (DD662).
    """
    for section, keys in ORIGINAL_KEYS.items():
        node = tree.entries.get(section)
        if node is None:
            continue
        tree = without(tree, section)
        if isinstance(node, MappingNode):
            for key, value in node.entries.items():
                tree = _moved(tree, section, key, node.keys.get(key, node.position), value, problems)
        else:
            problems.append(
                Problem(
                    code="DD662",
                    message=f"the section `{section}` is no mapping",
                    position=node.position,
                    expected=f"keys such as `{next(iter(keys))}: ...`",
                )
            )
    return tree


def with_storage_of_bucket(tree: MappingNode) -> MappingNode:
    """Return `tree` with its `aws.s3_etl_bucket` as the storage, if it has one and writes no storage."""
    aws = tree.entries.get("aws")
    if "storage" in tree.entries or not isinstance(aws, MappingNode):
        return tree
    bucket = aws.entries.get("s3_etl_bucket")
    if not isinstance(bucket, ScalarNode) or bucket.value is None:
        return tree
    place = bucket.position
    entries: dict[str, Node] = {"type": ScalarNode("s3", "s3", place, quoted=True), "bucket": bucket}
    prefix = aws.entries.get("s3_base_path")
    if isinstance(prefix, ScalarNode) and prefix.text:
        entries["prefix"] = prefix
    entries |= {key: aws.entries[key] for key in ("region", "profile", "endpoint_url") if key in aws.entries}
    storage = MappingNode(entries, place, dict.fromkeys(entries, place))
    return replace(
        tree,
        entries={**tree.entries, "storage": storage},
        keys={**tree.keys, "storage": aws.keys.get("s3_etl_bucket", place)},
    )


def _moved(
    tree: MappingNode, section: str, key: str, place: Position, value: Node, problems: list[Problem]
) -> MappingNode:
    """Return `tree` with the value at its place; an empty one says nothing."""
    setting = ORIGINAL_KEYS[section].get(key.upper())
    if setting is None:
        problems.append(_unknown(section, key, place))
        return tree
    if is_null(value):
        return tree
    path = tuple(setting.split("."))
    around, first = _found(tree, path)
    if first is not None:
        problems.append(_said_twice(section, key, place, setting, first))
    if first is not None or around is None:
        return tree
    value = _CONVERSIONS.get(setting, _unchanged)(value)
    tree = merge(tree, nested(path, value, place))
    if path == _RETRY_DELAY and _found(tree, _RETRY_DELAY_LIMIT)[1] is None:
        tree = merge(tree, nested(_RETRY_DELAY_LIMIT, value, place))
    return tree


def _found(tree: MappingNode, path: tuple[str, ...]) -> tuple[Node | None, Position | None]:
    """Return what stands around the setting, None if it can hold none, and where the setting stands if it does."""
    node: Node = tree
    for key in path:
        if not isinstance(node, MappingNode):
            return None, None
        if key not in node.entries:
            return node, None
        place, node = node.keys.get(key, node.position), node.entries[key]
    return node, place


def _unchanged(node: Node) -> Node:
    return node


def _time_of_hour(node: Node) -> Node:
    """Return an hour as a time of day: `1` is `01:00`."""
    if isinstance(node, ScalarNode) and isinstance(node.value, int) and 0 <= node.value <= 23:
        text = f"{node.value:02d}:00"
        return replace(node, value=text, text=text)
    return node


def _with_underscore(node: Node) -> Node:
    """Return the prefix with the underscore that the first Dataduct put behind it."""
    if isinstance(node, ScalarNode) and node.text:
        return replace(node, value=f"{node.text}_", text=f"{node.text}_")
    return node


_CONVERSIONS: Mapping[str, Callable[[Node], Node]] = {
    "pipelines.load_time": _time_of_hour,
    "pipelines.name_prefix": _with_underscore,
}


def _unknown(section: str, key: str, place: Position) -> Problem:
    known = ORIGINAL_KEYS[section]
    nearest = nearest_name(key, known)
    listed = ", ".join(f"`{name}`" for name in known)
    return Problem(
        code="DD660",
        message=f"the section `{section}` has no key `{key}`",
        position=place,
        expected=f"one of {listed}" if len(known) <= _MOST_LISTED else None,
        hint=f"did you mean `{nearest}`?" if nearest else None,
    )


def _said_twice(section: str, key: str, place: Position, setting: str, first: Position) -> Problem:
    return Problem(
        code="DD661",
        message=f"`{key}` of the section `{section}` says what is said already",
        position=place,
        hint=f"`{setting}` stands at {first}; leave one of them out",
    )
