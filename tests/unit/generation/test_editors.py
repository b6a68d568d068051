"""Where editors find the schemas."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.errors import StorageError
from dataduct.generation.editors import (
    editor_settings,
    schema_globs,
    schema_of_file,
    with_modeline,
    write_modeline,
)

GLOBS = {".dataduct/schemas/pipeline.json": ["pipelines/*.yaml"]}
LINE = "# yaml-language-server: $schema=s.json\n"
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=8,
)


def test_settings_are_made_where_there_are_none() -> None:
    wanted = editor_settings(None, GLOBS)
    assert wanted.changed
    assert json.loads(wanted.text or "") == {"yaml.schemas": GLOBS}


@given(st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=5), st.sampled_from([None, 2, 4, "\t"]))
def test_what_is_there_stays_in_its_order(settings: dict[str, object], indent: int | str | None) -> None:
    before = json.dumps(settings, indent=indent, ensure_ascii=False)
    after = editor_settings(before, GLOBS)
    found = json.loads(after.text or "")
    assert [key for key in found if key != "yaml.schemas"] == list(settings)
    assert {key: found[key] for key in settings} == settings
    assert found["yaml.schemas"] == GLOBS
    assert editor_settings(after.text, GLOBS) == type(after)(
        after.text, changed=False, addition=after.addition
    )


def test_globs_that_are_there_stay() -> None:
    before = json.dumps(
        {"yaml.schemas": {"other.json": "x.yaml", ".dataduct/schemas/pipeline.json": "mine/*.yaml"}}
    )
    assert json.loads(editor_settings(before, GLOBS).text or "")["yaml.schemas"] == {
        "other.json": "x.yaml",
        ".dataduct/schemas/pipeline.json": ["mine/*.yaml", "pipelines/*.yaml"],
    }


@pytest.mark.parametrize(
    "before",
    [
        '{\n  // mine\n  "a": 1\n}',
        '{"a": 1,}',
        "[1]",
        '{"a": 1, "a": 2}',
        '{"yaml.schemas": []}',
        "{",
    ],
    ids=["comment", "comma", "list", "twice", "other kind", "broken"],
)
def test_what_is_no_plain_json_is_left_alone(before: str) -> None:
    wanted = editor_settings(before, GLOBS)
    assert wanted.text is None
    assert not wanted.changed
    assert json.loads(wanted.addition) == {"yaml.schemas": GLOBS}


def test_globs_follow_the_directories_of_patterns(tmp_path: Path) -> None:
    globs = schema_globs(tmp_path, [tmp_path / "shapes", Path("/elsewhere")])
    assert globs == {
        ".dataduct/schemas/pipeline.json": ["pipelines/*.yaml", "pipelines/*.yml"],
        ".dataduct/schemas/pattern.json": ["shapes/*.yaml", "shapes/*.yml"],
        ".dataduct/schemas/settings.json": ["dataduct.yml", "dataduct.yaml"],
    }
    assert schema_of_file(tmp_path / "shapes" / "a.yaml", [tmp_path / "shapes"]) == "pattern"
    assert schema_of_file(tmp_path / "dataduct.yml", []) == "settings"
    assert schema_of_file(tmp_path / "pipelines" / "a.yaml", [tmp_path / "shapes"]) == "pipeline"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("name: x\n", LINE + "name: x\n"),
        ("", LINE),
        ("# yaml-language-server: $schema=old.json\nname: x\n", LINE + "name: x\n"),
        ("# mine\n#yaml-language-server: $schema=old.json\nname: x\n", "# mine\n" + LINE + "name: x\n"),
        ("name: x\r\n", LINE.replace("\n", "\r\n") + "name: x\r\n"),
        ("\ufeffname: x\n", "\ufeff" + LINE + "name: x\n"),
        ("name: x\n" + LINE, LINE + "name: x\n" + LINE),
    ],
    ids=["plain", "empty", "old", "behind a comment", "windows", "mark", "not at the beginning"],
)
def test_the_first_line_names_the_schema(before: str, after: str) -> None:
    assert with_modeline(before, "s.json") == after
    assert with_modeline(after, "s.json") == after


def test_the_schema_is_named_from_the_file_s_directory(tmp_path: Path) -> None:
    file = tmp_path / "pipelines" / "x.yaml"
    file.parent.mkdir()
    file.write_text("name: x\n")
    schema = tmp_path / ".dataduct" / "schemas" / "pipeline.json"
    assert write_modeline(file, schema)
    assert file.read_text() == "# yaml-language-server: $schema=../.dataduct/schemas/pipeline.json\nname: x\n"
    assert not write_modeline(file, schema)


def test_a_file_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(StorageError) as caught:
        write_modeline(tmp_path / "x.yaml", tmp_path / "s.json")
    assert caught.value.code == "DD886"
