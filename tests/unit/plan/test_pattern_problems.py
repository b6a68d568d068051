"""What is said about patterns and `for_each` that are wrong, as it is printed."""

# ruff: noqa: E501 - a file's text stands in one line

from collections.abc import Callable
from pathlib import Path

import pytest

from dataduct import api
from dataduct.cli.problems import problem_document, problem_lines
from dataduct.cli.text import plain_text
from dataduct.config.project import Project

LOAD = """\
description: Loads one table
parameters:
  table: {type: text, description: The table}
  host: {type: text, default: school}
  tolerance: {type: number, default: 1.0}
steps:
- step_type: extract-rds
  name: extract
  host_name: "{{ param.host }}"
  table: "{{ param.table }}"
- step_type: create-load
  name: load
  table_definition: "tables/staging.{{ param.table }}.sql"
"""
TABLES = {
    "tables/staging.courses.sql": "CREATE TABLE staging.courses (id INTEGER);\n",
    "tables/staging.orders.sql": "CREATE TABLE staging.orders (id INTEGER);\n",
    "tables/archive.orders.sql": "CREATE TABLE archive.orders (id INTEGER);\n",
    "tables/broken.sql": "CREATE TABLE broken (id INTEGR\n",
}
STEP = "- step_type: sql-command\n  command: SELECT 1\n"

