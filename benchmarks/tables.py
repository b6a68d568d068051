"""Many small tables: one pattern and one `for_each` over N table definitions, against a plain Python loop."""

import json
import shutil
import sqlite3
import sys
from pathlib import Path

from benchmarks.measure import Usage, in_turn, line, medians, run

TABLES = 300
ROWS = 20
_COLUMNS = "id INTEGER NOT NULL, name VARCHAR(40), amount DECIMAL(10, 2), changed_at TIMESTAMP"
_SETTINGS = """\
project: tables
connections:
  shop:
    type: sqlite
    path: shop.sqlite
"""
_PATTERN = """\
description: Loads one table of the shop and checks it
parameters:
  table: {type: table-definition, description: The staging table}
steps:
- step_type: extract-rds
  name: extract
  host_name: shop
  table: "{{ param.table.name }}"
- step_type: create-load
  name: load
  table_definition: "{{ param.table }}"
- step_type: upsert
  name: upsert
  source: "{{ param.table }}"
  destination: "tables/prod.{{ param.table.name }}.sql"
- step_type: primary-key-check
  name: key
  table_definition: "tables/prod.{{ param.table.name }}.sql"
- step_type: count-check
  name: count
  source_host: shop
  source_table_name: "{{ param.table.name }}"
  destination_table_definition: "tables/prod.{{ param.table.name }}.sql"
  tolerance: 0
"""
_PIPELINE = """\
name: everything
frequency: daily
steps:
- step_type: load_table
  for_each:
    tables: tables/staging.*.sql
  table: "{{ item }}"
"""
BY_HAND = f"""
import sqlite3
import duckdb

def one(connection, query):
    return connection.execute(query).fetchone()[0]

source = sqlite3.connect("shop.sqlite")
with duckdb.connect("by_hand.duckdb") as warehouse:
    warehouse.execute("CREATE SCHEMA staging")
    warehouse.execute("CREATE SCHEMA prod")
    names = [name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    for name in names:
        rows = source.execute(f"SELECT * FROM {{name}}").fetchall()
        warehouse.begin()
        warehouse.execute(f"CREATE TABLE staging.{{name}} ({_COLUMNS}, PRIMARY KEY (id))")
        warehouse.executemany(f"INSERT INTO staging.{{name}} VALUES (?, ?, ?, ?)", rows)
        warehouse.commit()
        warehouse.begin()
        warehouse.execute(f"CREATE TABLE IF NOT EXISTS prod.{{name}} ({_COLUMNS}, PRIMARY KEY (id))")
        warehouse.execute(f"DELETE FROM prod.{{name}} WHERE id IN (SELECT id FROM staging.{{name}})")
        warehouse.execute(f"INSERT INTO prod.{{name}} SELECT * FROM staging.{{name}}")
        warehouse.commit()
        repeated = f"SELECT count(*) FROM (SELECT id FROM prod.{{name}} GROUP BY id HAVING count(*) > 1)"
        assert one(warehouse, repeated) == 0
        assert one(warehouse, f"SELECT count(*) FROM prod.{{name}} WHERE id IS NULL") == 0
        count = f"SELECT count(*) FROM {{{{}}}}"
        assert one(source, count.format(name)) == one(warehouse, count.format("prod." + name))
"""


def main(work: Path, runs: int, tables: int = TABLES) -> None:
    """Print the time to compile the plan, its size, and the time of a run for each table and step."""
    project = work / "tables"
    _write_project(project, tables)
    dataduct = str(Path(sys.executable).with_name("dataduct"))

    def compiled() -> Usage:
        return run([dataduct, "plan", "pipelines/everything.yaml", "--json"], project)

    def ours() -> Usage:
        _empty(project)
        return run([dataduct, "run", "pipelines/everything.yaml", "--run-date", "2026-01-01"], project)

    def by_hand() -> Usage:
        _empty(project)
        return run([sys.executable, "-c", BY_HAND], project)

    plan = medians(compiled, runs)
    document = (project / "last-command.log").read_text(encoding="utf-8")
    steps = len(json.loads(document)["steps"])
    used, reference = in_turn(ours, by_hand, runs)
    print(
        f"{tables} tables: plan of {steps} steps, {len(document) / 1e6:.1f} MB, compiled in {plan.seconds:.2f} s "
        f"({plan.cpu_seconds:.2f} CPU s, {plan.peak_mb:.0f} MB)"
    )
    note = (
        f"({used.seconds / tables * 1000:.1f} ms a table, {used.seconds / steps * 1000:.1f} ms a step; "
        f"CPU {used.cpu_seconds / steps * 1000:.1f} ms a step, ratio {used.cpu_seconds / reference.cpu_seconds:.2f})"
    )
    print(line(f"{tables} tables, extracted, loaded and checked", used, reference, note), flush=True)


def _write_project(project: Path, tables: int) -> None:
    for directory in ("tables", "patterns", "pipelines"):
        (project / directory).mkdir(parents=True)
    (project / "dataduct.yml").write_text(_SETTINGS)
    (project / "patterns" / "load_table.yaml").write_text(_PATTERN)
    (project / "pipelines" / "everything.yaml").write_text(_PIPELINE)
    rows = [(n, f"name {n}", n + 0.5, f"2026-01-01 00:00:{n:02d}") for n in range(ROWS)]
    source = sqlite3.connect(project / "shop.sqlite")
    with source:
        for number in range(tables):
            name = f"table_{number:04d}"
            source.execute(f"CREATE TABLE {name} ({_COLUMNS}, PRIMARY KEY (id))")
            source.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?)", rows)
            for schema in ("staging", "prod"):
                definition = f"CREATE TABLE {schema}.{name} ({_COLUMNS}, PRIMARY KEY (id));\n"
                (project / "tables" / f"{schema}.{name}.sql").write_text(definition)
    source.close()


def _empty(project: Path) -> None:
    shutil.rmtree(project / ".dataduct", ignore_errors=True)
    for path in project.glob("*.duckdb*"):
        path.unlink()
