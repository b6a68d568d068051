"""Kill the demo pipeline with SIGKILL at random moments, resume it, and compare production with the source.

    python benchmarks/chaos.py [--kills 100] [--seed 1] [--again 0.2]

Each round starts from an empty warehouse: run, kill after a random part of a whole run's time, resume (a part of the
resumed runs is killed too), then compare every production table with the source, row by row and column by column, as
multisets. The reference rows are read from SQLite by Python's own driver, not by Dataduct.
"""

import argparse
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
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

DEMO = Path(__file__).resolve().parent.parent / "demo"
sys.path.insert(0, str(DEMO))

from build_source import build  # noqa: E402

TABLES = ("airlines", "airports", "planes", "weather", "flights")
RUN = [sys.executable, "-m", "dataduct", "run", "pipelines/nycflights.yaml", "--run-date", "2026-01-01"]
LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Difference:
    """Rows that production lacks and rows that it has too many of, over all tables."""

    lost: int
    doubled: int


def make_project(work: Path, source: Path) -> None:
    """Put a fresh project with an empty warehouse into `work`."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    shutil.copy(DEMO / "dataduct.yml", work)
    for directory in ("pipelines", "tables"):
        shutil.copytree(DEMO / directory, work / directory)
    os.link(source, work / "source.sqlite")


def make_reference(source: Path, reference: Path) -> None:
    """Write what production must hold into a DuckDB file, reading SQLite with Python's own driver."""
    with sqlite3.connect(source) as database, duckdb.connect(str(reference)) as expected:
        expected.execute("CREATE SCHEMA prod")
        for table in TABLES:
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            columns = zip(*database.execute(f"SELECT {', '.join(names)} FROM {table}"), strict=True)
            rows = pa.table({name: list(values) for name, values in zip(names, columns, strict=True)})
            times = "REPLACE (CAST(time_hour AS TIMESTAMP) AS time_hour)" if "time_hour" in names else ""
            expected.register("source_rows", rows)
            expected.execute(f"CREATE TABLE prod.{table} AS SELECT * {times} FROM source_rows")


def compare(work: Path, reference: Path) -> Difference:
    """Return the rows lost and doubled in production, counted as multisets."""
    lost = doubled = 0
    with duckdb.connect(str(work / "warehouse.duckdb"), read_only=True) as warehouse:
        warehouse.execute(f"ATTACH '{reference}' AS expected (READ_ONLY)")
        catalog = warehouse.execute("SELECT current_database()").fetchone()[0]
        for table in TABLES:
            mine, theirs = f'SELECT * FROM "{catalog}".prod.{table}', f"SELECT * FROM expected.prod.{table}"
            lost += warehouse.execute(f"SELECT COUNT(*) FROM ({theirs} EXCEPT ALL {mine})").fetchone()[0]
            doubled += warehouse.execute(f"SELECT COUNT(*) FROM ({mine} EXCEPT ALL {theirs})").fetchone()[0]
    return Difference(lost, doubled)


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
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="dataduct-chaos-") as directory:
        base = Path(directory)
        source, reference, work = base / "source.sqlite", base / "expected.duckdb", base / "work"
        build(source)
        make_reference(source, reference)
        make_project(work, source)
        began = time.monotonic()
        subprocess.run(RUN, cwd=work, check=True, capture_output=True)
        whole = time.monotonic() - began
        print(f"a whole run takes {whole:.1f} s; production against the source: {compare(work, reference)}")
        kills = rounds = lost = doubled = 0
        where: Counter[str] = Counter()
        while kills < options.kills:
            make_project(work, source)
            rounds += 1
            if not run_and_kill(RUN, work, chance.uniform(0.05, whole)):
                continue
            kills += 1
            where[last_kept(work)] += 1
            while kills < options.kills and chance.random() < options.again:
                kills += run_and_kill([*RUN, "--resume"], work, chance.uniform(0.05, whole))
            finish(work)
            difference = compare(work, reference)
            lost, doubled = lost + difference.lost, doubled + difference.doubled
            print(f"\r{kills} kills, {lost} rows lost, {doubled} rows doubled", end="", flush=True)
    print(
        f"\n{kills} kills in {rounds} rounds, after {len(where)} different last steps: "
        f"{lost} rows lost, {doubled} rows doubled"
    )
    sys.exit(1 if lost or doubled else 0)


if __name__ == "__main__":
    main()
