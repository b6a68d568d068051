"""A region of the terminal that is redrawn while a run goes on.

What is over is printed once, above the region, and stays: at the end those lines are the list of the run's steps.
The region itself never grows beyond the steps under way and one line of totals.
"""

import sys
import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console as RichConsole
from rich.console import Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from dataduct.cli.console import Console
from dataduct.cli.progress import UNWORKED, event_lines, measures
from dataduct.cli.quantities import seconds_text
from dataduct.cli.run_view import RunView, StepView
from dataduct.cli.text import Line, Span, Style, line, pad, shorten, without_controls
from dataduct.model.counting import counted
from dataduct.model.verdict import CheckVerdict
from dataduct.runs.events import Event, RunFinished, RunStarted, RunWarned, StepFinished, StepRetrying
from dataduct.runs.records import StepStatus

_WIDEST_NAME = 44
_REDRAWN_PER_SECOND = 8
_RICH_STYLES: dict[Style, str] = {
    "plain": "",
    "strong": "bold",
    "dim": "dim",
    "good": "green",
    "error": "bold red",
    "warning": "bold yellow",
    "accent": "cyan",
}
_MARKS: dict[StepStatus, tuple[str, str, Style]] = {
    "succeeded": ("✓", "+", "good"),
    "already-loaded": ("✓", "+", "good"),
    "failed": ("✗", "x", "error"),
    "skipped": ("-", "-", "warning"),
    "interrupted": ("!", "!", "warning"),
}


class LiveProgress:
    """The listener that redraws, as a context manager around the run."""

    def __init__(self, console: Console, view: RunView) -> None:
        self._view = view
        self._lock = threading.Lock()
        self._unicode = console.unicode
        self._spinners: dict[str, Spinner] = {}
        self._rich = RichConsole(
            file=sys.stderr,
            force_terminal=True,
            no_color=not console.color,
            highlight=False,
            markup=False,
            emoji=False,
            width=console.width,
        )
        self._live = Live(
            get_renderable=self._region,
            console=self._rich,
            refresh_per_second=_REDRAWN_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take in an event; print what stays."""
        with self._lock:
            self._view.apply(event, time.monotonic())
            lasting = self._lasting(event)
        if lasting:
            self._live.refresh()
            self._rich.print(Text("\n").join(map(_rich_text, lasting)), soft_wrap=True)

    def _lasting(self, event: Event) -> list[Line]:
        match event:
            case StepFinished():
                return permanent_lines(event, self._name_width(), unicode=self._unicode)
            case RunStarted() | RunFinished() | RunWarned() | StepRetrying():
                drawn = event_lines(event, self._view, self._name_width(), time.monotonic())
                return [line("  ", *each) if isinstance(event, StepRetrying) else each for each in drawn]
            case _:
                return []

    def _name_width(self) -> int:
        return min(self._view.longest_name, _WIDEST_NAME, self._rich.width // 2)

    def _region(self) -> RenderableType:
        with self._lock:
            now = time.monotonic()
            running = self._view.running
            room = max(1, self._rich.size.height - 3)
            table = Table.grid(padding=(0, 2))
            for step in running[:room]:
                table.add_row(*self._running_row(step, now))
            return Group(table, _rich_text(self._totals(len(running) - room, now)))

    def _running_row(self, step: StepView, now: float) -> list[RenderableType]:
        name = shorten(without_controls(step.name), self._name_width())
        spinner = self._spinners.get(step.name)
        if spinner is None:
            spinner = self._spinners[step.name] = Spinner("dots" if self._unicode else "line")
        seconds = None if step.since is None else now - step.since
        moved = measures(step.rows or None, step.bytes, seconds)
        note = f"  {without_controls(step.note)}" if step.note else ""
        return [
            spinner,
            Text(name, no_wrap=True),
            Text("  ".join(moved) + note, no_wrap=True, overflow="ellipsis"),
        ]

    def _totals(self, hidden: int, now: float) -> Line:
        if self._view.finished or not self._view.started:
            return line()
        over, running, to_come = self._view.count()
        elapsed = seconds_text(now - self._view.since) if self._view.since is not None else ""
        unseen = f" ({counted(hidden, 'more', 'more')} not shown)" if hidden > 0 else ""
        note = f"; {self._view.note}" if self._view.note else ""
        return line(
            Span(f"  {over} over, {running} running{unseen}, {to_come} to come, {elapsed}{note}", "dim")
        )


def permanent_lines(event: StepFinished, name_width: int, *, unicode: bool) -> list[Line]:
    """Return the lines of a step that is over: mark, name, figures; below them its note, error or verdict."""
    mark, ascii_mark, style = _MARKS.get(event.status, ("?", "?", "plain"))
    name = pad(shorten(event.step, name_width) if len(event.step) > name_width else event.step, name_width)
    lead = (Span(mark if unicode else ascii_mark, style), f" {name}  ")
    note = (event.message or "").strip().partition("\n")[0]
    if event.status in UNWORKED:
        word = "kept" if event.status == "already-loaded" else event.status
        return [line(*lead, word, f": {note}" if note else "")]
    first = line(*lead, "  ".join(measures(event.rows, event.bytes, event.seconds)))
    if event.verdict is not None:
        return [first, _verdict_line(event.verdict)]
    return (
        [first, line("    ", Span(note, "error" if event.status == "failed" else "dim"))] if note else [first]
    )


def _verdict_line(verdict: CheckVerdict) -> Line:
    word: Span = Span("passed", "good") if verdict.passed else Span("failed", "error")
    return line("    ", word, f"  {verdict.summary}")


def _rich_text(spans: Line) -> Text:
    text = Text()
    for span in spans:
        text.append(without_controls(span.text), _RICH_STYLES[span.style])
    return text
