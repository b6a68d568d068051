"""What patterns and `for_each` expand to: names, inputs, order, properties."""

# ruff: noqa: E501 - a file's text stands in one line

from collections.abc import Callable
from pathlib import Path

import pytest

from dataduct import api
from dataduct.cli.plan import plan_lines
from dataduct.cli.text import plain_text
from dataduct.errors import UserError
from dataduct.model.operations import RunSql, dataset_inputs
from dataduct.plan.codec import plan_from_json, plan_to_json
from dataduct.plan.plan import Plan
from dataduct.plan.selection import select_steps

PATTERN = """\
description: Loads one table of the school
parameters:
  table: {type: table-definition, description: The staging table}
steps:
- step_type: extract-rds
  name: extract
  host_name: school
  table: "{{ param.table.name }}"
- step_type: create-load
  name: load
  table_definition: "{{ param.table }}"
- step_type: upsert
  source: "{{ param.table }}"
  destination: "tables/prod.{{ param.table.name }}.sql"
"""
Compile = Callable[..., Plan]


@pytest.fixture
def plan_of(tmp_path: Path) -> Compile:
    """Compile the steps of a pipeline in a project with patterns, given as keywords."""

    def compile_text(steps: str, **patterns: str) -> Plan:
        files = {
            "dataduct.yml": "connections: {school: {type: sqlite, path: s.sqlite}}\n",
            "pipeline.yaml": f"name: courses\n{steps}",
            **{f"patterns/{name}.yaml": text for name, text in patterns.items()},
        }
        for table in ("courses", "orders"):
            for schema in ("staging", "prod"):
                key = "PRIMARY KEY" if schema == "prod" else "NOT NULL"
                files[f"tables/{schema}.{table}.sql"] = f"CREATE TABLE {schema}.{table} (id INTEGER {key});\n"
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        return api.compile_pipeline(api.open_project(tmp_path), tmp_path / "pipeline.yaml")

    return compile_text


def edges(plan: Plan) -> dict[str, dict[str, str]]:
    return {step.name: {edge.step: edge.reason for edge in step.depends_on} for step in plan.steps}


LOAD_ALL = """\
steps:
- step_type: load_table
  for_each: {tables: tables/staging.*.sql}
  table: "{{ item }}"
"""


def test_each_item_has_steps_of_its_own_that_wait_for_no_other_item(plan_of: Compile) -> None:
    assert edges(plan_of(LOAD_ALL, load_table=PATTERN)) == {
        "load_table-courses.extract": {},
        "load_table-courses.load": {"load_table-courses.extract": "input"},
        "load_table-courses.upsert": {"load_table-courses.load": "table"},
        "load_table-orders.extract": {},
        "load_table-orders.load": {"load_table-orders.extract": "input"},
        "load_table-orders.upsert": {"load_table-orders.load": "table"},
    }


def test_names_do_not_change_when_an_item_is_added(plan_of: Compile) -> None:
    few = plan_of("steps:\n- {step_type: sql-command, command: SELECT 1, for_each: [b]}\n")
    more = plan_of("steps:\n- {step_type: sql-command, command: SELECT 1, for_each: [a, b, c]}\n")
    assert [step.name for step in few.steps] == ["sql-command-b"]
    assert [step.name for step in more.steps] == ["sql-command-a", "sql-command-b", "sql-command-c"]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("for_each: [{name: a, x: 1}, {x: b, name: c}]", ["sql-command-a", "sql-command-c"]),
        ("for_each: [{x: a}, {x: 1}]", ["sql-command-a", "sql-command-1"]),
        ("for_each: [a b, c/d]", ["sql-command-a_b", "sql-command-c_d"]),
        (
            "for_each: [tables/staging.orders.sql, prod.x.sql]",
            ["sql-command-staging.orders", "sql-command-prod.x"],
        ),
        ("for_each: [data/a.csv, v1.2]", ["sql-command-a", "sql-command-v1.2"]),
        ("name: count\n  for_each: [a, b]", ["count-a", "count-b"]),
        ("name: 'of-{{ item }}-rows'\n  for_each: [a, b]", ["of-a-rows", "of-b-rows"]),
    ],
)
def test_the_names_of_items(plan_of: Compile, written: str, names: list[str]) -> None:
    plan = plan_of(f"steps:\n- step_type: sql-command\n  command: SELECT 1\n  {written}\n")
    assert [step.name for step in plan.steps] == names


def test_a_group_repeats_its_steps_in_place(plan_of: Compile) -> None:
    plan = plan_of(
        """\
steps:
- for_each: [courses, orders]
  steps:
  - {step_type: extract-rds, name: extract, host_name: school, table: "{{ item }}"}
  - {step_type: create-load, name: load, table_definition: "tables/staging.{{ item }}.sql"}
"""
    )
    assert list(edges(plan)) == ["courses.extract", "courses.load", "orders.extract", "orders.load"]


