"""Kill the demo pipeline with SIGKILL at random moments, resume it, and compare production with the source.

    python benchmarks/chaos.py [--kills 100] [--seed 1] [--again 0.2] [--systems mariadb-postgres]

Each round starts from an empty warehouse: run, kill after a random part of a whole run's time, resume (a part of the
resumed runs is killed too), then compare every production table with the source, row by row and column by column, as
multisets. The reference rows are read from SQLite by Python's own driver, not by Dataduct.

The systems are SQLite and DuckDB, or MariaDB and PostgreSQL on servers that are started for it.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "demo"
sys.path[:0] = [str(DEMO), str(ROOT / "tests"), str(ROOT / "tests" / "endtoend")]

from build_source import build  # noqa: E402
from demo_sources import copy_to_mariadb, copy_to_postgres  # noqa: E402

from servers import MariaDb, Postgres, Run  # noqa: E402

TABLES = ("airlines", "airports", "planes", "weather", "flights")
RUN = [sys.executable, "-m", "dataduct", "run", "pipelines/nycflights.yaml", "--run-date", "2026-01-01"]
LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Difference:
    """Rows that production lacks and rows that it has too many of, over all tables."""

    lost: int
    doubled: int


class Systems(Protocol):
    """A source with the demo's rows, and a warehouse."""

    def make_project(self, work: Path) -> None:
        """Put a fresh project into `work`, which has nothing else, and empty the warehouse."""

    def compare(self, work: Path) -> Difference:
        """Return the rows lost and doubled in production, counted as multisets."""


class Embedded:
    """SQLite and DuckDB. The reference is a DuckDB file."""

    def __init__(self, source: Path, reference: Path) -> None:
        self._source = source
        self._reference = reference
        with sqlite3.connect(source) as database, duckdb.connect(str(reference)) as expected:
            expected.execute("CREATE SCHEMA prod")
            for table in TABLES:
                names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
                columns = zip(*database.execute(f"SELECT {', '.join(names)} FROM {table}"), strict=True)
                rows = pa.table({name: list(values) for name, values in zip(names, columns, strict=True)})
                times = "REPLACE (CAST(time_hour AS TIMESTAMP) AS time_hour)" if "time_hour" in names else ""
                expected.register("source_rows", rows)
                expected.execute(f"CREATE TABLE prod.{table} AS SELECT * {times} FROM source_rows")

    def make_project(self, work: Path) -> None:
        """See `Systems`."""
        shutil.copy(DEMO / "dataduct.yml", work)
        os.link(self._source, work / "source.sqlite")

    def compare(self, work: Path) -> Difference:
        """See `Systems`."""
        lost = doubled = 0
        with duckdb.connect(str(work / "warehouse.duckdb"), read_only=True) as warehouse:
            warehouse.execute(f"ATTACH '{self._reference}' AS expected (READ_ONLY)")
            catalog = warehouse.execute("SELECT current_database()").fetchone()[0]
            for table in TABLES:
                mine, theirs = (
                    f'SELECT * FROM "{catalog}".prod.{table}',
                    f"SELECT * FROM expected.prod.{table}",
                )
                lost += warehouse.execute(f"SELECT COUNT(*) FROM ({theirs} EXCEPT ALL {mine})").fetchone()[0]
                doubled += warehouse.execute(f"SELECT COUNT(*) FROM ({mine} EXCEPT ALL {theirs})").fetchone()[
                    0
                ]
        return Difference(lost, doubled)


class Servers:
    """MariaDB and PostgreSQL. The reference stands in the schema `public` of the warehouse's database."""

    def __init__(self, source: Path, mariadb: MariaDb, postgres: Postgres) -> None:
        self._source = (mariadb, mariadb.fresh_database("airline"))
        self._warehouse = (postgres, postgres.fresh_database("warehouse"))
        with mariadb.connect(self._source[1]) as connection:
            copy_to_mariadb(source, connection)
        with postgres.connect(self._warehouse[1]) as connection:
            copy_to_postgres(source, connection)

    def make_project(self, work: Path) -> None:
        """See `Systems`."""
        settings = {
            "project": "nycflights",
            "connections": {"airline_db": self._settings("mysql", *self._source)},
            "warehouse": self._settings("postgres", *self._warehouse),
        }
        (work / "dataduct.yml").write_text(json.dumps(settings), encoding="utf-8")
        schemas = ", ".join(("staging", "prod", "dataduct"))
        server, database = self._warehouse
        server.execute(f"DROP SCHEMA IF EXISTS {schemas} CASCADE", database=database)

    def compare(self, work: Path) -> Difference:
        """See `Systems`."""
        lost = doubled = 0
        server, database = self._warehouse
        for table in TABLES:
            mine, theirs = f"SELECT * FROM prod.{table}", f"SELECT * FROM public.{table}"
            counts = (
                f"SELECT COUNT(*) FROM ({a} EXCEPT ALL {b}) d" for a, b in ((theirs, mine), (mine, theirs))
            )
            missing, extra = (server.execute(count, database=database)[0][0] for count in counts)
            lost, doubled = lost + missing, doubled + extra
        return Difference(lost, doubled)

    def _settings(self, kind: str, server: MariaDb | Postgres, database: str) -> dict[str, Any]:
        return {"type": kind, **server.root_settings(), "database": database}


