"""The sections `mysql`, `postgres` and `redshift` of the first Dataduct, as `connections` and `warehouse`."""

from collections.abc import Mapping
from dataclasses import replace

from dataduct.config.merging import merge, nested
from dataduct.config.secrets import REFERENCE
from dataduct.definition.tree import MappingNode, Node, ScalarNode, without
from dataduct.model.position import Position
from dataduct.model.problem import Problem

_BY_ALIAS = ("mysql", "postgres")
_WAREHOUSE = "redshift"
_CLUSTER = "cluster_id"
_CLUSTER_SETTING = ("aws_data_pipeline", "redshift_cluster_id")
_OPTIONS = {"username": "user", "database_name": "database", "connection_string": "url"}
_NO_EFFECT = ("region", "rds_instance_id")
_FLAT = ("host", "username", "password", *_NO_EFFECT)


def with_original_sections(
    tree: MappingNode, problems: list[Problem], *, earlier: MappingNode | None = None
) -> MappingNode:
    """Return `tree` with the sections `mysql` and `postgres` among `connections`, and `redshift` as the `warehouse`.

    Args:
        tree: The settings of a file or of a mode.
        problems: Takes an alias that stands twice and what is wrong with the sections.
        earlier: What `tree` will be merged over.
    """
    for section in _BY_ALIAS:
        node = tree.entries.get(section)
        if isinstance(node, MappingNode):
            tree = _with_connections(
                without(tree, section), section, _aliases(section, node), problems, earlier
            )
    redshift = tree.entries.get(_WAREHOUSE)
    if isinstance(redshift, MappingNode):
        tree = _with_warehouse(without(tree, _WAREHOUSE), redshift, tree.keys[_WAREHOUSE], problems, earlier)
    return tree


def _aliases(section: str, node: MappingNode) -> MappingNode:
    """Return the section by alias; one that holds the options of a single connection is the alias `postgres`."""
    if any(key.casefold() in _FLAT and isinstance(value, ScalarNode) for key, value in node.entries.items()):
        return MappingNode({section: node}, node.position, {section: node.position})
    return node


def _with_connections(
    tree: MappingNode,
    section: str,
    aliases: MappingNode,
    problems: list[Problem],
    earlier: MappingNode | None,
) -> MappingNode:
    connections = tree.entries.get("connections", MappingNode({}, aliases.position))
    if not isinstance(connections, MappingNode):
        return tree
    known = _connections_of(earlier)
    entries, keys = dict(connections.entries), dict(connections.keys)
    for alias, node in aliases.entries.items():
        place = aliases.keys.get(alias, node.position)
        if alias in entries:
            problems.append(_twice(alias, section, place, keys.get(alias)))
            continue
        if isinstance(node, MappingNode):
            node = _connection(section, alias, node, place, is_new=alias not in known)
            problems += _without_host(section, alias, node, place, known)
        entries[alias], keys[alias] = node, place
    made = replace(connections, entries=entries, keys=keys)
    place = tree.keys.get("connections", aliases.position)
    return replace(
        tree, entries={**tree.entries, "connections": made}, keys={**tree.keys, "connections": place}
    )


def _connections_of(tree: MappingNode | None) -> Mapping[str, Node]:
    connections = tree.entries.get("connections") if tree is not None else None
    return connections.entries if isinstance(connections, MappingNode) else {}


def _connection(section: str, alias: str, node: MappingNode, place: Position, *, is_new: bool) -> MappingNode:
    """Return the options under their names here; MySQL's database is by default the one called like the alias."""
    options = _renamed(node, left_out=_NO_EFFECT if section == "postgres" else ())
    entries: dict[str, Node] = {"type": ScalarNode(section, section, place, quoted=True)}
    instance = _named(node, "rds_instance_id")
    if section == "postgres" and instance is not None and not _says_where(options):
        region = _named(node, "region")
        name = f"{region.text}/{instance.text}" if region is not None else instance.text
        entries["host"] = _looked_up("aws-rds", name, instance.position)
    if section == "mysql" and is_new:
        entries["database"] = ScalarNode(alias, alias, place, quoted=True)
    return replace(options, entries={**entries, **options.entries})


def _renamed(node: MappingNode, left_out: tuple[str, ...] = ()) -> MappingNode:
    names = {key: _OPTIONS.get(key.casefold(), key.casefold()) for key in node.entries}
    kept = {key: name for key, name in names.items() if name not in left_out}
    return MappingNode(
        {name: node.entries[key] for key, name in kept.items()},
        node.position,
        {name: node.keys[key] for key, name in kept.items() if key in node.keys},
    )


def _named(node: MappingNode, option: str) -> ScalarNode | None:
    """Return the value of an option, its key in any case; None if it is empty or holds a reference."""
    for key, value in node.entries.items():
        if key.casefold() == option and isinstance(value, ScalarNode):
            return value if value.text and not REFERENCE.search(value.text) else None
    return None


def _says_where(options: MappingNode) -> bool:
    return any(key in options.entries for key in ("host", "url"))


def _looked_up(kind: str, name: str, place: Position) -> ScalarNode:
    """Return the address that AWS is asked for when the system is opened."""
    reference = f"${{{kind}:{name}}}"
    return ScalarNode(reference, reference, place, quoted=True)


def _without_host(
    section: str, alias: str, node: MappingNode, place: Position, known: Mapping[str, Node]
) -> list[Problem]:
    if alias in known or _says_where(node):
        return []
    return [
        Problem(
            code="DD628",
            message=f"connection `{alias}` of the section `{section}` does not say where its server is",
            position=place,
            expected="`HOST: ...`",
            hint="or `RDS_INSTANCE_ID: ...`, whose address AWS is asked for"
            if section == "postgres"
            else None,
        )
    ]


def _with_warehouse(
    tree: MappingNode,
    redshift: MappingNode,
    place: Position,
    problems: list[Problem],
    earlier: MappingNode | None,
) -> MappingNode:
    if "warehouse" in tree.entries:
        problems.append(
            Problem(
                code="DD629",
                message="the section `redshift` has no effect, because `warehouse` is written too",
                position=place,
                hint="remove one of the two, or put `redshift` into a mode",
                severity="warning",
            )
        )
        return tree
    options = _renamed(redshift, left_out=(_CLUSTER,))
    entries: dict[str, Node] = {"type": ScalarNode("redshift", "redshift", place, quoted=True)}
    cluster = _named(redshift, _CLUSTER)
    if cluster is not None:
        tree = merge(tree, nested(_CLUSTER_SETTING, cluster, cluster.position))
        if not _says_where(options):
            entries["host"] = _looked_up("aws-redshift", cluster.text, cluster.position)
    elif not _says_where(options) and (earlier is None or "warehouse" not in earlier.entries):
        problems.append(
            Problem(
                code="DD628",
                message="the section `redshift` does not say where its cluster is",
                position=place,
                expected="`HOST: ...`",
                hint="or `CLUSTER_ID: ...`, whose address AWS is asked for",
            )
        )
    warehouse = replace(options, entries={**entries, **options.entries})
    return replace(
        tree, entries={**tree.entries, "warehouse": warehouse}, keys={**tree.keys, "warehouse": place}
    )


def _twice(alias: str, section: str, place: Position, first: Position | None) -> Problem:
    return Problem(
        code="DD623",
        message=f"connection `{alias}` is defined twice",
        position=place,
        hint=f"it stands at {first} already; give one of them another alias" if first else None,
    )
