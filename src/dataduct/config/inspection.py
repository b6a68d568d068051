"""What can be said of a warehouse, storage or connection without opening it: its type, and secrets written out."""

from collections.abc import Iterator

from dataduct.config.overrides import PREFIX
from dataduct.config.secrets import REFERENCE, REFERENCE_KINDS, URL_PASSWORD, Redactor, names_secret
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode
from dataduct.model.nearest import did_you_mean
from dataduct.model.problem import Problem
from dataduct.registry import CONNECTORS, STORAGE, WAREHOUSES, Registry


def type_problems(tree: MappingNode) -> list[Problem]:
    """Return a problem for each type of warehouse, storage or connection that nothing installed provides."""
    problems = []
    for _, options, registry in _systems(tree):
        node = options.entries.get("type")
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.value not in registry:
            known = registry.names()
            problems.append(
                Problem(
                    code="DD610",
                    message=f"unknown {registry.noun} `{node.value}`",
                    position=node.position,
                    expected=f"one of {', '.join(f'`{name}`' for name in known)}",
                    hint=did_you_mean(node.value, known),
                )
            )
    return problems


def known_secrets(tree: MappingNode, secrets: Redactor) -> list[Problem]:
    """Register the secrets that are written out in the options; return a warning for each.

    One given by a variable of the environment is registered without a warning. A reference of an unknown kind
    is an error.
    """
    problems = []
    for name, options, _ in _systems(tree):
        for key, node in _scalars(options, ""):
            problems += _reference_problems(node)
            value = _secret_in(key, node)
            if value is None:
                continue
            secrets.add(value)
            if not node.position.file.startswith(PREFIX):
                problems.append(
                    Problem(
                        code="DD616",
                        message=f"`{key}` of {name} is written out in the settings",
                        position=node.position,
                        expected="a reference to a secret",
                        hint="write `${env:NAME}` or `${file:PATH}` and keep the value out of the file",
                        severity="warning",
                    )
                )
    return problems


def _systems(tree: MappingNode) -> Iterator[tuple[str, MappingNode, Registry]]:
    for section, registry in (("warehouse", WAREHOUSES), ("storage", STORAGE)):
        node = tree.entries.get(section)
        if isinstance(node, MappingNode):
            yield f"the {section}", node, registry
    connections = tree.entries.get("connections")
    if isinstance(connections, MappingNode):
        for alias, node in connections.entries.items():
            if isinstance(node, MappingNode):
                yield f"connection `{alias}`", node, CONNECTORS


def _scalars(node: Node, key: str) -> Iterator[tuple[str, ScalarNode]]:
    match node:
        case ScalarNode():
            yield key, node
        case SequenceNode():
            for item in node.items:
                yield from _scalars(item, key)
        case MappingNode():
            for name, value in node.entries.items():
                yield from _scalars(value, name)


def _secret_in(key: str, node: ScalarNode) -> str | None:
    """Return the secret that the value of `key` holds in plain, or None."""
    if node.value is None or isinstance(node.value, bool):
        return None
    if names_secret(key):
        return node.text if node.text and not REFERENCE.search(node.text) else None
    in_url = URL_PASSWORD.search(node.text)
    return in_url[1] if in_url and not REFERENCE.search(in_url[1]) else None


def _reference_problems(node: ScalarNode) -> list[Problem]:
    return [
        Problem(
            code="DD622",
            message=f"`{reference[0]}` refers to nothing: there is no `{reference[1]}:`",
            position=node.position,
            expected="`${env:NAME}` or `${file:PATH}`",
            hint=did_you_mean(reference[1], REFERENCE_KINDS),
        )
        for reference in REFERENCE.finditer(node.text)
        if reference[1] not in REFERENCE_KINDS
    ]
