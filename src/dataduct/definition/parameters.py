"""The parameters of a pattern: their types, and the values that a use of the pattern gives them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from dataduct.definition.pattern_values import TableValue, Value
from dataduct.definition.properties import shortened, validate, written_value
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode, is_null, text_source
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.problem import Problem

ParameterType = Literal["text", "number", "whole-number", "boolean", "list", "mapping", "table-definition"]

USE_PROPERTIES: Final = (
    "name", "description", "depends_on", "input_node", "input_path", "max_retries", "timeout",
)  # fmt: skip
"""The properties that the use of a pattern has whatever its parameters are: those that every step has."""

RESERVED: Final = (*USE_PROPERTIES, "step_type", "for_each", "steps")
"""Names that no parameter may have."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_WORDS: Final[Mapping[ParameterType, str]] = {
    "text": "text",
    "number": "a number",
    "whole-number": "a whole number",
    "boolean": "true or false",
    "list": "a list",
    "mapping": "a mapping",
    "table-definition": "the path of a table definition",
}

ReadTable = Callable[[ScalarNode], TableValue | None]
"""Reads the table definition that a path names; None after reporting what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a pattern.

    Attributes:
        default: Its value where a use gives none; None if a use must give one. A default of null leaves out what it
            is the value of.
        choices: The values it may have, as text; empty for any.
    """

    name: str
    type: ParameterType = "text"
    description: str | None = None
    default: Node | None = None
    choices: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether a use must give it a value."""
        return self.default is None

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        if self.choices:
            return "one of " + ", ".join(f"`{choice}`" for choice in self.choices)
        return _WORDS[self.type]


class Declaration(BaseModel):
    """What a pattern file says of one parameter."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    type: ParameterType = Field("text", description="What its value is.")
    description: str | None = Field(None, description="What it is for, in your words.")
    default: Any = Field(
        None, description="Its value where a use gives none. Without a default, every use must give it."
    )
    choices: list[Any] | None = Field(None, description="The values it may have.", min_length=1)


def parse_parameters(node: Node | None, problems: list[Problem]) -> dict[str, Parameter]:
    """Return the parameters that `parameters:` of a pattern file declares, without those that have problems."""
    if node is None or is_null(node):
        return {}
    if not isinstance(node, MappingNode):
        problems.append(
            _declared(
                "`parameters` must be a mapping of names to what each is",
                node.position,
                expected="`table: {type: text, description: The table}` lines",
            )
        )
        return {}
    found: dict[str, Parameter] = {}
    for name, declaration in node.entries.items():
        parameter = _parameter(name, declaration, node.keys.get(name, node.position), problems)
        if parameter is not None:
            found[name] = parameter
    return found


def _parameter(name: str, node: Node, place: Position, problems: list[Problem]) -> Parameter | None:
    if _NAME.fullmatch(name) is None:
        shown = shortened(name)
        folded = re.sub(r"\W", "_", name, flags=re.ASCII)
        hint = f"write `{folded}`" if _NAME.fullmatch(folded) else None
        message = f"`{shown}` cannot be read as `param.{shown}`"
        problems.append(_declared(message, place, expected="letters, digits and `_`", hint=hint))
        return None
    if name in RESERVED:
        problems.append(
            _declared(
                f"a parameter cannot be called `{name}`, which every step has as a property",
                place,
                hint="choose another name",
            )
        )
        return None
    if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.text in _WORDS:
        node = MappingNode({"type": node}, node.position, {"type": node.position})
    if not isinstance(node, MappingNode):
        problems.append(
            _declared(
                f"parameter `{name}` does not say what it is",
                node.position,
                expected="`{type: text}`, with a `description`, a `default` or `choices` where they help",
            )
        )
        return None
    declaration, wrong = validate(Declaration, node, owner=f"parameter `{name}`")
    problems.extend(wrong)
    if not isinstance(declaration, Declaration):
        return None
    choices = node.entries.get("choices")
    allowed = (
        tuple(item.text for item in choices.items if isinstance(item, ScalarNode))
        if isinstance(choices, SequenceNode)
        else ()
    )
    default = node.entries.get("default")
    parameter = Parameter(
        name=name,
        type=declaration.type,
        description=declaration.description,
        default=default,
        choices=allowed,
    )
    if default is not None and not is_null(default):
        value = _typed(parameter, default)
        if isinstance(value, Problem):
            message = f"the default of {value.message.replace('`' + name + '`', f'parameter `{name}`', 1)}"
            problems.append(_declared(message, default.position, expected=value.expected, hint=value.hint))
            return None
    return parameter


def _declared(
    message: str, position: Position, *, expected: str | None = None, hint: str | None = None
) -> Problem:
    return Problem(code="DD526", message=message, position=position, expected=expected, hint=hint)


