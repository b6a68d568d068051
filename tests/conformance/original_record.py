"""What the original Dataduct made of its example pipelines, as it was recorded beside them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

ORIGINAL = Path(__file__).parents[3] / "shared" / "conformance" / "original"
EXAMPLES = ORIGINAL / "examples"
_RECORDED = ORIGINAL / "expected" / "pipelines"

STEP_CLASSES = {
    "TransformStep": {"transform"},
    "ExtractLocalStep": {"extract-local"},
    "CustomExtractLocalStep": {"custom-extract-local", "extract-local"},
    "ExtractS3Step": {"extract-s3"},
    "ExtractRdsStep": {"extract-rds"},
    "ExtractRedshiftStep": {"extract-redshift"},
    "ExtractPostgresStep": {"extract-postgres"},
    "LoadRedshiftStep": {"load-redshift"},
    "LoadPostgresStep": {"load-postgres"},
    "CreateAndLoadStep": {"create-load-redshift"},
    "CreateUpdateSqlStep": {"create-update-sql"},
    "UpsertStep": {"upsert"},
    "ReloadStep": {"reload"},
    "LoadReloadAndPrimaryKeyStep": {"create-load", "reload", "primary-key-check"},
    "SqlCommandStep": {"sql-command"},
    "EMRStreamingStep": {"emr-streaming"},
    "PipelineDependenciesStep": {"pipeline-dependencies"},
    "PrimaryKeyCheckStep": {"primary-key-check"},
    "CountCheckStep": {"count-check"},
    "ColumnCheckStep": {"column-check"},
}
"""The class of the original's step, and the step types that its steps have in our plan."""


@dataclass(frozen=True)
class RecordedStep:
    """One step as the original built it; `place` counts the steps of the pipeline from 0."""

    id: str
    class_name: str
    place: int
    is_bootstrap: bool
    activities: tuple[str, ...]
    requires: tuple[str, ...]


@dataclass(frozen=True)
class RecordedSql:
    """A text of SQL that the original handed to one of its activities."""

    step: str
    kind: str
    text: str


class RecordedPipeline:
    """One example as the original built it. The teardown that it added to every pipeline is left out."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._record: dict[str, Any] = json.loads((_RECORDED / f"{name}.json").read_text(encoding="utf-8"))
        self.file = EXAMPLES / self._record["source"]

    @cached_property
    def steps(self) -> tuple[RecordedStep, ...]:
        """The steps in the order of the file, bootstrap first."""
        written = [step for step in self._record["steps"] if not step["is_teardown"]]
        return tuple(
            RecordedStep(
                id=step["id"],
                class_name=step["class"],
                place=place,
                is_bootstrap=step["is_bootstrap"],
                activities=tuple(activity["id"] for activity in step["activities"]),
                requires=tuple(step["required_steps"]),
            )
            for place, step in enumerate(written)
        )

    @cached_property
    def edges(self) -> set[tuple[int, int]]:
        """Places of steps: the second waits for the first, as its activities or the step itself say."""
        step_of = {name: step for step in self.steps for name in (step.id, *step.activities)}
        pairs = [tuple(pair) for pair in self._record["depends_on_edges"]]
        pairs += [(required, step.id) for step in self.steps for required in step.requires]
        found = {(step_of[a].place, step_of[b].place) for a, b in pairs if a in step_of and b in step_of}
        return {(before, after) for before, after in found if before != after}

    @property
    def period(self) -> timedelta:
        """Time between two runs."""
        number, unit = self._schedule()["period"].split()
        return timedelta(**{f"{unit.removesuffix('s')}s": int(number)})

    @property
    def load_time(self) -> time:
        """Time of day of the runs."""
        return datetime.fromisoformat(self._schedule()["startDateTime"]).time()

    def sql_of(self, step: RecordedStep) -> Iterator[RecordedSql]:
        """Yield the step's texts of SQL in the order of its activities; the addresses of uploaded ones are left out."""
        for entry in self._record["sql"]:
            if entry["step"] == step.id and not entry["text"].startswith("s3://"):
                yield RecordedSql(step.id, entry["kind"], entry["text"])

    def definitions(self) -> dict[str, str]:
        """Return the CREATE TABLE statement of each table definition that the pipeline names, by the table's name."""
        texts = [
            sql.text
            for step in self.steps
            for sql in self.sql_of(step)
            if sql.kind in ("table_definition", "table")
        ]
        return {text.split("(")[0].split()[-1]: text for text in texts}

    def _schedule(self) -> dict[str, str]:
        [schedule] = [found for found in self._record["objects"] if found["id"] == "Schedule0"]
        return {field["key"]: field.get("stringValue", "") for field in schedule["fields"]}


def recorded_names() -> list[str]:
    """Return the names of the examples that were recorded; none if the record is not at hand."""
    return sorted(path.stem for path in _RECORDED.glob("*.json"))
