"""What the engine says while it runs. Whoever listens draws or stores it; the engine does neither."""

from collections.abc import Callable
from dataclasses import dataclass

from dataduct.model.position import Position
from dataduct.model.verdict import CheckVerdict
from dataduct.runs.records import RunStatus, StepStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run begins or is resumed. `note` says what the user might not expect of it."""

    run_id: str
    pipeline: str
    run_date: str
    steps: tuple[str, ...]
    resumed: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """An attempt of a step begins."""

    step: str
    step_type: str
    operation: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgress:
    """Rows and bytes moved so far by the attempt under way."""

    step: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRetrying:
    """An attempt failed and another follows after `delay_seconds`."""

    step: str
    attempt: int
    error: str
    delay_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWaiting:
    """A step waits for something outside (a lock another process holds)."""

    step: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """A step is over. `message` is a short note (`already loaded by run ...`) or the error's one line.

    `position` is where the step stands in its pipeline file or pattern, if the step was tried; `used_at` is where that
    pattern is used, from the inside out.
    """

    step: str
    status: StepStatus
    seconds: float
    rows: int | None = None
    bytes: int | None = None
    message: str | None = None
    hint: str | None = None
    details: tuple[str, ...] = ()
    code: str | None = None
    verdict: CheckVerdict | None = None
    log_file: str | None = None
    position: Position | None = None
    used_at: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWarned:
    """Something went wrong that does not stop the run. `log_file` is where more is said, absolute, or None."""

    message: str
    log_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """A run is over; or, where `is_over` is false, one of its steps that was executed alone, and others follow."""

    run_id: str
    status: RunStatus
    seconds: float
    error: str | None = None
    is_over: bool = True


Event = (
    RunStarted
    | StepStarted
    | StepProgress
    | StepRetrying
    | StepWaiting
    | StepFinished
    | RunWarned
    | RunFinished
)
Listener = Callable[[Event], None]
"""Called from the engine's threads, one call at a time."""