def bind_parameters(
    parameters: Mapping[str, Parameter],
    given: MappingNode,
    problems: list[Problem],
    *,
    pattern: str,
    at: Position,
    read_table: ReadTable,
) -> dict[str, Value] | None:
    """Return the value of every parameter at one use, or None after reporting every problem.

    Args:
        parameters: What the pattern declares.
        given: The properties of the use; those that every step has are passed over.
        problems: Where problems go.
        pattern: Name of the pattern.
        at: Where the use stands.
        read_table: Reads table definitions.
    """
    values: dict[str, Value] = {}
    wrong = False
    for name, node in given.entries.items():
        if name in USE_PROPERTIES:
            continue
        parameter = parameters.get(name)
        value = (
            _unknown(name, given.keys.get(name, at), parameters, pattern)
            if parameter is None
            else _typed(parameter, node)
        )
        bound = _bound(value, parameter, read_table, problems)
        wrong = wrong or bound is None
        if bound is not None:
            values[name] = bound
    for name, parameter in parameters.items():
        if name in given.entries:
            continue
        if parameter.default is None:
            problems.append(_missing(parameter, at, pattern))
            wrong = True
            continue
        typed = parameter.default if is_null(parameter.default) else _typed(parameter, parameter.default)
        bound = _bound(typed, parameter, read_table, problems)
        wrong = wrong or bound is None
        if bound is not None:
            values[name] = bound
    return None if wrong else values


def _bound(
    value: Node | Problem, parameter: Parameter | None, read_table: ReadTable, problems: list[Problem]
) -> Value | None:
    if isinstance(value, Problem):
        problems.append(value)
        return None
    if parameter is not None and parameter.type == "table-definition" and isinstance(value, ScalarNode):
        return value if value.value is None else read_table(value)
    return value


def _typed(parameter: Parameter, node: Node) -> Node | Problem:
    """Return the value as its type has it, or what is wrong with it."""
    value = _of_type(parameter.type, node)
    if value is None or parameter.type == "table-definition":
        is_template = isinstance(node, ScalarNode) and isinstance(node.value, str) and "{{" in node.text
        if is_template or value is None:
            return _unknown_name(node) or _wrong_type(parameter, node)
    if parameter.choices and not (isinstance(value, ScalarNode) and value.text in parameter.choices):
        return Problem(
            code="DD525",
            message=f"`{parameter.name}` cannot be `{_shown(node)}`",
            position=node.position,
            expected=parameter.expected,
            hint=did_you_mean(_shown(node), parameter.choices),
        )
    return value


def _of_type(kind: ParameterType, node: Node) -> Node | None:
    if kind == "list":
        return node if isinstance(node, SequenceNode) else None
    if kind == "mapping":
        return node if isinstance(node, MappingNode) else None
    if not isinstance(node, ScalarNode) or node.value is None:
        return None
    value = node.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind in ("text", "table-definition"):
        if isinstance(value, bool):
            return None
        return node if isinstance(value, str) else replace(node, value=node.text)
    if kind == "boolean":
        return node if isinstance(value, bool) else None
    return node if is_number and (kind == "number" or isinstance(value, int)) else None


def _unknown_name(node: Node) -> Problem | None:
    """Return the problem of a template that reads a name which no template knows; None if it reads none."""
    from dataduct.definition.templates import check

    if not isinstance(node, ScalarNode):
        return None
    return next((found for found in check(text_source(node), ()) if found.code == "DD302"), None)


def _wrong_type(parameter: Parameter, node: Node) -> Problem:
    hint = None
    if isinstance(node, ScalarNode) and isinstance(node.value, bool) and parameter.type == "text":
        hint = f'put it in quotes: "{node.text}"'
    elif isinstance(node, ScalarNode) and isinstance(node.value, str) and "{{" in node.text:
        hint = "a template is filled in when the pipeline runs, and this value is needed before"
    elif is_null(node):
        hint = "write a value, or remove the line"
    elif isinstance(node, ScalarNode) and parameter.type == "list":
        hint = f"write it as a list: [{shortened(node.text)}]"
    elif (
        isinstance(node, ScalarNode)
        and node.quoted
        and parameter.type in ("number", "whole-number", "boolean")
    ):
        hint = "remove the quotes"
    return Problem(
        code="DD524",
        message=f"`{parameter.name}` must be {_WORDS[parameter.type]}, not {written_value(node)}",
        position=node.position,
        expected=parameter.expected,
        hint=hint,
    )


def _unknown(name: str, place: Position, parameters: Mapping[str, Parameter], pattern: str) -> Problem:
    listed = ", ".join(f"`{known}`" for known in parameters)
    return Problem(
        code="DD523",
        message=f"pattern `{pattern}` has no parameter `{shortened(name)}`",
        position=place,
        expected=f"one of {listed}" if listed else None,
        hint=did_you_mean(name, (*parameters, *USE_PROPERTIES, "for_each")),
    )


def _missing(parameter: Parameter, at: Position, pattern: str) -> Problem:
    about = f": {parameter.description}" if parameter.description else ""
    return Problem(
        code="DD522",
        message=f"pattern `{pattern}` needs the parameter `{parameter.name}`",
        position=at,
        expected=f"`{parameter.name}: ...`, {parameter.expected}{about}",
        hint=f"add `{parameter.name}`",
    )


def _shown(node: Node) -> str:
    return shortened(node.text) if isinstance(node, ScalarNode) else written_value(node)
