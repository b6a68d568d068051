"""Progress of a run on standard error: plain lines, or a region of the terminal that is redrawn.

A listener never raises: what it cannot show must not stop a run.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime

from dataduct.cli.console import Console
from dataduct.cli.quantities import bytes_text, rate_text, rows_text, seconds_text
from dataduct.cli.run_view import RunView
from dataduct.cli.text import Line, Span, Style, line, pad, shorten
from dataduct.model.counting import counted
from dataduct.runs.events import (
    Event,
    Listener,
    RunFinished,
    RunStarted,
    RunWarned,
    StepFinished,
    StepProgress,
    StepRetrying,
    StepStarted,
    StepWaiting,
)
from dataduct.runs.records import StepStatus

SECONDS_BETWEEN_LINES = 5.0
UNWORKED: tuple[StepStatus, ...] = ("skipped", "already-loaded")
"""Statuses of steps that did nothing, so that there is nothing to measure."""
_WIDEST_NAME = 44
_WORDS: dict[StepStatus, tuple[str, Style]] = {
    "pending": ("waiting", "dim"),
    "running": ("running", "plain"),
    "succeeded": ("done", "good"),
    "already-loaded": ("kept", "dim"),
    "failed": ("failed", "error"),
    "skipped": ("skipped", "warning"),
    "interrupted": ("stopped", "warning"),
}


def progress(console: Console, view: RunView) -> AbstractContextManager[Listener]:
    """Return a context manager that gives the listener for a run and ends its drawing.

    Args:
        console: Says whether standard error is a terminal that can be redrawn.
        view: Takes in every event; read it when the run is over.
    """
    if console.live:
        from dataduct.cli.live import LiveProgress

        return LiveProgress(console, view)
    return nullcontext(PlainProgress(console, view))


class PlainProgress:
    """One line for each event, and for each step at most one line of progress in five seconds.

    Args:
        clock: Gives the time of day in UTC.
        timer: Gives seconds that only grow.
    """

    def __init__(
        self,
        console: Console,
        view: RunView,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._view = view
        self._clock = clock
        self._timer = timer
        self._last_line: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Take in an event and print its line."""
        now = self._timer()
        self._view.apply(event, now)
        match event:
            case StepStarted():
                self._last_line[event.step] = now
            case StepProgress():
                if now - self._last_line.get(event.step, now - SECONDS_BETWEEN_LINES) < SECONDS_BETWEEN_LINES:
                    return
                self._last_line[event.step] = now
        moment = self._clock().strftime("%H:%M:%S")
        width = min(self._view.longest_name, _WIDEST_NAME)
        drawn = event_lines(event, self._view, width, now)
        self._console.err(*(line(Span(moment, "dim"), " ", *each) for each in drawn))


def event_lines(event: Event, view: RunView, name_width: int, now: float) -> list[Line]:
    """Return the lines that tell of `event`, without the time of day."""
    match event:
        case RunStarted():
            verb = "resumed" if event.resumed else "started"
            steps = counted(len(event.steps), "step")
            told = line(f"run {event.run_id} of {event.pipeline} for {event.run_date} {verb}: {steps} (UTC)")
            return [line(event.note), told] if event.note else [told]
        case RunFinished():
            return [_run_finished(event, view)]
        case RunWarned():
            more = f" (more in {event.log_file})" if event.log_file else ""
            return [line(Span("warning", "warning"), f": {event.message}{more}")]
        case StepStarted():
            attempt = f", attempt {event.attempt}" if event.attempt > 1 else ""
            return [_step(event.step, name_width, "started", "dim", f"{event.operation}{attempt}")]
        case StepProgress():
            since = view.steps[event.step].since
            seconds = None if since is None else now - since
            figures = measures(event.rows, event.bytes, seconds)
            return [_step(event.step, name_width, "running", "plain", *figures)]
        case StepRetrying():
            pause = f"attempt {event.attempt} failed, again in {seconds_text(event.delay_seconds)}"
            return [_step(event.step, name_width, "retrying", "warning", pause, event.error)]
        case StepWaiting(step=None):
            return [line(event.message)]
        case StepWaiting():
            assert event.step is not None
            return [_step(event.step, name_width, "waiting", "warning", event.message)]
        case StepFinished():
            return finished_lines(event, name_width)


def finished_lines(event: StepFinished, name_width: int) -> list[Line]:
    """Return the permanent line of a step that is over: figures, then its note, error or verdict."""
    word, style = _WORDS[event.status]
    if event.verdict is not None and event.status == "succeeded":
        word = "passed"
    figures = [] if event.status in UNWORKED else measures(event.rows, event.bytes, event.seconds)
    note = event.verdict.summary if event.verdict else event.message
    if event.status == "already-loaded" and not note:
        note = "already loaded by an earlier run"
    first_line = (note or "").strip().partition("\n")[0]
    return [_step(event.step, name_width, word, style, *figures, first_line)]


def measures(rows: int | None, size: int | None, seconds: float | None) -> list[str]:
    """Return rows, size, time and rate, those that are known."""
    figures = (rows_text(rows), bytes_text(size or None), seconds_text(seconds), rate_text(rows, seconds))
    return [figure for figure in figures if figure]


def _step(name: str, name_width: int, word: str, style: Style, *parts: str) -> Line:
    shown = pad(shorten(name, name_width) if len(name) > name_width else name, name_width)
    return line(shown, "  ", Span(pad(word, 8), style), "  ", "  ".join(part for part in parts if part))


def _run_finished(event: RunFinished, view: RunView) -> Line:
    style: Style = "good" if event.status == "succeeded" else "error"
    tally: dict[str, int] = {}
    for step in view.steps.values():
        word = _WORDS[step.finished.status][0] if step.finished else "not started"
        tally[word] = tally.get(word, 0) + 1
    counts = ", ".join(f"{number} {word}" for word, number in tally.items())
    took = f" in {seconds_text(event.seconds)}" + (f": {counts}" if counts else "")
    return line(f"run {event.run_id} ", Span(event.status, style), took)
