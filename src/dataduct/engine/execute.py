"""One step alone, as another engine asks for it."""

import threading
import time
from collections.abc import Mapping
from queue import Empty, SimpleQueue

from dataduct.engine.attempts import StepResult, run_step
from dataduct.engine.committed import committed_loads_of
from dataduct.engine.engine import STOP_GRACE_SECONDS, RunOptions, RunResult
from dataduct.engine.preparation import join_run
from dataduct.engine.pruning import overwritten_steps, writes_tables
from dataduct.engine.session import Session, now
from dataduct.engine.signals import handling_signals, take_message
from dataduct.engine.workbench import Workbench
from dataduct.errors import DataductError, Interrupted, UserError
from dataduct.model.cancellation import Cancellation
from dataduct.model.nearest import did_you_mean
from dataduct.plan.plan import BoundPlan, PlanStep
from dataduct.runs.events import Listener, RunFinished, RunStarted
from dataduct.runs.queries import RunQueries
from dataduct.runs.records import RunStatus, StepRun
from dataduct.runs.store import RunStore

_DONE = ("succeeded", "already-loaded")


def execute_step(
    bound: BoundPlan,
    step_name: str,
    workbench: Workbench,
    store: RunStore,
    *,
    options: RunOptions,
    listener: Listener,
) -> RunResult:
    """Run one step of a plan and nothing else; whoever asks for it keeps the order of the steps.

    The datasets it reads must be published under the run's id. The run is recorded when its first step is executed,
    and ends when its last one does. A load that is committed is not repeated, unless another run has overwritten its
    rows before a later step of the plan has read them. Of `options`, `run_id` and `force` count.

    Raises:
        UserError: The plan has no such step (DD931), or the run is of another pipeline or run date (DD930).
        Interrupted: A signal stopped the step (DD910).
    """
    step = _step(bound, step_name)
    session = Session(bound, workbench, store, run_id=options.run_id, listener=listener, force=options.force)
    return _execute(session, step)


def _execute(session: Session, step: PlanStep) -> RunResult:
    bound = session.bound
    earlier = join_run(session)
    if step.phase == "teardown":
        _look_back(session, earlier)
    if writes_tables(step) and not session.force:
        loads = committed_loads_of(session.workbench, bound, bound.steps)
        session.repeated = frozenset(overwritten_steps(bound.steps, loads))
    session.emit(
        RunStarted(
            run_id=session.run_id,
            pipeline=bound.plan.pipeline,
            run_date=bound.run_date,
            steps=(step.name,),
            resumed=bool(earlier),
        )
    )
    began = time.monotonic()
    result = _run_interruptibly(session, step, earlier)
    status: RunStatus = "succeeded"
    if result.status not in _DONE:
        status = "interrupted" if result.status == "interrupted" else "failed"
    message = session.redact(result.error.message) if result.error else None
    is_over = _end_run(session, message)
    session.warn_of_changes()
    session.emit(
        RunFinished(
            run_id=session.run_id,
            status=status,
            seconds=time.monotonic() - began,
            error=message,
            is_over=is_over,
        )
    )
    if isinstance(result.error, Interrupted):
        raise result.error
    return RunResult(
        run_id=session.run_id,
        status=status,
        steps={step.name: result.status},
        failed_step=step.name if result.error else None,
        error=result.error,
    )


def _step(bound: BoundPlan, name: str) -> PlanStep:
    names = [step.name for step in bound.steps]
    if name not in names:
        raise UserError(
            f"the plan of pipeline `{bound.plan.pipeline}` has no step `{name}`",
            code="DD931",
            hint=did_you_mean(name, names),
        )
    return bound.steps[names.index(name)]


def _look_back(session: Session, earlier: Mapping[str, StepRun]) -> None:
    """Take over how the run went so far, for the commands of a teardown step."""
    before = [earlier.get(step.name) for step in session.bound.steps if step.phase != "teardown"]
    failed = next((step for step in before if step is not None and step.status == "failed"), None)
    if failed is not None:
        session.status = "failed"
        session.blame(failed.step, DataductError(failed.error or "it failed"))
    elif any(step is not None and step.status == "interrupted" for step in before):
        session.status = "interrupted"
        session.blame(None, Interrupted("the run was interrupted", code="DD910"))
    elif all(step is not None and step.status in _DONE for step in before):
        session.status = "succeeded"


def _run_interruptibly(session: Session, step: PlanStep, earlier: Mapping[str, StepRun]) -> StepResult:
    """Run the step in a thread of its own, so that a signal can ask it to stop."""
    inbox: SimpleQueue[StepResult | BaseException | str] = SimpleQueue()
    cancellation = Cancellation()
    attempts = earlier[step.name].attempts if step.name in earlier else 0

    def work() -> None:
        try:
            inbox.put(run_step(session, step, cancellation, earlier_attempts=attempts))
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            inbox.put(error)

    with handling_signals(inbox.put, session.workbench.processes.kill_all):
        threading.Thread(target=work, name=f"dataduct {step.name}", daemon=True).start()
        message = take_message(inbox)
        if isinstance(message, str):
            cancellation.request(f"interrupted by {message}")
            try:
                message = take_message(inbox, STOP_GRACE_SECONDS)
            except Empty:
                raise Interrupted(f"step `{step.name}` did not stop when asked to", code="DD910") from None
    if isinstance(message, BaseException):
        raise message
    assert isinstance(message, StepResult)
    return message


def _end_run(session: Session, error: str | None) -> bool:
    """End the run if every step of the plan is done or one has failed; return whether it is over."""
    stored = {step.step: step.status for step in RunQueries(session.store).steps(session.run_id)}
    if any(status == "failed" for status in stored.values()):
        session.store.finish_run(session.run_id, "failed", error, now())
        return True
    if all(stored.get(step.name) in _DONE for step in session.bound.steps):
        session.store.finish_run(session.run_id, "succeeded", None, now())
        return True
    if "running" not in stored.values():
        session.store.mark_run(session.run_id, "incomplete")
    return False
