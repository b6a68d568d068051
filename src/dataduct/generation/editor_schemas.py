"""JSON Schemas for editors: of pipelines, patterns and settings, with what a project adds to them."""

from collections.abc import Mapping
from typing import Any, Final

from dataduct.config.settings import Settings
from dataduct.definition.parameters import USE_PROPERTIES, Parameter
from dataduct.definition.patterns import Pattern, PatternCatalog, PatternHeader
from dataduct.definition.schema import pipeline_schema as schema_of_steps
from dataduct.definition.schema import with_references_below
from dataduct.definition.tree import plain
from dataduct.errors import DataductError
from dataduct.registry import CONNECTORS, STORAGE, WAREHOUSES, Registry
from dataduct.steps.base import StepProperties
from dataduct.steps.catalog import StepCatalog

Schema = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NOT_TEXT: Final = ("integer", "number", "boolean", "array", "object")
_PLACEHOLDER: Final[Schema] = {"type": "string", "pattern": r"\{\{.*\b(?:param|item)\b.*\}\}"}
"""A value that is filled in when the pipeline is compiled, so that no editor knows its type."""

_REFERENCE: Final[Schema] = {"type": "string", "pattern": r"\$\{"}
"""A value of the settings that is a reference, such as `${env:PORT}`, whatever its type is."""

_PARAMETER_TYPES: Final[Mapping[str, Schema]] = {
    "text": {"type": ["string", "number"]},
    "number": {"type": "number"},
    "whole-number": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "list": {"type": "array"},
    "mapping": {"type": "object"},
    "table-definition": {"type": "string"},
}
_TABLES: Final[Schema] = {
    "type": "object",
    "properties": {
        "tables": {
            "type": ["string", "array"],
            "items": {"type": "string"},
            "description": "A glob of table definition files, or a list of globs.",
            "examples": ["tables/prod.*.sql"],
        }
    },
    "required": ["tables"],
    "additionalProperties": False,
}
_FOR_EACH: Final[Schema] = {
    "description": "Repeats the step for each item of a list, or each table definition that a glob matches; "
    "`{{ item }}` and `{{ item.key }}` are the item.",
    "anyOf": [{"type": "array"}, _TABLES, _PLACEHOLDER],
}
_STEPS: Final[Schema] = {"type": "array", "items": {"$ref": "#/$defs/step"}, "minItems": 1}


def pipeline_schema(steps: StepCatalog, patterns: PatternCatalog | None = None) -> Schema:
    """Return the JSON Schema (2020-12) of a pipeline file.

    A step type of the project whose file cannot be used, and a pattern that has errors, are known by their names and
    take any property.

    Args:
        steps: The step types.
        patterns: The patterns; None if there is no project.
    """
    own = {name: _step_schema(steps, name) for name in steps.names()}
    uses = {pattern.name: _use_schema(pattern) for pattern in _found(patterns) if pattern.name not in own}
    schema = schema_of_steps({**own, **uses})
    definitions = schema["$defs"]
    for name, definition in definitions.items():
        if name.startswith("step."):
            definition["properties"]["for_each"] = _FOR_EACH
    definitions["group"] = _group_schema()
    step = definitions["step"]
    step.pop("required", None)
    step["if"] = {"required": ["steps"], "not": {"required": ["step_type"]}}
    step["then"] = {"$ref": "#/$defs/group"}
    step["else"] = {"required": ["step_type"]}
    return schema


def pattern_schema(steps: StepCatalog, patterns: PatternCatalog | None = None) -> Schema:
    """Return the JSON Schema (2020-12) of a pattern file; see `pipeline_schema`."""
    whole = pipeline_schema(steps, patterns)
    schema = PatternHeader.model_json_schema()
    definitions = {**whole["$defs"], **schema.pop("$defs", {})}
    properties = schema["properties"]
    properties["steps"] |= _STEPS
    type_alone = {"enum": list(_PARAMETER_TYPES), "description": "The type alone."}
    properties["parameters"] = {
        "description": properties["parameters"]["description"],
        "type": ["object", "null"],
        "additionalProperties": {"anyOf": [{"$ref": "#/$defs/Declaration"}, type_alone]},
    }
    return {"$schema": _DIALECT, **schema, "title": "Dataduct pattern", "$defs": definitions}


