"""Every setting says what it is, in the schema that editors read."""

from typing import Any

from dataduct.codes.settings import ENTRIES
from dataduct.config.settings import EngineSettings, Settings


def test_every_setting_has_a_description() -> None:
    schema = Settings.model_json_schema()
    sections = {"Settings": schema, **schema["$defs"]}
    undescribed = [
        f"{name}.{key}"
        for name, section in sections.items()
        for key, field in section["properties"].items()
        if not field.get("description")
        and not schema["$defs"][field["$ref"].rsplit("/", 1)[-1]]["description"]
    ]
    assert undescribed == []


def test_the_schema_says_durations_as_they_are_written() -> None:
    schema: dict[str, Any] = Settings.model_json_schema()
    engine = schema["$defs"]["EngineSettings"]["properties"]
    assert engine["retry_delay"]["type"] == ["string", "number"]
    assert engine["retry_delay"]["default"] == "5 seconds"
    assert schema["properties"]["warehouse"]["anyOf"][0]["properties"]["type"]["default"] == "duckdb"
    assert schema["additionalProperties"] is False


def test_defaults_written_in_the_schema_are_the_defaults() -> None:
    schema = Settings.model_json_schema()
    written = {
        name: field["default"]
        for name, field in schema["$defs"]["EngineSettings"]["properties"].items()
        if "default" in field
    }
    assert EngineSettings.model_validate(written) == EngineSettings()


def test_codes_are_of_this_group_and_say_what_to_do() -> None:
    assert [entry.code for entry in ENTRIES] == sorted({entry.code for entry in ENTRIES})
    assert all(entry.code.startswith("DD6") and entry.meaning and entry.remedy for entry in ENTRIES)
