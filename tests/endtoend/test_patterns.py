"""A pattern over a glob of table definitions: from SQLite to DuckDB, checks included."""

import sqlite3
from collections.abc import Callable

import duckdb
import pytest

from projects import SETTINGS, Project

PATTERN = """\
description: Loads one table of the school and checks it
parameters:
  table: {type: table-definition, description: The staging table}
  tolerance: {type: number, default: 0}
steps:
- step_type: extract-rds
  name: extract
  host_name: school
  sql: SELECT {{ param.table.columns | join(', ') }} FROM {{ param.table.name }}
- step_type: create-load
  name: load
  table_definition: "{{ param.table }}"
- step_type: upsert
  name: upsert
  source: "{{ param.table }}"
  destination: "tables/prod.{{ param.table.name }}.sql"
- step_type: primary-key-check
  name: check-key
  table_definition: "tables/prod.{{ param.table.name }}.sql"
- step_type: count-check
  name: check-count
  source_host: school
  source_table_name: "{{ param.table.name }}"
  destination_table_definition: "tables/prod.{{ param.table.name }}.sql"
  tolerance: "{{ param.tolerance }}"
"""
PIPELINE = """\
name: school
steps:
- step_type: load_table
  for_each: {tables: tables/staging.*.sql}
  table: "{{ item }}"
- step_type: sql-command
  name: after
  depends_on: load_table
  command: CREATE TABLE loaded AS SELECT (SELECT COUNT(*) FROM prod.t1) AS n
"""


@pytest.fixture
def tables(empty: Project) -> Project:
    files = {"dataduct.yml": SETTINGS, "patterns/load_table.yaml": PATTERN, "pipelines/school.yaml": PIPELINE}
    with sqlite3.connect(empty.root / "source.sqlite") as source:
        for number in range(3):
            source.execute(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, title TEXT)")
            source.executemany(f"INSERT INTO t{number} VALUES (?, 'x')", [(n,) for n in range(number + 1)])
            columns = "(id INTEGER NOT NULL, title VARCHAR(20)"
            files[f"tables/staging.t{number}.sql"] = f"CREATE TABLE staging.t{number} {columns});\n"
            files[f"tables/prod.t{number}.sql"] = (
                f"CREATE TABLE prod.t{number} {columns}, PRIMARY KEY (id));\n"
            )
    empty.write(files)
    return empty


def test_every_table_is_loaded_and_checked(tables: Project) -> None:
    ended = tables("run", "school")
    assert ended.exit_code == 0, ended.text
    with duckdb.connect(str(tables.root / "warehouse.duckdb"), read_only=True) as warehouse:
        counts = [warehouse.execute(f"SELECT COUNT(*) FROM prod.t{n}").fetchone() for n in range(3)]
        assert counts == [(1,), (2,), (3,)]
        assert warehouse.execute("SELECT n FROM loaded").fetchone() == (2,)
    assert "load_table-t2.check-count" in ended.text


def test_one_use_can_be_run_alone(tables: Project) -> None:
    ended = tables("run", "school", "--select", "load_table-t1")
    assert ended.exit_code == 0, ended.text
    with duckdb.connect(str(tables.root / "warehouse.duckdb"), read_only=True) as warehouse:
        found = warehouse.execute(
            "SELECT table_name FROM duckdb_tables WHERE schema_name = 'prod'"
        ).fetchall()
    assert found == [("t1",)]


def test_the_plan_of_one_use(tables: Project, golden: Callable[[str, str], None]) -> None:
    ended = tables("plan", "school", "--step", "load_table-t1", "--no-sql")
    assert ended.exit_code == 0, ended.text
    golden("patterns/endtoend-plan.out", ended.stdout)
