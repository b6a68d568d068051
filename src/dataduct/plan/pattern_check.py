"""What is wrong with a pattern itself, whoever uses it: found with made-up values for its parameters."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from dataduct.definition.filling import Values, fill_steps
from dataduct.definition.parameters import Parameter
from dataduct.definition.pattern_values import TableValue, Value
from dataduct.definition.patterns import Pattern, PatternCatalog
from dataduct.definition.pipeline import StepDefinition
from dataduct.definition.properties import validate
from dataduct.definition.step_reader import StepReader
from dataduct.definition.tree import MappingNode, Node, ScalarNode, at_position, is_null, scalars
from dataduct.errors import ProblemsError, UserError
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.steps.base import Step

_MADE_UP: Final[Mapping[str, object]] = {
    "text": "text",
    "number": 1.0,
    "whole-number": 1,
    "boolean": True,
    "list": ["text"],
    "mapping": {},
    "table-definition": "table.sql",
}
_TABLE: Final = {
    "path": "table.sql",
    "name": "table",
    "schema": "schema",
    "table": "schema.table",
    "columns": ["id"],
    "primary_key": ["id"],
}
_OF_THE_PATTERN: Final = ("DD527", "DD528", "DD529", "DD530")
"""Problems of placeholders that no value mends."""

FindType = Callable[[str], type[Step[Any]]]


def check_pattern(
    pattern: Pattern, patterns: PatternCatalog, find_type: FindType, systems: Mapping[str, str]
) -> list[Problem]:
    """Return what is wrong with a pattern whatever its parameters are; what depends on their values is left out.

    Args:
        pattern: The pattern.
        patterns: The patterns of the project, which its steps may use.
        find_type: Gives the step type of a name; raises UserError if there is none.
        systems: Type of each connection by its alias, and of the warehouse.
    """
    problems = list(pattern.problems)
    if not pattern.usable:
        return problems
    found: list[Problem] = []
    values = {name: _made_up(parameter, pattern) for name, parameter in pattern.parameters.items()}
    steps = fill_steps(pattern.steps, Values(parameters=values, pattern=pattern.name, systems=systems), found)
    problems += [problem for problem in found if problem.code in _OF_THE_PATTERN]
    filled = {place for node in scalars(steps) for given, _ in node.given for place in (node.position, given)}
    found = []
    if not problems:
        _check_steps(steps, patterns, find_type, found)
    problems += [problem for problem in found if problem.position not in filled]
    return sorted(problems, key=lambda problem: problem.position or Position(pattern.file))


def _made_up(parameter: Parameter, pattern: Pattern) -> Value:
    if (
        parameter.default is not None
        and not is_null(parameter.default)
        and parameter.type != "table-definition"
    ):
        return parameter.default
    place = Position(pattern.file)
    made_up = parameter.choices[0] if parameter.choices else _MADE_UP[parameter.type]
    value = at_position(made_up, place)
    if parameter.type != "table-definition":
        return value
    fields = at_position(_TABLE, place)
    assert isinstance(fields, MappingNode)
    assert isinstance(value, ScalarNode)
    return TableValue(value, fields)


def _check_steps(node: Node, patterns: PatternCatalog, find_type: FindType, problems: list[Problem]) -> None:
    for step in StepReader(problems).list(node, "steps"):
        if step.steps is not None:
            _check_steps(step.steps, patterns, find_type, problems)
        else:
            _check_step(step, patterns, find_type, problems)


def _check_step(
    step: StepDefinition, patterns: PatternCatalog, find_type: FindType, problems: list[Problem]
) -> None:
    if patterns.find(step.step_type) is not None:
        return
    try:
        step_type = find_type(step.step_type)
    except ProblemsError:
        return
    except UserError as error:
        hint = did_you_mean(step.step_type, patterns.names()) or error.hint
        problems.append(Problem(code="DD501", message=error.message, position=step.type_position, hint=hint))
        return
    if step.for_each is None:
        problems += validate(step_type.properties, step.properties, owner=step.step_type)[1]
