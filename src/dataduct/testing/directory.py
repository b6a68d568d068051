"""A project's directory for tests."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataduct.testing.outcome import RunOutcome, StepOutcome
from dataduct.testing.running import run_pipeline, run_step


class ProjectDirectory:
    """A project in a directory of its own.

    Attributes:
        root: The directory; it is made empty.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)

    def write(self, files: Mapping[str, str]) -> None:
        """Write text files by their paths in the project."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def dataduct(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Call the command line in the project; `returncode`, `stdout` and `stderr` tell how it ended."""
        return subprocess.run(
            [sys.executable, "-m", "dataduct", *arguments],
            cwd=self.root,
            env={**os.environ, "COLUMNS": "120", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def run_step(self, *arguments: Any, **given: Any) -> StepOutcome:
        """Run a step of this project; see `dataduct.testing.run_step`."""
        return run_step(*arguments, project=self.root, **given)

    def run_pipeline(self, *arguments: Any, **given: Any) -> RunOutcome:
        """Run a pipeline of this project; see `dataduct.testing.run_pipeline`."""
        return run_pipeline(*arguments, project=self.root, **given)