CASES: dict[str, dict[str, str]] = {
    "calls_itself": {
        "patterns/bring.yaml": "steps:\n- step_type: bring\n",
        "pipeline": "- step_type: bring\n",
    },
    "calls_itself_through_others": {
        "patterns/a.yaml": "steps:\n- step_type: b\n",
        "patterns/b.yaml": f"steps:\n{STEP}- step_type: c\n",
        "patterns/c.yaml": "steps:\n- step_type: a\n",
        "pipeline": "- step_type: a\n",
    },
    "parameter_missing": {"patterns/bring.yaml": LOAD, "pipeline": "- step_type: bring\n"},
    "parameter_unknown": {"patterns/bring.yaml": LOAD, "pipeline": "- step_type: bring\n  tabel: courses\n  table: courses\n"},
    "parameter_of_the_wrong_type": {
        "patterns/bring.yaml": LOAD,
        "pipeline": "- step_type: bring\n  table: [courses]\n  tolerance: much\n",
    },
    "parameter_only_known_when_it_runs": {
        "patterns/bring.yaml": LOAD,
        "pipeline": "- step_type: bring\n  table: courses\n  tolerance: '{{ var.tolerance }}'\n",
    },
    "parameter_not_among_the_choices": {
        "patterns/bring.yaml": f"parameters:\n  size: {{choices: [small, large]}}\nsteps:\n{STEP}",
        "pipeline": "- step_type: bring\n  size: larg\n",
    },
    "parameters_declared_wrongly": {
        "patterns/bring.yaml": "parameters:\n  timeout: {}\n  my-table: {}\n  size: {type: integer}\n  n: {type: number, default: x}\n"
        f"  m: {{default: 1, choice: [1]}}\n  k: seven\nsteps:\n{STEP}",
        "pipeline": "- step_type: bring\n",
    },
    "pattern_without_steps": {"patterns/bring.yaml": "parameters: {}\nstep: []\n", "pipeline": "- step_type: bring\n"},
    "pattern_that_is_no_yaml": {"patterns/bring.yaml": "steps: [\n", "pipeline": "- step_type: bring\n- step_type: bring\n"},
    "pattern_named_like_a_step_type": {"patterns/upsert.yaml": f"steps:\n{STEP}", "pipeline": "- step_type: upsert\n"},
    "two_patterns_of_one_name": {
        "patterns/bring.yaml": f"steps:\n{STEP}",
        "patterns/bring.yml": f"steps:\n{STEP}",
        "pipeline": "- step_type: bring\n",
    },
    "step_type_like_a_pattern": {"patterns/bring_tables.yaml": LOAD, "pipeline": "- step_type: bring_table\n"},
    "placeholder_of_an_unknown_parameter": {
        "patterns/bring.yaml": LOAD.replace("param.host", "param.hots"),
        "pipeline": "- step_type: bring\n  for_each: [courses, orders]\n  table: '{{ item }}'\n",
    },
    "placeholder_that_mixes": {
        "patterns/bring.yaml": LOAD.replace("{{ param.host }}", "{{ param.host ~ run_date }}"),
        "pipeline": "- step_type: bring\n  table: courses\n",
    },
    "placeholder_in_a_tag": {
        "patterns/bring.yaml": LOAD.replace("{{ param.host }}", "{% if param.host %}x{% endif %}"),
        "pipeline": "- step_type: bring\n  table: courses\n",
    },
    "placeholder_that_fails": {
        "patterns/bring.yaml": LOAD.replace("{{ param.host }}", "{{ param.host + 1 }}"),
        "pipeline": "- step_type: bring\n  table: courses\n",
    },
    "list_in_a_text": {
        "patterns/bring.yaml": "parameters:\n  columns: list\nsteps:\n- step_type: sql-command\n  command: |\n    -- all\n"
        "    SELECT {{ param.columns }}\n    FROM t\n",
        "pipeline": "- step_type: bring\n  columns: [a, b]\n",
    },
    "item_outside_of_for_each": {"pipeline": "- step_type: sql-command\n  command: SELECT {{ item }} FROM {{ param.x }}\n"},
    "item_without_the_key": {
        "pipeline": "- step_type: sql-command\n  for_each:\n  - {name: a, sql: SELECT 1}\n  - {name: b, sq: SELECT 1}\n"
        "  command: '{{ item.sql }}'\n"
    },
    "step_of_a_pattern_is_wrong": {
        "patterns/bring.yaml": LOAD.replace("host_name:", "hostname:"),
        "patterns/outer.yaml": "steps:\n- step_type: bring\n  table: courses\n",
        "pipeline": "- step_type: outer\n- step_type: bring\n  table: courses\n",
    },
    "value_given_to_a_pattern_is_wrong": {
        "patterns/bring.yaml": LOAD,
        "patterns/outer.yaml": "parameters: {from: text}\nsteps:\n- step_type: bring\n  table: courses\n  host: '{{ param.from }}'\n",
        "pipeline": "- step_type: bring\n  table: courses\n  host: schol\n- step_type: outer\n  from: schoool\n",
    },
    "placeholder_of_a_misspelt_name": {
        "patterns/bring.yaml": f"parameters:\n  table: table-definition\n  size: {{type: number, default: 1}}\nsteps:\n{STEP}",
        "pipeline": "- step_type: bring\n  for_each: [tables/staging.courses.sql]\n  table: '{{ itm }}'\n  size: '{{ prm.size }}'\n",
    },
    "template_for_a_table_definition": {
        "patterns/bring.yaml": f"parameters:\n  table: table-definition\nsteps:\n{STEP}",
        "pipeline": "- step_type: bring\n  table: 'tables/{{ var.table }}.sql'\n",
    },
    "expression_of_an_unknown_key": {
        "patterns/bring.yaml": "parameters:\n  table: table-definition\nsteps:\n- step_type: sql-command\n"
        "  command: SELECT {{ param.table.colums | join(', ') }} FROM t\n",
        "pipeline": "- step_type: bring\n  table: tables/staging.courses.sql\n",
    },
    "names_quoted_for_no_connection": {
        "patterns/bring.yaml": "parameters:\n  table: table-definition\nsteps:\n- step_type: sql-command\n"
        "  command: SELECT {{ param.table.columns | quoted('schol') }}\n- step_type: sql-command\n"
        "  command: SELECT {{ param.table.columns | quoted }}\n- step_type: sql-command\n"
        "  command: SELECT {{ param.table | quoted('school') }}\n- step_type: sql-command\n"
        "  command: SELECT {{ var.columns | quoted('school') }}\n",
        "pipeline": "- step_type: bring\n  table: tables/staging.courses.sql\n",
    },
    "placeholder_in_a_script": {
        "patterns/bring.yaml": "parameters:\n  table: text\nsteps:\n- step_type: sql-command\n  script: count.sql\n",
        "count.sql": "DELETE FROM {{ param.table }}\n",
        "pipeline": "- step_type: bring\n  table: courses\n",
    },
    "glob_that_matches_no_file_of_its_directory": {
        "pipeline": f"{STEP}  for_each: {{tables: 'tables/prod.*.sql'}}\n{STEP}  for_each: {{tables: tables/brokn.sql}}\n"
    },
    "file_of_a_pattern_is_missing": {"patterns/bring.yaml": LOAD, "pipeline": "- step_type: bring\n  table: coures\n"},
    "template_of_a_pattern_is_wrong": {
        "patterns/bring.yaml": "parameters: {table: text}\nsteps:\n- step_type: sql-command\n"
        "  command: DELETE FROM {{ param.table }} WHERE d = '{{ run_dat }}'\n",
        "pipeline": "- step_type: bring\n  for_each: [courses, a-rather-long-name]\n  table: '{{ item }}'\n",
    },
    "dependency_of_a_pattern_is_unknown": {
        "patterns/bring.yaml": f"steps:\n{STEP}  name: one\n{STEP}  name: two\n  depends_on: onne\n",
        "pipeline": "- step_type: bring\n",
    },
    "dependency_of_a_use_is_unknown": {
        "patterns/bring.yaml": f"steps:\n{STEP}",
        "pipeline": f"{STEP}  name: first\n- step_type: bring\n  depends_on: frist\n",
    },
    "use_that_is_no_dataset": {
        "patterns/bring.yaml": LOAD,
        "pipeline": "- step_type: bring\n  name: loads\n  for_each: [courses, orders]\n  table: '{{ item }}'\n"
        f"- step_type: transform\n  command: ls\n  input_node: loads\n{STEP}  name: x\n"
        "  for_each: [1]\n- step_type: transform\n  command: ls\n  input_node: x\n",
    },
    "input_of_a_use_that_has_its_own": {
        "patterns/bring.yaml": "steps:\n- {step_type: transform, name: a, command: ls, input_node: []}\n",
        "pipeline": "- {step_type: transform, name: files, command: ls}\n- {step_type: bring, input_node: files}\n",
    },
    "load_in_a_pattern_without_input": {
        "patterns/bring.yaml": "steps:\n- {step_type: create-load, table_definition: tables/staging.courses.sql}\n",
        "pipeline": "- {step_type: extract-rds, host_name: school, table: courses}\n- step_type: bring\n",
    },
    "for_each_that_is_no_list": {
        "pipeline": f"{STEP}  for_each: tables/*.sql\n{STEP}  for_each: '{{{{ var.tables }}}}'\n{STEP}  for_each: {{table: x}}\n",
    },
    "for_each_without_items": {"pipeline": f"{STEP}  name: none\n  for_each: []\n{STEP}  depends_on: none\n"},
    "items_of_different_kinds": {"pipeline": f"{STEP}  for_each: [a, {{b: 1}}]\n{STEP}  for_each: [[a]]\n{STEP}  for_each: [a, ]\n"},
    "items_of_one_name": {
        "patterns/bring.yaml": LOAD,
        "pipeline": "- step_type: bring\n  for_each: {tables: 'tables/*.orders.sql'}\n  table: '{{ item.name }}'\n"
        f"{STEP}  for_each: [a, b, a]\n",
    },
    "glob_that_matches_nothing": {"pipeline": f"{STEP}  for_each: {{tables: 'table/*.sql'}}\n"},
    "table_definition_that_does_not_parse": {"pipeline": f"{STEP}  for_each: {{tables: 'tables/b*.sql'}}\n"},
    "group_without_for_each": {"pipeline": f"- steps:\n  - step_type: sql-command\n- for_each: [a]\n{STEP}"},
    "two_uses_of_one_name": {
        "patterns/bring.yaml": LOAD,
        "pipeline": "- {step_type: bring, name: x, table: courses}\n- {step_type: bring, name: x, table: orders}\n"
        f"{STEP}  name: x\n",
    },
    "two_steps_of_one_name_in_a_pattern": {
        "patterns/bring.yaml": f"steps:\n{STEP}  name: a\n{STEP}  name: a\n",
        "pipeline": "- step_type: bring\n",
    },
    "teardown_of_several_steps": {
        "patterns/bring.yaml": f"steps:\n{STEP}{STEP}",
        "pipeline": f"{STEP}teardown:\n  step_type: bring\n",
    },
    "too_many_steps": {
        "patterns/a.yaml": "steps:\n" + "- step_type: b\n" * 30,
        "patterns/b.yaml": "steps:\n" + "- step_type: c\n" * 30,
        "patterns/c.yaml": "steps:\n" + STEP * 30,
        "pipeline": "- step_type: a\n",
    },
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Project]:
    monkeypatch.chdir(tmp_path)

    def build(case: str) -> Project:
        files = {
            "dataduct.yml": "connections: {school: {type: sqlite, path: s.sqlite}}\n",
            **TABLES,
            **CASES[case],
        }
        pipeline = files.pop("pipeline")
        files["pipeline.yaml"] = f"name: courses\nsteps:\n{pipeline}"
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return api.open_project(tmp_path)

    return build


@pytest.mark.parametrize("case", CASES)
def test_problems(
    case: str, project: Callable[[str], Project], golden: Callable[[str, str], None], tmp_path: Path
) -> None:
    problems = api.validate(project(case), [Path("pipeline.yaml")])
    assert problems
    drawn = plain_text(problem_lines(problems, width=240)).replace(str(tmp_path), "PROJECT")
    golden(f"patterns/{case}.txt", drawn)


def test_the_document_holds_the_uses(project: Callable[[str], Project]) -> None:
    problems = api.validate(project("placeholder_of_an_unknown_parameter"), [Path("pipeline.yaml")])
    (record,) = problem_document(problems)["problems"]  # type: ignore[misc]
    assert record["file"] == "patterns/bring.yaml"
    assert record["uses"] == 2
    assert record["used_at"] == [
        {"file": "pipeline.yaml", "line": 3, "column": 14},
        {"file": "pipeline.yaml", "line": 4, "column": 14},
    ]
