"""The systems that settings name (warehouse, storage, connections), brought to one form: a type and its options."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dataduct.config.secrets import REFERENCE, Redactor, names_secret
from dataduct.config.settings import DEFAULT_STORAGE, DEFAULT_WAREHOUSE
from dataduct.config.urls import UrlError, UrlPart, scheme, split_url, type_of_scheme
from dataduct.definition.coercion import field_annotations
from dataduct.definition.scalars import resolve
from dataduct.definition.tree import MappingNode, Node, ScalarNode, is_null
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.registry import CONNECTORS, STORAGE, WAREHOUSES, Registry

SECTIONS: Mapping[str, tuple[Registry, str]] = {
    "warehouse": (WAREHOUSES, DEFAULT_WAREHOUSE["type"]),
    "storage": (STORAGE, DEFAULT_STORAGE["type"]),
}
"""Sections that describe one system → where its types are, and the type if none is written."""

_ADDRESS = ("host", "port", "user", "username", "password", "database", "path", "bucket", "prefix", "url")
_ALSO_SPEAKS = {"redshift": ("postgres",)}
_PLAIN_TEXT = ("user", "password", "host", "database", "path", "bucket", "prefix")


@dataclass(frozen=True, slots=True)
class System:
    """One system of the settings.

    Attributes:
        section: `warehouse`, `storage` or `connections`.
        alias: A connection's alias; otherwise the section.
        node: Its options as they stand in the tree.
        registry: Where its type is looked up.
        default: Its type if none is written; a connection has no such type.
    """

    section: str
    alias: str
    node: Node
    registry: Registry
    default: str | None

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"connection `{self.alias}`" if self.section == "connections" else f"the {self.section}"

    @property
    def type(self) -> str | None:
        """Its type, or None if that is missing or no text."""
        written = self.node.entries.get("type") if isinstance(self.node, MappingNode) else None
        if written is None:
            return self.default
        return written.value if isinstance(written, ScalarNode) and isinstance(written.value, str) else None


def systems(tree: MappingNode) -> Iterator[System]:
    """Yield every system that `tree` describes, well or badly."""
    for section, (registry, default) in SECTIONS.items():
        if section in tree.entries:
            yield System(section, section, tree.entries[section], registry, default)
    connections = tree.entries.get("connections")
    if isinstance(connections, MappingNode):
        for alias, node in connections.entries.items():
            yield System("connections", alias, node, CONNECTORS, None)


def with_systems(tree: MappingNode, changed: Mapping[tuple[str, str], Node | None]) -> MappingNode:
    """Return `tree` with the systems of those (section, alias) replaced, or left out."""
    entries = dict(tree.entries)
    for (section, alias), node in changed.items():
        around = entries.get(section)
        if section == "connections" and isinstance(around, MappingNode):
            entries[section] = replace(around, entries=_put(around.entries, alias, node))
        else:
            entries = _put(entries, section, node)
    return replace(tree, entries=entries)


def _put(entries: Mapping[str, Node], key: str, node: Node | None) -> dict[str, Node]:
    return {**entries, key: node} if node is not None else {k: v for k, v in entries.items() if k != key}


def without_unset(tree: MappingNode) -> MappingNode:
    """Return `tree` without the options of systems that are null."""
    changed: dict[tuple[str, str], Node | None] = {}
    for system in systems(tree):
        if isinstance(system.node, MappingNode):
            kept = {key: node for key, node in system.node.entries.items() if not is_null(node)}
            changed[system.section, system.alias] = replace(system.node, entries=kept)
    return with_systems(tree, changed)


def with_urls_split(tree: MappingNode, secrets: Redactor, problems: list[Problem]) -> MappingNode:
    """Return `tree` with every URL of a system taken apart into options; what cannot be becomes a problem.

    A system given as a plain text is given by its URL. Options that an address has and this one does not are null,
    so that nothing of another address remains when the tree is merged over one. A URL whose beginning is a reference
    stays as it is until it is resolved.
    """
    changed: dict[tuple[str, str], Node | None] = {}
    for system in systems(tree):
        node = system.node
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and _is_address(node.value):
            node = MappingNode({"url": node}, node.position, {"url": node.position})
        if isinstance(node, MappingNode):
            split = _split(replace(system, node=node), node, secrets, problems)
            changed[system.section, system.alias] = split and _canonical(split, system.registry)
    return with_systems(tree, changed)


def option_names(registry: Registry, type_name: str) -> frozenset[str]:
    """Return the names of the options that systems of a type have; none if it does not tell."""
    model = registry.settings_model(type_name) if type_name in registry else None
    return frozenset(field_annotations(model)) if model is not None else frozenset()


def is_unread_url(node: Node) -> bool:
    """Return whether the system is given by a URL that is unknown until its reference is resolved."""
    url = node.entries.get("url") if isinstance(node, MappingNode) else None
    return isinstance(url, ScalarNode) and bool(REFERENCE.search(url.text))


def _is_address(text: str) -> bool:
    return "://" in text or REFERENCE.fullmatch(text) is not None


def _canonical(node: MappingNode, registry: Registry) -> MappingNode:
    """Return the system with its type under the name that is registered (`postgresql` is `postgres`)."""
    written = node.entries.get("type")
    if not isinstance(written, ScalarNode) or not isinstance(written.value, str) or written.value in registry:
        return node
    name = type_of_scheme(written.value)
    if name not in registry:
        return node
    return replace(node, entries={**node.entries, "type": replace(written, value=name, text=name)})


def _split(
    system: System, node: MappingNode, secrets: Redactor, problems: list[Problem]
) -> MappingNode | None:
    """Return the system's options with those of its URL; None if the URL cannot be read."""
    url = node.entries.get("url")
    if not isinstance(url, ScalarNode) or not isinstance(url.value, str):
        return node
    of_scheme = scheme(url.value)
    type_name = _type_of(system, node, of_scheme, url, problems)
    if type_name is None:
        return _replacing_address(node) if of_scheme is None else node
    try:
        parts = split_url(url.value, option_names(system.registry, type_name))
    except UrlError as error:
        problems.append(
            Problem(
                code="DD624",
                message=f"{system.name}: {error.message}",
                position=url.position,
                hint=error.hint,
            )
        )
        return None
    kind = ScalarNode(type_name, type_name, url.position, quoted=True)
    if parts is None:
        return replace(node, entries={"type": kind, **node.entries})
    given = _options_of(parts, url, secrets)
    problems += _said_twice(system, node, parts, given)
    entries = {**_nulls(node), "type": kind, **given, **_without_url(node).entries}
    places = {part.option: _place(part.named_at, part.start + len(part.written), url) for part in parts}
    return replace(node, entries=entries, keys={**places, **node.keys})


