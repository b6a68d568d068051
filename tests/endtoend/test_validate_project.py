"""`dataduct validate` on a whole project: its pipelines, patterns, step types and hooks."""

import pytest

from projects import Project

PATTERN = """\
parameters:
  table: table-definition
  host: {default: school}
  rows: {type: whole-number, default: null}
steps:
- step_type: extract-rds
  name: extract
  host_name: "{{ param.host }}"
  sql: SELECT {{ param.table.columns | quoted(param.host) }} FROM courses
- step_type: create-load
  name: load
  table_definition: "{{ param.table }}"
- for_each: [a, b]
  steps:
  - step_type: sql-command
    command: SELECT {{ item }}, {{ param.rows }}
"""
BROKEN = """\
parameters: {table: text}
steps:
- step_type: extract-rdss
  host_name: "{{ param.table }}"
- step_type: sql-command
  comand: SELECT {{ param.table }}
- step_type: sql-command
  command: SELECT 1
  max_retries: many
"""
KEEP = """\
from dataduct.steps import Field, Step, StepProperties, SubStep


class Keep(Step):
    class Properties(StepProperties):
        keep: int = Field({default})

    @classmethod
    def expand(cls, properties):
        {body}
"""
BODY = 'return [SubStep("", "sql-command", {"command": "SELECT 1"})]'


def test_a_good_project_is_valid(school: Project) -> None:
    school.write({"patterns/unused.yaml": PATTERN, "steps/k.py": KEEP.format(default=1, body=BODY)})
    told = school("validate")
    assert (told.exit_code, told.text) == (0, "valid: 1 pipeline file and 1 pattern\n")
    assert school("validate", "pipelines").stdout == "valid: 1 pipeline file\n"
    assert school("validate", "patterns/unused.yaml").stdout == "valid: 1 pattern\n"


def test_a_broken_pattern_that_nobody_uses_is_found(school: Project) -> None:
    school.write({"patterns/good.yaml": PATTERN, "patterns/unused.yaml": BROKEN})
    for arguments in ((), ("patterns/unused.yaml",), ("patterns",)):
        told = school("validate", *arguments, "--format", "json")
        assert told.exit_code == 2
        found = [(problem["code"], problem["line"]) for problem in told.document()["problems"]]
        assert found == [("DD501", 3), ("DD201", 6), ("DD203", 9)]
    assert school("validate", "pipelines").exit_code == 0


def test_a_pattern_that_reads_no_parameter_of_its_own_is_found(school: Project) -> None:
    school.write({"patterns/unused.yaml": PATTERN.replace("param.host", "param.hots", 1)})
    told = school("validate")
    assert "pattern `unused` has no parameter `hots`" in told.stdout
    assert "did you mean `host`?" in told.stdout


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("steps/a.py", "def f(:\n", "steps/a.py:1"),
        ("steps/a.py", KEEP.format(default='"x"', body=BODY), "the default of `keep` of `Keep` is 'x'"),
        ("hooks/run_finished.py", "raise ValueError('no')\n", "the hook hooks/run_finished.py:1 cannot"),
        ("hooks/run_finished.py", "def hok(event): pass\n", "defines no `hook`"),
    ],
)
def test_code_that_cannot_be_loaded_is_found(school: Project, file: str, text: str, told: str) -> None:
    school.write({file: text})
    checked = school("validate")
    assert checked.exit_code == 2
    assert told in checked.stdout
    assert school("validate", "pipelines").exit_code == 0


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("return None", "DD569", 9),
        ("return [1]", "DD569", 9),
        ('return [SubStep("", "sql-comand", {})]', "DD501", 9),
        ('return [SubStep("", "sql-command", {"comand": "x"})]', "DD201", 9),
    ],
)
def test_what_a_step_type_returns_is_told_at_its_code(
    school: Project, body: str, code: str, line: int
) -> None:
    school.write({"steps/k.py": KEEP.format(default=1, body=body)})
    file = school.pipeline("p", "step_type: keep\nmax_retries: 1")
    [problem] = school("validate", file, "--format", "json").document()["problems"]
    assert (problem["code"], problem["file"], problem["line"]) == (code, "steps/k.py", line)
    assert problem["used_at"] == [{"file": file, "line": 3, "column": 16}]


def test_a_property_that_the_user_wrote_is_told_at_the_pipeline(school: Project) -> None:
    school.write({"steps/k.py": KEEP.format(default=1, body=BODY)})
    file = school.pipeline("p", "step_type: keep\nkeep: many")
    [problem] = school("validate", file, "--format", "json").document()["problems"]
    assert (problem["file"], problem["line"]) == (file, 4)
