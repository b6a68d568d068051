"""What a command costs before it does anything, against an empty Python."""

import shutil
import sys
from pathlib import Path

from benchmarks.measure import Usage, in_turn, line, run

DEMO = Path(__file__).resolve().parent.parent / "demo"


def main(work: Path, runs: int) -> None:
    """Print `--help` and `validate` against `python -c pass`."""
    project = work / "startup"
    shutil.copytree(DEMO, project, ignore=shutil.ignore_patterns("work", "*.py", "__pycache__"))
    dataduct = str(Path(sys.executable).with_name("dataduct"))

    def empty() -> Usage:
        return run([sys.executable, "-c", "pass"], project)

    for arguments in (["--help"], ["validate", "pipelines/nycflights.yaml"]):
        ours, reference = in_turn(
            lambda arguments=arguments: run([dataduct, *arguments], project), empty, runs
        )
        print(line(f"dataduct {arguments[0]}", ours, reference, "(python -c pass)"), flush=True)
