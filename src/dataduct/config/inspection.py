"""What can be said of a warehouse, storage or connection without opening it: type, options, secrets written out."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel

from dataduct.config.overrides import PREFIX
from dataduct.config.secrets import (
    REFERENCE,
    REFERENCE_FORMS,
    REFERENCE_KINDS,
    URL_PASSWORD,
    Redactor,
    names_secret,
)
from dataduct.config.systems import System, is_unread_url, systems
from dataduct.definition.coercion import coerce_fields
from dataduct.definition.properties import validate
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode, without
from dataduct.model.nearest import did_you_mean
from dataduct.model.problem import Problem

_MISSING = "DD202"


def type_problems(tree: MappingNode) -> list[Problem]:
    """Return a problem for each type of warehouse, storage or connection that nothing installed provides."""
    problems = []
    for system in systems(tree):
        if system.type is not None and system.type not in system.registry:
            known = system.registry.names()
            problems.append(
                Problem(
                    code="DD610",
                    message=f"unknown {system.registry.noun} `{system.type}`",
                    position=system.node.entries["type"].position
                    if isinstance(system.node, MappingNode)
                    else system.node.position,
                    expected=f"one of {', '.join(f'`{name}`' for name in known)}",
                    hint=did_you_mean(system.type, known),
                )
            )
    return problems


def option_problems(tree: MappingNode) -> list[Problem]:
    """Return what is wrong with the options of systems, by the settings model of their type.

    What a reference stands for is not known yet and is checked when the system is opened.
    """
    return [problem for system in systems(tree) for problem in _option_problems(system)]


def typed_options(tree: MappingNode) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the options of systems as the settings models of their types take them, by (section, alias)."""
    typed = {}
    for system in systems(tree):
        model = _model(system)
        if model is not None and isinstance(system.node, MappingNode):
            typed[system.section, system.alias] = {"type": system.type, **coerce_fields(system.node, model)}
    return typed


def _model(system: System) -> type[BaseModel] | None:
    if system.type is None or system.type not in system.registry:
        return None
    return system.registry.settings_model(system.type)


def _option_problems(system: System) -> list[Problem]:
    node = system.node
    model = _model(system)
    if model is None or not isinstance(node, MappingNode):
        return []
    unread = is_unread_url(node)
    known = without(node, "url") if unread else node
    unknown = {scalar.position for _, scalar in _scalars(node, "") if REFERENCE.search(scalar.text)}
    what = "connection" if system.section == "connections" else system.section
    _, problems = validate(model, known, owner=f"the {system.type} {what}")
    return [
        problem
        for problem in problems
        if problem.position not in unknown and not (unread and problem.code == _MISSING)
    ]


def known_secrets(tree: MappingNode, secrets: Redactor) -> list[Problem]:
    """Register the secrets that are written out in the settings; return a warning for each.

    One given by a variable of the environment is registered without a warning. A reference of an unknown kind
    is an error.
    """
    problems = []
    for owner, key, node in _values(tree):
        problems += _reference_problems(node)
        value = secret_in(key, node)
        if value is None:
            continue
        secrets.add(value)
        secrets.add(unquote(value))
        if not node.position.file.startswith(PREFIX):
            problems.append(
                Problem(
                    code="DD616",
                    message=f"`{key}` of {owner} is written out in the settings",
                    position=node.position,
                    expected="a reference to a secret",
                    hint="write a reference such as `${env:NAME}` and keep the value out of the file",
                    severity="warning",
                )
            )
    return problems


def _values(tree: MappingNode) -> Iterator[tuple[str, str, ScalarNode]]:
    """Yield (owner, option, value) of everything that may hold a secret."""
    for system in systems(tree):
        yield from ((system.name, key, node) for key, node in _scalars(system.node, system.alias))
    runs = tree.entries.get("runs")
    if isinstance(runs, MappingNode):
        yield from (("the run store", key, node) for key, node in _scalars(runs, ""))


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


def secret_in(key: str, node: ScalarNode) -> str | None:
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
            expected=REFERENCE_FORMS,
            hint=did_you_mean(reference[1], REFERENCE_KINDS),
        )
        for reference in REFERENCE.finditer(node.text)
        if reference[1] not in REFERENCE_KINDS
    ]
