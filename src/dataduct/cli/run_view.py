"""What a run looks like so far: its events, folded into one state that can be drawn at any time."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dataduct.runs.events import (
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
    StepProgress,
    StepRetrying,
    StepStarted,
    StepWaiting,
)


@dataclass(slots=True)
class StepView:
    """One step of the run.

    Attributes:
        since: Clock time, in seconds, at which the attempt under way began; None before the first.
        note: Why it does not move just now (a lock, a retry), or None.
        finished: How it ended, or None.
    """

    name: str
    attempt: int = 0
    since: float | None = None
    rows: int = 0
    bytes: int = 0
    note: str | None = None
    finished: StepFinished | None = None


@dataclass(slots=True)
class RunView:
    """A run's state. `apply` is called with each event in turn; not thread-safe by itself."""

    started: RunStarted | None = None
    since: float | None = None
    finished: RunFinished | None = None
    note: str | None = None
    steps: dict[str, StepView] = field(default_factory=dict)
    longest_name: int = 0

    def apply(self, event: Event, now: float) -> None:
        """Take in one event that happened at clock time `now`, in seconds."""
        match event:
            case RunStarted():
                self.started = event
                self.since = now
                self.steps = {name: StepView(name) for name in event.steps}
                self.longest_name = max(map(len, event.steps), default=0)
            case RunFinished():
                self.finished = event
            case StepWaiting(step=None):
                self.note = event.message
            case StepWaiting() | StepStarted() | StepProgress() | StepRetrying() | StepFinished():
                assert event.step is not None
                self._apply_to_step(self.steps.setdefault(event.step, StepView(event.step)), event, now)

    def _apply_to_step(
        self,
        step: StepView,
        event: StepWaiting | StepStarted | StepProgress | StepRetrying | StepFinished,
        now: float,
    ) -> None:
        match event:
            case StepStarted():
                step.attempt, step.since, step.rows, step.bytes, step.note = event.attempt, now, 0, 0, None
            case StepProgress():
                step.rows, step.bytes, step.note = event.rows, event.bytes, None
            case StepRetrying():
                step.note = f"attempt {event.attempt} failed, trying again in {event.delay_seconds:.0f} s"
            case StepWaiting():
                step.note = event.message
            case StepFinished():
                step.finished, step.note = event, None

    @property
    def running(self) -> list[StepView]:
        """Steps that have begun and are not over, in the run's order."""
        return [step for step in self.steps.values() if step.attempt and not step.finished]

    def count(self) -> tuple[int, int, int]:
        """Return how many steps are over, under way and still to come."""
        over = sum(step.finished is not None for step in self.steps.values())
        running = len(self.running)
        return over, running, len(self.steps) - over - running

    def failures(self) -> Iterator[tuple[StepView, StepFinished]]:
        """Yield the failed steps with how they ended, in the order of the run's steps."""
        for step in self.steps.values():
            if step.finished is not None and step.finished.status == "failed":
                yield step, step.finished

    def not_run(self) -> list[str]:
        """Return the steps that were skipped or never began."""
        return [
            step.name
            for step in self.steps.values()
            if not step.attempt
            and (step.finished is None or step.finished.status in ("skipped", "interrupted"))
        ]