def test_a_pattern_in_a_pattern_in_a_group(plan_of: Compile) -> None:
    inner = "parameters: {n: whole-number}\nsteps:\n- {step_type: sql-command, name: x, command: 'SELECT {{ param.n }}'}\n"
    outer = """\
parameters: {from: {type: whole-number, default: 1}, numbers: list}
steps:
- {step_type: inner, name: first, n: "{{ param.from }}"}
- {step_type: inner, for_each: "{{ param.numbers }}", n: "{{ item }}", depends_on: first}
"""
    plan = plan_of(
        "steps:\n- for_each: [{name: a, n: [5, 6]}]\n  steps:\n"
        "  - {step_type: outer, name: o, numbers: '{{ item.n }}'}\n",
        inner=inner,
        outer=outer,
    )
    assert edges(plan) == {
        "a.o.first.x": {},
        "a.o.inner-5.x": {"a.o.first.x": "depends_on"},
        "a.o.inner-6.x": {"a.o.first.x": "depends_on"},
    }
    operation = plan.step("a.o.inner-6.x").operation
    assert isinstance(operation, RunSql)
    assert operation.statements[0].text == "SELECT 6"
    places = [f"{Path(place.file).name}:{place.line}" for place in plan.step("a.o.inner-6.x").used_at]
    assert places == ["outer.yaml:4", "pipeline.yaml:3", "pipeline.yaml:5", "pipeline.yaml:3"]


def test_names_in_a_pattern_are_its_own_first(plan_of: Compile) -> None:
    pattern = """\
steps:
- {step_type: sql-command, name: a, command: SELECT 1}
- {step_type: sql-command, name: b, command: SELECT 1, depends_on: [a, outside]}
"""
    steps = """\
steps:
- {step_type: sql-command, name: a, command: SELECT 1}
- {step_type: sql-command, name: outside, command: SELECT 1}
- {step_type: two, name: use}
- {step_type: sql-command, name: after, command: SELECT 1, depends_on: use}
- {step_type: sql-command, name: inside, command: SELECT 1, depends_on: use.a}
"""
    found = edges(plan_of(steps, two=pattern))
    assert found["use.b"] == {"use.a": "depends_on", "outside": "depends_on"}
    assert found["after"] == {"use.b": "depends_on"}
    assert found["inside"] == {"use.a": "depends_on"}


def test_what_a_use_waits_for_its_first_steps_wait_for(plan_of: Compile) -> None:
    steps = LOAD_ALL.replace(
        "steps:\n", "steps:\n- {step_type: sql-command, name: before, command: SELECT 1}\n"
    ) + ("  depends_on: before\n")
    found = edges(plan_of(steps, load_table=PATTERN))
    assert found["load_table-orders.extract"] == {"before": "depends_on"}
    assert found["load_table-orders.load"] == {"load_table-orders.extract": "input"}
    assert found["load_table-orders.upsert"] == {"load_table-orders.load": "table"}


def test_a_step_that_waits_for_a_for_each_waits_for_the_ends_of_every_item(plan_of: Compile) -> None:
    after = "- {step_type: sql-command, name: after, command: SELECT 1, depends_on: load_table}\n"
    assert set(edges(plan_of(LOAD_ALL + after, load_table=PATTERN))["after"]) >= {
        "load_table-courses.upsert",
        "load_table-orders.upsert",
    }


def test_the_chain_ends_at_the_borders_of_a_use(plan_of: Compile) -> None:
    pattern = "steps:\n- {step_type: transform, name: t, command: ls}\n- {step_type: transform, name: u, command: ls}\n"
    steps = """\
steps:
- {step_type: transform, name: a, command: ls}
- {step_type: two, name: use}
- {step_type: transform, name: b, command: ls}
- {step_type: transform, name: c, command: ls, for_each: [1, 2]}
"""
    assert edges(plan_of(steps, two=pattern)) == {
        "a": {},
        "use.t": {},
        "use.u": {"use.t": "input"},
        "b": {},
        "c-1": {},
        "c-2": {},
    }


def test_the_input_of_a_use_is_that_of_its_first_step(plan_of: Compile) -> None:
    inner = "steps:\n- {step_type: transform, name: t, command: ls}\n- {step_type: transform, name: u, command: ls}\n"
    outer = "steps:\n- {step_type: inner, name: t}\n"
    steps = """\
steps:
- {step_type: transform, name: t, command: ls}
- {step_type: outer, name: use, input_node: t}
- {step_type: transform, name: last, command: ls, input_node: use}
"""
    plan = plan_of(steps, inner=inner, outer=outer)
    inputs = {step.name: [str(ref) for ref in dataset_inputs(step.operation)] for step in plan.steps}
    assert inputs == {"t": [], "use.t.t": ["t"], "use.t.u": ["use.t.t"], "last": ["use.t.u"]}


def test_output_nodes_in_a_pattern_are_its_own(plan_of: Compile) -> None:
    pattern = """\
steps:
- {step_type: transform, name: t, command: ls, output_node: [good, bad]}
- {step_type: transform, name: u, command: ls, input_node: bad}
"""
    steps = "steps:\n- {step_type: split, for_each: [1, 2]}\n- {step_type: transform, name: v, command: ls, input_node: split-2.good}\n"
    plan = plan_of(steps, split=pattern)
    assert str(dataset_inputs(plan.step("split-1.u").operation)[0]) == "split-1.t:bad"
    assert str(dataset_inputs(plan.step("v").operation)[0]) == "split-2.t:good"


