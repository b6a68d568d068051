"""Files and names that cannot be used: each is told with its place and the nearest fix, and nothing runs."""

from collections.abc import Callable, Mapping

import pytest

from projects import Project

SQL = "step_type: sql-command\nname: one\ncommand: SELECT 1"
THING = "step_type: my-thing\nname: thing"
STEP = """\
from dataduct.steps import Step, SubStep


class MyThing(Step):
    @classmethod
    def expand(cls, properties):
        {body}
"""
FOREVER = """\
number = 0
        while True:
            number += 1
            yield SubStep(f"{number}", "sql-command", {"command": "SELECT 1"})"""

WAYS: Mapping[str, tuple[str, Mapping[str, str], Mapping[str, str]]] = {
    "step_file_that_is_a_circular_link": (THING, {}, {"steps/my_thing.py": "my_thing.py"}),
    "step_file_without_a_step_type": (THING, {"steps/my_thing.py": "ROOT = 1\n"}, {}),
    "step_file_with_another_step_type": (
        THING,
        {"steps/my_thing.py": STEP.format(body="return []").replace("MyThing", "Sales")},
        {},
    ),
    "step_type_that_expands_to_nothing": (THING, {"steps/my_thing.py": STEP.format(body="return []")}, {}),
    "step_type_that_expands_to_a_number": (THING, {"steps/my_thing.py": STEP.format(body="return 5")}, {}),
    "step_type_that_expands_without_end": (THING, {"steps/my_thing.py": STEP.format(body=FOREVER)}, {}),
    "hook_that_is_a_circular_link": (SQL, {"hooks/_kept.py": ""}, {"hooks/connect.py": "connect.py"}),
    "hook_that_is_a_directory": (SQL, {"hooks/connect.py/file": ""}, {}),
    "hooks_that_are_a_file": (SQL, {"hooks": "x"}, {}),
    "hooks_that_are_not_there": (SQL, {"dataduct.yml": "hooks: {path: hoks}\n"}, {}),
    "settings_that_are_a_circular_link": (SQL, {}, {"dataduct.yml": "dataduct.yml"}),
    "settings_that_are_a_link_to_nothing": (SQL, {}, {"dataduct.yml": "../gone.yml"}),
    "table_definition_that_is_a_link_to_nothing": (
        "step_type: create-load\nname: load\ninput_path: data\ntable_definition: tables/prod.books.sql",
        {"data/books.tsv": "1\n", "tables/.kept": ""},
        {"tables/prod.books.sql": "../gone.sql"},
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_said_of_it(empty: Project, golden: Callable[[str, str], None], way: str) -> None:
    step, files, links = WAYS[way]
    empty.write(files)
    file = empty.pipeline("p", step)
    for name, target in links.items():
        (empty.root / name).parent.mkdir(exist_ok=True)
        (empty.root / name).symlink_to(target)

    ended = empty("run", file)

    assert ended.exit_code == 2
    assert not (empty.root / "warehouse.duckdb").exists()
    golden(f"endtoend/unusable_files/{way}.txt", empty.transcript(ended))


@pytest.mark.parametrize(
    "settings",
    [
        "connections:\n  shop: {type: mysql, port: 1, password: hunter2secret, port: 2}\n",
        "connections:\n  shop: {type: mysql, password: 'hunter2secret', host: [}\n",
        "connections:\n  shop: mysql://reader:hunter2secret@h/d\n\tother: 5\n  shop: mysql://reader:hunter2secret@h/e\n",
        "[mysql]\nPASSWORD = hunter2secret\n",
        "a: b: mysql://reader:hunter2secret@h/d\n",
    ],
)
@pytest.mark.parametrize("command", [("run", "p"), ("config", "show"), ("config", "validate")])
def test_settings_that_cannot_be_read_show_no_secret(
    empty: Project, settings: str, command: tuple[str, ...]
) -> None:
    empty.write({"dataduct.yml": settings})
    ended = empty(*command)
    assert ended.exit_code == 2
    assert "dataduct.yml:" in ended.text
    assert "hunter2secret" not in ended.text


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("", "`` is not lower-case words", "call it `my-step`"),
        ("5x", "`5x` is not lower-case words", "call it `my-step`"),
        ("My_Step", "`My_Step` is not lower-case words", "call it `my-step`"),
        ("a" * 300, "`aaaaaaaaaaaaaaaaaaaa…` is longer than 100 characters", "call it something shorter"),
    ],
)
def test_names_that_no_new_step_type_can_have(empty: Project, name: str, message: str, hint: str) -> None:
    ended = empty("steps", "new", name)
    assert ended.exit_code == 2
    assert message in ended.stderr
    assert f"hint: {hint}" in ended.stderr
    assert list(empty.root.iterdir()) == []


def test_a_new_step_type_where_a_file_is_in_the_way(empty: Project) -> None:
    empty.write({"steps": "x"})
    ended = empty("steps", "new", "copy-table")
    assert ended.exit_code == 1
    assert f"{empty.root}/steps cannot be made: a file is where a directory is needed" in ended.stderr
    assert (empty.root / "steps").read_text() == "x"


def test_settings_that_cannot_be_read_are_not_migrated(empty: Project) -> None:
    empty.write({"original/dataduct.cfg": "etl: [\n"})
    ended = empty("migrate", "original", "--write")
    assert ended.exit_code == 2
    assert "original/dataduct.cfg:1:6" in ended.stderr
    assert not (empty.root / "original" / "dataduct.yml").exists()


@pytest.mark.parametrize(
    ("files", "mapper", "hint"),
    [
        ({"map": "cat\n"}, "map", "make the script executable"),
        ({}, "no_such_program -x", "install the program, or correct its name"),
    ],
)
def test_a_mapper_that_cannot_be_started(
    empty: Project, files: Mapping[str, str], mapper: str, hint: str
) -> None:
    empty.write({"in/lines.txt": "b\na\n", **files})
    file = empty.pipeline("p", f"step_type: emr-streaming\nname: words\ninput_path: in\nmapper: {mapper}")
    ended = empty("run", file)
    assert ended.exit_code == 1
    assert "error[DD872]: the mapper of map 0 could not be started" in ended.stderr
    assert f"hint: {hint}" in ended.stderr


def test_a_pipeline_waited_for_that_has_never_run(empty: Project) -> None:
    wait = "step_type: pipeline-dependencies\nname: wait\ngive_up_after: 0.1 seconds\ndependent_pipelines: [nightli]"
    assert empty("run", empty.pipeline("nightly", SQL)).exit_code == 0
    ended = empty("run", empty.pipeline("p", wait))
    assert ended.exit_code == 1
    assert "no run of `nightli` is known at all: did you mean `nightly`?" in ended.stderr


def test_the_list_of_step_types_tells_of_a_pattern_called_like_one(empty: Project) -> None:
    empty.write({"patterns/upsert.yaml": "steps:\n- {step_type: sql-command, command: SELECT 1}\n"})
    listed = empty("steps")
    assert listed.exit_code == 0
    [row] = [each for each in listed.stdout.splitlines() if "patterns/upsert.yaml" in each]
    assert row.endswith("cannot be used: a step type has the same name; rename the file")
