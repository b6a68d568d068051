"""Rows between real servers: extracts, loads and whole paths, each against a reference of the same run.

The references: the server's own client streaming the same query to nowhere (the floor of an extract), `COPY` or
`INSERT ... SELECT` by hand (the floor of a load), and, where `--peers` names a directory with their environments
(`python -m benchmarks.peers DIRECTORY` makes it), dlt and sling over the same path.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import lineitem, peers
from benchmarks.measure import Usage, in_turn, line, medians, run

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from servers.mariadb import MariaDb  # noqa: E402
from servers.postgres import Postgres  # noqa: E402
from servers.run import Run  # noqa: E402

PROMISE_EXTRACT_MB = 256
PROMISE_PATH_MB = 512
TABLE = "li"
EXTRACT = """
name: extract_{source}
frequency: daily
steps:
  - {{step_type: extract-rds, host_name: {source}, table: li}}
"""
LOAD = """
name: load
frequency: daily
steps:
  - {step_type: extract-local, path: data/li.parquet}
  - {step_type: create-load, table_definition: tables/li.sql}
"""
PATH = """
name: path_{source}
frequency: daily
steps:
  - {{step_type: extract-rds, host_name: {source}, table: li}}
  - {{step_type: create-load, table_definition: tables/li.sql}}
  - {{step_type: primary-key-check, table_definition: tables/li.sql, depends_on: create-load-li}}
  - {{step_type: count-check, source_host: {source}, source_table_name: li,
      destination_table_definition: tables/li.sql, tolerance: 0, depends_on: create-load-li}}
"""
INSERT_BY_HAND = """
import duckdb
with duckdb.connect("by_hand.duckdb", config={"memory_limit": "1GB"}) as warehouse:
    warehouse.execute('''%s''')
    warehouse.execute("INSERT INTO li SELECT * FROM read_parquet('data/li.parquet')")
"""


@dataclass(frozen=True)
class Systems:
    """Two database servers with the rows, and a project that reads them.

    Attributes:
        project: Directory of the project; `warehouse.duckdb` is its warehouse, mode `postgres` has another.
        target: Database of PostgreSQL that is loaded.
    """

    project: Path
    mariadb: MariaDb
    postgres: Postgres
    source: str
    target: str
    rows: int

    def dataduct(self, pipeline: str, *, mode: str | None = None) -> Usage:
        """Run a pipeline from an empty state and return what it used."""
        self.empty()
        command = [str(Path(sys.executable).with_name("dataduct")), *(["--mode", mode] if mode else [])]
        return run([*command, "run", f"pipelines/{pipeline}.yaml", "--run-date", "2026-01-01"], self.project)

    def empty(self) -> None:
        """Drop what was loaded."""
        shutil.rmtree(self.project / ".dataduct", ignore_errors=True)
        for path in self.project.glob("*.duckdb*"):
            path.unlink()
        with self.postgres.connect(self.target) as connection:
            connection.execute("DROP TABLE IF EXISTS li; DROP SCHEMA IF EXISTS dataduct CASCADE")
            connection.execute("DROP SCHEMA IF EXISTS bench_peer CASCADE; CHECKPOINT")

    def mariadb_client(self, query: str) -> Usage:
        """Stream a query to nowhere through MariaDB's own client."""
        options = {"MYSQL_PWD": self.mariadb.password}
        login = f"-h {self.mariadb.host} -P {self.mariadb.port} -u {self.mariadb.user} {self.source}"
        return _shell(f"mariadb --quick --batch {login} -e '{query}' > /dev/null", options, self.project)

    def psql(self, command: str, database: str) -> Usage:
        """Run a command through PostgreSQL's own client."""
        options = {"PGPASSWORD": self.postgres.password}
        login = f"-h {self.postgres.host} -p {self.postgres.port} -U {self.postgres.user} {database}"
        return _shell(f"psql -q {login} {command} > /dev/null", options, self.project)


def main(work: Path, runs: int, *, rows: int = lineitem.ROWS, peers_directory: Path | None = None) -> None:
    """Print every path. With peers it takes many minutes, as they do."""
    with _systems(work / "systems", rows) as systems:
        _extracts(systems, runs)
        _loads(systems, runs)
        _paths(systems, runs, peers_directory)


def _extracts(systems: Systems, runs: int) -> None:
    floors: dict[str, Callable[[], Usage]] = {
        "mariadb": lambda: systems.mariadb_client("SELECT * FROM li"),
        "postgres": lambda: systems.psql(r"-c '\copy (SELECT * FROM li) TO STDOUT'", systems.source),
    }
    for source, floor in floors.items():
        used, client = in_turn(lambda s=source: systems.dataduct(f"extract_{s}"), floor, runs)
        print(line(f"{source} → Parquet", used, client, _note(systems, used, PROMISE_EXTRACT_MB)), flush=True)


