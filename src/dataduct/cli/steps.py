"""`dataduct steps`."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from dataduct.cli.completions import complete_step_types
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.table import table_lines
from dataduct.cli.text import Line, Span, line, lines_of

if TYPE_CHECKING:
    from dataduct.steps.base import Step

_INHERITED = "properties of every step"


@with_global_options
@click.command("steps")
@click.argument("name", required=False, shell_complete=complete_step_types)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, with each property's schema.")
@pass_invocation
def command(invocation: Invocation, name: str | None, as_json: bool) -> None:
    """List the step types, or document one.

    With NAME: what it does, an example, and every property with its type and default.
    """
    from dataduct import api

    console = invocation.console
    types = [api.step_type(name)] if name else api.step_types()
    if as_json:
        documents = [_document(step_type) for step_type in types]
        console.document(json.dumps(documents[0] if name else documents, indent=2, ensure_ascii=False))
    elif name:
        console.out(*_documentation(types[0], console.width))
    else:
        rows = [(each.step_type, ", ".join(each.aliases), each.summary) for each in types]
        console.out(
            *table_lines(("STEP TYPE", "ALSO CALLED", "WHAT IT DOES"), rows, width=console.result_width)
        )


def _document(step_type: "type[Step[Any]]") -> dict[str, Any]:
    return {
        "step_type": step_type.step_type,
        "aliases": list(step_type.aliases),
        "summary": step_type.summary,
        "documentation": step_type.documentation,
        "properties": step_type.properties.model_json_schema(),
    }


def _documentation(step_type: "type[Step[Any]]", width: int) -> list[Line]:
    from dataduct.steps.base import StepProperties

    also = f"  (also {', '.join(step_type.aliases)})" if step_type.aliases else ""
    schema = step_type.properties.model_json_schema()
    own = {n: each for n, each in schema["properties"].items() if n not in StepProperties.model_fields}
    inherited = {n: each for n, each in schema["properties"].items() if n in StepProperties.model_fields}
    required = set(schema.get("required", ()))
    return [
        line(Span(step_type.step_type, "strong"), also),
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
        drawn += _wrapped(schema.get("description", ""), width, indent=6)
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


def _wrapped(text: str, width: int, *, indent: int) -> list[Line]:
    from textwrap import wrap

    return [line(" " * indent, part) for part in wrap(text, max(30, width - indent))]
