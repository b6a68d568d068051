"""The demo's pipeline file, unchanged, from real servers into real warehouses: the same rows, the same verdicts.

`DATADUCT_DEMO_FLIGHTS=all` takes all 336,776 flights instead of those of January.
"""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from demo_sources import TABLES, checksum, copy_to_mariadb, copy_to_postgres

DEMO = Path(__file__).parents[2] / "demo"
VERDICT = re.compile(r"^\d\d:\d\d:\d\d (check_\w+) +(passed|failed) +[\d.]+ s +(.*)$", re.MULTILINE)
Production = dict[str, tuple[int, str]]


@dataclass(frozen=True)
class Loaded:
    """What a run of the pipeline left: rows and digest of each production table, and the verdicts."""

    production: Production
    verdicts: dict[str, tuple[str, str]]


@pytest.fixture(scope="session")
def airline_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's SQLite source."""
    sys.path.insert(0, str(DEMO))
    from build_source import build

    path = tmp_path_factory.mktemp("airline") / "source.sqlite"
    build(path)
    if os.environ.get("DATADUCT_DEMO_FLIGHTS") != "all":
        with sqlite3.connect(path) as database:
            database.execute("DELETE FROM flights WHERE month > 1")
    return path


@pytest.fixture(scope="session")
def expected(airline_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """What the demo's own settings, SQLite and DuckDB, make of it."""
    work = tmp_path_factory.mktemp("embedded")
    shutil.copy(airline_file, work / "source.sqlite")
    return load(work, {}, lambda: in_duckdb(work))


def load(work: Path, settings: dict[str, Any], production: Callable[[], Production]) -> Loaded:
    """Run the pipeline with the demo's settings, those given put over them, and look at production."""
    for directory in ("pipelines", "tables"):
        shutil.copytree(DEMO / directory, work / directory)
    shutil.copy(DEMO / "dataduct.yml", work)
    if settings:
        (work / "dataduct.yml").write_text(json.dumps({"project": "nycflights", **settings}))
    run = [sys.executable, "-m", "dataduct", "run", "pipelines/nycflights.yaml", "--run-date", "2026-01-01"]
    done = subprocess.run(run, cwd=work, capture_output=True, text=True, check=False, timeout=280)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    # A sample is drawn at random; that it passed is what counts.
    verdicts = {name: (status, summary) for name, status, summary in VERDICT.findall(told)}
    assert len(verdicts) == 3 * len(TABLES), told
    return Loaded(production(), verdicts)


def in_duckdb(work: Path) -> Production:
    with duckdb.connect(work / "warehouse.duckdb", read_only=True) as warehouse:
        return {t: checksum(warehouse.execute(f"SELECT * FROM prod.{t}").fetchall()) for t in TABLES}


def through_psycopg(conninfo: dict[str, Any]) -> Production:
    import psycopg

    with psycopg.connect(**conninfo, prepare_threshold=None) as connection:
        return {t: checksum(connection.execute(f"SELECT * FROM prod.{t}").fetchall()) for t in TABLES}


def conninfo(server: Any, database: str) -> dict[str, Any]:
    return {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "dbname": database,
    }


@pytest.fixture(scope="session")
def mariadb_source(airline_file: Path, mariadb_server: Any) -> dict[str, Any]:
    """The airline database on MariaDB, as a connection of the settings."""
    import pymysql

    settings = {
        "type": "mysql",
        "host": mariadb_server.host,
        "port": mariadb_server.port,
        "user": mariadb_server.user,
        "password": mariadb_server.password,
        "database": mariadb_server.fresh_database("airline"),
    }
    options = {name: value for name, value in settings.items() if name != "type"}
    connection = pymysql.connect(**options, charset="utf8mb4")
    try:
        copy_to_mariadb(airline_file, connection)
    finally:
        connection.close()
    return settings


@pytest.fixture(scope="session")
def postgres_source(airline_file: Path, postgres_server: Any) -> dict[str, Any]:
    """The airline database on PostgreSQL, as a connection of the settings."""
    import psycopg

    database = postgres_server.fresh_database("airline")
    with psycopg.connect(**conninfo(postgres_server, database)) as connection:
        copy_to_postgres(airline_file, connection)
    return {
        "type": "postgres",
        "host": postgres_server.host,
        "port": postgres_server.port,
        "user": postgres_server.user,
        "password": postgres_server.password,
        "database": database,
    }


def test_from_mariadb_into_duckdb(tmp_path: Path, mariadb_source: dict[str, Any], expected: Loaded) -> None:
    settings = {"connections": {"airline_db": mariadb_source}}
    assert load(tmp_path, settings, lambda: in_duckdb(tmp_path)) == expected


def test_from_postgres_into_duckdb(tmp_path: Path, postgres_source: dict[str, Any], expected: Loaded) -> None:
    settings = {"connections": {"airline_db": postgres_source}}
    assert load(tmp_path, settings, lambda: in_duckdb(tmp_path)) == expected


def test_from_mariadb_into_postgres(
    tmp_path: Path, mariadb_source: dict[str, Any], postgres_server: Any, expected: Loaded
) -> None:
    database = postgres_server.fresh_database("warehouse")
    warehouse = {
        "type": "postgres",
        "host": postgres_server.host,
        "port": postgres_server.port,
        "user": postgres_server.user,
        "password": postgres_server.password,
        "database": database,
    }
    settings = {"connections": {"airline_db": mariadb_source}, "warehouse": warehouse}
    loaded = load(tmp_path, settings, lambda: through_psycopg(conninfo(postgres_server, database)))
    assert loaded == expected


def test_from_mariadb_over_s3_into_redshift(
    tmp_path: Path, mariadb_source: dict[str, Any], redshift_server: Any, s3_server: Any, expected: Loaded
) -> None:
    database = redshift_server.fresh_database("warehouse")
    warehouse = {
        "type": "redshift",
        "host": redshift_server.host,
        "port": redshift_server.port,
        "user": redshift_server.user,
        "password": redshift_server.password,
        "database": database,
        "iam_role": redshift_server.iam_role,
    }
    storage = {
        "type": "s3",
        "bucket": s3_server.fresh_bucket(),
        "endpoint_url": s3_server.endpoint,
        "access_key_id": s3_server.access_key,
        "secret_access_key": s3_server.secret_key,
        "region": s3_server.region,
    }
    settings = {"connections": {"airline_db": mariadb_source}, "warehouse": warehouse, "storage": storage}
    loaded = load(tmp_path, settings, lambda: through_psycopg(conninfo(redshift_server, database)))
    assert loaded == expected