def settings_schema() -> Schema:
    """Return the JSON Schema (2020-12) of the settings file, with the options of each type of connection."""
    schema = Settings.model_json_schema()
    definitions: Schema = schema.setdefault("$defs", {})
    for section, registry in (
        ("warehouse", WAREHOUSES),
        ("storage", STORAGE),
        ("connections", CONNECTORS),
    ):
        options = _options_by_type(registry, section, definitions)
        place = schema["properties"][section]
        if section == "connections":
            place["additionalProperties"] = {**place.get("additionalProperties", {}), "allOf": options}
        else:
            place["allOf"] = options
    modes = schema["properties"].get("modes", {}).get("additionalProperties")
    if isinstance(modes, dict):
        schema["properties"]["modes"]["additionalProperties"] = {"$ref": "#"}
    return {"$schema": _DIALECT, **schema, "title": "Dataduct settings"}


def _options_by_type(registry: Registry, section: str, definitions: Schema) -> list[Schema]:
    """Return, for each type, which options it has where `type` says so."""
    found: list[Schema] = []
    for name in registry.names():
        model = registry.settings_model(name)
        if model is None:
            continue
        own = model.model_json_schema()
        for key, definition in own.pop("$defs", {}).items():
            definitions[f"{section}.{name}.{key}"] = definition
        options = with_references_below(own.get("properties", {}), f"{section}.{name}")
        definitions[f"{section}.{name}"] = {
            "properties": {key: _or(value, _REFERENCE) for key, value in options.items()}
        }
        chosen = {"properties": {"type": {"const": name}}, "required": ["type"]}
        found.append({"if": chosen, "then": {"$ref": f"#/$defs/{section}.{name}"}})
    return found


def _group_schema() -> Schema:
    """Return the schema of an entry whose `for_each` repeats steps that are written in place."""
    return {
        "type": "object",
        "description": "Steps that are repeated together.",
        "properties": {
            **_common_properties(),
            "for_each": _FOR_EACH,
            "steps": {"description": "The steps to repeat.", **_STEPS},
        },
        "required": ["for_each", "steps"],
        "additionalProperties": False,
    }


def _common_properties() -> Schema:
    common = StepProperties.model_json_schema()["properties"]
    return {name: common[name] for name in USE_PROPERTIES if name in common}


def _step_schema(steps: StepCatalog, name: str) -> Schema:
    try:
        step = steps.find(name)
    except DataductError as error:
        return {"type": "object", "description": f"This step type cannot be used: {error.message}."}
    schema = step.properties.model_json_schema()
    properties = {key: _or(value, _PLACEHOLDER) for key, value in schema.get("properties", {}).items()}
    return {**schema, "description": step.summary, "properties": properties}


def _found(patterns: PatternCatalog | None) -> list[Pattern]:
    found = [patterns.find(name) for name in patterns.names()] if patterns is not None else []
    return [pattern for pattern in found if pattern is not None]


def _use_schema(pattern: Pattern) -> Schema:
    """Return the schema of a step that uses `pattern`: its parameters, and what every step has."""
    parameters = {name: _parameter_schema(each) for name, each in pattern.parameters.items()}
    properties = {**parameters, **_common_properties()}
    return {
        "type": "object",
        "description": pattern.description or f"The pattern of {pattern.file}.",
        "properties": {name: _or(each, _PLACEHOLDER) for name, each in properties.items()},
        "required": [name for name, each in pattern.parameters.items() if each.required],
        "additionalProperties": not pattern.usable,
    }


def _parameter_schema(parameter: Parameter) -> Schema:
    schema = {"enum": list(parameter.choices)} if parameter.choices else _PARAMETER_TYPES[parameter.type]
    default = None if parameter.default is None else plain(parameter.default)
    described = {**schema, "description": parameter.description or f"The parameter `{parameter.name}`."}
    return described if default is None else {**described, "default": default}


def _or(schema: Schema, text: Schema) -> Schema:
    """Return the schema of a value that may also be a text of the schema `text`, whatever its type is."""
    kind = schema.get("type")
    if isinstance(kind, str) and kind in _NOT_TEXT and "enum" not in schema:
        return {**schema, "type": [kind, "string"], "pattern": text["pattern"]}
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], text]}
    if "enum" in schema or "const" in schema or "$ref" in schema:
        about = {key: schema[key] for key in schema if key in ("title", "description", "default", "examples")}
        rest = {key: value for key, value in schema.items() if key not in about}
        return {**about, "anyOf": [rest, text]}
    return schema