def _loads(systems: Systems, runs: int) -> None:
    statement = lineitem.definition(TABLE, key=False)
    by_hand = [sys.executable, "-c", INSERT_BY_HAND % statement]
    used, hand = in_turn(
        lambda: systems.dataduct("load"),
        lambda: _after_empty(systems, lambda: run(by_hand, systems.project)),
        runs,
    )
    print(line("Parquet → DuckDB", used, hand, _note(systems, used, PROMISE_PATH_MB)), flush=True)

    def copy() -> Usage:
        systems.empty()
        systems.postgres.execute(statement, database=systems.target)
        return systems.psql(rf"-c '\copy li FROM {systems.project}/data/li.tsv'", systems.target)

    used, hand = in_turn(lambda: systems.dataduct("load", mode="postgres"), copy, runs)
    print(line("Parquet → PostgreSQL", used, hand, _note(systems, used, PROMISE_PATH_MB)), flush=True)


def _paths(systems: Systems, runs: int, peers_directory: Path | None) -> None:
    for source, mode in (("mariadb", None), ("postgres", None), ("mariadb", "postgres")):
        name = f"{source} → {'PostgreSQL' if mode else 'DuckDB'}, checked"

        def ours(source: str = source, mode: str | None = mode) -> Usage:
            return systems.dataduct(f"path_{source}", mode=mode)

        if peers_directory is None:
            used = medians(ours, runs)
            print(
                f"{name:<44}{used.seconds:>9.2f} s {used.peak_mb:>7.0f} MB",
                _note(systems, used, 512),
                flush=True,
            )
            continue
        for peer in peers.peers(peers_directory):
            url = (systems.mariadb if source == "mariadb" else systems.postgres).url(systems.source)
            target = systems.postgres.url(systems.target) if mode else str(systems.project / "peer.duckdb")

            def theirs(peer: peers.Peer = peer, url: str = url, target: str = target) -> Usage:
                systems.empty()
                return peer.copy(url, target, systems.project)

            used, other = in_turn(ours, theirs, runs)
            print(
                line(f"{name}: {peer.name}", used, other, _note(systems, used, PROMISE_PATH_MB)), flush=True
            )


def _note(systems: Systems, used: Usage, promise_mb: int) -> str:
    kept = "promise kept" if used.peak_mb <= promise_mb else f"PROMISE OF {promise_mb} MB BROKEN"
    return f"({systems.rows / used.seconds:,.0f} rows/s, {used.cpu_seconds:.1f} CPU s; {kept})"


def _after_empty(systems: Systems, measure: Callable[[], Usage]) -> Usage:
    systems.empty()
    return measure()


def _shell(command: str, variables: dict[str, str], directory: Path) -> Usage:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        return run(["sh", "-c", f"exec {command}"], directory)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _systems(project: Path, rows: int) -> Iterator[Systems]:
    servers = Run.begin()
    try:
        mariadb, postgres = servers.mariadb(), servers.postgres()
        mariadb.execute("SET GLOBAL innodb_buffer_pool_size = 2147483648")
        source = mariadb.fresh_database("bench")
        postgres.execute(f"CREATE DATABASE {source}")
        systems = Systems(project, mariadb, postgres, source, postgres.fresh_database("warehouse"), rows)
        _fill(systems)
        yield systems
    finally:
        servers.close()


def _fill(systems: Systems) -> None:
    project = systems.project
    for directory in ("pipelines", "tables", "data"):
        (project / directory).mkdir(parents=True)
    lineitem.write_parquet(project / "data" / "li.parquet", systems.rows)
    text = project / "data" / "li.tsv"
    lineitem.write_text(text, systems.rows)
    with (
        systems.mariadb.connect(systems.source, local_infile=True) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(lineitem.definition(TABLE, dialect="mysql"))
        cursor.execute(f"LOAD DATA LOCAL INFILE '{text}' INTO TABLE li CHARACTER SET utf8mb4")
        cursor.execute("ANALYZE TABLE li")
    systems.postgres.execute(lineitem.definition(TABLE), database=systems.source)
    systems.psql(rf"-c '\copy li FROM {text}'", systems.source)
    systems.postgres.execute("VACUUM ANALYZE li", database=systems.source)
    (project / "tables" / "li.sql").write_text(lineitem.definition(TABLE) + ";\n")
    (project / "pipelines" / "load.yaml").write_text(LOAD)
    for name in ("mariadb", "postgres"):
        (project / "pipelines" / f"extract_{name}.yaml").write_text(EXTRACT.format(source=name))
        (project / "pipelines" / f"path_{name}.yaml").write_text(PATH.format(source=name))
    (project / "dataduct.yml").write_text(json.dumps(_settings(systems), indent=2))


def _settings(systems: Systems) -> dict[str, Any]:
    mariadb = {
        "type": "mysql",
        "tls": "disabled",
        "database": systems.source,
        **systems.mariadb.root_settings(),
    }
    postgres = {"sslmode": "disable", **systems.postgres.root_settings()}
    return {
        "connections": {
            "mariadb": mariadb,
            "postgres": {"type": "postgres", "database": systems.source, **postgres},
        },
        "warehouse": {"type": "duckdb", "path": "warehouse.duckdb"},
        "modes": {"postgres": {"warehouse": {"type": "postgres", "database": systems.target, **postgres}}},
    }
