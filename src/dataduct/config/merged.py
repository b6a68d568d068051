"""All settings files of a project as one."""

from collections.abc import Mapping, Sequence

import yaml

from dataduct.config.inspection import secret_in
from dataduct.config.layers import Layer, read_layers
from dataduct.config.merging import merge
from dataduct.config.original_sections import with_original_sections
from dataduct.config.original_settings import with_original_settings
from dataduct.config.origins import leaves
from dataduct.config.project import Project
from dataduct.config.secrets import Redactor
from dataduct.config.systems import with_urls_split, without_unset
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode, scalars
from dataduct.model.position import Position


def merged_settings(project: Project, environment: Mapping[str, str]) -> MappingNode:
    """Return what all files of the project say together, in the form of `dataduct.yml`, its modes included.

    Variables of the environment such as `DATADUCT__ENGINE__WORKERS` are no part of it.
    """
    layers = read_layers(project.file, environment, [])
    tree = MappingNode({}, Position(""))
    for layer in layers:
        tree = merge(tree, _normal(layer.base, tree))
    modes = {name: _mode(name, layers, tree) for layer in layers for name in layer.modes}
    tree = without_unset(tree)
    return (
        merge(tree, MappingNode({"modes": MappingNode(modes, tree.position)}, tree.position))
        if modes
        else tree
    )


def _mode(name: str, layers: Sequence[Layer], base: MappingNode) -> MappingNode:
    merged = MappingNode({}, base.position)
    for changes in (layer.modes.get(name) for layer in layers):
        if isinstance(changes, MappingNode):
            merged = merge(merged, _normal(changes, base))
    return merged


def _normal(tree: MappingNode, earlier: MappingNode) -> MappingNode:
    tree = with_original_sections(with_original_settings(tree, []), [], earlier=earlier)
    return with_urls_split(tree, Redactor(), [])


def secrets_written(tree: MappingNode) -> list[tuple[str, Position]]:
    """Return every setting whose value holds a secret in plain, its keys joined by dots, and where it stands."""
    return [
        (".".join(path), scalar.position)
        for path, node in leaves(tree)
        for scalar in scalars(node)
        if secret_in(path[-1], scalar) is not None
    ]


def yaml_text(tree: MappingNode) -> str:
    """Return settings as YAML; reading it gives the same values, numbers as they were written."""
    return str(yaml.serialize(_yaml_node(tree), Dumper=yaml.SafeDumper, allow_unicode=True, width=1_000_000))


def _yaml_node(node: Node) -> yaml.Node:
    match node:
        case MappingNode():
            pairs = [(_text(key), _yaml_node(value)) for key, value in node.entries.items()]
            return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=not pairs)
        case SequenceNode():
            items = [_yaml_node(item) for item in node.items]
            return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=not items)
        case ScalarNode(value=None):
            return yaml.ScalarNode("tag:yaml.org,2002:null", "null")
        case ScalarNode(value=bool() | int() | float()):
            return yaml.ScalarNode(f"tag:yaml.org,2002:{type(node.value).__name__}", node.text)
        case ScalarNode():
            return _text(node.text)


def _text(text: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text)
