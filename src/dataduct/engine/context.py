"""What a handler sees of the attempt it works for."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dataduct.engine.session import Session, now
from dataduct.engine.workbench import Workbench
from dataduct.errors import DataError
from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import DatasetRef, Manifest
from dataduct.model.verdict import CheckVerdict
from dataduct.plan.plan import PlanStep
from dataduct.runs.events import StepProgress
from dataduct.runs.logs import AttemptLog
from dataduct.runs.records import RecordedVerdict, Statement

_PROGRESS_INTERVAL_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an attempt did. `already_loaded` says that its load was committed before and nothing was done."""

    rows: int | None = None
    bytes: int | None = None
    message: str | None = None
    verdict: CheckVerdict | None = None
    already_loaded: bool = False


@dataclass(slots=True)
class StatementResult:
    """Filled by the block that runs a statement: the rows it changed or read, None if it has none."""

    rows: int | None = None


class AttemptContext:
    """One attempt of one step: what it works with, and where it tells how it goes.

    Attributes:
        number: Number of the attempt in its run, from 1.
        is_retry: Whether an attempt of this process came before it.
    """

    def __init__(
        self,
        session: Session,
        step: PlanStep,
        number: int,
        cancellation: Cancellation,
        log: AttemptLog,
        *,
        is_retry: bool = False,
    ) -> None:
        self.session = session
        self.step = step
        self.number = number
        self.cancellation = cancellation
        self.log = log
        self.is_retry = is_retry
        self._statements = 0
        self._progress_at = 0.0

    @property
    def workbench(self) -> Workbench:
        """The connections, warehouse and storage of the run."""
        return self.session.workbench

    @property
    def replaces_load(self) -> bool:
        """Whether a load committed by an earlier run is to be done again."""
        return self.session.force or self.step.name in self.session.repeated

    def dataset_key(self, dataset: DatasetRef) -> str:
        """Return the storage key of a dataset of this run."""
        return self.session.dataset_key(dataset)

    def published(self, dataset: DatasetRef) -> tuple[str, Manifest]:
        """Return key and manifest of a dataset that the step reads. Raises DataError (DD780) if there is none."""
        key = self.dataset_key(dataset)
        manifest = self.workbench.storage.manifest(key)
        if manifest is None:
            raise DataError(
                f"step `{self.step.name}` reads the dataset `{dataset}`, which run {self.session.run_id} has not "
                "published",
                code="DD780",
                hint=f"run step `{dataset.step}` first",
            )
        return key, manifest

    def progress(self, rows: int, size: int) -> None:
        """Tell the listener the rows and bytes moved so far, at most four times a second."""
        moment = time.monotonic()
        if moment - self._progress_at >= _PROGRESS_INTERVAL_SECONDS:
            self._progress_at = moment
            self.session.emit(StepProgress(step=self.step.name, rows=rows, bytes=size))

    def record_statement(self, where: str, text: str, seconds: float, rows: int | None = None) -> None:
        """Keep a statement of the attempt; `where` is `warehouse` or a connection's alias."""
        self._statements += 1
        self.session.store.add_statement(
            Statement(
                run_id=self.session.run_id,
                step=self.step.name,
                attempt=self.number,
                position=self._statements,
                where=where,
                text=self.session.redact(text),
                seconds=seconds,
                rows=rows,
            )
        )

    @contextmanager
    def statement(self, where: str, text: str, purpose: str = "") -> Iterator[StatementResult]:
        """Log and keep the statement that the block runs, with the time it takes, also when it fails."""
        result = StatementResult()
        label = f"{where}: {purpose}" if purpose else where
        self.log.write(f"{label}\n{text}")
        began = time.monotonic()
        try:
            yield result
        finally:
            seconds = time.monotonic() - began
            counted = "" if result.rows is None else f", {result.rows:,} rows"
            self.log.write(f"{label}: {seconds:.3f} seconds{counted}")
            self.record_statement(where, text, seconds, result.rows)

    def record_verdict(self, verdict: CheckVerdict) -> None:
        """Keep the verdict of the check that the attempt ran."""
        self.log.write(f"{'passed' if verdict.passed else 'failed'}: {verdict.summary}")
        self.session.store.add_verdict(
            RecordedVerdict(
                run_id=self.session.run_id,
                step=self.step.name,
                attempt=self.number,
                verdict=verdict,
                measured_at=now(),
            )
        )

    def environment(self) -> dict[str, str]:
        """Return the environment of the attempt's commands: this process's and what the run says of itself."""
        session, bound = self.session, self.session.bound
        environment = {
            **os.environ,
            "DATADUCT_PIPELINE": bound.plan.pipeline,
            "DATADUCT_RUN_DATE": bound.run_date,
            "DATADUCT_RUN_ID": session.run_id,
            "DATADUCT_RUN_STATUS": session.status,
            "DATADUCT_STEP": self.step.name,
            "DATADUCT_ATTEMPT": str(self.number),
            "DATADUCT_SCHEDULED_START": bound.scheduled_start.isoformat(),
            "DATADUCT_SCHEDULED_END": bound.scheduled_end.isoformat(),
            "DATADUCT_PROJECT_DIRECTORY": str(self.workbench.project.root),
        }
        if session.failed_step is not None:
            environment["DATADUCT_FAILED_STEP"] = session.failed_step
        if session.error is not None:
            environment["DATADUCT_ERROR"] = session.redact(session.error.message)
        return environment
