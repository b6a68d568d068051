"""The JSON Schema of a pipeline file, for editors."""

from collections.abc import Mapping
from typing import Any, Final

from dataduct.definition.header import RESOURCES, PipelineHeader

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final = ("string", "number")
_STEP: Final = {"$ref": "#/$defs/step"}
_STEPS: Final = {"type": "array", "items": _STEP}
_SHAPES: Final[dict[str, dict[str, Any]]] = {
    "steps": _STEPS,
    "teardown": _STEP,
    "bootstrap": {"properties": dict.fromkeys(RESOURCES, _STEPS), "additionalProperties": False},
}
"""What the header's model leaves open: where steps stand."""


def pipeline_schema(step_schemas: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a pipeline file.

    Args:
        step_schemas: The schema of each step type's properties, by step type, as pydantic makes it.

    A step's schema is chosen by its `step_type` with if and then, so that an editor complains about the step that
    was meant and not about all of them.
    """
    schema = _with_yaml_text(PipelineHeader.model_json_schema())
    definitions: dict[str, Any] = schema.pop("$defs", {})
    for key, shape in _SHAPES.items():
        schema["properties"][key] |= shape
    choices = []
    for name in sorted(step_schemas):
        definitions[f"step.{name}"] = _step(name, step_schemas[name], definitions)
        choices.append(
            {
                "if": {"properties": {"step_type": {"const": name}}, "required": ["step_type"]},
                "then": {"$ref": f"#/$defs/step.{name}"},
            }
        )
    definitions["step"] = {
        "type": "object",
        "description": "One step of the pipeline.",
        "properties": {"step_type": {"enum": sorted(step_schemas), "description": "What the step does."}},
        "required": ["step_type"],
        "allOf": choices,
    }
    return {"$schema": _DIALECT, **schema, "title": "Dataduct pipeline", "$defs": definitions}


def _step(name: str, schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a step with its `step_type`; its own definitions move to `definitions`."""
    own = dict(schema.get("$defs", {}))
    for key, definition in own.items():
        definitions[f"{name}.{key}"] = _with_yaml_text(with_references_below(definition, name))
    body: dict[str, Any] = _with_yaml_text(
        with_references_below({key: value for key, value in schema.items() if key != "$defs"}, name)
    )
    body["properties"] = {"step_type": {"const": name}, **body.get("properties", {})}
    body["required"] = ["step_type", *body.get("required", [])]
    return body


def with_references_below(schema: Any, name: str) -> Any:
    """Return a JSON Schema with its references led to the definitions whose names begin with `NAME.`."""
    if isinstance(schema, dict):
        return {
            key: value.replace("#/$defs/", f"#/$defs/{name}.")
            if key == "$ref" and isinstance(value, str)
            else with_references_below(value, name)
            for key, value in schema.items()
        }
    return [with_references_below(item, name) for item in schema] if isinstance(schema, list) else schema


def _with_yaml_text(schema: Any) -> Any:
    """Return `schema` with numbers allowed where text is, as Dataduct takes them by the text written."""
    if isinstance(schema, list):
        return [_with_yaml_text(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: _with_yaml_text(value) for key, value in schema.items()}
    if changed.get("type") == "string" and "enum" not in changed and "const" not in changed:
        changed["type"] = list(_TEXT)
    return changed
