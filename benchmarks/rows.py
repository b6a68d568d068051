"""Rows from SQLite and from Parquet into a DuckDB table, against the same by hand, with peak memory.

The promise is under 400 MB whatever the number of rows.
"""

import shutil
import sqlite3
import sys
from pathlib import Path

import duckdb

from benchmarks.measure import Usage, in_turn, line, run

PROMISE_MB = 400
COLUMNS = (
    "id BIGINT NOT NULL, customer_id INTEGER, amount DECIMAL(12,2), rate DOUBLE PRECISION, name VARCHAR(40), "
    "comment VARCHAR(200), created TIMESTAMP, active BOOLEAN"
)
GENERATED = """
    SELECT i AS id, CAST(i % 100003 AS INTEGER) AS customer_id, CAST((i % 9999999) / 100.0 AS DECIMAL(12,2)) AS amount,
        sin(i) AS rate, 'customer ' || (i % 5003) AS name,
        CASE WHEN i % 7 = 0 THEN NULL ELSE 'a comment about order ' || i || ' of some length' END AS comment,
        TIMESTAMP '2020-01-01' + INTERVAL (i % 100000000) SECOND AS created, i % 2 = 0 AS active
    FROM range({rows}) AS t(i)
"""
FROM_PARQUET = """
name: {name}
frequency: daily
steps:
  - {{step_type: extract-local, path: data/orders.parquet}}
  - {{step_type: create-load, table_definition: tables/orders.sql}}
"""
FROM_SQLITE = """
name: {name}
frequency: daily
steps:
  - {{step_type: extract-rds, host_name: source, table: orders}}
  - {{step_type: create-load, table_definition: tables/orders.sql}}
"""
PARQUET_BY_HAND = """
import duckdb
with duckdb.connect("by_hand.duckdb") as warehouse:
    warehouse.execute("CREATE TABLE orders (%s)")
    warehouse.execute("INSERT INTO orders SELECT * FROM read_parquet('data/orders.parquet')")
"""
SQLITE_BY_HAND = """
import duckdb, pyarrow as pa, sqlite3
source = sqlite3.connect("source.sqlite")
with duckdb.connect("by_hand.duckdb") as warehouse:
    warehouse.execute("CREATE TABLE orders (%s)")
    cursor = source.execute("SELECT * FROM orders")
    names = [column[0] for column in cursor.description]
    while rows := cursor.fetchmany(50_000):
        batch = pa.table(dict(zip(names, map(list, zip(*rows)))))
        warehouse.execute("INSERT INTO orders SELECT * FROM batch")
"""


def main(work: Path, runs: int, millions: list[int]) -> None:
    """Print both paths at each number of rows."""
    for million in millions:
        project = work / f"rows-{million}"
        _prepare(project, million * 1_000_000)
        for name, by_hand in (("parquet", PARQUET_BY_HAND), ("sqlite", SQLITE_BY_HAND)):
            _measure(project, name, by_hand, million, runs)
        shutil.rmtree(project)


def _prepare(project: Path, rows: int) -> None:
    for directory in ("pipelines", "tables", "data"):
        (project / directory).mkdir(parents=True)
    (project / "dataduct.yml").write_text("connections:\n  source: {type: sqlite, path: source.sqlite}\n")
    (project / "tables" / "orders.sql").write_text(f"CREATE TABLE orders ({COLUMNS});\n")
    (project / "pipelines" / "parquet.yaml").write_text(FROM_PARQUET.format(name="parquet"))
    (project / "pipelines" / "sqlite.yaml").write_text(FROM_SQLITE.format(name="sqlite"))
    with duckdb.connect() as generator, sqlite3.connect(project / "source.sqlite") as source:
        generated = GENERATED.format(rows=rows)
        generator.execute(f"COPY ({generated}) TO '{project}/data/orders.parquet' (FORMAT parquet)")
        source.execute(f"CREATE TABLE orders ({COLUMNS})")
        cursor = generator.execute(
            "SELECT * REPLACE (CAST(amount AS VARCHAR) AS amount, strftime(created, '%Y-%m-%d %H:%M:%S') AS created, "
            f"CAST(active AS INTEGER) AS active) FROM ({generated})"
        )
        while batch := cursor.fetchmany(50_000):
            source.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", batch)


def _measure(project: Path, name: str, by_hand: str, million: int, runs: int) -> None:
    dataduct = str(Path(sys.executable).with_name("dataduct"))

    def fresh() -> None:
        shutil.rmtree(project / ".dataduct", ignore_errors=True)
        for path in project.glob("*.duckdb*"):
            path.unlink()

    def ours() -> Usage:
        fresh()
        return run([dataduct, "run", f"pipelines/{name}.yaml", "--run-date", "2026-01-01"], project)

    def reference() -> Usage:
        fresh()
        return run([sys.executable, "-c", by_hand % COLUMNS], project)

    used, hand = in_turn(ours, reference, runs)
    kept = "promise kept" if used.peak_mb < PROMISE_MB else f"PROMISE OF {PROMISE_MB} MB BROKEN"
    rate = million * 1e6 / used.seconds
    print(line(f"{name} → DuckDB, {million} M rows", used, hand, f"({rate:,.0f} rows/s; {kept})"), flush=True)
