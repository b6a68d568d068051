"""A small real project: a SQLite source, a DuckDB warehouse, and the command line that works on them.

The fixtures are in `projects.fixtures`.
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from click.testing import CliRunner

SETTINGS = """\
project: school
connections:
  school:
    type: sqlite
    path: source.sqlite
engine:
  workers: 1
  retry_delay: 0.05
  lock_timeout: 20
"""

SOURCE = """\
CREATE TABLE courses (id INTEGER PRIMARY KEY, slug TEXT NOT NULL, title TEXT);
INSERT INTO courses VALUES (1, 'algebra', 'Algebra'), (2, 'biology', 'Biology'), (3, 'chemistry', NULL);
"""

STAGING = "CREATE TABLE staging.courses (course_id INTEGER NOT NULL, slug VARCHAR(20), title VARCHAR(40));\n"
PRODUCTION = """\
CREATE TABLE prod.courses (
    course_id INTEGER NOT NULL,
    slug VARCHAR(20),
    title VARCHAR(40),
    PRIMARY KEY (course_id)
);
"""
COURSES = """\
name: courses
steps:
  - step_type: extract-rds
    name: extract
    host_name: school
    sql: SELECT id, slug, title FROM courses
  - step_type: create-load
    name: load
    table_definition: tables/staging.courses.sql
    match_columns: position
  - step_type: upsert
    name: upsert
    source: tables/staging.courses.sql
    destination: tables/prod.courses.sql
  - step_type: primary-key-check
    name: check-key
    table_definition: tables/prod.courses.sql
  - step_type: count-check
    name: check-count
    source_host: school
    source_table_name: courses
    destination_table_definition: tables/prod.courses.sql
    tolerance: 0
"""

_NORMALISED = (
    (re.compile(r"\b\d{8}T\d{6}-[0-9a-z]{4}\b"), "RUN"),
    (re.compile(r"^\d\d:\d\d:\d\d ", re.MULTILINE), "HH:MM:SS "),
    (re.compile(r"  [\d,.]+ (?:B|kB|KB|MB|KiB|MiB)(?=\s)"), ""),
    (re.compile(r"  [\d,.]+ rows/s"), ""),
    (re.compile(r"  (?:[\d.]+ (?:ms|s|us|µs)|\d+m\d+s)(?=\s)"), "  TIME"),
    (re.compile(r"(?<= in )(?:[\d.]+ (?:ms|s|us|µs)|\d+m\d+s)\b"), "TIME"),
    (re.compile(r"(?<=/)[0-9a-f]{16}(?=/|:)"), "VERSION"),
    (re.compile(r"\bprocess \d+( \([^)]*\))?"), "process PID"),
    (re.compile(rf"(?<=and DuckDB ){re.escape(duckdb.__version__)}"), "VERSION"),
    (re.compile("disk I/O error|database or disk is full"), "DISK FULL"),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
)


@dataclass(frozen=True)
class Ended:
    """How a call of the command line ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr

    def document(self) -> Any:
        return json.loads(self.stdout)


class Project:
    """A project in a directory of its own.

    Calling it runs the command line in this process; `process` and `begin` start a process for it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def __call__(self, *arguments: str, **environment: str) -> Ended:
        from dataduct.cli.main import dataduct

        ended = CliRunner().invoke(dataduct, arguments, env=environment, prog_name="dataduct")
        return Ended(ended.exit_code, ended.stdout, ended.stderr)

    def process(self, *arguments: str, seconds: float = 60, **environment: str) -> Ended:
        begun = self.begin(*arguments, **environment)
        stdout, stderr = begun.communicate(timeout=seconds)
        return Ended(begun.returncode, stdout, stderr)

    def begin(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "dataduct", *arguments],
            cwd=self.root,
            env={**os.environ, "COLUMNS": "120", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def pipeline(self, name: str, *steps: str) -> str:
        """Write a pipeline of these steps, each YAML text, and return its file."""
        listed = "".join("  - " + step.strip().replace("\n", "\n    ") + "\n" for step in steps)
        self.write({f"pipelines/{name}.yaml": f"name: {name}\nsteps:\n{listed}"})
        return f"pipelines/{name}.yaml"

    def change_source(self, script: str, file: str = "source.sqlite") -> None:
        connection = sqlite3.connect(self.root / file)
        try:
            connection.executescript(script)
        finally:
            connection.close()

    def source_rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.root / "source.sqlite")
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def change_warehouse(self, script: str) -> None:
        with duckdb.connect(str(self.root / "warehouse.duckdb")) as connection:
            connection.execute(script)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.root / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all rows of every table of the warehouse; nothing if there is no warehouse."""
        path = self.root / "warehouse.duckdb"
        if not path.is_file() or path.read_bytes()[8:12] != b"DUCK":
            return {}
        with duckdb.connect(str(path), read_only=True) as connection:
            names = connection.execute(
                "SELECT table_schema || '.' || table_name FROM information_schema.tables "
                "WHERE table_schema <> 'dataduct' ORDER BY ALL"
            ).fetchall()
            return {
                name: connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for (name,) in names
            }

    def datasets(self) -> set[str]:
        """Return the steps that have a published dataset, in any run."""
        manifests = (self.root / ".dataduct" / "data").rglob(".manifest.json")
        return {manifest.parent.parent.name for manifest in manifests}

    def files(self, step: str) -> dict[str, str]:
        """Return the published files of a step by name, from whatever run."""
        [manifest] = (self.root / ".dataduct" / "data").glob(f"*/*/*/{step}/*/.manifest.json")
        parts = [manifest.parent / part["path"] for part in json.loads(manifest.read_text())["parts"]]
        return {path.name: path.read_text() for path in parts}

    def runs(self) -> list[dict[str, Any]]:
        """Return what `history` lists, latest first."""
        listed = self("history", "--json")
        assert listed.exit_code == 0, listed.stderr
        return listed.document()["runs"]

    def steps(self) -> dict[str, str]:
        """Return the status of each step of the latest run."""
        shown = self("history", self.runs()[0]["id"], "--json")
        assert shown.exit_code == 0, shown.stderr
        return {step["step"]: step["status"] for step in shown.document()["steps"]}

    def transcript(self, ended: Ended) -> str:
        """Return what a call told, with run ids, times, sizes and places made equal everywhere."""
        text = ended.text.replace(str(self.root), "PROJECT").replace(str(self.root.parent), "TMP")
        for pattern, word in _NORMALISED:
            text = pattern.sub(word, text)
        return f"{text}exit code {ended.exit_code}\n"
