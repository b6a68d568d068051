"""The step types that check tables."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataduct.model.operations import (
    Check,
    CheckLog,
    ColumnComparison,
    CountComparison,
    Measure,
    PrimaryKeyComparison,
    RunCommand,
)
from dataduct.model.table import TableName

Lower = Callable[..., Any]
PROD = TableName("courses", "prod")
COLUMNS = "source_host: school\nsource_sql: SELECT id, slug, title, created FROM courses\n"
COUNT = "source_host: school\nsource_table_name: courses\n"


def test_primary_key_check_looks_at_the_declared_key(lower: Lower) -> None:
    yaml = """
        table_definition: tables/prod.courses.sql
        log_to_s3: true
        script_arguments: ["--path_suffix=#{format(@scheduledStartTime, 'YYYY-MM-dd')}"]
    """
    assert lower("primary-key-check", yaml).operation == Check(
        comparison=PrimaryKeyComparison(table=PROD, key=("course_id",)),
        reads=(PROD,),
        log=CheckLog(directory="qa/#{format(@scheduledStartTime, 'YYYY-MM-dd')}", test_name="courses.step"),
    )


def test_primary_key_check_needs_a_primary_key(lower: Lower) -> None:
    problem = lower("primary-key-check", "table_definition: tables/prod.visits.sql").only_problem
    assert (problem.code, problem.message) == (
        "DD220",
        "prod.visits declares no primary key, so there is none to check",
    )


def test_a_check_of_one_s_own_gets_what_the_built_in_one_would(lower: Lower, project: Path) -> None:
    yaml = """
        table_definition: tables/prod.courses.sql
        script: scripts/clean_courses.py
        script_arguments: [--limit=5]
        log_to_s3: true
    """
    table = (project / "tables/prod.courses.sql").read_text().strip().rstrip(";")
    assert lower("primary-key-check", yaml).operation == RunCommand(
        script=f"{project}/scripts/clean_courses.py",
        arguments=("--limit=5", f"--table={table}", "--log_to_s3", "--test_name=courses.step"),
        is_check=True,
    )


@pytest.mark.parametrize(
    ("yaml", "code", "message"),
    [
        ("script: a\ncommand: b", "DD210", "give at most one of `script` and `command`"),
        ("script: scripts/nope.py", "DD205", "`scripts/nope.py` does not exist"),
        ("script_arguments: [--limit=5]", "DD212", "the step does not know the argument `--limit=5`"),
    ],
)
def test_checks_refuse(yaml: str, code: str, message: str, lower: Lower) -> None:
    lowered = lower("primary-key-check", f"table_definition: tables/prod.courses.sql\n{yaml}")
    assert lowered.operation is None
    assert (lowered.only_problem.code, lowered.only_problem.message) == (code, message)


@pytest.mark.parametrize(
    ("source", "query"),
    [
        (
            "source_sql: SELECT id FROM courses;",
            "SELECT COUNT(*) AS row_count\nFROM (\nSELECT id FROM courses\n) AS counted_rows",
        ),
        ("source_table_name: order", 'SELECT COUNT(*) AS row_count\nFROM "order"'),
        (
            "source_count_sql: SELECT COUNT(DISTINCT id) FROM courses;",
            "SELECT COUNT(DISTINCT id) FROM courses",
        ),
    ],
)
@pytest.mark.parametrize(
    ("destination", "measured"),
    [
        (
            "destination_sql: SELECT course_id FROM prod.courses;",
            "SELECT COUNT(*) AS row_count\nFROM (\nSELECT course_id FROM prod.courses\n) AS counted_rows",
        ),
        ("destination_table_name: prod.courses", "SELECT COUNT(*) AS row_count\nFROM prod.courses"),
        (
            "destination_table_definition: tables/prod.courses.sql",
            "SELECT COUNT(*) AS row_count\nFROM prod.courses",
        ),
    ],
)
def test_count_check_compares_two_counts(
    source: str, query: str, destination: str, measured: str, lower: Lower
) -> None:
    yaml = f"source_host: school\n{source}\n{destination}\ntolerance: 2\ndatabase: main"
    assert lower("count-check", yaml).operation == Check(
        comparison=CountComparison(
            source=Measure(query=query, connection="school", database="main"),
            destination=Measure(query=measured),
            tolerance=2.0,
        ),
        reads=(PROD,),
    )


def test_a_count_check_of_one_s_own(lower: Lower) -> None:
    operation = lower(
        "count-check", f"{COUNT}destination_table_name: prod.courses\ncommand: ./check"
    ).operation
    assert operation == RunCommand(
        command="./check",
        arguments=(
            "--tolerance=1.0",
            "--destination_sql=SELECT COUNT(*) AS row_count\nFROM prod.courses;",
            "--source_sql=SELECT COUNT(*) AS row_count\nFROM courses;",
            "--source_host=school",
            "--test_name=courses.step",
        ),
        is_check=True,
    )


@pytest.mark.parametrize(
    ("yaml", "codes"),
    [
        ("source_host: school\ndestination_table_name: t", ["DD210"]),
        (COUNT, ["DD210"]),
        (f"{COUNT}destination_table_name: t\ndestination_sql: SELECT 1", ["DD210"]),
        (
            "source_host: zzz\nsource_table_name: t\ndestination_table_definition: nope.sql",
            ["DD601", "DD205"],
        ),
        (f"{COUNT}destination_sql: SELECT 1; SELECT 2", ["DD214"]),
        (f"{COUNT}destination_table_name: t\ntolerance: -1", ["DD240"]),
        ("source_table_name: t\ndestination_table_name: t", ["DD202"]),
    ],
)
def test_count_check_refuses(yaml: str, codes: list[str], lower: Lower) -> None:
    lowered = lower("count-check", yaml)
    assert (lowered.operation, lowered.codes) == (None, codes)


@pytest.mark.parametrize(
    ("of", "query", "told"),
    [
        ("source_sql", "SELECT COUNT(*) FROM courses", ["DD267"]),
        ("source_sql", "select count(id) as n from courses where id > 1;", ["DD267"]),
        ("source_sql", "SELECT COUNT(*) FROM courses GROUP BY slug", []),
        ("source_sql", "SELECT counted FROM courses", []),
        ("destination_sql", "SELECT COUNT(*) FROM prod.courses", ["DD267"]),
    ],
)
def test_count_check_warns_of_a_query_that_counts_by_itself(
    of: str, query: str, told: list[str], lower: Lower
) -> None:
    other = "destination_table_name: prod.courses" if of == "source_sql" else "source_table_name: courses"
    lowered = lower("count-check", f"source_host: school\n{other}\n{of}: {query}")
    assert lowered.operation is not None
    assert [(problem.code, problem.severity) for problem in lowered.problems] == [
        (code, "warning") for code in told
    ]


def test_column_check_against_a_table_goes_by_its_primary_key(lower: Lower) -> None:
    yaml = f"{COLUMNS}destination_table_definition: tables/prod.courses.sql\nsample_size: 50"
    assert lower("column-check", yaml).operation == Check(
        comparison=ColumnComparison(
            source=Measure(query="SELECT id, slug, title, created FROM courses", connection="school"),
            destination=Measure(query="SELECT course_id, slug, title, created_at FROM prod.courses"),
            key_positions=(0,),
            key=("course_id",),
            sample_size=50,
        ),
        reads=(PROD,),
    )


def test_column_check_against_a_query_goes_by_its_first_column(lower: Lower) -> None:
    yaml = """
        source_host: legacy
        source_sql: "SELECT id, name FROM networks_network;"
        destination_sql: SELECT network_id, network_name FROM prod.networks
        sql_tail_for_source: ORDER BY RAND() LIMIT LIMIT_PLACEHOLDER
        sample_size: 10
        tolerance: 0.5
        log_to_s3: true
    """
    networks = TableName("networks", "prod")
    assert lower("column-check", yaml).operation == Check(
        comparison=ColumnComparison(
            source=Measure(query="SELECT id, name FROM networks_network", connection="legacy"),
            destination=Measure(query="SELECT network_id, network_name FROM prod.networks"),
            key_positions=(0,),
            key=("network_id",),
            sample_size=10,
            sample_tail="ORDER BY RAND() LIMIT LIMIT_PLACEHOLDER",
            tolerance=0.5,
        ),
        reads=(networks,),
        log=CheckLog(directory="qa", test_name="courses.step"),
    )


@pytest.mark.parametrize(
    ("key", "positions", "names"),
    [
        ("[course_id, slug]", (0, 1), ("course_id", "slug")),
        ("[slug]", (1,), ("slug",)),
        ("[2, 1]", (1, 0), ("slug", "course_id")),
    ],
)
def test_a_key_is_named_or_counted_from_one(
    key: str, positions: tuple[int, ...], names: tuple[str, ...], lower: Lower
) -> None:
    query = "destination_sql: SELECT course_id, slug, title, created_at FROM prod.courses"
    comparison = lower("column-check", f"{COLUMNS}{query}\nkey: {key}").operation.comparison
    assert (comparison.key_positions, comparison.key) == (positions, names)


def test_the_original_s_filter_on_the_keys_names_them(lower: Lower) -> None:
    query = (
        "SELECT a.course_id, slug, title, created_at FROM prod.courses a "
        "WHERE (a.course_id, slug) IN PRIMARY_KEY_SET AND title <> ''"
    )
    comparison = lower("column-check", f"{COLUMNS}destination_sql: {query}").operation.comparison
    assert comparison.key == ("course_id", "slug")
    assert comparison.destination.query == (
        "SELECT a.course_id, slug, title, created_at FROM prod.courses a WHERE 1 = 1 AND title <> ''"
    )


@pytest.mark.parametrize(
    ("yaml", "code", "message"),
    [
        (
            COLUMNS,
            "DD210",
            "give exactly one of `destination_sql` and `destination_table_definition`; none is given",
        ),
        (
            f"{COLUMNS}destination_table_definition: tables/prod.visits.sql",
            "DD220",
            "prod.visits declares no primary key to find sampled rows by",
        ),
        (
            f"{COLUMNS}destination_sql: SELECT * FROM prod.courses",
            "DD224",
            "the columns of `destination_sql` cannot be told from its text",
        ),
        (
            f"{COLUMNS}destination_sql: SELECT a + 1, b FROM t",
            "DD224",
            "key column 1 of `destination_sql` has no name",
        ),
        (
            f"{COLUMNS}destination_sql: SELECT course_id FROM prod.courses",
            "DD224",
            "every column of the destination is part of the key, so there is none to compare",
        ),
        (
            f"{COLUMNS}destination_sql: SELECT course_id, slug FROM prod.courses",
            "DD221",
            "`source_sql` has 4 columns and the destination has 2",
        ),
        (
            f"{COLUMNS}destination_table_definition: tables/prod.courses.sql\nkey: [corse_id]",
            "DD222",
            "`key` names column `corse_id`, which the destination does not have",
        ),
        (
            f"{COLUMNS}destination_table_definition: tables/prod.courses.sql\nkey: [5]",
            "DD222",
            "`key` names column `5`, which the destination does not have",
        ),
        (f"{COLUMNS}destination_table_definition: tables/prod.courses.sql\nsample_size: 0", "DD240", None),
    ],
)
def test_column_check_refuses(yaml: str, code: str, message: str | None, lower: Lower) -> None:
    lowered = lower("column-check", yaml)
    assert lowered.operation is None
    assert lowered.only_problem.code == code
    assert message is None or lowered.only_problem.message == message


def test_a_star_in_the_source_is_left_to_the_run(lower: Lower) -> None:
    yaml = "source_host: school\nsource_sql: SELECT * FROM courses\n"
    lowered = lower("column-check", f"{yaml}destination_table_definition: tables/prod.courses.sql")
    assert lowered.operation is not None
