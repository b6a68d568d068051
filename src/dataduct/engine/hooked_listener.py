"""The listener of a run that also calls the project's event hooks."""

import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from dataduct.config.project import Project
from dataduct.errors import HookError, StorageError
from dataduct.hooks.around import ProjectHooks
from dataduct.hooks.event import HookEvent
from dataduct.hooks.events import EventHooks
from dataduct.runs.events import (
    Event,
    Listener,
    RunFinished,
    RunStarted,
    RunWarned,
    StepFinished,
    StepStarted,
)
from dataduct.runs.logs import AttemptLog, hooks_log_file

_WENT_WRONG = ("failed", "skipped", "interrupted")


class HookedListener:
    """Passes every event on to `listener` and tells the hooks of it; a context manager that waits for them at its end.

    What goes wrong in a hook is an event of its own, and stands in the run's `hooks.log`.

    Args:
        listener: Gets every event, one at a time.
        hooks: The project's hooks.
        alone: Whether a single step is executed: the run began with the first of its steps, and ends with its last.

    Raises:
        UserError: A hook cannot be imported or called (DD890 to DD893).
    """

    def __init__(
        self, listener: Listener, hooks: ProjectHooks, project: Project, *, alone: bool = False
    ) -> None:
        self._listener = listener
        self._project = project
        self._alone = alone
        self._speaking = threading.Lock()
        self._run: RunStarted | None = None
        self._begun: set[str] = set()
        self._events = EventHooks(hooks.catalog.events, timeout=hooks.timeout, warn=self._warn)

    def __call__(self, event: Event) -> None:
        """Take in an event of the engine."""
        with self._speaking:
            self._listener(event)
        match event:
            case RunStarted():
                self._run = event
                if not (self._alone and event.resumed):
                    self._tell("run_started")
            case StepStarted() if event.step not in self._begun:
                self._begun.add(event.step)
                self._tell("step_started", step=event.step)
            case StepFinished():
                self._tell_finished(event)
            case RunFinished() if event.is_over:
                self._tell("run_finished", status=event.status, error=event.error, seconds=event.seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        left = self._events.close()
        if left:
            told = "event was" if left == 1 else "events were"
            self._say(f"hooks are too slow: {left} {told} not told to them")

    def _tell_finished(self, event: StepFinished) -> None:
        error = event.message if event.status in _WENT_WRONG else None
        for point in ("step_finished", "step_failed"):
            if point == "step_finished" or event.status == "failed":
                self._tell(
                    point,
                    step=event.step,
                    status=event.status,
                    error=error,
                    rows=event.rows,
                    seconds=event.seconds,
                )

    def _tell(
        self,
        point: str,
        *,
        step: str | None = None,
        status: str = "running",
        error: str | None = None,
        rows: int | None = None,
        seconds: float | None = None,
    ) -> None:
        assert self._run is not None
        redact = self._project.secrets.redact
        self._events.tell(
            HookEvent(
                point=point,
                pipeline=redact(self._run.pipeline),
                run_id=self._run.run_id,
                run_date=self._run.run_date,
                step=step and redact(step),
                status=status,
                error=error and redact(error).strip().partition("\n")[0],
                rows=rows,
                seconds=seconds,
            )
        )

    def _warn(self, error: HookError, event: HookEvent) -> None:
        about = f" of step `{event.step}`" if event.step else ""
        dropped = "; it is not called again in this run" if error.code == "DD896" else ""
        self._say(f"{error.message}, called at {event.point}{about}{dropped}", error.details)

    def _say(self, message: str, details: tuple[str, ...] = ()) -> None:
        message = self._project.secrets.redact(message)
        log = self._log("\n".join((message, *details)))
        with self._speaking:
            self._listener(RunWarned(message=message, log_file=str(log) if log else None))

    def _log(self, text: str) -> Path | None:
        if self._run is None:
            return None
        path = self._project.log_directory / hooks_log_file(self._run.pipeline, self._run.run_id)
        with suppress(StorageError), AttemptLog(path, redact=self._project.secrets.redact) as log:
            log.write(text, "warning")
            return path
        return None
