"""What the run store holds, as frozen values. Times are UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dataduct.model.verdict import CheckVerdict

RunStatus = Literal["running", "incomplete", "succeeded", "failed", "interrupted"]
"""`incomplete`: its steps are executed one by one, by another engine; none is under way, and not all are done."""
StepStatus = Literal["pending", "running", "succeeded", "failed", "skipped", "already-loaded", "interrupted"]
"""`skipped`: a step it depends on failed. `already-loaded`: its load was committed by an earlier run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a pipeline for one run date; `run --resume` continues it.

    Attributes:
        id: Sortable: start time and a few random characters (`20260101T013000-k3f9`).
        plan: The plan as JSON, as it was run.
        error: The first root failure's one-line message, redacted.
        mode: The mode of the settings it ran with, or None.
        partial: Whether it was asked to run some steps of the plan only, and the others were not done.
    """

    id: str
    pipeline: str
    run_date: str
    status: RunStatus
    started_at: datetime
    finished_at: datetime | None = None
    error: str | None = None
    process: str | None = None
    plan: str | None = None
    mode: str | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRun:
    """One step of one run.

    Attributes:
        fingerprint: What its last attempt did, as `dataduct.engine.fingerprints` writes it; None if it made none.
    """

    run_id: str
    step: str
    step_type: str
    operation: str
    status: StepStatus
    attempts: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    rows: int | None = None
    bytes: int | None = None
    error: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of one step. `log_file` is a path relative to the project's log directory."""

    run_id: str
    step: str
    number: int
    status: StepStatus
    started_at: datetime
    finished_at: datetime | None = None
    error_code: str | None = None
    error: str | None = None
    log_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One SQL statement of an attempt. `where` is `warehouse` or a connection's alias; text is redacted."""

    run_id: str
    step: str
    attempt: int
    position: int
    where: str
    text: str
    seconds: float
    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedVerdict:
    """A verdict as a check of a run gave it."""

    run_id: str
    step: str
    attempt: int
    verdict: CheckVerdict
    measured_at: datetime
