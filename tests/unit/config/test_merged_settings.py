"""All settings files as one text: reading it gives what they say together."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.config.effective import duration_text
from dataduct.config.layers import USER_VARIABLE
from dataduct.config.merged import merged_settings, secrets_written, yaml_text
from dataduct.config.project import open_project
from dataduct.definition.durations import parse_duration
from dataduct.definition.tree import MappingNode, at_position, plain
from dataduct.definition.yaml import parse_yaml
from dataduct.model.position import Position

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(10**12), 10**12) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(bool), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), VALUES, min_size=1, max_size=4))
def test_any_settings_are_read_again_as_they_are(values: dict[str, object]) -> None:
    tree = at_position(values, Position("x"))
    assert isinstance(tree, MappingNode)
    assert plain(parse_yaml(yaml_text(tree), "x")) == values


@pytest.mark.parametrize(
    "text", ["1.50", "'010'", "010", "10:30", "1_000", "2026-01-01", "yes", "'yes'", "~"]
)
def test_values_stay_as_they_are_written(text: str) -> None:
    tree = parse_yaml(f"a: {text}\n", "x")
    again = parse_yaml(yaml_text(tree), "x")
    assert plain(again) == plain(tree)
    before, after = tree.entries["a"], again.entries["a"]
    assert getattr(before, "value", 0) is None or getattr(after, "text", 1) == getattr(before, "text", 2)


@given(st.integers(0, 10**9))
def test_a_length_of_time_is_read_again_as_it_is(seconds: int) -> None:
    assert parse_duration(duration_text(float(seconds))) == seconds


def test_a_mode_of_several_files_keeps_what_it_unsets(tmp_path: Path) -> None:
    user = tmp_path / "user.cfg"
    user.write_text(
        "mysql: {shop: {HOST: db, USERNAME: me, PORT: 3307}}\nlive: {mysql: {shop: {HOST: live}}}\n",
        encoding="utf-8",
    )
    (tmp_path / "dataduct.yml").write_text(
        "modes: {live: {connections: {shop: {port: null}}}}\n", encoding="utf-8"
    )
    environment = {USER_VARIABLE: str(user)}
    project = open_project(tmp_path, mode="live", environment=environment)
    copy = tmp_path / "copy"
    copy.mkdir()
    text = yaml_text(merged_settings(project, environment))
    (copy / "dataduct.yml").write_text(text, encoding="utf-8")
    again = open_project(copy, mode="live", environment={})
    assert again.settings.connections == project.settings.connections
    assert "port" not in again.settings.connections["shop"]


def test_secrets_are_found_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "dataduct.yml").write_text(
        "connections: {a: {type: mysql, user: me, password: hunter2}, b: 'mysql://me:${env:P}@h'}\n"
        "runs: {path: 'postgresql://me:hunter2@h/runs'}\n"
        "variables: {api_key: k-1, day: x}\n"
        "bootstrap: {ec2: [{step_type: transform, command: 'load mysql://me:hunter2@h'}]}\n",
        encoding="utf-8",
    )
    found = secrets_written(merged_settings(open_project(tmp_path, environment={}), {}))
    assert [(setting, place.line) for setting, place in found] == [
        ("connections.a.password", 1),
        ("runs.path", 2),
        ("variables.api_key", 3),
        ("bootstrap.ec2", 4),
    ]
