"""The step types that run SQL on the warehouse."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataduct.model.operations import RunSql, SqlStatement
from dataduct.model.table import TableName
from dataduct.sql.dialect import DIALECTS
from dataduct.sql.source_rows import SourceRows
from dataduct.sql.table_definition import parse_table_definition
from dataduct.sql.upsert import delta_load, reload, upsert

Lower = Callable[..., Any]
STAGING, PROD = TableName("courses", "staging"), TableName("courses", "prod")
HISTORY = TableName("courses_history", "prod")
TABLES = "source: tables/staging.courses.sql\ndestination: tables/prod.courses.sql\n"
DUCKDB = DIALECTS["duckdb"]


def definition(project: Path, name: str) -> Any:
    path = f"tables/{name}.sql"
    return parse_table_definition((project / path).read_text(), path)


def texts(operation: RunSql) -> list[str]:
    return [statement.text for statement in operation.statements]


def test_sql_command_runs_its_statements_in_one_transaction(lower: Lower) -> None:
    yaml = """
        command: |
            BEGIN;
            DELETE FROM prod.courses WHERE title = 'a;b -- c?';
            INSERT INTO prod.courses SELECT * FROM staging.courses;
            COMMIT;
        queue: etl
    """
    assert lower("sql-command", yaml).operation == RunSql(
        statements=(
            SqlStatement(text="DELETE FROM prod.courses WHERE title = 'a;b -- c?'"),
            SqlStatement(text="INSERT INTO prod.courses SELECT * FROM staging.courses"),
        ),
        reads=(STAGING,),
        writes=(PROD,),
    )


def test_sql_command_reads_a_file_with_templates(lower: Lower) -> None:
    lowered = lower("sql-command", "script: sql/tidy_courses.sql")
    assert texts(lowered.operation) == ["DELETE FROM prod.courses WHERE created_at < '{{ run_date }}'"]
    assert lowered.operation.writes == (PROD,)
    assert [source.position.file for source in lowered.templates] == ["sql/tidy_courses.sql"]


def test_sql_command_passes_its_arguments_on(lower: Lower) -> None:
    yaml = "command: DELETE FROM t WHERE a = %s AND b LIKE 'x%%' AND c = %s\nscript_arguments: [4, x]"
    operation = lower("sql-command", yaml).operation
    assert operation.parameters == (4, "x")
    assert texts(operation) == ["DELETE FROM t WHERE a = %s AND b LIKE 'x%%' AND c = %s"]


def test_question_marks_are_placeholders_too(lower: Lower) -> None:
    yaml = """
        command: "DELETE FROM t WHERE a = ? AND b LIKE 'x%?' AND c < ?"
        script_arguments: [4, 2026-01-01]
    """
    operation = lower("sql-command", yaml).operation
    assert texts(operation) == ["DELETE FROM t WHERE a = %s AND b LIKE 'x%%?' AND c < %s"]
    assert operation.parameters == (4, "2026-01-01")


def test_a_percent_sign_in_a_template_is_no_placeholder(lower: Lower) -> None:
    yaml = """
        command: "DELETE FROM t WHERE a = %s {% if true %} AND b = '{{ '%05d' % 3 }}' {% endif %}"
        script_arguments: [1.5]
    """
    assert lower("sql-command", yaml).operation.parameters == (1.5,)


def test_without_arguments_a_percent_sign_stands_for_itself(lower: Lower) -> None:
    assert texts(lower("sql-command", "command: SELECT 'a%' FROM t").operation) == ["SELECT 'a%' FROM t"]


@pytest.mark.parametrize(
    ("command", "in_transaction"),
    [
        ("DELETE FROM a; DELETE FROM b", False),
        ("BEGIN; DELETE FROM a; DELETE FROM b; COMMIT;", True),
    ],
)
def test_statements_may_be_committed_one_by_one(command: str, in_transaction: bool, lower: Lower) -> None:
    operation = lower("sql-command", f"command: {command}\nwrap_transaction: false").operation
    assert operation.in_transaction is in_transaction
    assert texts(operation) == ["DELETE FROM a", "DELETE FROM b"]


@pytest.mark.parametrize(
    ("yaml", "code", "message"),
    [
        ("name: x", "DD210", "give exactly one of `command` and `script`; none is given"),
        (
            "command: SELECT 1\nscript: x.sql",
            "DD210",
            "give exactly one of `command` and `script`; `command` and `script` are given",
        ),
        ("command: '-- nothing'", "DD215", "`command` holds no statement"),
        ("command: BEGIN; COMMIT", "DD215", "`command` holds no statement"),
        ("command: SELECT 'a", "DD401", None),
        ("script: sql/nope.sql", "DD205", "`sql/nope.sql` does not exist"),
        ("command: SELECT %s\nscript_arguments: [1, 2]", "DD430", None),
        ("command: SELECT %d\nscript_arguments: [1]", "DD431", None),
        (
            "command: SELECT 1\nscript_arguments: x",
            "DD212",
            "`script_arguments` is a list with one value for each `%s` of the script",
        ),
        (
            "command: SELECT 1\nscript_arguments: [{a: 1}]",
            "DD212",
            "argument 1 is a mapping, not a text or number",
        ),
        (
            "command: BEGIN; DELETE FROM a; COMMIT; DELETE FROM b\nwrap_transaction: false",
            "DD218",
            "the script begins or ends transactions itself, and `wrap_transaction` is false",
        ),
    ],
)
def test_sql_command_refuses(yaml: str, code: str, message: str | None, lower: Lower) -> None:
    lowered = lower("sql-command", yaml)
    assert lowered.operation is None
    assert lowered.only_problem.code == code
    assert message is None or lowered.only_problem.message == message
    assert lowered.only_problem.position.file == "pipeline.yaml"


def test_a_wrong_script_is_reported_in_its_file(lower: Lower, project: Path) -> None:
    (project / "sql" / "open.sql").write_text("SELECT 1;\nSELECT 'a;\n")
    position = lower("sql-command", "script: sql/open.sql").only_problem.position
    assert (position.file, position.line) == ("sql/open.sql", 2)


def test_create_update_sql_creates_its_table_and_analyzes_it(lower: Lower, project: Path) -> None:
    yaml = """
        table_definition: tables/prod.courses.sql
        command: |
            DELETE FROM prod.courses WHERE course_id < 0;
            INSERT INTO prod.courses SELECT * FROM staging.courses WHERE course_id < %s;
        script_arguments: [4]
    """
    assert lower("create-update-sql", yaml, inputs={"a": None}).operation == RunSql(
        statements=(
            SqlStatement(text="DELETE FROM prod.courses WHERE course_id < 0"),
            SqlStatement(text="INSERT INTO prod.courses SELECT * FROM staging.courses WHERE course_id < %s"),
        ),
        creates=(definition(project, "prod.courses"),),
        table=PROD,
        reads=(STAGING,),
        writes=(PROD,),
        parameters=(4,),
        after_commit=(SqlStatement(text="ANALYZE prod.courses", purpose="refresh the table's statistics"),),
    )


def test_create_update_sql_may_do_without_transaction_and_statistics(lower: Lower) -> None:
    yaml = """
        table_definition: tables/prod.courses.sql
        command: DELETE FROM prod.visits
        analyze_table: false
        non_transactional: true
    """
    operation = lower("create-update-sql", yaml).operation
    assert (operation.in_transaction, operation.after_commit) == (False, ())
    assert operation.writes == (PROD, TableName("visits", "prod"))


def test_create_update_sql_reports_a_wrong_table_and_a_wrong_script_at_once(lower: Lower) -> None:
    lowered = lower("create-update-sql", "table_definition: tables/nope.sql\ncommand: ';'")
    assert lowered.codes == ["DD205", "DD215"]


def test_upsert_from_a_table(lower: Lower, project: Path) -> None:
    destination = definition(project, "prod.courses")
    source = SourceRows(rows=definition(project, "staging.courses"))
    assert lower("upsert", TABLES).operation == RunSql(
        statements=upsert(destination, source, DUCKDB),
        creates=(destination,),
        table=PROD,
        reads=(STAGING,),
        writes=(PROD,),
        after_commit=(SqlStatement(text="ANALYZE prod.courses", purpose="refresh the table's statistics"),),
    )


@pytest.mark.parametrize(
    ("clause", "codes"),
    [
        ("course_id > 1", ["DD268"]),
        ("slug IS NOT NULL", ["DD268"]),
        ("WHERE course_id > 1", []),
        ("AS s WHERE s.course_id > 1", []),
        ("JOIN prod.visits AS v USING (course_id)", []),
    ],
)
def test_a_filter_begins_with_where(lower: Lower, clause: str, codes: list[str]) -> None:
    yaml = (
        f"source: tables/staging.courses.sql\ndestination: tables/prod.courses.sql\nfilter_clause: {clause}"
    )
    assert lower("upsert", yaml).codes == codes


def test_upsert_from_a_query_with_every_property(lower: Lower, project: Path) -> None:
    yaml = """
        destination: tables/prod.courses.sql
        sql: SELECT course_id, slug, title, created_at FROM staging.courses WHERE slug <> %s;
        script_arguments: [draft]
        match_columns: name
        enforce_primary_key: false
        delete_existing: true
        dedupe_by: created_at
        filter_clause: WHERE course_id IN (SELECT course_id FROM prod.visits)
        analyze_table: false
        non_transactional: true
    """
    destination = definition(project, "prod.courses")
    source = SourceRows(
        rows="SELECT course_id, slug, title, created_at FROM staging.courses WHERE slug <> %s",
        filter_clause="WHERE course_id IN (SELECT course_id FROM prod.visits)",
        match_columns="name",
    )
    assert lower("upsert", yaml).operation == RunSql(
        statements=upsert(
            destination,
            source,
            DUCKDB,
            enforce_primary_key=False,
            delete_existing=True,
            dedupe_by="created_at",
        ),
        creates=(destination,),
        table=PROD,
        reads=(STAGING, TableName("visits", "prod")),
        writes=(PROD,),
        parameters=("draft",),
        in_transaction=False,
    )


def test_upsert_keeps_a_history(lower: Lower, project: Path) -> None:
    lowered = lower("upsert", f"{TABLES}history: tables/prod.courses_history.sql")
    operation = lowered.operation
    assert [table.name for table in operation.creates] == [PROD, HISTORY]
    assert operation.writes == (PROD, HISTORY)
    assert operation.reads == (STAGING,)
    assert len(operation.after_commit) == 2
    template = "#{format(@scheduledStartTime, 'YYYY-MM-dd HH:mm:ss')}"
    assert any(template in text for text in texts(operation))
    assert [source.text for source in lowered.templates] == [template]


def test_reload_replaces_all_rows_whatever_delete_existing_says(lower: Lower, project: Path) -> None:
    destination = definition(project, "prod.courses")
    expected = reload(destination, SourceRows(rows=definition(project, "staging.courses")), DUCKDB)
    assert lower("reload", TABLES).operation.statements == expected
    lowered = lower("reload", f"{TABLES}delete_existing: false")
    assert lowered.operation.statements == expected
    assert (lowered.only_problem.code, lowered.only_problem.severity) == ("DD209", "warning")


def test_delta_load_takes_the_newest_rows(lower: Lower, project: Path) -> None:
    operation = lower("delta-load", f"{TABLES}date_column: created_at\nwindow: 3").operation
    assert operation.statements == delta_load(
        definition(project, "prod.courses"),
        SourceRows(rows=definition(project, "staging.courses")),
        DUCKDB,
        date_column="created_at",
        window=3,
    )
    assert (operation.reads, operation.writes) == ((STAGING,), (PROD,))


@pytest.mark.parametrize(
    ("step_type", "yaml", "code", "message"),
    [
        (
            "upsert",
            "destination: tables/prod.courses.sql",
            "DD210",
            "give exactly one of `source`, `sql` and `script`; none is given",
        ),
        (
            "upsert",
            f"{TABLES}sql: SELECT 1 FROM x",
            "DD210",
            "give exactly one of `source`, `sql` and `script`; `source` and `sql` are given",
        ),
        ("upsert", "source: a.sql", "DD202", "upsert lacks the property `destination`"),
        (
            "upsert",
            "source: tables/prod.visits.sql\ndestination: tables/prod.visits.sql",
            "DD422",
            "table prod.visits in tables/prod.visits.sql has no primary key, so no row can be replaced",
        ),
        (
            "upsert",
            "sql: SELECT 1 AS course_id, 2 AS color\ndestination: tables/prod.courses.sql\nmatch_columns: name",
            "DD420",
            "source column `color` is no column of the table",
        ),
        ("upsert", f"{TABLES}dedupe_by: created", "DD423", None),
        ("upsert", f"{TABLES}history: tables/prod.courses.sql", "DD424", None),
        (
            "upsert",
            "sql: DROP TABLE x\ndestination: tables/prod.courses.sql",
            "DD214",
            "`sql` begins with `DROP`",
        ),
        ("upsert", f"{TABLES}script_arguments: [1]", "DD430", None),
        ("upsert", f"{TABLES}resource_type: ec2", "DD201", "upsert has no property `resource_type`"),
        ("delta-load", TABLES, "DD202", "delta-load lacks the property `date_column`"),
        ("delta-load", f"{TABLES}date_column: slug", "DD426", None),
        (
            "delta-load",
            f"{TABLES}date_column: created_at\nfilter_clause: WHERE 1=1",
            "DD201",
            "delta-load has no property `filter_clause`",
        ),
        ("delta-load", f"{TABLES}date_column: created_at\nwindow: -1", "DD240", None),
    ],
)
def test_merging_steps_refuse(
    step_type: str, yaml: str, code: str, message: str | None, lower: Lower
) -> None:
    lowered = lower(step_type, yaml)
    assert lowered.operation is None
    assert lowered.only_problem.code == code
    assert message is None or lowered.only_problem.message == message


def test_a_problem_of_the_script_stands_at_the_property_it_is_about(lower: Lower) -> None:
    lines = {
        "destination": lower("upsert", "source: tables/prod.visits.sql\ndestination: tables/prod.visits.sql"),
        "dedupe_by": lower("upsert", f"{TABLES}dedupe_by: created"),
    }
    assert {name: lowered.only_problem.position.line for name, lowered in lines.items()} == {
        "destination": 2,
        "dedupe_by": 3,
    }


def test_reload_needs_no_primary_key(lower: Lower) -> None:
    yaml = "source: tables/prod.visits.sql\ndestination: tables/prod.visits.sql"
    assert lower("reload", yaml).operation is not None


def test_the_script_is_written_for_the_warehouse(lower: Lower) -> None:
    duckdb = lower("upsert", TABLES, dialect="duckdb").operation
    redshift = lower("upsert", TABLES, dialect="redshift").operation
    assert duckdb.statements != redshift.statements


def test_load_reload_pk_expands_to_three_steps(step_type: Callable[[str], Any]) -> None:
    found = step_type("load-reload-pk")
    properties = found.properties(
        staging_table_definition="tables/staging.courses.sql",
        production_table_definition="tables/prod.courses.sql",
        script_arguments=["--max_error=3"],
        enforce_primary_key=False,
        log_to_s3=True,
    )
    assert [(step.suffix, step.step_type, dict(step.properties)) for step in found.expand(properties)] == [
        (
            "_create_and_load",
            "create-load",
            {"table_definition": "tables/staging.courses.sql", "script_arguments": ["--max_error=3"]},
        ),
        (
            "_reload",
            "reload",
            {
                "source": "tables/staging.courses.sql",
                "destination": "tables/prod.courses.sql",
                "enforce_primary_key": False,
                "analyze_table": True,
                "non_transactional": False,
            },
        ),
        (
            "_primary_key_check",
            "primary-key-check",
            {"table_definition": "tables/prod.courses.sql", "log_to_s3": True},
        ),
    ]
