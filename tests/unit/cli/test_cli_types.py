"""`dataduct plan --types`."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

Call = Callable[..., Result]

PIPELINE = """\
name: courses
steps:
  - {step_type: extract-rds, host_name: school, table: courses}
  - {step_type: create-load, table_definition: tables/staging.courses.sql}
  - {step_type: extract-local, path: data/courses.tsv}
  - {step_type: create-load, table_definition: tables/staging.courses.sql}
  - {step_type: extract-local, path: data/empty.csv}
"""


@pytest.fixture
def school(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "school.sqlite")) as connection:
        connection.execute("CREATE TABLE courses (id INTEGER NOT NULL, title VARCHAR(80))")
    files = {
        "dataduct.yml": "connections: {school: 'sqlite:///school.sqlite'}\nwarehouse: duckdb:///w.duckdb\n",
        "pipelines/courses.yaml": PIPELINE,
        "tables/staging.courses.sql": "CREATE TABLE staging.courses (id INTEGER NOT NULL, title VARCHAR(80));\n",
        "data/courses.tsv": "1\tA title that is long enough to be\\ncut because it has more than forty characters\n"
        "2\t\\N\n",
        "data/empty.csv": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_types_of_databases_and_of_files(
    dataduct: Call, school: Path, golden: Callable[[str, str], None]
) -> None:
    outcome = dataduct("plan", "pipelines/courses.yaml", "--types")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    golden("cli/types.txt", outcome.stdout)


def test_files_that_are_missing_fail_after_the_rest_is_shown(dataduct: Call, school: Path) -> None:
    (school / "data" / "courses.tsv").rename(school / "data" / "other.tsv")
    (school / "pipelines" / "courses.yaml").write_text(
        "name: courses\nsteps:\n  - {step_type: extract-local, path: 'data/c*.tsv'}\n"
        "  - {step_type: extract-local, path: data/other.tsv}\n",
        encoding="utf-8",
    )
    outcome = dataduct("plan", "pipelines/courses.yaml", "--types")
    assert outcome.exit_code == 1
    assert "error[DD781]: no file matches" in outcome.stdout
    assert "column_0" in outcome.stdout


def test_a_pipeline_that_brings_nothing_in_says_so(dataduct: Call, school: Path) -> None:
    (school / "pipelines" / "none.yaml").write_text(
        "name: none\nsteps: [{step_type: sql-command, command: SELECT 1}]\n", encoding="utf-8"
    )
    outcome = dataduct("plan", "pipelines/none.yaml", "--types")
    assert (outcome.exit_code, outcome.stderr) == (0, "no step reads a database or files\n")
