"""`dataduct steps`."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from dataduct.cli.arguments import shown_path
from dataduct.cli.completions import complete_step_types
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.table import table_lines
from dataduct.cli.text import Line, Span, line, lines_of, wrapped

if TYPE_CHECKING:
    from dataduct.definition.parameters import Parameter
    from dataduct.definition.patterns import Pattern
    from dataduct.errors import UserError
    from dataduct.steps.base import Step

BUILT_IN = "built in"

_INHERITED = "properties of every step"


@with_global_options
@click.command("steps")
@click.argument("words", metavar="[NAME | new NAME]", nargs=-1, shell_complete=complete_step_types)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, with each property's schema.")
@pass_invocation
def command(invocation: Invocation, words: tuple[str, ...], as_json: bool) -> None:
    """List the step types and patterns, or document one.

    With NAME: what it does, an example, and every property with its type and default.

    With new NAME: write a step type of the project's own, with its test, to begin from.
    """
    if words[:1] == ("new",):
        _new(invocation, words[1:])
    elif len(words) > 1:
        raise click.UsageError("give one NAME, or `new NAME`")
    elif words:
        _document_one(invocation, words[0], as_json)
    else:
        _list(invocation, as_json)


def _new(invocation: Invocation, names: Sequence[str]) -> None:
    from dataduct.cli.steps_new import new_step

    if len(names) != 1:
        raise click.UsageError("give the name of the new step type: `dataduct steps new my-step`")
    project = invocation.project()
    for file in new_step(project, names[0]):
        invocation.console.out(line(Span("written", "good"), f": {shown_path(file)}"))
    invocation.console.out("", "next:", "  pytest tests", f"  dataduct steps {names[0]}")


def _document_one(invocation: Invocation, name: str, as_json: bool) -> None:
    from dataduct import api
    from dataduct.errors import ProblemsError

    project = invocation.project()
    pattern = api.pattern_catalog(project).find(name)
    if pattern is not None:
        if not pattern.usable:
            raise ProblemsError(pattern.problems)
        document, drawn = (
            _pattern_document(pattern),
            _pattern_documentation(pattern, invocation.console.width),
        )
    else:
        step_type = api.step_type(name, project)
        origin = api.step_catalog(project).origins().get(name)
        document = _document(step_type, origin)
        drawn = _documentation(step_type, origin, invocation.console.width)
    if as_json:
        invocation.console.document(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        invocation.console.out(*drawn)


def _list(invocation: Invocation, as_json: bool) -> None:
    from dataduct import api
    from dataduct.errors import UserError

    types = api.step_types()
    project = invocation.project()
    catalog, patterns = api.step_catalog(project), list(api.pattern_catalog(project))
    origins = catalog.origins()
    broken: list[tuple[str, UserError]] = []
    for name in catalog.own_names():
        try:
            own = catalog.find(name)
        except UserError as error:
            broken.append((name, error))
        else:
            types += [own] if own.step_type == name else []
    if as_json:
        documents = [_document(each, origins.get(each.step_type)) for each in types]
        documents += [_pattern_document(each) for each in patterns]
        invocation.console.document(json.dumps(documents, indent=2, ensure_ascii=False))
        return
    rows: list[tuple[str | Span, ...]] = [
        (each.step_type, ", ".join(each.aliases), _from(origins.get(each.step_type)), each.summary)
        for each in types
    ]
    rows += [(name, "", _from(origins[name]), Span(_trouble(error), "error")) for name, error in broken]
    rows += [(each.name, "", each.file, _pattern_summary(each, origins)) for each in patterns]
    header = ("STEP TYPE", "ALSO CALLED", "FROM", "WHAT IT DOES")
    invocation.console.out(*table_lines(header, rows, width=invocation.console.result_width))


def _from(origin: str | None) -> str:
    return "" if origin in (None, BUILT_IN) else str(origin)


def _trouble(error: "UserError") -> str:
    problems = getattr(error, "problems", ())
    return f"cannot be used: {problems[0].message if problems else error.message}"


def _pattern_summary(pattern: "Pattern", step_types: Mapping[str, str]) -> str | Span:
    if pattern.name in step_types:
        return Span("cannot be used: a step type has the same name; rename the file", "error")
    if not pattern.usable:
        return Span(f"cannot be used: {pattern.problems[0].message}", "error")
    return (pattern.description or "").partition("\n")[0]


def _pattern_document(pattern: "Pattern") -> dict[str, Any]:
    return {
        "pattern": pattern.name,
        "origin": pattern.file,
        "description": pattern.description,
        "parameters": {name: _parameter(each) for name, each in pattern.parameters.items()},
    }


def _parameter(parameter: "Parameter") -> dict[str, Any]:
    from dataduct.definition.tree import plain

    told: dict[str, Any] = {
        "type": parameter.type,
        "required": parameter.required,
        "description": parameter.description,
    }
    if parameter.default is not None:
        told["default"] = plain(parameter.default)
    return told


def _pattern_documentation(pattern: "Pattern", width: int) -> list[Line]:
    drawn = [line(Span(pattern.name, "strong"), f"  (pattern, {pattern.file})")]
    drawn += lines_of((pattern.description or "").strip())
    drawn += [line(), line(Span("parameters", "strong"))] if pattern.parameters else []
    for name, parameter in pattern.parameters.items():
        told = _parameter(parameter)
        value = "required" if told["required"] else _default(told["default"])
        drawn.append(line("  ", Span(name, "accent"), f"  {told['type']}", Span(f"  {value}", "dim")))
        drawn += wrapped(parameter.description or "", width, indent=6)
    return drawn


def _document(step_type: "type[Step[Any]]", origin: str | None) -> dict[str, Any]:
    return {
        "step_type": step_type.step_type,
        "origin": origin,
        "aliases": list(step_type.aliases),
        "summary": step_type.summary,
        "documentation": step_type.documentation,
        "properties": step_type.properties.model_json_schema(),
    }


def _documentation(step_type: "type[Step[Any]]", origin: str | None, width: int) -> list[Line]:
    from dataduct.steps.base import StepProperties

    also = f"  (also {', '.join(step_type.aliases)})" if step_type.aliases else ""
    schema = step_type.properties.model_json_schema()
    own = {n: each for n, each in schema["properties"].items() if n not in StepProperties.model_fields}
    inherited = {n: each for n, each in schema["properties"].items() if n in StepProperties.model_fields}
    required = set(schema.get("required", ()))
    return [
        line(Span(step_type.step_type, "strong"), also, f"  from {_from(origin)}" if _from(origin) else ""),
        line(step_type.summary),
        line(),
        *lines_of(step_type.documentation.strip()),
        line(),
        *_properties("properties", own, required, width),
        *_properties(_INHERITED, inherited, required, width),
    ]


def _properties(
    title: str, properties: Mapping[str, Mapping[str, Any]], required: set[str], width: int
) -> list[Line]:
    if not properties:
        return []
    drawn = [line(Span(title, "strong"))]
    for name, schema in properties.items():
        told = "required" if name in required else _default(schema.get("default"))
        drawn.append(line("  ", Span(name, "accent"), f"  {type_text(schema)}", Span(f"  {told}", "dim")))
        drawn += wrapped(schema.get("description", ""), width, indent=6)
    return [*drawn, line()]


def type_text(schema: Mapping[str, Any]) -> str:
    """Return a JSON Schema's type in a few words: `text, or list of text`."""
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if "anyOf" in schema:
        kinds = [type_text(each) for each in schema["anyOf"] if each.get("type") != "null"]
        return ", or ".join(dict.fromkeys(kinds))
    kind = schema.get("type")
    if kind == "array":
        items = schema.get("items")
        return f"list of {type_text(items)}" if items else "list"
    if kind == "object" or "$ref" in schema:
        return "mapping"
    return words.get(str(kind), str(kind or "anything"))


def _default(value: object) -> str:
    if value is None or value in ([], {}):
        return ""
    return f"default: {json.dumps(value, ensure_ascii=False)}"
