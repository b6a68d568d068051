"""Run a bound plan here: a ready loop over its graph, in threads, coordinated by one."""

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from dataduct.engine.attempts import StepResult, run_step
from dataduct.engine.preparation import begin_run, look_at_what_is_done
from dataduct.engine.scheduler import Scheduler
from dataduct.engine.session import Session, now
from dataduct.engine.signals import handling_signals, take_message
from dataduct.engine.workbench import Workbench
from dataduct.errors import DataductError, Interrupted, StepTimeoutError
from dataduct.model.cancellation import Cancellation
from dataduct.plan.plan import BoundPlan, PlanStep
from dataduct.runs.events import Listener, RunFinished, RunStarted, StepFinished
from dataduct.runs.records import RunStatus, StepRun, StepStatus
from dataduct.runs.store import RunStore

STOP_GRACE_SECONDS = 20.0
TEARDOWN_SECONDS = 60.0
"""Longest time a teardown may take after the run was interrupted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a run is asked for.

    Attributes:
        run_id: Identity of the run, new or to be resumed.
        resume: Whether the run exists already and only what is not done is repeated.
        force: Whether loads that are committed already are done again.
        select: Names of the steps to run; None means all.
        workers: Steps that may run at once; None means the settings' number.
        note: What to tell when the run begins, or None.
        process: This process, as `dataduct.runs.processes.current_process` names it; None means that name.
    """

    run_id: str
    resume: bool = False
    force: bool = False
    select: frozenset[str] | None = None
    workers: int | None = None
    note: str | None = None
    process: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended.

    Attributes:
        steps: Status of every chosen step, in plan order.
        failed_step: The first step that failed, or None.
        error: What it failed with, or None.
    """

    run_id: str
    status: RunStatus
    steps: Mapping[str, StepStatus] = field(default_factory=dict)
    failed_step: str | None = None
    error: DataductError | None = None


@dataclass(frozen=True, slots=True)
class _SignalReceived:
    name: str


@dataclass(frozen=True, slots=True)
class _StepCrashed:
    """A step's end that could not be recorded."""

    step: str
    error: BaseException


_Message = StepResult | _SignalReceived | _StepCrashed


def run_plan(
    bound: BoundPlan, workbench: Workbench, store: RunStore, *, options: RunOptions, listener: Listener
) -> RunResult:
    """Run a plan to its end, teardown included, and return how it ended; a failed run is returned, not raised.

    In the main thread, SIGINT and SIGTERM stop the run: steps under way are interrupted, the teardown runs, and the
    run ends as `interrupted`. A second signal ends the process at once.

    Raises:
        Interrupted: A signal stopped the run (DD910).
        StepTimeoutError: The run took longer than it may (DD912).
        LockTimeoutError: Another process runs the same pipeline and run date (DD920).
        UserError: The run to resume was made from another plan (DD930), or cannot be resumed.
        DataductError: The warehouse, the storage or the run store cannot be used.
    """
    return _Run(bound, workbench, store, options, listener).run()


