"""WaitForPipeline: look at the run store until runs of other pipelines have ended."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dataduct.engine.context import AttemptContext, Outcome
from dataduct.errors import Interrupted, StepTimeoutError, StorageError, TerminalError, UserError
from dataduct.model.nearest import did_you_mean
from dataduct.model.operations import AwaitedPipeline, WaitForPipeline
from dataduct.runs.queries import RunQueries
from dataduct.runs.records import Run

_STORE_FAILURES = 3
"""Looks at the run store in a row that may fail before the step does."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the run store shows of a pipeline that is waited for: its latest run for the date, or None."""

    pipeline: AwaitedPipeline
    run_date: str
    run: Run | None

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return self.run is not None and self.run.status not in ("running", "incomplete")

    @property
    def is_bad(self) -> bool:
        """Whether the run has ended badly and may not."""
        return self.is_over and not self.pipeline.may_fail and self.status != "succeeded"

    @property
    def status(self) -> str:
        """The run's status."""
        return "none" if self.run is None else self.run.status

    def __str__(self) -> str:
        if self.run is None:
            return f"`{self.pipeline.name}`: no run for {self.run_date}"
        said = f": {self.run.error}" if self.run.error else ""
        return f"`{self.pipeline.name}`: run {self.run.id} for {self.run.run_date}, {_STATUS_WORDS[self.status]}{said}"


_STATUS_WORDS = {
    "running": "still running",
    "incomplete": "not all of its steps have run yet",
    "succeeded": "succeeded",
    "failed": "failed",
    "interrupted": "interrupted",
}


def handle(operation: WaitForPipeline, attempt: AttemptContext) -> Outcome:
    """Wait until every pipeline's run has ended, well unless it may fail.

    Raises:
        TerminalError: A run ended badly (DD790).
        StepTimeoutError: The longest time to wait has passed (DD791).
        UserError: The date to wait for is none (DD792), or the step waits for its own run (DD264).
        StorageError: The run store cannot be read, several times in a row.
        Interrupted: The step was stopped.
    """
    names = ", ".join(f"`{pipeline.name}`" for pipeline in operation.pipelines)
    if operation.overridden:
        message = f"did not wait for {names}: the settings say `dependency_override`"
        attempt.log.write(message)
        return Outcome(message=message)
    run_date = wanted_date(operation.run_date or attempt.session.bound.run_date)
    _refuse_itself(operation, attempt)
    sightings = _Watch(operation, run_date, attempt).until_over()
    return Outcome(message="; ".join(map(str, sightings)))


def _refuse_itself(operation: WaitForPipeline, attempt: AttemptContext) -> None:
    """Raise UserError if a template gave the name of the pipeline that waits."""
    own = attempt.session.bound.plan.pipeline
    if any(pipeline.name == own for pipeline in operation.pipelines):
        raise UserError(f"pipeline `{own}` waits for itself", code="DD264", hint="name other pipelines")


def wanted_date(text: str) -> str:
    """Return a date as runs have it: `2026-01-01`, or `2026-01-01T10:00` in UTC. Raises UserError (DD792)."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UserError(
            f"`{text}` is no date to wait for",
            code="DD792",
            hint="write `start_date` as YYYY-MM-DD, or a template that gives such a date",
        ) from None
    if len(text.strip()) <= len("2026-01-01"):
        return moment.strftime("%Y-%m-%d")
    return (moment.astimezone(UTC) if moment.tzinfo else moment).strftime("%Y-%m-%dT%H:%M")


class _Watch:
    """Looks at the run store again and again."""

    def __init__(self, operation: WaitForPipeline, run_date: str, attempt: AttemptContext) -> None:
        self._operation = operation
        self._run_date = run_date
        self._attempt = attempt
        self._queries = RunQueries(attempt.session.store)
        self._began = time.monotonic()
        self._said: str | None = None
        self._failures = 0
        self._sightings: tuple[Sighting, ...] = ()

    def until_over(self) -> tuple[Sighting, ...]:
        """Return what was seen once every run has ended as it must."""
        while True:
            if self._look():
                self._refuse_bad()
                waiting = [sighting for sighting in self._sightings if not sighting.is_over]
                if not waiting:
                    return self._sightings
                self._say(waiting)
            self._pause()

    def _look(self) -> bool:
        """Return whether the run store could be read."""
        mode = self._attempt.session.workbench.project.mode
        try:
            self._sightings = tuple(
                Sighting(pipeline, self._run_date, self._queries.run_for(pipeline.name, self._run_date, mode))
                for pipeline in self._operation.pipelines
            )
        except StorageError as error:
            self._failures += 1
            if self._failures >= _STORE_FAILURES:
                raise
            self._attempt.log.write(f"{error.message}; looking again")
            return False
        self._failures = 0
        return True

    def _refuse_bad(self) -> None:
        bad = [sighting for sighting in self._sightings if sighting.is_bad]
        if not bad:
            return
        run = bad[0].run
        assert run is not None
        more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        said = f": {run.error}" if run.error else ""
        raise TerminalError(
            f"run {run.id} of pipeline `{run.pipeline}` for {run.run_date} {_ENDED[run.status]}{more}{said}",
            code="DD790",
            hint=f"mend and resume that run (`dataduct history {run.id}` shows it), then resume this one; if it may "
            "fail, name the pipeline under `dependent_pipelines_ok_to_fail`",
            details=_lines(self._sightings),
        )

    def _say(self, waiting: Sequence[Sighting]) -> None:
        message = f"waiting for {'; '.join(map(str, waiting))}"
        if message != self._said:
            self._said = message
            self._attempt.log.write(message)
            self._attempt.session.say_waiting(message)

    def _pause(self) -> None:
        """Wait for the next look. Raises when the step is stopped or has waited long enough."""
        left = self._operation.give_up_seconds - (time.monotonic() - self._began)
        if left <= 0:
            waiting = [f"`{each.pipeline.name}`" for each in self._sightings if not each.is_over]
            raise StepTimeoutError(
                f"gave up after {self._operation.give_up_seconds:g} seconds of waiting for "
                f"{', '.join(waiting) or 'the run store'} on {self._run_date}",
                code="DD791",
                hint="run these pipelines for that date, then resume this run; or raise `give_up_after`"
                + self._strangers(),
                details=_lines(self._sightings),
            )
        if self._attempt.cancellation.wait(min(self._operation.refresh_seconds, left)):
            raise Interrupted(
                self._attempt.cancellation.reason or "asked to stop",
                code="DD910",
                details=_lines(self._sightings),
            )

    def _strangers(self) -> str:
        """Return a note on the pipelines that have never run, whose names may be wrong; nothing if all have."""
        try:
            known = [summary.pipeline for summary in self._queries.pipelines()]
        except StorageError:
            return ""
        names = [each.pipeline.name for each in self._sightings if each.pipeline.name not in known]
        if not names:
            return ""
        meant = did_you_mean(names[0], known) or "check the name"
        return f"; no run of {', '.join(f'`{name}`' for name in names)} is known at all: {meant}"


_ENDED = {"failed": "failed", "interrupted": "was interrupted"}


def _lines(sightings: Sequence[Sighting]) -> tuple[str, ...]:
    return tuple(map(str, sightings))
