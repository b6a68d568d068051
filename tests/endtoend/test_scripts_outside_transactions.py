"""Scripts outside a transaction run in one session, in which every statement commits by itself."""

import pytest

STAGING = "tables/staging.courses.sql"
PRODUCTION = "tables/prod.courses.sql"
LOAD = f"""\
- {{step_type: extract-rds, host_name: school, sql: "SELECT id AS course_id, slug, title FROM courses"}}
- {{step_type: create-load, name: load, table_definition: {STAGING}}}
"""
STEPS = {
    "upsert": f"- {{step_type: upsert, source: {STAGING}, destination: {PRODUCTION}, non_transactional: true}}",
    "reload": f"- {{step_type: reload, source: {STAGING}, destination: {PRODUCTION}, non_transactional: true}}",
    "load-reload-pk": (
        f"- {{step_type: load-reload-pk, input_node: extract-rds, staging_table_definition: {STAGING}, "
        f"production_table_definition: {PRODUCTION}, non_transactional: true}}"
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_the_steps_that_need_temporary_tables(name, school):
    school.write({"p.yaml": f"name: p\nsteps:\n{LOAD}{STEPS[name]}\n"})

    ended = school("run", "p.yaml")

    assert ended.exit_code == 0, ended.text
    assert school.rows("FROM prod.courses ORDER BY 1") == [
        (1, "algebra", "Algebra"),
        (2, "biology", "Biology"),
        (3, "chemistry", None),
    ]


def test_a_script_of_sql_command_with_a_temporary_table(school):
    script = (
        "CREATE TEMP TABLE found AS SELECT 7 AS n; CREATE TABLE kept AS SELECT n FROM found; SELECT nothing"
    )
    step = f"{{step_type: sql-command, wrap_transaction: false, command: {script!r}}}"
    school.write({"p.yaml": f"name: p\nsteps:\n- {step}\n"})

    ended = school("run", "p.yaml")

    assert ended.exit_code == 1
    assert school.rows("FROM kept") == [(7,)], "what came before the wrong statement is committed"
