"""The demo: load the airline database for two days, then replay the second day.

    python demo/demo.py [WORK_DIRECTORY]

Everything it does stands on the screen as the command a person would type.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
from build_source import build
from change_source import change

HERE = Path(__file__).parent
TABLES = ("airlines", "airports", "planes", "weather", "flights")
PIPELINE = "pipelines/nycflights.yaml"


def title(text: str) -> None:
    """Print the heading of a chapter."""
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def dataduct(*arguments: str, work: Path) -> None:
    """Run a dataduct command in the demo's project, showing it first. Ends the demo if it fails."""
    print(f"$ dataduct {' '.join(arguments)}", flush=True)
    command = [sys.executable, "-m", "dataduct", *arguments]
    done = subprocess.run(command, cwd=work, check=False)
    if done.returncode != 0:
        sys.exit(f"dataduct ended with exit code {done.returncode}")


def production(work: Path) -> dict[str, tuple[int, str]]:
    """Return rows and a checksum over all values of each production table."""
    with duckdb.connect(work / "warehouse.duckdb", read_only=True) as warehouse:
        return {
            table: warehouse.execute(
                f"SELECT COUNT(*), CAST(SUM(hash(t::VARCHAR)) AS VARCHAR) FROM prod.{table} AS t"
            ).fetchone()
            for table in TABLES
        }


def make_project(work: Path) -> None:
    """Put a fresh copy of the demo's project into `work`."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    shutil.copy(HERE / "dataduct.yml", work)
    for directory in ("pipelines", "tables"):
        shutil.copytree(HERE / directory, work / directory)


def main() -> None:
    """Run the demo."""
    work = Path(sys.argv[1] if len(sys.argv) > 1 else HERE / "work").resolve()
    make_project(work)
    title(f"A source: the flights out of New York in 2013, in {work / 'source.sqlite'}")
    for table, count in build(work / "source.sqlite").items():
        print(f"  {table:<10}{count:>9,} rows")

    title("Day one")
    dataduct("validate", PIPELINE, work=work)
    dataduct("run", PIPELINE, "--run-date", "2026-01-01", work=work)
    first = production(work)

    title("Meanwhile, at the source")
    for what, count in change(work / "source.sqlite"):
        print(f"  {what} ({count:,} {'row' if count == 1 else 'rows'})")

    title("Day two")
    dataduct("run", PIPELINE, "--run-date", "2026-01-02", work=work)
    second = production(work)

    title("Day two once more: a run date that is loaded already changes nothing")
    dataduct("run", PIPELINE, "--run-date", "2026-01-02", work=work)
    third = production(work)

    title("The production tables")
    print(f"  {'table':<10}{'day one':>10}{'day two':>10}{'replayed':>10}")
    for table in TABLES:
        print(f"  {table:<10}" + "".join(f"{state[table][0]:>10,}" for state in (first, second, third)))
    if second == first or third != second:
        sys.exit("the production tables are not what the source says")
    print("  Day two updated and grew production; the replay left every value as it was.")

    title("The pipeline's picture")
    dataduct("visualize", PIPELINE, "-o", "nycflights.png", work=work)

    title("Where things are")
    print(f"  picture      {work / 'nycflights.png'}")
    print(f"  warehouse    {work / 'warehouse.duckdb'}")
    print(f"  run history  {work / '.dataduct' / 'runs.sqlite'}")
    title("Try next")
    print(f"  cd {work}")
    print("  dataduct history")
    print(f"  dataduct plan {PIPELINE} --step upsert_flights")
    print("  dataduct steps upsert")


if __name__ == "__main__":
    main()