def test_retries_and_timeout_of_a_use_are_those_of_steps_without_their_own(plan_of: Compile) -> None:
    pattern = "steps:\n- {step_type: sql-command, name: a, command: SELECT 1, max_retries: 9}\n- {step_type: sql-command, command: SELECT 1}\n"
    plan = plan_of("steps:\n- {step_type: two, name: use, max_retries: 3, timeout: 2 minutes}\n", two=pattern)
    assert [(step.max_retries, step.timeout_seconds) for step in plan.steps] == [(9, 120.0), (3, 120.0)]


def test_values_keep_their_types_and_null_leaves_out(plan_of: Compile) -> None:
    pattern = """\
parameters:
  tolerance: {type: number, default: 2.5}
  retries: {type: whole-number, default: null}
steps:
- step_type: count-check
  source_host: school
  source_table_name: courses
  destination_table_name: prod.courses
  tolerance: "{{ param.tolerance }}"
  max_retries: "{{ param.retries }}"
"""
    plan = plan_of(
        "steps:\n- {step_type: check, for_each: [a]}\n- {step_type: check, retries: 4}\n", check=pattern
    )
    assert [step.max_retries for step in plan.steps] == [None, 4]


def test_templates_for_the_run_stay_and_name_their_place(plan_of: Compile) -> None:
    pattern = """\
parameters: {table: text}
steps:
- step_type: sql-command
  command: DELETE FROM {{ param.table }} WHERE d < '{{ run_date }}'
"""
    (step,) = plan_of("steps:\n- {step_type: wipe, table: a_long_name_of_a_table}\n", wipe=pattern).steps
    (source,) = step.templates
    assert source.text == "DELETE FROM a_long_name_of_a_table WHERE d < '{{ run_date }}'"
    place = source.position_at(source.text.index("run_date"))
    assert (place.file, place.line, place.column) == ("patterns/wipe.yaml", 4, 56)


def test_bootstrap_and_teardown_may_use_patterns(plan_of: Compile) -> None:
    pattern = "steps:\n- {step_type: sql-command, name: a, command: SELECT 1}\n"
    steps = "steps:\n- {step_type: sql-command, name: m, command: SELECT 1}\nbootstrap:\n  local:\n  - step_type: one\n    for_each: [1, 2]\nteardown: {step_type: one, name: end}\n"
    plan = plan_of(steps, one=pattern)
    assert [(step.name, step.phase) for step in plan.steps] == [
        ("one-1.a", "bootstrap"),
        ("one-2.a", "bootstrap"),
        ("m", "main"),
        ("end.a", "teardown"),
    ]


def test_a_selection_of_a_use_is_all_its_steps(plan_of: Compile) -> None:
    plan = plan_of(LOAD_ALL, load_table=PATTERN)
    orders = {"load_table-orders.extract", "load_table-orders.load", "load_table-orders.upsert"}
    assert select_steps(plan, ["load_table-orders"]) == orders
    assert select_steps(plan, ["load_table"]) == {step.name for step in plan.steps}
    with pytest.raises(UserError, match="load_table-ordes"):
        select_steps(plan, ["load_table-ordes"])


def test_a_plan_document_keeps_the_uses(plan_of: Compile) -> None:
    plan = plan_of(LOAD_ALL, load_table=PATTERN)
    assert plan_from_json(plan_to_json(plan), file="plan.json") == plan
    assert [use.name for use in plan.uses] == ["load_table", "load_table-courses", "load_table-orders"]


@pytest.mark.parametrize("full", [False, True])
def test_the_plan_as_it_is_shown(plan_of: Compile, golden: Callable[[str, str], None], full: bool) -> None:
    pattern = "description: Counts one thing\nparameters: {n: text}\nsteps:\n- {step_type: sql-command, name: a, command: 'SELECT {{ param.n }}'}\n- {step_type: sql-command, name: b, command: SELECT 2}\n"
    steps = "steps:\n- {step_type: sql-command, name: before, command: SELECT 0}\n- {step_type: count, name: counting, n: x}\n- {step_type: count, for_each: [1, 2, 3, 4, 5, 6], n: '{{ item }}'}\n- {step_type: sql-command, for_each: [1, 2, 3, 4, 5, 6], command: SELECT 3}\n"
    plan = plan_of(steps, count=pattern)
    text = plain_text(plan_lines(plan, full=full)).replace(plan.file, "pipeline.yaml")
    golden(f"patterns/plan{'-full' if full else ''}.out", text)


def test_a_use_is_shown_alone(plan_of: Compile) -> None:
    plan = plan_of(LOAD_ALL, load_table=PATTERN)
    text = plain_text(plan_lines(plan, step="load_table-orders", sql=False))
    assert "4. load_table-orders.extract" in text
    assert "courses" not in text
