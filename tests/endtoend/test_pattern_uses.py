"""What a user is told about steps that come from patterns."""

import pytest

from projects import Project

LOAD = """\
parameters:
  table: table-definition
  host: {default: school}
  from: {default: courses}
steps:
- step_type: extract-rds
  name: extract
  host_name: "{{ param.host }}"
  sql: >
    SELECT {{ param.table.columns | quoted(param.host) }}
    FROM {{ param.from | quoted(param.host) }}
- step_type: create-load
  name: load
  table_definition: "{{ param.table }}"
"""


@pytest.fixture
def loads(school: Project) -> Project:
    school.write({"patterns/load_table.yaml": LOAD})
    return school


def test_columns_may_be_called_like_words_of_sql(loads: Project) -> None:
    loads.change_source('CREATE TABLE "order" ("group" TEXT, "first name" TEXT, "a`b" TEXT);')
    loads.change_source("INSERT INTO \"order\" VALUES ('g', 'f', 'a');")
    columns = '"group" VARCHAR(9), "first name" VARCHAR(9), "a`b" VARCHAR(9)'
    loads.write({"tables/staging.odd.sql": f"CREATE TABLE staging.odd ({columns});\n"})
    file = loads.pipeline("odd", "step_type: load_table\ntable: tables/staging.odd.sql\nfrom: order")
    ran = loads("run", file)
    assert ran.exit_code == 0, ran.text
    assert loads.rows("SELECT * FROM staging.odd") == [("g", "f", "a")]


def test_a_query_that_needs_quotes_says_so(loads: Project) -> None:
    file = loads.pipeline(
        "odd", "step_type: extract-rds\nhost_name: school\nsql: SELECT group, id FROM courses"
    )
    told = loads("run", file).text
    assert "error[DD766]: SQLite cannot read the query near `group`" in told
    assert 'write "group"; in a pattern the filter `quoted` does' in told


def test_a_failed_step_names_the_pattern_and_its_use(loads: Project) -> None:
    file = loads.pipeline("p", "step_type: load_table\ntable: tables/staging.courses.sql\nfrom: nothing")
    told = loads("run", file).text
    assert f"step: patterns/load_table.yaml:6, used at {file}:3" in told


def test_a_wrong_value_is_shown_where_it_is_given(loads: Project) -> None:
    unquoted = LOAD.replace("quoted(param.host)", "join(', ')", 1).replace(" | quoted(param.host)", "")
    loads.write({"patterns/load_table.yaml": unquoted})
    file = loads.pipeline("p", "step_type: load_table\ntable: tables/staging.courses.sql\nhost: nosuch")
    told = loads("validate", file)
    assert "--> patterns/load_table.yaml:8:14" in told.stdout
    assert f"= `host` is given at {file}:5:11" in told.stdout
    [problem] = loads("validate", file, "--format", "json").document()["problems"]
    assert problem["given"] == [{"name": "host", "file": file, "line": 5, "column": 11}]


def test_a_connection_is_used_through_patterns(loads: Project) -> None:
    settings = "connections:\n" + "".join(
        f"  {alias}: {{type: sqlite, path: {alias}.sqlite}}\n" for alias in ("school", "a", "b", "c", "d")
    )
    outer = "parameters: {host: text}\nsteps:\n- {step_type: load_table, table: t.sql, host: '{{ param.host }}'}\n"
    itself = "steps:\n- step_type: itself\n- {step_type: load_table, host: d}\n"
    loads.write({"dataduct.yml": settings, "patterns/outer.yaml": outer, "patterns/itself.yaml": itself})
    loads.pipeline("default", "step_type: load_table\ntable: x.sql")
    loads.pipeline("deep", "step_type: outer\nhost: a")
    loads.pipeline("each", "step_type: outer\nfor_each: [b, c]\nhost: '{{ item }}'")
    loads.pipeline("cycle", "step_type: itself")
    listed = loads("connections", "list", "--json").document()["connections"]
    assert {each["alias"]: each["pipelines"] for each in listed if each["section"] == "connections"} == {
        "school": ["courses", "default"], "a": ["deep"], "b": ["each"], "c": ["each"], "d": ["cycle"],
    }  # fmt: skip


def test_steps_of_one_use_are_awaited_in_one_line(loads: Project) -> None:
    group = (
        "name: all\nfor_each: [1, 2, 3, 4]\nsteps:\n"
        "- {step_type: sql-command, name: x, command: SELECT 1}\n"
        "- {step_type: sql-command, name: y, command: SELECT 2}"
    )
    one = "step_type: load_table\nname: one\ntable: tables/staging.courses.sql"
    file = loads.pipeline(
        "p", group, one,
        "step_type: sql-command\nname: whole\ndepends_on: [all, one]\ncommand: SELECT 3",
        "step_type: sql-command\nname: some\ndepends_on: [all-1, all-2.y]\ncommand: SELECT 4",
        "step_type: sql-command\nname: reader\ncommand: CREATE TABLE copy AS SELECT * FROM staging.courses",
    )  # fmt: skip
    lines = [line.strip() for line in loads("plan", file, "--no-sql").stdout.splitlines()]
    after = [line.removeprefix("after").strip() for line in lines if line.startswith("after")]
    assert after[-4:] == [
        "all (4 items): `depends_on` says so",
        "one.load: `depends_on` says so",
        "all (2 of 4 items): `depends_on` says so",
        "one.load: writes table staging.courses, which this step reads",
    ]
    assert lines[1].startswith("schedule: none;")


def test_a_value_that_makes_an_expression_fail_is_shown_where_it_is_given(loads: Project) -> None:
    file = loads.pipeline("p", "step_type: load_table\ntable: tables/staging.courses.sql\nhost: nosuch")
    told = loads("validate", file).stdout
    assert "--> patterns/load_table.yaml:10:12" in told
    assert "no connection is called `nosuch`" in told
    assert f"= `table` is given at {file}:4:12" in told
    assert f"= `host` is given at {file}:5:11" in told
