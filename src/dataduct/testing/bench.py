"""A project in a directory of its own, with the step types, patterns and files of the project under test."""

import json
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataduct import api
from dataduct.config.project import Project
from dataduct.config.settings import EngineSettings, HooksSettings, LogsSettings, RunsSettings
from dataduct.errors import CheckFailedError, DataductError, ProblemsError
from dataduct.model.problem import Problem
from dataduct.model.table import TableDefinition
from dataduct.plan.plan import BoundPlan
from dataduct.runs.events import Event
from dataduct.testing.given import (
    Database,
    Rows,
    arrow_table,
    definition_text,
    make_database,
    write_rows,
)
from dataduct.testing.outcome import RunOutcome

_PREFIX = "dataduct-test-"


class InvalidPipeline(ProblemsError):  # noqa: N818 - what the pipeline is, as the tests read it
    """The pipeline under test has problems; the text of the exception draws them all."""

    def __init__(self, error: ProblemsError) -> None:
        super().__init__(error.problems, redact=error.redact)

    def __str__(self) -> str:
        drawn = "\n".join(line for problem in self.problems for line in _drawn(problem))
        return self.redact(f"{self.message}\n{drawn}")


class Bench:
    """Runs pipelines on a DuckDB warehouse, a local storage and SQLite connections in a temporary directory.

    Args:
        project: Directory of the project under test; None finds it from the working directory upward.
        connections: Databases by alias. The project's own connections are not there.

    Attributes:
        directory: The temporary directory. It is deleted when neither the bench nor an outcome of its runs
            is needed any more.
        root: The directory of the project under test.
        project: The project as the runs see it: in the temporary directory, with the files of the one under test.
    """

    def __init__(self, project: Path | None, connections: Mapping[str, Database]) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
        weakref.finalize(self, shutil.rmtree, self.directory, ignore_errors=True)
        try:
            opened = api.open_project(project)
        except ProblemsError as error:
            raise InvalidPipeline(error) from None
        (self.directory / "connections").mkdir()
        for alias, database in connections.items():
            make_database(self.directory / "connections" / f"{alias}.sqlite", database)
        self.root = opened.root
        self.project = self._isolated(opened, connections)

    def _isolated(self, project: Project, aliases: Mapping[str, object]) -> Project:
        """Return the project with every place that it writes to, and every system that it reads, in the directory."""
        directory, root, settings = self.directory, project.root, project.settings
        changes: dict[str, Any] = {
            "resources": (str(root), *(str(path) for path in project.resource_directories)),
            "steps": tuple(str(root / Path(path).expanduser()) for path in settings.steps),
            "patterns": tuple(str(root / Path(path).expanduser()) for path in settings.patterns),
            "custom_steps": [
                entry.model_copy(update={"file_path": str(root / entry.file_path)})
                if (root / entry.file_path).is_file()
                else entry
                for entry in settings.custom_steps
            ],
            "warehouse": {"type": "duckdb", "path": str(directory / "warehouse.duckdb")},
            "storage": {"type": "local", "path": str(directory / "data")},
            "runs": RunsSettings(path=str(directory / "runs.sqlite")),
            "logs": LogsSettings(path=str(directory / "logs")),
            "connections": {
                alias: {"type": "sqlite", "path": str(directory / "connections" / f"{alias}.sqlite")}
                for alias in aliases
            },
            "engine": EngineSettings(max_retries=0),
            "hooks": HooksSettings(),
            "bootstrap": None,
            "teardown": None,
        }
        return replace(project, root=directory, settings=settings.model_copy(update=changes))

    def create(self, tables: Mapping[str, Rows]) -> None:
        """Create tables in the warehouse and load their rows. Raises UserError, and DataError for rows that do not fit.

        Args:
            tables: Rows by CREATE TABLE statement, or by the path of a file that holds one.
        """
        steps: list[dict[str, object]] = []
        places = self.project.resource_directories
        (self.directory / "tables").mkdir()
        (self.directory / "rows").mkdir()
        for key, rows in tables.items():
            try:
                definition, text = definition_text(key, places)
            except ProblemsError as error:
                raise InvalidPipeline(error) from None
            file = self.directory / "tables" / f"{definition.name}.sql"
            file.write_text(text, encoding="utf-8")
            data = self.directory / "rows" / f"{definition.name}.parquet"
            table = _with_all_columns(arrow_table(rows, of=f"table `{definition.name}`"), definition)
            write_rows(table, data, of=f"table `{definition.name}`")
            steps.append({"step_type": "extract-local", "path": str(data)})
            steps.append({"step_type": "create-load", "table_definition": str(file), "match_columns": "name"})
        if steps:
            self.run(self.write("tables-of-the-test", steps), run_date="2000-01-01")

    def write(self, name: str, steps: Sequence[Mapping[str, object]]) -> Path:
        """Write a pipeline of `steps` and return its file."""
        file = self.directory / f"{name}.yaml"
        file.write_text(
            json.dumps({"name": name, "steps": list(steps)}, indent=2, default=str), encoding="utf-8"
        )
        return file

    def run(
        self, file: Path, *, run_date: str | None, variables: Mapping[str, str] | None = None
    ) -> RunOutcome:
        """Run a pipeline file and return its outcome, also when a check has failed.

        Raises:
            InvalidPipeline: The file has problems; nothing has run.
            DataductError: A step failed with this.
        """
        try:
            bound = self._bound(file, run_date, variables)
            result = api.run(self.project, file, listener=_ignore, run_date=run_date, variables=variables)
        except ProblemsError as error:
            raise InvalidPipeline(error) from None
        if result.error is not None and not isinstance(result.error, CheckFailedError):
            raise _with_notes(result.error, result.failed_step)
        return RunOutcome.of(self.project, bound, result, self)

    def _bound(self, file: Path, run_date: str | None, variables: Mapping[str, str] | None) -> BoundPlan:
        plan = api.compile_pipeline(self.project, file)
        return api.bind(self.project, plan, run_date=run_date, variables=variables)


def _with_all_columns(rows: pa.Table, definition: TableDefinition) -> pa.Table:
    """Return the rows with NULL in each column that they leave out and that has no default."""
    for column in definition.columns:
        if column.name not in rows.column_names and column.default is None and column.identity is None:
            rows = rows.append_column(column.name, pa.nulls(rows.num_rows, pa.string()))
    return rows


def _ignore(event: Event) -> None:
    """Take an event nobody listens to."""


def _with_notes(error: DataductError, step: str | None) -> DataductError:
    notes = [f"step `{step}` failed [{error.code}]" if step else "", *error.details, error.hint or ""]
    for note in filter(None, notes):
        error.add_note(note)
    return error


def _drawn(problem: Problem) -> list[str]:
    lines = [f"{problem.severity}[{problem.code}]: {problem.message}"]
    lines += [f"  --> {problem.position}"] if problem.position else []
    lines += [f"  used at {place}" for place in problem.used_at]
    lines += [f"  expected {problem.expected}"] if problem.expected else []
    return [*lines, f"  {problem.hint}"] if problem.hint else lines
