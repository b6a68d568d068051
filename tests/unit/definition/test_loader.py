"""Pipeline files: what the header says, and what is made of files that are partly wrong."""

from datetime import time
from pathlib import Path

import pytest

from dataduct.definition.loader import load_pipeline, parse_pipeline
from dataduct.definition.pipeline import PipelineDefinition
from dataduct.definition.tree import plain
from dataduct.model.problem import Problem
from dataduct.model.schedule import Schedule


def loaded(text: str) -> PipelineDefinition:
    definition, problems = parse_pipeline(text, "p.yaml")
    assert problems == []
    assert definition is not None
    return definition


def problems_of(text: str) -> list[Problem]:
    return parse_pipeline(text, "p.yaml")[1]


def test_everything_a_header_can_say() -> None:
    definition = loaded(
        "name: a.b/c\nfrequency: daily\nload_time: 10:30\ntime_delta: 2\ndescription: d\nmax_retries: 3\n"
        "timeout: 1h30m\ntopic_arn: arn:x\nvariables: {region: eu, day: 010}\n"
        "ec2_resource_config: {instance_type: m1.large, terminate_after: 6 Hours}\n"
        "emr_cluster_config: {num_instances: 1, ami_version: 3.7, bootstrap: {string: x}}\n"
        "bootstrap:\n  ec2:\n  - step_type: transform\n    command: x\n"
        "teardown: {step_type: sql-command, command: y}\n"
        "steps:\n- step_type: extract-rds\n  name: e\n"
    )
    assert definition.name == "a.b/c"
    assert definition.schedule == Schedule("daily", time(10, 30))
    assert (definition.max_retries, definition.timeout_seconds) == (3, 5400)
    assert {name: plain(node) for name, node in definition.variables.items()} == {
        "region": "eu",
        "day": "010",
    }
    assert definition.bootstrap["ec2"][0].step_type == "transform"
    assert definition.teardown is not None
    assert definition.teardown.step_type == "sql-command"
    (step,) = definition.steps
    assert (step.step_type, plain(step.properties)) == ("extract-rds", {"name": "e"})
    assert (step.position.line, step.type_position.column) == (18, 14)


def test_what_a_header_need_not_say() -> None:
    definition = loaded("name: 5\nsteps: []\nload_time:\nfrequency: ~\nteardown:\nbootstrap:\nvariables:\n")
    assert definition.name == "5"
    assert definition.schedule == Schedule("one-time", time(1, 0))
    assert definition.steps == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [("10:30", time(10, 30)), ("'1:00'", time(1, 0)), ("08:09", time(8, 9)), ("10:30:00", time(10, 30))],
)
def test_load_times(written: str, meant: time) -> None:
    assert loaded(f"name: a\nload_time: {written}\nsteps: []").schedule.load_time == meant


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("5", "write 05:00"),
        ("'5'", "write 05:00"),
        ("0", "write 00:00"),
        ("1.5", "write hours and minutes, such as 10:30"),
        ("24:00", "write 00:00 for midnight"),
        ("10:60", None),
        ("'１:00'", "write hours and minutes, such as 10:30"),
    ],
)
def test_load_times_that_are_no_times_of_day(written: str, hint: str | None) -> None:
    (problem,) = problems_of(f"name: a\nload_time: {written}\nsteps: []")
    assert (problem.code, problem.hint) == ("DD245", hint)


def test_good_steps_survive_the_problems_around_them() -> None:
    definition, problems = parse_pipeline(
        "nme: x\nfrequency: daily\nload_time: 99:99\nmax_retries: 2\nsteps:\n- a\n- step_type: upsert\n",
        "orders.yaml",
    )
    assert [problem.code for problem in problems] == ["DD202", "DD201", "DD245", "DD243"]
    assert definition is not None
    assert definition.name == "orders"
    assert definition.schedule == Schedule("daily", time(1, 0))
    assert definition.max_retries == 2
    assert [step.step_type for step in definition.steps] == ["upsert"]


@pytest.mark.parametrize("text", ["name: a\n", "name: a\nsteps:\n", "name: a\nsteps: [x]\n", "name: [\n", ""])
def test_nothing_is_made_of_a_file_without_steps(text: str) -> None:
    definition, problems = parse_pipeline(text, "p.yaml")
    assert definition is None
    assert problems


def test_unknown_keys_of_the_ec2_configuration_are_a_warning() -> None:
    definition, (problem,) = parse_pipeline("name: a\nec2_resource_config: {foo: 1}\nsteps: []", "p.yaml")
    assert definition is not None
    assert (problem.code, problem.severity) == ("DD249", "warning")


def test_aliases_give_each_step_its_own_properties() -> None:
    definition = loaded("name: a\nsteps:\n- &s {step_type: upsert, source: x}\n- {<<: *s, source: y}\n")
    assert [plain(step.properties) for step in definition.steps] == [{"source": "x"}, {"source": "y"}]


def test_only_yaml_files_are_pipeline_files(tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_text("name: a\nsteps: []\n")
    definition, (problem,) = load_pipeline(path)
    assert definition is None
    assert (problem.code, problem.hint) == ("DD123", "rename the file")
    yml = path.rename(tmp_path / "p.yml")
    definition, problems = load_pipeline(yml)
    assert definition is not None
    assert problems == []
    assert definition.file == str(yml)
