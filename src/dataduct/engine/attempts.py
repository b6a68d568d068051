"""One step's attempts: tried again when that may help, stopped when they take too long, recorded each."""

import random
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from dataduct.config.settings import EngineSettings
from dataduct.engine.context import AttemptContext, Outcome
from dataduct.engine.handlers import handle
from dataduct.engine.session import Session, now
from dataduct.errors import (
    CheckFailedError,
    DataductError,
    DataError,
    Interrupted,
    LockTimeoutError,
    RunError,
    SchemaMismatchError,
    SqlError,
    StepTimeoutError,
    TransientError,
)
from dataduct.model.cancellation import Cancellation
from dataduct.plan.plan import PlanStep
from dataduct.runs.events import StepFinished, StepRetrying, StepStarted
from dataduct.runs.logs import AttemptLog, log_file
from dataduct.runs.records import Attempt, StepRun, StepStatus

_MOST_DOUBLINGS = 30
_NEVER_RETRIED = (LockTimeoutError, CheckFailedError, SqlError, DataError, SchemaMismatchError)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a failed attempt is tried again, and after which failures.

    Attributes:
        max_retries: Attempts after the first.
        any_failure: Whether a failure that is not transient is tried again too, as an explicit `max_retries` asks.
        delay_seconds: Pause before the first retry; each later one is twice as long.
        delay_limit_seconds: Longest pause.
    """

    max_retries: int
    any_failure: bool
    delay_seconds: float
    delay_limit_seconds: float

    @classmethod
    def of_step(cls, step: PlanStep, pipeline_retries: int | None, settings: EngineSettings) -> "RetryPolicy":
        """Return the policy of a step: its own number of retries, else the pipeline's, else the settings'."""
        explicit = step.max_retries if step.max_retries is not None else pipeline_retries
        return cls(
            max_retries=settings.max_retries if explicit is None else explicit,
            any_failure=explicit is not None,
            delay_seconds=settings.retry_delay,
            delay_limit_seconds=settings.retry_delay_limit,
        )

    def retries(self, error: BaseException) -> bool:
        """Return whether another attempt may follow after `error`."""
        if isinstance(error, _NEVER_RETRIED):
            return False
        return isinstance(error, RunError if self.any_failure else TransientError)

    def pause(self, failures: int) -> float:
        """Return the seconds to wait after so many failed attempts: doubled each time, and up to half more at random.

        The random part keeps steps that failed together from trying again together.
        """
        doubled = self.delay_seconds * 2.0 ** min(failures - 1, _MOST_DOUBLINGS)
        return min(self.delay_limit_seconds, doubled * random.uniform(1.0, 1.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """How a step ended."""

    step: str
    status: StepStatus
    error: DataductError | None = None


def run_step(
    session: Session, step: PlanStep, cancellation: Cancellation, *, earlier_attempts: int = 0
) -> StepResult:
    """Run a step to its end: attempt it, retry it, record it in the store and tell the listener.

    No failure of the step is raised; a failure to record it is.

    Args:
        cancellation: Stops the attempt under way and the wait between two.
        earlier_attempts: Attempts of the step before the run was resumed; numbers go on after them.
    """
    session.enter_step(step.name)
    try:
        return _Attempts(session, step, cancellation, earlier_attempts).run()
    finally:
        session.enter_step(None)


class _Attempts:
    def __init__(
        self, session: Session, step: PlanStep, cancellation: Cancellation, earlier_attempts: int
    ) -> None:
        self._session = session
        self._step = step
        self._cancellation = cancellation
        self._engine = session.workbench.project.settings.engine
        self._policy = RetryPolicy.of_step(step, session.bound.plan.max_retries, self._engine)
        self._earlier = earlier_attempts
        self._log_file: str | None = None
        self._record = StepRun(
            run_id=session.run_id,
            step=step.name,
            step_type=step.step_type,
            operation=step.operation.kind,
            status="running",
            attempts=earlier_attempts,
            started_at=now(),
            fingerprint=session.fingerprint(step),
        )

    def run(self) -> StepResult:
        began = time.monotonic()
        retrying = Retrying(
            retry=retry_if_exception(self._policy.retries),
            stop=stop_after_attempt(self._policy.max_retries + 1),
            wait=lambda state: self._policy.pause(state.attempt_number),
            sleep=self._pause,
            before_sleep=self._announce_retry,
            reraise=True,
        )
        outcome = Outcome()
        error: DataductError | None = None
        status: StepStatus
        try:
            outcome = retrying(self._attempt)
            status = "already-loaded" if outcome.already_loaded else "succeeded"
        except Interrupted as interruption:
            status, error = "interrupted", interruption
        except DataductError as failure:
            status, error = "failed", failure
        self._finish(status, outcome, error, time.monotonic() - began)
        return StepResult(step=self._step.name, status=status, error=error)

    def _pause(self, seconds: float) -> None:
        if self._cancellation.wait(seconds):
            raise self._interrupted()

    def _interrupted(self) -> Interrupted:
        return Interrupted(f"step `{self._step.name}` was stopped: {self._cancellation.reason}", code="DD910")

    def _announce_retry(self, state: RetryCallState) -> None:
        assert state.outcome is not None and state.next_action is not None
        self._session.emit(
            StepRetrying(
                step=self._step.name,
                attempt=self._record.attempts,
                error=self._session.redact(str(state.outcome.exception())),
                delay_seconds=state.next_action.sleep,
            )
        )

    def _attempt(self) -> Outcome:
        """Make one attempt and record how it ended."""
        session, step = self._session, self._step
        number = self._record.attempts + 1
        self._record = replace(self._record, attempts=number)
        file = log_file(session.bound.plan.pipeline, session.run_id, step.name, number)
        try:
            log = AttemptLog(session.workbench.log_directory / file, redact=session.redact)
        except DataductError:
            session.store.save_step(self._record)
            raise
        with log:
            self._log_file = file
            with session.store.together():
                session.store.save_step(self._record)
                session.store.start_attempt(
                    Attempt(
                        run_id=session.run_id,
                        step=step.name,
                        number=number,
                        status="running",
                        started_at=now(),
                        log_file=file,
                    )
                )
            session.emit(
                StepStarted(
                    step=step.name, step_type=step.step_type, operation=step.operation.kind, attempt=number
                )
            )
            context = AttemptContext(
                session, step, number, Cancellation(), log, is_retry=number > self._earlier + 1
            )
            try:
                outcome = self._handle(context)
            except DataductError as error:
                log.write("\n".join((f"{error.code}: {error.message}", *error.details)), "error")
                session.store.finish_attempt(
                    session.run_id,
                    step.name,
                    number,
                    "interrupted" if isinstance(error, Interrupted) else "failed",
                    at=now(),
                    error_code=error.code,
                    error=error.message,
                )
                raise
            status: StepStatus = "already-loaded" if outcome.already_loaded else "succeeded"
            with session.store.together():
                session.store.finish_attempt(session.run_id, step.name, number, status, at=now())
                self._save(status, outcome)
            return outcome

    def _handle(self, context: AttemptContext) -> Outcome:
        """Run the operation; every exception becomes a DataductError."""
        attempt = context.cancellation
        seconds = self._step.timeout_seconds or self._engine.step_timeout
        try:
            with self._passing_on(attempt), _requested_after(seconds, attempt):
                return handle(self._step.operation, context)
        except Exception as error:
            raise self._judged(error, attempt, seconds, context.log) from error

    @contextmanager
    def _passing_on(self, attempt: Cancellation) -> Iterator[None]:
        """Stop the attempt when the step is asked to stop."""
        with self._cancellation.interrupting(lambda: attempt.request(self._cancellation.reason or "stopped")):
            yield

    def _judged(
        self, error: Exception, attempt: Cancellation, seconds: float | None, log: AttemptLog
    ) -> DataductError:
        """Return what `error` means for the step: stopped, too slow, its own failure, or one nobody expected."""
        if isinstance(error, CheckFailedError):
            return error
        if self._cancellation.requested:
            return self._interrupted()
        if attempt.requested:
            return StepTimeoutError(
                f"step `{self._step.name}` took longer than its timeout of {seconds:g} seconds",
                code="DD911",
                hint="set `timeout` of the step, or `step_timeout` under `engine:` in dataduct.yml",
                details=error.details if isinstance(error, DataductError) else (),
            )
        if isinstance(error, DataductError):
            return error
        log.write("".join(traceback.format_exception(error)), "error")
        return DataductError(
            f"step `{self._step.name}` failed in a way Dataduct did not expect ({type(error).__name__}); "
            f"the traceback is in {log.path}",
            code="DD901",
            hint="please report it with that log",
        )

    def _save(self, status: StepStatus, outcome: Outcome, error: str | None = None) -> None:
        """Record how the step ended."""
        self._record = replace(
            self._record,
            status=status,
            finished_at=now(),
            rows=outcome.rows,
            bytes=outcome.bytes,
            error=error,
        )
        self._session.store.save_step(self._record)

    def _finish(
        self, status: StepStatus, outcome: Outcome, error: DataductError | None, seconds: float
    ) -> None:
        session = self._session
        message = session.redact(error.message) if error else outcome.message
        if error is not None:
            self._save(status, outcome, message)
        session.emit(
            StepFinished(
                step=self._step.name,
                status=status,
                seconds=seconds,
                rows=outcome.rows,
                bytes=outcome.bytes,
                message=message,
                hint=error.hint if error else None,
                details=tuple(session.redact(line) for line in error.details) if error else (),
                code=error.code if error else None,
                verdict=error.verdict if isinstance(error, CheckFailedError) else outcome.verdict,
                log_file=self._log_file,
                position=self._step.position,
                used_at=self._step.used_at,
            )
        )


@contextmanager
def _requested_after(seconds: float | None, cancellation: Cancellation) -> Iterator[None]:
    """Request `cancellation` if the block runs for longer than `seconds`; never if that is None."""
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds, cancellation.request, ("the timeout passed",))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
