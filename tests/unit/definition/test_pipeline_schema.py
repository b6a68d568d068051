"""The JSON Schema for editors."""

from typing import Any

from pydantic import BaseModel, Field

from dataduct.definition.header import PipelineHeader
from dataduct.definition.schema import pipeline_schema


class Mode(BaseModel):
    size: int = Field(description="How large.")


class Copying(BaseModel):
    source: str = Field(description="Where from.")
    mode: Mode | None = None


def schema() -> dict[str, Any]:
    return pipeline_schema({"copy": Copying.model_json_schema(), "move": Copying.model_json_schema()})


def test_every_key_of_a_pipeline_is_described() -> None:
    properties = schema()["properties"]
    assert set(properties) == set(PipelineHeader.model_fields)
    assert all(body.get("description") for body in properties.values())
    assert schema()["required"] == ["name", "steps"]


def test_a_step_is_chosen_by_its_type() -> None:
    definitions = schema()["$defs"]
    assert definitions["step"]["properties"]["step_type"]["enum"] == ["copy", "move"]
    choice = definitions["step"]["allOf"][0]
    assert choice["if"]["properties"]["step_type"] == {"const": "copy"}
    assert choice["then"] == {"$ref": "#/$defs/step.copy"}
    step = definitions["step.copy"]
    assert step["required"] == ["step_type", "source"]
    assert step["properties"]["source"]["description"] == "Where from."


def test_text_may_be_written_as_a_number() -> None:
    assert schema()["$defs"]["step.copy"]["properties"]["source"]["type"] == ["string", "number"]
    assert schema()["properties"]["name"]["type"] == ["string", "number"]


def test_every_reference_leads_somewhere() -> None:
    whole = schema()

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [found for item in value.values() for found in references(item)]
        return [found for item in value for found in references(item)] if isinstance(value, list) else []

    found = references(whole)
    assert "#/$defs/copy.Mode" in found
    assert all(reference.removeprefix("#/$defs/") in whole["$defs"] for reference in found)
