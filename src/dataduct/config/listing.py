"""The systems of a project as a list: what each is, where it leads, and which pipelines name it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dataduct.config.destinations import destination
from dataduct.config.project import Project
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode
from dataduct.definition.yaml import read_yaml
from dataduct.errors import ProblemsError
from dataduct.model.position import Position

_NAMING = ("host_name", "connection", "source_host")


@dataclass(frozen=True, slots=True)
class ListedSystem:
    """One system of a project. Nothing in it is secret.

    Attributes:
        section: `warehouse`, `storage` or `connections`.
        alias: A connection's alias; otherwise the section.
        type: Its type.
        destination: Where it leads: host and database, a path, a bucket.
        pipelines: Names of the pipeline files whose steps name the connection.
        place: Where it is written, or None for a default.
    """

    section: str
    alias: str
    type: str
    destination: str
    pipelines: tuple[str, ...] = ()
    place: Position | None = None


def listed_systems(project: Project, pipeline_files: Iterable[Path] = ()) -> list[ListedSystem]:
    """Return the connections in the order of the settings, then the warehouse and the storage.

    A connection is used by a pipeline if a step names it outright; what a template may give is not known.
    """
    used = _aliases_by_file(pipeline_files)
    settings = project.settings
    described = [("connections", alias, options) for alias, options in settings.connections.items()]
    described += [("warehouse", "warehouse", settings.warehouse), ("storage", "storage", settings.storage)]
    return [
        ListedSystem(
            section,
            alias,
            str(options["type"]),
            project.secrets.redact(destination(options)),
            tuple(file for file, aliases in used.items() if section == "connections" and alias in aliases),
            project.places.get((section, alias)),
        )
        for section, alias, options in described
    ]


def _aliases_by_file(files: Iterable[Path]) -> dict[str, frozenset[str]]:
    found = {}
    for file in files:
        try:
            tree, _ = read_yaml(file)
        except ProblemsError:
            continue
        found[file.stem] = frozenset(_named(tree))
    return found


def _named(node: Node) -> Iterator[str]:
    """Yield the values of the properties that name a connection, wherever they stand."""
    match node:
        case SequenceNode():
            for item in node.items:
                yield from _named(item)
        case MappingNode():
            for key, value in node.entries.items():
                if key in _NAMING and isinstance(value, ScalarNode):
                    yield value.text
                else:
                    yield from _named(value)
        case ScalarNode():
            return
