"""The step types that run commands and scripts of the user's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import RunCommand, StagedInput, StagedOutput
from dataduct.steps.context import StepSettings

Lower = Callable[..., Any]
WHOLE_OUTPUT = StagedOutput(dataset=DatasetRef("step", "step"), variable="OUTPUT1_STAGING_DIR")


def staged_input(name: str, number: int = 1, subdirectory: str | None = None) -> StagedInput:
    return StagedInput(
        dataset=DatasetRef(name, name), variable=f"INPUT{number}_STAGING_DIR", subdirectory=subdirectory
    )


def test_a_command_runs_as_written(lower: Lower) -> None:
    yaml = r"command: sed 's/\\n/NULL/g' $INPUT1_STAGING_DIR/* > ${OUTPUT1_STAGING_DIR}/x"
    assert lower("transform", yaml, inputs={"a": None}).operation == RunCommand(
        command=r"sed 's/\\n/NULL/g' $INPUT1_STAGING_DIR/* > ${OUTPUT1_STAGING_DIR}/x",
        inputs=(staged_input("a"),),
        outputs=(WHOLE_OUTPUT,),
    )


def test_a_script_is_an_absolute_path(lower: Lower, project: Path) -> None:
    yaml = """
        script: scripts/clean_courses.py
        script_arguments: [--input=INPUT1_STAGING_DIR, --output=OUTPUT1_STAGING_DIR]
        resource_type: emr
    """
    assert lower("transform", yaml).operation == RunCommand(
        script=f"{project}/scripts/clean_courses.py",
        arguments=("--input=INPUT1_STAGING_DIR", "--output=OUTPUT1_STAGING_DIR"),
        outputs=(WHOLE_OUTPUT,),
    )


def test_a_script_directory_comes_with_its_script(lower: Lower, project: Path) -> None:
    operation = lower("transform", "script_directory: scripts/\nscript_name: clean_courses.py").operation
    assert operation.script_directory == f"{project}/scripts"
    assert operation.script == f"{project}/scripts/clean_courses.py"


def test_several_inputs_lie_in_subdirectories_of_one_directory(lower: Lower) -> None:
    operation = lower("transform", "command: ls", inputs={"step1": "script", "step2": "directory"}).operation
    assert operation.inputs == (
        staged_input("step1", 1, "script"),
        staged_input("step2", 1, "directory"),
    )


def test_inputs_without_subdirectory_have_directories_of_their_own(lower: Lower) -> None:
    operation = lower("transform", "command: ls", inputs={"a": None, "b": "x", "c": None, "d": "y"}).operation
    assert operation.inputs == (
        staged_input("a", 1),
        staged_input("b", 2, "x"),
        staged_input("c", 3),
        staged_input("d", 2, "y"),
    )


def test_no_input_stages_nothing(lower: Lower) -> None:
    assert lower("transform", "command: ls\nno_input: true", inputs={"a": None}).operation.inputs == ()


def test_no_output_writes_nothing(lower: Lower, step_type: Callable[[str], Any]) -> None:
    assert lower("transform", "command: ls\nno_output: true").operation.outputs == ()
    transform = step_type("transform")
    properties = transform.properties(command="ls", no_output=True)
    assert transform.output_nodes(properties, "step") == ()


@pytest.mark.parametrize(
    ("output_node", "expected"),
    [
        ("abc", [("abc", None)]),
        ("[abc]", [("abc", "abc")]),
        ("[step2_a, step2_b]", [("step2_a", "step2_a"), ("step2_b", "step2_b")]),
    ],
)
def test_a_name_is_the_whole_output_and_a_list_its_subdirectories(
    output_node: str, expected: list[tuple[str, str | None]], lower: Lower, step_type: Callable[[str], Any]
) -> None:
    operation = lower("transform", f"command: ls\noutput_node: {output_node}").operation
    assert [(output.dataset.node, output.subdirectory) for output in operation.outputs] == expected
    assert {output.variable for output in operation.outputs} == {"OUTPUT1_STAGING_DIR"}
    transform = step_type("transform")
    node: Any = [name for name, _ in expected] if "[" in output_node else output_node
    properties = transform.properties(command="ls", output_node=node)
    assert transform.output_nodes(properties, "step") == tuple(name for name, _ in expected)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--all", ("--all",)),
        ("[a, 5, 1.10, true, 010, 2026-01-01, '']", ("a", "5", "1.10", "true", "010", "2026-01-01", "")),
        ("{a: b, limit: 5, dry-run: }", ("--a=b", "--limit=5", "--dry-run")),
        ("[x, {a: b, c: 1}, y]", ("x", "--a=b", "--c=1", "y")),
        ("['--day={{ run_date }}']", ("--day={{ run_date }}",)),
    ],
)
def test_script_arguments(arguments: str, expected: tuple[str, ...], lower: Lower) -> None:
    assert lower("transform", f"command: ls\nscript_arguments: {arguments}").operation.arguments == expected


@pytest.mark.parametrize(
    ("yaml", "code", "message"),
    [
        (
            "name: x",
            "DD210",
            "give exactly one of `command`, `script`, `script_uri` and `script_directory`; none is given",
        ),
        (
            "command: x\nscript: y",
            "DD210",
            "give exactly one of `command`, `script`, `script_uri` and `script_directory`; "
            "`command` and `script` are given",
        ),
        ("script_directory: scripts", "DD211", "`script_directory` needs `script_name`"),
        ("command: x\nscript_name: y", "DD211", "`script_name` needs `script_directory`"),
        ("script_uri: scripts/x.sh", "DD860", "`scripts/x.sh` is no S3 URI"),
        ("script_uri: s3://bucket/dir/", "DD860", "`s3://bucket/dir/` is a directory and no file"),
        ("{command: x, additional_s3_files: [rules.json]}", "DD860", "`rules.json` is no S3 URI"),
        (
            "{script_uri: 's3://bucket/x.sh', s3_connection: school}",
            "DD862",
            "connection `school` is of type sqlite and leads to no bucket",
        ),
        ("script: scripts", "DD206", "`scripts` is a directory, not a script"),
        ("script: scripts/nope.py", "DD205", "`scripts/nope.py` does not exist"),
        (
            "script_directory: data/courses.tsv\nscript_name: x",
            "DD206",
            "`data/courses.tsv` is not a directory",
        ),
        ("script_directory: scripts\nscript_name: nope.py", "DD205", "`nope.py` is not a file in `scripts`"),
        ("script_directory: scripts\nscript_name: ../x", "DD211", "`../x` lies outside `script_directory`"),
        ("command: x\nscript_arguments: 5", "DD212", "`script_arguments` is a list, not `5`; write `[5]`"),
        ("command: x\nscript_arguments: [a, ]\nfoo: bar", "DD201", "transform has no property `foo`"),
        (
            "command: x\nscript_arguments: [a, ~]",
            "DD212",
            "argument 2 is empty; write `''` for an empty text",
        ),
        ("command: x\nscript_arguments: [[a]]", "DD212", "argument 1 is a list, not a text or number"),
        (
            "command: x\nscript_arguments: {a: [1]}",
            "DD212",
            "the value of the option `a` is not a text or number",
        ),
        ("command: x\noutput_node: []", "DD217", "`output_node` is an empty list"),
        ("command: x\noutput_node: [a, a]", "DD217", "the output node `a` stands twice"),
        ("command: x\noutput_node: [a/b]", "DD217", "`a/b` cannot be the name of a directory"),
        (
            "command: x\noutput_node: a\nno_output: true",
            "DD211",
            "`output_node` names a dataset and `no_output` says there is none",
        ),
        ("command: ''", "DD242", None),
    ],
)
def test_transform_refuses(yaml: str, code: str, message: str | None, lower: Lower) -> None:
    lowered = lower("transform", yaml)
    assert lowered.operation is None
    assert lowered.only_problem.code == code
    assert message is None or lowered.only_problem.message == message


def test_a_script_and_files_in_s3(lower: Lower) -> None:
    operation = lower(
        "transform",
        """
        script_uri: s3://bucket/{S3_BASE_PATH}/clean.py
        additional_s3_files: ["s3://bucket/rules/", "s3://bucket/{S3_BASE_PATH}/names.txt"]
        script_arguments: ["{S3_BASE_PATH}/x", {a: "{S3_BASE_PATH}"}]
        s3_connection: lake
        """,
        settings=StepSettings(s3_base_path="dev"),
    ).operation
    assert isinstance(operation, RunCommand)
    assert operation.script_uri == "s3://bucket/dev/clean.py"
    assert operation.files == ("s3://bucket/rules/", "s3://bucket/dev/names.txt")
    assert operation.arguments == ("dev/x", "--a=dev")
    assert operation.connection == "lake"


def test_a_base_path_that_the_settings_do_not_have_is_told(lower: Lower) -> None:
    lowered = lower("transform", "{command: ls, script_arguments: ['{S3_BASE_PATH}/x']}")
    assert (lowered.only_problem.code, lowered.only_problem.severity) == ("DD260", "warning")
    assert lowered.operation.arguments == ("/x",)


def test_the_keys_of_a_mapping_are_output_nodes(lower: Lower) -> None:
    operation = lower("transform", "{command: ls, output_node: {a: , b: x}}").operation
    assert [output.subdirectory for output in operation.outputs] == ["a", "b"]


def test_a_resource_type_in_capitals_is_answered_with_the_nearest(lower: Lower) -> None:
    lowered = lower("transform", "command: x\nresource_type: EMR")
    problem = lowered.only_problem
    assert (problem.code, problem.severity, problem.hint) == ("DD265", "warning", "did you mean `emr`?")
    assert lowered.operation is not None


@pytest.mark.parametrize("subdirectory", ["../x", "/x", ".", ""])
def test_a_subdirectory_lies_in_the_staging_directory(subdirectory: str, lower: Lower) -> None:
    lowered = lower("transform", "command: ls", inputs={"a": subdirectory})
    assert lowered.operation is None
    assert lowered.only_problem.code == "DD217"


def test_two_inputs_do_not_share_a_subdirectory(lower: Lower) -> None:
    problem = lower("transform", "command: ls", inputs={"a": "x", "b": "x/"}).only_problem
    assert problem.message == "the subdirectory `x/` stands twice"


def test_qa_transform_is_a_check_that_knows_its_name(lower: Lower) -> None:
    yaml = "command: test -s $1\nscript_arguments: [x]\nsns_topic_arn: arn:aws:sns:x:y:z"
    assert lower("qa-transform", yaml, inputs={"a": None}).operation == RunCommand(
        command="test -s $1",
        arguments=("x", "--test_name=courses.step"),
        inputs=(staged_input("a"),),
        is_check=True,
    )


@pytest.mark.parametrize("name", ["no_output: true", "resource_type: ec2"])
def test_qa_transform_writes_no_dataset(name: str, lower: Lower) -> None:
    assert lower("qa-transform", f"command: x\n{name}").only_problem.code == "DD201"