@contextmanager
def systems(kind: str, base: Path, source: Path) -> Iterator[Systems]:
    """Give the systems of a kind, `embedded` or `mariadb-postgres`, for the block."""
    if kind == "embedded":
        yield Embedded(source, base / "expected.duckdb")
        return
    servers = Run.begin()
    try:
        yield Servers(source, servers.mariadb(), servers.postgres())
    finally:
        servers.close()


def make_project(work: Path, tested: Systems) -> None:
    """Put a fresh project with an empty warehouse into `work`."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for directory in ("pipelines", "tables"):
        shutil.copytree(DEMO / directory, work / directory)
    tested.make_project(work)


def run_and_kill(command: list[str], work: Path, seconds: float) -> bool:
    """Run a command and kill it, with all it started, after `seconds`; return whether it was still running."""
    process = subprocess.Popen(
        command, cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def finish(work: Path) -> None:
    """Resume until the run has succeeded; ends the programme with the output if it does not."""
    done = subprocess.run(
        [*RUN, "--resume"], cwd=work, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )
    if done.returncode != 0:
        sys.exit(f"the resumed run ended with exit code {done.returncode}:\n{done.stderr[-4000:]}")


def last_kept(work: Path) -> str:
    """Return the name of the last step that had succeeded when the run was killed, as the run store has it."""
    store = work / ".dataduct" / "runs.sqlite"
    if not store.exists():
        return "nothing"
    try:
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as runs:
            row = runs.execute(
                "SELECT step FROM step_runs WHERE status = 'succeeded' ORDER BY finished_at DESC LIMIT 1"
            ).fetchone()
    except sqlite3.OperationalError:
        return "nothing"
    return row[0] if row else "nothing"


def main() -> None:
    """Run the rounds and print one line for each hundredth part and a summary."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100, help="number of kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--again", type=float, default=0.2, help="share of resumed runs that are killed as well"
    )
    parser.add_argument("--systems", choices=("embedded", "mariadb-postgres"), default="embedded")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="dataduct-chaos-") as directory:
        base = Path(directory)
        source, work = base / "source.sqlite", base / "work"
        build(source)
        with systems(options.systems, base, source) as tested:
            lost, doubled = kill_and_compare(tested, work, chance, options.kills, options.again)
    sys.exit(1 if lost or doubled else 0)


def kill_and_compare(
    tested: Systems, work: Path, chance: random.Random, wanted: int, again: float
) -> tuple[int, int]:
    """Run rounds until there were as many kills as wanted; print a summary and return the rows lost and doubled."""
    make_project(work, tested)
    began = time.monotonic()
    subprocess.run(RUN, cwd=work, check=True, capture_output=True)
    whole = time.monotonic() - began
    print(f"a whole run takes {whole:.1f} s; production against the source: {tested.compare(work)}")
    kills = rounds = lost = doubled = 0
    where: Counter[str] = Counter()
    while kills < wanted:
        make_project(work, tested)
        rounds += 1
        if not run_and_kill(RUN, work, chance.uniform(0.05, whole)):
            continue
        kills += 1
        where[last_kept(work)] += 1
        while kills < wanted and chance.random() < again:
            kills += run_and_kill([*RUN, "--resume"], work, chance.uniform(0.05, whole))
        finish(work)
        difference = tested.compare(work)
        lost, doubled = lost + difference.lost, doubled + difference.doubled
        print(f"\r{kills} kills, {lost} rows lost, {doubled} rows doubled", end="", flush=True)
    print(
        f"\n{kills} kills in {rounds} rounds, after {len(where)} different last steps: "
        f"{lost} rows lost, {doubled} rows doubled"
    )
    return lost, doubled


if __name__ == "__main__":
    main()
