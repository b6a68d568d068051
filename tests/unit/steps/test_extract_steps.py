"""The step types that bring rows and files into a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import CopyDataset, Extract, Unload
from dataduct.model.table import TableName
from dataduct.steps.queries import source_table

Lower = Callable[..., Any]
OUTPUT = DatasetRef("step", "step")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("data/courses.tsv", "tsv"),
        ("data/courses.csv", "csv"),
        ("data/*.TSV", "tsv"),
        ("data/{{ run_date }}.csv.gz", "csv"),
        ("data/*", "files"),
        ("tables/prod.courses.sql", "files"),
        ("tables", "files"),
    ],
)
def test_extract_local_copies_files_whose_ending_says_the_format(
    path: str, expected: str, lower: Lower, project: Path
) -> None:
    assert lower("extract-local", f"path: '{path}'").operation == CopyDataset(
        source=f"{project}/{path}", output=OUTPUT, format=expected
    )


def test_a_directory_s_format_is_that_of_all_its_files(lower: Lower, project: Path) -> None:
    assert lower("extract-local", "path: data/").operation.format == "files"
    for name in ("courses.csv", "words.txt"):
        (project / "data" / name).unlink()
    (project / "data" / "_SUCCESS").touch()
    lowered = lower("extract-local", "path: data/")
    assert lowered.operation == CopyDataset(source=f"{project}/data", output=OUTPUT, format="tsv")


def test_extract_local_s_format_can_be_said(lower: Lower) -> None:
    assert lower("extract-local", "path: data/courses.tsv\nformat: files").operation.format == "files"


def test_extract_local_reports_a_file_that_is_not_there(lower: Lower) -> None:
    lowered = lower("extract-local", "path: data/nope.tsv")
    assert lowered.operation is None
    assert lowered.only_problem.code == "DD205"


def test_extract_rds_reads_a_table(lower: Lower) -> None:
    assert lower("extract-rds", "host_name: school\ndatabase: main\ntable: courses").operation == Extract(
        connection="school", database="main", query="SELECT * FROM courses", output=OUTPUT
    )


def test_extract_rds_reads_one_select_without_its_semicolon(lower: Lower) -> None:
    yaml = """
        connection: school
        sql: |
            -- all of them
            SELECT *
            FROM courses -- open; and closed
            WHERE day = '{{ run_date }}';
        splits: 4
    """
    assert lower("extract-rds", yaml).operation == Extract(
        connection="school",
        query="SELECT *\nFROM courses -- open; and closed\nWHERE day = '{{ run_date }}'",
        output=OUTPUT,
        splits=4,
    )


def test_extract_rds_reads_the_select_of_a_file(lower: Lower) -> None:
    query = lower("extract-rds", "host_name: school\nscript: sql/courses.sql").operation.query
    assert query == "SELECT id, slug, title, created_at FROM courses WHERE open"


def test_a_loss_is_allowed_by_column_and_a_split_says_its_column(lower: Lower) -> None:
    yaml = "host_name: legacy\ntable: people\nallow_lossy: [born]\nsplits: 2\nsplit_by: id"
    operation = lower("extract-rds", yaml).operation
    assert (operation.allow_lossy, operation.splits, operation.split_by) == (("born",), 2, "id")


@pytest.mark.parametrize(
    ("step_type", "alias"), [("extract-mysql", "legacy"), ("extract-postgres", "catalog")]
)
def test_an_extract_of_one_kind_of_database_takes_the_only_connection_of_that_kind(
    step_type: str, alias: str, lower: Lower
) -> None:
    expected = Extract(connection=alias, query="SELECT * FROM courses", output=OUTPUT)
    assert lower(step_type, "table: courses").operation == expected
    assert lower(step_type, f"host_name: {alias}\ntable: courses").operation == expected


@pytest.mark.parametrize("step_type", ["extract-mysql", "extract-postgres"])
def test_an_extract_of_one_kind_of_database_refuses_another(step_type: str, lower: Lower) -> None:
    problem = lower(step_type, "host_name: school\ntable: courses").only_problem
    assert (problem.code, problem.message) == ("DD225", "connection `school` is of type `sqlite`")


def test_a_select_without_from_is_one(lower: Lower) -> None:
    assert lower("extract-rds", "host_name: school\nsql: SELECT 1").operation.query == "SELECT 1"


@pytest.mark.parametrize(
    ("yaml", "code", "message"),
    [
        (
            "host_name: school",
            "DD210",
            "give exactly one of `table`, `sql` and `script`; none is given",
        ),
        (
            "host_name: school\ntable: t\nsql: SELECT 1",
            "DD210",
            "give exactly one of `table`, `sql` and `script`; `table` and `sql` are given",
        ),
        ("table: t", "DD210", "give exactly one of `host_name` and `connection`; none is given"),
        ("host_name: zzz\ntable: t", "DD601", "no connection is called `zzz`"),
        ("host_name: school\nsql: SELECT 1; SELECT 2", "DD214", "`sql` holds 2 statements"),
        ("host_name: school\nsql: ';'", "DD214", "`sql` holds no statement"),
        ("host_name: school\nsql: DELETE FROM t", "DD214", "`sql` begins with `DELETE`"),
        ("host_name: school\ntable: t\nsplits: 0", "DD240", "`splits` is 0; it must be at least 1"),
        ("host_name: school\ntabel: t", "DD201", "extract-rds has no property `tabel`"),
    ],
)
def test_extract_rds_refuses(yaml: str, code: str, message: str, lower: Lower) -> None:
    lowered = lower("extract-rds", yaml)
    assert lowered.operation is None
    assert (lowered.problems[0].code, lowered.problems[0].message) == (code, message)


@pytest.mark.parametrize(
    ("table", "connection_type", "expected"),
    [
        ("courses_course", "sqlite", "courses_course"),
        ("Courses", "mysql", "Courses"),
        ("catalog.courses", "mysql", "catalog.courses"),
        ("order", "sqlite", '"order"'),
        ("shop.order", "mysql", "shop.`order`"),
        ("my-table", "postgres", '"my-table"'),
        ("2024_visits", "mysql", "`2024_visits`"),
        ('"My Table"', "sqlite", '"My Table"'),
        ("visits_{{ var.region }}", "sqlite", "visits_{{ var.region }}"),
    ],
)
def test_a_source_table_is_quoted_only_if_needed(table: str, connection_type: str, expected: str) -> None:
    assert source_table(table, connection_type) == expected


@pytest.mark.parametrize("step_type", ["extract-redshift", "unload"])
def test_unload_reads_a_warehouse_table(step_type: str, lower: Lower) -> None:
    assert lower(step_type, "schema: Prod\ntable: order\ninsert_mode: TRUNCATE").operation == Unload(
        query='SELECT * FROM prod."order"', output=OUTPUT, reads=(TableName("order", "prod"),)
    )


@pytest.mark.parametrize(
    ("yaml", "code", "message", "hint"),
    [
        (
            "schema: dev\ntable: dev.categories",
            "DD213",
            "`table` is the name without the schema, and `dev.categories` has one",
            "write `schema: dev` and `table: categories`",
        ),
        ("schema: dev\ntable: a b", "DD213", "`a b` is not the name of a table", None),
        (
            "schema: 'dev_{{ x }}'\ntable: t",
            "DD207",
            "`schema` holds a template, and the order of the steps rests on it",
            None,
        ),
        ("table: t", "DD202", "unload lacks the property `schema`", "add `schema`"),
    ],
)
def test_unload_refuses(yaml: str, code: str, message: str, hint: str | None, lower: Lower) -> None:
    problem = lower("unload", yaml).only_problem
    assert (problem.code, problem.message, problem.hint) == (code, message, hint)
