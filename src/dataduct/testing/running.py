"""Running one step, a pattern or a pipeline for a test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dataduct.errors import UserError
from dataduct.testing.bench import Bench
from dataduct.testing.given import Database, Given, Rows, input_path
from dataduct.testing.outcome import RunOutcome, StepOutcome

RUN_DATE = "2026-01-01"
"""The run date of tests that name none."""

_INPUT = "input"
_STEP = "step"


def run_step(
    step: Mapping[str, Any] | str,
    rows: Given | None = None,
    *,
    inputs: Mapping[str, Given] | None = None,
    tables: Mapping[str, Rows] | None = None,
    connections: Mapping[str, Database] | None = None,
    project: Path | None = None,
    run_date: str | None = RUN_DATE,
    variables: Mapping[str, str] | None = None,
) -> StepOutcome:
    """Run one step, or one use of a pattern, and return what came of it, also when a check has failed.

    Args:
        step: The step as it stands in a pipeline: a mapping, or the YAML text of one. By default its name is `step`.
        rows: The dataset it reads: rows, or the paths of files.
        inputs: Several datasets by the names that the step's `input_node` uses.
        tables: Rows of warehouse tables by CREATE TABLE statement, or by the path of the file that holds it.
        connections: Databases of connections by alias: rows by table, or a SQL script for SQLite.
        project: Directory of the project whose step types, patterns and files count; None finds it from the working
            directory upward.
        run_date: The run date.
        variables: Values for `{{ var.NAME }}`.

    Raises:
        InvalidPipeline: The step has problems; the text of the exception draws them.
        DataductError: The step failed with this.
        UserError: What was given cannot be used (DD574).
    """
    mapping = _mapping(step)
    bench = Bench(project, connections or {})
    bench.create(tables or {})
    given = {**({_INPUT: rows} if rows is not None else {}), **(inputs or {})}
    steps: list[Mapping[str, object]] = [
        {
            "step_type": "extract-local",
            "name": name,
            "path": input_path(value, bench.directory / "inputs" / name, of=f"`{name}`"),
        }
        for name, value in given.items()
    ]
    reads = {"input_node": _INPUT} if rows is not None else {}
    name = str(mapping.get("name", _STEP))
    steps.append({"name": name, **reads, **mapping})
    outcome = bench.run(bench.write("test", steps), run_date=run_date, variables=variables)
    made = tuple(each.name for each in outcome.plan.steps if each.name not in given)
    return StepOutcome(run=outcome, names=made)


def run_pipeline(
    pipeline: Path | str,
    *,
    tables: Mapping[str, Rows] | None = None,
    connections: Mapping[str, Database] | None = None,
    project: Path | None = None,
    run_date: str | None = RUN_DATE,
    variables: Mapping[str, str] | None = None,
) -> RunOutcome:
    """Run a pipeline and return what came of it, also when a check has failed.

    Args:
        pipeline: The file, relative to the project; or the YAML text of a pipeline, which has more than one line.

    The other arguments and the exceptions are those of `run_step`.
    """
    bench = Bench(project, connections or {})
    bench.create(tables or {})
    if isinstance(pipeline, str) and "\n" in pipeline:
        file = bench.directory / "pipeline.yaml"
        file.write_text(pipeline, encoding="utf-8")
    else:
        file = bench.root / pipeline
        if not file.is_file():
            raise UserError(f"there is no pipeline file `{pipeline}` in {bench.root}", code="DD574")
    return bench.run(file, run_date=run_date, variables=variables)


def _mapping(step: Mapping[str, Any] | str) -> Mapping[str, Any]:
    read = step
    if isinstance(step, str):
        try:
            read = yaml.safe_load(step)
        except yaml.YAMLError as error:
            raise UserError(f"the step is no YAML: {' '.join(str(error).split())}", code="DD574") from None
    if not isinstance(read, Mapping) or "step_type" not in read:
        raise UserError(
            "the step is no mapping with a `step_type`",
            code="DD574",
            hint='give it as it stands in a pipeline: {"step_type": "upsert", ...}',
        )
    return read
