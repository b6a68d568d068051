"""What the engine adds to a step: 500 SQL steps that do nothing, against the same statements by hand."""

import shutil
import sys
from pathlib import Path

from benchmarks.measure import Usage, in_turn, line, run

STEPS = 500
BY_HAND = f"""
import duckdb
with duckdb.connect("by_hand.duckdb") as warehouse:
    for _ in range({STEPS}):
        warehouse.begin()
        warehouse.execute("SELECT 1").fetchall()
        warehouse.commit()
"""


def main(work: Path, runs: int) -> None:
    """Print the time of the pipeline, and the overhead of each step."""
    project = work / "overhead"
    (project / "pipelines").mkdir(parents=True)
    steps = "".join(f"  - {{step_type: sql-command, command: SELECT {n}}}\n" for n in range(STEPS))
    (project / "pipelines" / "steps.yaml").write_text(f"name: steps\nfrequency: daily\nsteps:\n{steps}")
    (project / "dataduct.yml").write_text("project: overhead\n")
    dataduct = str(Path(sys.executable).with_name("dataduct"))

    def fresh() -> None:
        shutil.rmtree(project / ".dataduct", ignore_errors=True)
        for path in project.glob("*.duckdb*"):
            path.unlink()

    def ours() -> Usage:
        fresh()
        return run([dataduct, "run", "pipelines/steps.yaml", "--run-date", "2026-01-01"], project)

    def by_hand() -> Usage:
        fresh()
        return run([sys.executable, "-c", BY_HAND], project)

    used, reference = in_turn(ours, by_hand, runs)
    each = (used.seconds - reference.seconds) / STEPS * 1000
    print(line(f"{STEPS} no-op SQL steps", used, reference, f"({each:.1f} ms overhead a step)"), flush=True)
