"""What the steps of one run share."""

import threading
from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import cached_property

from dataduct.engine.fingerprints import fingerprint
from dataduct.engine.run_lock import run_lock
from dataduct.engine.workbench import Workbench
from dataduct.errors import DataductError
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import tables_written
from dataduct.model.table import TableName
from dataduct.plan.plan import BoundPlan, PlanStep
from dataduct.runs.events import Event, Listener, RunWarned, StepWaiting
from dataduct.runs.records import RunStatus
from dataduct.runs.store import RunStore


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


class Session:
    """One run as its steps see it: the bound plan, the places to work with, and how the run goes so far.

    Attributes:
        run_id: Identity of the run; datasets and log files are kept under it.
        force: Whether loads that were committed before are done again.
        repeated: Steps whose committed load is done again because its rows are gone from the table.
        status: How the run stands; teardown steps tell it to their commands.
        failed_step: The first step that failed, or None.
        error: What ended the run badly first, or None.
        changed: What differs (`its SQL differs`) of each step that was kept as an earlier run loaded it.
    """

    def __init__(
        self,
        bound: BoundPlan,
        workbench: Workbench,
        store: RunStore,
        *,
        run_id: str,
        listener: Listener,
        force: bool = False,
        repeated: Collection[str] = (),
    ) -> None:
        self.bound = bound
        self.workbench = workbench
        self.store = store
        self.run_id = run_id
        self.force = force
        self.repeated = frozenset(repeated)
        self.status: RunStatus = "running"
        self.failed_step: str | None = None
        self.error: DataductError | None = None
        self.changed: dict[str, str] = {}
        self._listener = listener
        self._speaking = threading.Lock()
        self._step_of_thread = threading.local()
        workbench.on_wait = self.say_waiting

    def emit(self, event: Event) -> None:
        """Tell the listener, one event at a time."""
        with self._speaking:
            self._listener(event)

    def say_waiting(self, message: str) -> None:
        """Tell the listener that the step of this thread waits for something outside."""
        self.emit(StepWaiting(step=getattr(self._step_of_thread, "name", None), message=message))

    def enter_step(self, name: str | None) -> None:
        """Say which step this thread works on."""
        self._step_of_thread.name = name

    def fingerprint(self, step: PlanStep) -> str:
        """Return what `step` does, to be compared with what it did in another run."""
        return fingerprint(step.operation, self.workbench.project)

    def warn_of_changes(self) -> None:
        """Tell once more of the steps that have changed and were kept as they were loaded."""
        if self.changed:
            steps = ", ".join(f"`{name}` ({what})" for name, what in self.changed.items())
            verb = "has" if len(self.changed) == 1 else "have"
            message = (
                f"{steps} {verb} changed since the run that did it for {self.bound.run_date}, and did not run: "
                "use --force"
            )
            self.emit(RunWarned(message=message))

    def redact(self, text: str) -> str:
        """Return `text` without any secret."""
        return self.workbench.project.secrets.redact(text)

    def run_lock(self) -> AbstractContextManager[None]:
        """Return the block in which no other process runs this pipeline for this run date."""
        project = self.workbench.project
        return run_lock(
            project.root / ".dataduct" / "locks",
            self.bound.plan.pipeline,
            self.bound.run_date,
            self.run_id,
            timeout=project.settings.engine.lock_timeout,
            on_wait=self.say_waiting,
        )

    def dataset_key(self, dataset: DatasetRef) -> str:
        """Return the storage key of a dataset of this run."""
        from dataduct.storage.keys import dataset_key

        return dataset_key(
            self.bound.plan.pipeline, self.bound.run_date, self.run_id, dataset.step, dataset.node
        )

    def writers_before(self, step: PlanStep, tables: Collection[TableName]) -> list[PlanStep]:
        """Return the steps before `step` in the plan that write one of `tables`, in plan order."""
        order, writers = self._order, self._writers
        end = order[step.name]
        earlier = {order[each.name]: each for table in tables for each in writers.get(table, ())}
        return [each for place, each in sorted(earlier.items()) if place < end]

    @cached_property
    def _order(self) -> dict[str, int]:
        return {step.name: place for place, step in enumerate(self.bound.steps)}

    @cached_property
    def _writers(self) -> dict[TableName, list[PlanStep]]:
        writers: dict[TableName, list[PlanStep]] = {}
        for step in self.bound.steps:
            for table in tables_written(step.operation):
                writers.setdefault(table, []).append(step)
        return writers

    def blame(self, step: str | None, error: DataductError) -> None:
        """Remember the first failure of the run."""
        if self.error is None:
            self.failed_step = step
            self.error = error