def _type_of(
    system: System, node: MappingNode, of_scheme: str | None, url: ScalarNode, problems: list[Problem]
) -> str | None:
    """Return the type whose address the URL is; None if it is just an option, or not known yet."""
    written = system.type if "type" in node.entries else None
    if of_scheme is None:
        return None
    if written is None:
        return of_scheme
    if of_scheme == type_of_scheme(written) or of_scheme in _ALSO_SPEAKS.get(written, ()):
        return written
    if of_scheme in system.registry and "host" in option_names(system.registry, type_of_scheme(written)):
        problems.append(
            Problem(
                code="DD627",
                message=f"{system.name} is of type `{written}`, and its URL of type `{of_scheme}`",
                position=url.position,
                expected=f"`{written}://...`",
                hint="leave out `type`",
            )
        )
    return None


def _replacing_address(node: MappingNode) -> MappingNode:
    """Return the system with null for every part of the address that its unread URL will give."""
    return replace(node, entries={**_nulls(node), **node.entries})


def _nulls(node: MappingNode) -> dict[str, Node]:
    return {key: ScalarNode(None, "", node.position) for key in _ADDRESS}


def _without_url(node: MappingNode) -> MappingNode:
    return replace(node, entries={key: value for key, value in node.entries.items() if key != "url"})


def _options_of(parts: tuple[UrlPart, ...], url: ScalarNode, secrets: Redactor) -> dict[str, ScalarNode]:
    options: dict[str, ScalarNode] = {}
    for part in parts:
        if names_secret(part.option) and not REFERENCE.search(part.text):
            secrets.add(part.text)
            secrets.add(part.written)
        is_text = part.option in _PLAIN_TEXT
        value = part.text if is_text else resolve(part.text)
        place = _place(part.start, part.start + len(part.written), url)
        options[part.option] = ScalarNode(value, part.text, place, quoted=is_text)
    return options


def _place(start: int, end: int, url: ScalarNode) -> Position:
    """Return where that part of the URL stands in the file; where all of it does if it is not written as it is."""
    at = url.position
    quotes = at.width - len(url.text)
    if quotes not in (0, 2):
        return at
    column = at.column + quotes // 2
    return Position(at.file, at.line, column + start, column + max(end, start + 1))


def _said_twice(
    system: System, node: MappingNode, parts: tuple[UrlPart, ...], given: Mapping[str, ScalarNode]
) -> Iterator[Problem]:
    names = [part.option for part in parts]
    if "user" in given and "username" in node.entries:
        names.append("username")
    for key in dict.fromkeys(names):
        beside = key not in ("url", "type") and _differs(node.entries.get(key), given.get(key))
        if beside or names.count(key) > 1:
            yield Problem(
                code="DD626",
                message=f"`{key}` of {system.name} is said twice, "
                + ("beside the URL and in it" if beside else "in the URL"),
                position=(node.keys.get(key) or node.position) if beside else given[key].position,
                hint="leave one of them out",
            )


def _differs(beside: Node | None, given: ScalarNode | None) -> bool:
    """Return whether an option beside the URL says anything but what the URL says."""
    if beside is None or is_null(beside):
        return False
    return given is None or not isinstance(beside, ScalarNode) or beside.text != given.text
