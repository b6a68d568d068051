"""The systems of a project as a list: what each is, where it leads, and which pipelines name it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dataduct.config.destinations import destination
from dataduct.config.project import Project
from dataduct.definition.filling import Values, fill_step, fill_steps
from dataduct.definition.patterns import PatternCatalog
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode, without
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

    A connection is used by a pipeline if a step of it or of a pattern that it uses names it outright; what a template
    may give when the pipeline runs is not known.
    """
    directories = [project.root / Path(path).expanduser() for path in project.settings.patterns]
    used = _aliases_by_file(pipeline_files, PatternCatalog(directories, project.root))
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


def _aliases_by_file(files: Iterable[Path], patterns: PatternCatalog) -> dict[str, frozenset[str]]:
    found = {}
    for file in files:
        try:
            tree, _ = read_yaml(file)
        except ProblemsError:
            continue
        found[file.stem] = frozenset(_named(tree, patterns))
    return found


def _named(node: Node, patterns: PatternCatalog, inside: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the values of the properties that name a connection, wherever they stand, in patterns too.

    Args:
        node: What to look through.
        patterns: The patterns of the project.
        inside: The patterns that `node` stands in, which it does not lead back to.
    """
    match node:
        case SequenceNode():
            for item in node.items:
                yield from _named(item, patterns, inside)
        case MappingNode():
            items = node.entries.get("for_each")
            if isinstance(items, SequenceNode):
                entry = without(node, "for_each")
                for item in items.items:
                    yield from _named(fill_step(entry, Values(item=item), []), patterns, inside)
                return
            for key, value in node.entries.items():
                if key in _NAMING and isinstance(value, ScalarNode):
                    yield value.text
                else:
                    yield from _named(value, patterns, inside)
            yield from _named_by_pattern(node, patterns, inside)
        case ScalarNode():
            return


def _named_by_pattern(use: MappingNode, patterns: PatternCatalog, inside: tuple[str, ...]) -> Iterator[str]:
    step_type = use.entries.get("step_type")
    name = step_type.text if isinstance(step_type, ScalarNode) else ""
    pattern = None if name in inside else patterns.find(name)
    if pattern is None:
        return
    given = {key: parameter.default for key, parameter in pattern.parameters.items()} | dict(use.entries)
    values = {key: value for key, value in given.items() if value is not None}
    steps = fill_steps(pattern.steps, Values(parameters=values, pattern=name), [])
    yield from _named(steps, patterns, (*inside, name))