class _Run:
    """The state of the ready loop. Only the thread that called `run` touches it."""

    def __init__(
        self,
        bound: BoundPlan,
        workbench: Workbench,
        store: RunStore,
        options: RunOptions,
        listener: Listener,
    ) -> None:
        self._bound = bound
        self._store = store
        self._options = options
        self._workbench = workbench
        self._session = Session(
            bound, workbench, store, run_id=options.run_id, listener=listener, force=options.force
        )
        settings = workbench.project.settings.engine
        self._workers = max(1, options.workers or settings.workers)
        self._limit_seconds = bound.plan.timeout_seconds or settings.run_timeout
        self._steps = {
            step.name: step for step in bound.steps if options.select is None or step.name in options.select
        }
        self._scheduler = Scheduler(bound.steps, self._steps.keys())
        self._statuses: dict[str, StepStatus] = dict.fromkeys(self._steps, "pending")
        self._earlier_attempts: Mapping[str, int] = {}
        self._inbox: SimpleQueue[_Message] = SimpleQueue()
        self._running: dict[str, Cancellation] = {}
        self._looping = False
        self._stopped_by: DataductError | None = None
        self._deadline: float | None = None
        self._began = time.monotonic()

    def run(self) -> RunResult:
        with (
            handling_signals(self._on_signal, self._workbench.processes.kill_all),
            self._session.run_lock(),
        ):
            earlier = begin_run(
                self._session, self._options.process, resume=self._options.resume, chosen=self._steps.keys()
            )
            try:
                self._prepare(earlier)
                self._loop()
            except BaseException as error:
                self._give_up(error)
                raise
            return self._end()

    def _on_signal(self, name: str) -> None:
        """Stop the run; called from a signal handler, which before the loop may simply raise."""
        if not self._looping:
            raise _interruption(name)
        self._inbox.put(_SignalReceived(name))

    def _prepare(self, earlier: Mapping[str, StepRun]) -> None:
        """Count what is done already as over."""
        session = self._session
        session.emit(
            RunStarted(
                run_id=session.run_id,
                pipeline=self._bound.plan.pipeline,
                run_date=self._bound.run_date,
                steps=tuple(self._steps),
                resumed=self._options.resume,
                note=self._options.note,
            )
        )
        pruning = look_at_what_is_done(session, tuple(self._steps.values()), self._scheduler, earlier)
        session.repeated = pruning.repeated
        self._earlier_attempts = {name: step.attempts for name, step in earlier.items()}
        with session.store.together():
            for name, step in self._steps.items():
                if name not in pruning.kept:
                    status: StepStatus = "already-loaded" if name in pruning.loaded else "pending"
                    session.store.save_step(self._record(step, status))
        for name in self._steps:
            if name in pruning.kept:
                self._count_done(name, "succeeded", pruning.kept[name], earlier[name].rows)
            elif name in pruning.loaded:
                self._count_done(name, "already-loaded", pruning.loaded[name], None)

    def _count_done(self, name: str, status: StepStatus, message: str, rows: int | None) -> None:
        self._statuses[name] = status
        self._scheduler.succeed(name)
        self._session.emit(StepFinished(step=name, status=status, seconds=0.0, rows=rows, message=message))

    def _record(self, step: PlanStep, status: StepStatus, error: str | None = None) -> StepRun:
        return StepRun(
            run_id=self._session.run_id,
            step=step.name,
            step_type=step.step_type,
            operation=step.operation.kind,
            status=status,
            attempts=self._earlier_attempts.get(step.name, 0),
            error=error,
        )

    def _loop(self) -> None:
        self._looping = True
        if self._limit_seconds is not None:
            self._deadline = time.monotonic() + self._limit_seconds
        while True:
            self._start_ready()
            if not self._running:
                return
            if all(map(self._scheduler.only_waits, self._running)):
                self._workbench.lend_warehouse()
            message = self._next_message()
            match message:
                case StepResult():
                    self._take_result(message)
                case _SignalReceived():
                    self._stop(_interruption(message.name))
                case _StepCrashed():
                    raise message.error
                case None:
                    self._pass_deadline()

    def _next_message(self) -> _Message | None:
        """Return the next message, or None when the deadline passes first."""
        left = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        try:
            return take_message(self._inbox, left)
        except Empty:
            return None

    def _start_ready(self) -> None:
        working = sum(not self._scheduler.only_waits(name) for name in self._running)
        for name in self._scheduler.take_ready(self._workers - working):
            step = self._steps[name]
            if step.phase == "teardown" and self._session.status == "running":
                self._session.status = self._outcome()
            if step.phase == "teardown" and self._stopped_by is not None and self._deadline is None:
                self._deadline = time.monotonic() + TEARDOWN_SECONDS
            cancellation = self._running[name] = Cancellation()
            self._statuses[name] = "running"
            threading.Thread(
                target=self._work, args=(step, cancellation), name=f"dataduct {name}", daemon=True
            ).start()

    def _work(self, step: PlanStep, cancellation: Cancellation) -> None:
        """Run a step in its own thread and report its end."""
        try:
            result = run_step(
                self._session,
                step,
                cancellation,
                earlier_attempts=self._earlier_attempts.get(step.name, 0),
            )
        except BaseException as error:  # noqa: BLE001 - raised again by the coordinating thread
            self._inbox.put(_StepCrashed(step.name, error))
        else:
            self._inbox.put(result)

    def _take_result(self, result: StepResult) -> None:
        if result.step not in self._running:
            return
        del self._running[result.step]
        self._statuses[result.step] = result.status
        if result.status in ("succeeded", "already-loaded"):
            self._scheduler.succeed(result.step)
        else:
            if result.status == "failed" and result.error is not None:
                self._session.blame(result.step, result.error)
            self._skip_dependents(result.step)
        if (
            self._stopped_by is not None
            and not self._running
            and self._steps[result.step].phase != "teardown"
        ):
            self._deadline = None

    def _skip_dependents(self, name: str) -> None:
        verb = "was stopped" if self._statuses[name] == "interrupted" else "failed"
        for skipped in self._scheduler.fail(name):
            self._end_unstarted(skipped.step, "skipped", f"step `{skipped.cause}` {verb}")

    def _end_unstarted(self, name: str, status: StepStatus, reason: str) -> None:
        self._statuses[name] = status
        self._store.save_step(self._record(self._steps[name], status, reason))
        self._session.emit(StepFinished(step=name, status=status, seconds=0.0, message=reason))

    def _pass_deadline(self) -> None:
        """The run took too long; or, once it is being stopped, what is still under way does not answer."""
        if self._stopped_by is None:
            self._stop(
                StepTimeoutError(
                    f"run {self._session.run_id} took longer than its timeout of {self._limit_seconds:g} seconds",
                    code="DD912",
                    hint="set `timeout` of the pipeline, or `run_timeout` under `engine:` in dataduct.yml",
                )
            )
            return
        unresponsive = [name for name, cancellation in self._running.items() if cancellation.requested]
        for name in unresponsive:
            del self._running[name]
            self._end_unstarted(name, "interrupted", "it did not stop when asked to")
            self._skip_dependents(name)
        for cancellation in self._running.values():
            cancellation.request("the teardown took too long")
        self._deadline = time.monotonic() + STOP_GRACE_SECONDS if self._running else None

    def _stop(self, error: DataductError) -> None:
        """Interrupt what is under way before the teardown and start nothing more of it; a second call does nothing."""
        if self._stopped_by is not None:
            return
        self._stopped_by = error
        self._session.blame(None, error)
        self._session.status = self._outcome()
        for name in self._scheduler.abandon():
            self._end_unstarted(name, "interrupted", error.message)
        in_teardown = [name for name in self._running if self._steps[name].phase == "teardown"]
        for name, cancellation in self._running.items():
            if name not in in_teardown:
                cancellation.request(error.message)
        self._deadline = time.monotonic() + (TEARDOWN_SECONDS if in_teardown else STOP_GRACE_SECONDS)

    def _outcome(self) -> RunStatus:
        if isinstance(self._stopped_by, Interrupted):
            return "interrupted"
        return "succeeded" if self._session.error is None else "failed"

    def _end(self) -> RunResult:
        session, status = self._session, self._outcome()
        self._finish(status, session.error)
        if self._stopped_by is not None:
            raise self._stopped_by
        return RunResult(
            run_id=session.run_id,
            status=status,
            steps=dict(self._statuses),
            failed_step=session.failed_step,
            error=session.error,
        )

    def _finish(self, status: RunStatus, error: DataductError | None) -> None:
        message = None if error is None else self._session.redact(error.message)
        self._store.finish_run(self._session.run_id, status, message, now())
        self._session.warn_of_changes()
        self._session.emit(
            RunFinished(
                run_id=self._session.run_id,
                status=status,
                seconds=time.monotonic() - self._began,
                error=message,
            )
        )

    def _give_up(self, error: BaseException) -> None:
        """End a run that cannot go on: its store is gone, or the warehouse could not be looked at."""
        for cancellation in self._running.values():
            cancellation.request("the run cannot go on")
        self._workbench.processes.kill_all()
        known = error if isinstance(error, DataductError) else None
        with contextlib.suppress(DataductError):
            self._finish(
                "interrupted" if isinstance(error, Interrupted | KeyboardInterrupt) else "failed", known
            )


def _interruption(signal_name: str) -> Interrupted:
    return Interrupted(
        f"the run was interrupted by {signal_name}",
        code="DD910",
        hint="go on with `dataduct run PIPELINE --resume`",
    )
